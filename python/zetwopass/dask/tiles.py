"""Tiles and masks as tasks are handed them: files by name, arrays as nodes of dask's graph."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import dask
import numpy as np
from dask import array as da

from .._engine import FileImage, checks
from .._inputs import files
from ..errors import ArgumentError, ArgumentTypeError, reading

if TYPE_CHECKING:
    from astropy.wcs import WCS
    from dask.delayed import Delayed

    from .._sky import Sky


class Handed(NamedTuple):
    """An image [h, w] or [h, w, C] that is not here: its shape, and what a task takes for it."""

    shape: tuple[int, ...]
    node: FileImage | Delayed

    @property
    def key(self) -> object:
        """The key of what makes it, or None of a file."""
        return getattr(self.node, "key", None)

    @property
    def nbytes(self) -> int:
        """What it takes in memory."""
        return 4 * int(np.prod(self.shape))


def handed(
    tiles: Sequence, tiles_wcs: Sequence[WCS] | None, masks: Sequence | None, token: str
) -> tuple[list[Handed], Sequence[WCS | Sky], list[Handed | None]]:
    """Return tiles, their WCS, and masks, checked as far as they can be unseen."""
    given = checks.entries("tiles", tiles)
    skies: list = []
    images = []
    for i, tile in enumerate(given):
        name = f"tiles[{i}]"
        if _is_fits(tile):
            image, sky = files.opened(name, tile, sky=tiles_wcs is None)
            skies.append(sky)
            images.append(Handed(image.shape, image))
        elif tiles_wcs is None:
            raise ArgumentError(f"tiles_wcs is None, but {name} is no FITS file, which has a WCS")
        else:
            images.append(_array(name, tile, f"tile-{token}-{i}", (2, 3)))
    checks.images([np.broadcast_to(np.float32(0), image.shape) for image in images])
    channels = checks.channels(images)
    for i, image in enumerate(images):
        if (*image.shape, 1)[2] < channels:
            raise ArgumentError(
                f"tiles[{i}] has shape {list(image.shape)}, want {channels} channels"
            )
    skies = checks.entries("tiles_wcs", skies if tiles_wcs is None else tiles_wcs, len(images))
    return images, skies, _masks(masks, images, token)


def is_store(item: object) -> bool:
    """Whether an entry is the path of a zarr store."""
    if not isinstance(item, (str, os.PathLike)):
        return False
    path = os.fspath(item)
    return str(path).rstrip("/").endswith(".zarr") or Path(os.fsdecode(path)).is_dir()


def from_store(name: str, path: str | os.PathLike) -> da.Array:
    """Return the array in a zarr store."""
    with reading(name):
        return da.from_zarr(os.fspath(path))


def _masks(masks: Sequence | None, images: list[Handed], token: str) -> list[Handed | None]:
    if masks is None:
        return [None] * len(images)
    found: list[Handed | None] = []
    given = checks.entries("masks", masks, len(images), optional=True)
    for i, (mask, image) in enumerate(zip(given, images, strict=True)):
        name = f"masks[{i}]"
        if mask is None:
            found.append(None)
            continue
        if _is_fits(mask):
            plane, _ = files.opened(name, mask)
            found.append(Handed(plane.shape, plane))
        else:
            found.append(_array(name, mask, f"mask-{token}-{i}", (2,)))
        if found[-1].shape != image.shape[:2]:
            shapes = f"{list(found[-1].shape)}, want {list(image.shape[:2])}"
            raise ArgumentError(f"{name} has shape {shapes}")
    return found


def _is_fits(item: object) -> bool:
    return files.is_file(item) and not is_store(item)


def _array(name: str, item: object, key: str, axes: tuple[int, ...]) -> Handed:
    """Return an array of NumPy, dask or zarr, or a zarr store, as one node."""
    if is_store(item):
        item = from_store(name, item)
    if not (hasattr(item, "shape") and hasattr(item, "dtype")):
        kind = type(item).__name__
        wanted = "a path, (path, HDU), or an array of dask, zarr or NumPy"
        raise ArgumentTypeError(f"{name} is a {kind}, want {wanted}")
    shape, dtype = tuple(item.shape), np.dtype(item.dtype)
    if not all(isinstance(n, (int, np.integer)) and n > 0 for n in shape) or len(shape) not in axes:
        raise ArgumentError(f"{name} has shape {list(shape)}, want known numbers for rows, columns")
    if dtype != np.float32 or not dtype.isnative:
        remedy = f"want native float32; use {name}.astype('f4')"
        raise ArgumentError(f"{name} has dtype {dtype.str}, {remedy}")
    if isinstance(item, np.ndarray):
        return Handed(shape, dask.delayed(item, name=key, traverse=False))
    if not isinstance(item, da.Array):
        item = da.from_array(item, chunks=shape)
    whole = item.rechunk(shape)  # whose graph dask's optimization would take futures from
    return Handed(shape, whole.to_delayed(optimize_graph=False).item())
