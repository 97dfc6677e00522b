"""The tiles of a job and the arrays for its results, from the arguments of the Python API."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from .._engine import FileImage, Outputs, TileInput, buffers, checks
from ..errors import ArgumentError, TileWarning
from . import files

if TYPE_CHECKING:
    from astropy.io import fits
    from astropy.wcs import WCS

    from .._sky import PixelMap, Sky

_NAMED = 20  # tiles that a line names at most


def common_grid(first: tuple[int, int], second: tuple[int, int]) -> tuple[int, int]:
    """Return the rows and columns that hold both grids, which share their pixel (0, 0)."""
    return max(first[0], second[0]), max(first[1], second[1])


def images_of(
    tiles: Sequence, tiles_wcs: Sequence[WCS] | None
) -> tuple[list[np.ndarray | FileImage], Sequence[WCS | Sky]]:
    """Return the tiles, and their WCS: of their files' headers where ``tiles_wcs`` is None."""
    found = checks.entries("tiles", tiles)
    skies = []
    for i, tile in enumerate(found):
        if files.is_file(tile):
            found[i], sky = files.opened(f"tiles[{i}]", tile, sky=tiles_wcs is None)
            skies.append(sky)
        elif tiles_wcs is None and isinstance(tile, np.ndarray):
            raise ArgumentError(f"tiles_wcs is None, but tiles[{i}] is no file that has a WCS")
    return checks.images(found), skies if tiles_wcs is None else tiles_wcs


def inputs(
    images: list[np.ndarray | FileImage],
    tiles_wcs: Sequence[WCS | Sky],
    output_wcs: WCS | fits.Header,
    grid: tuple[int, int],
    masks: Sequence[np.ndarray | None] | None = None,
    weights: list[float] | None = None,
    profile: str = "v4.5",
) -> list[TileInput]:
    """Return the tiles with their maps on ``grid``; everything cheap is checked before the maps."""
    tiles_wcs = checks.entries("tiles_wcs", tiles_wcs, len(images))
    without = placed(images, [None] * len(images), masks, weights, profile)
    maps = maps_of([image.shape[:2] for image in images], tiles_wcs, output_wcs, grid)
    return [replace(tile, map=pixels) for tile, pixels in zip(without, maps, strict=True)]


def maps_of(
    shapes: Sequence[tuple[int, int]],
    tiles_wcs: Sequence[WCS | Sky],
    output_wcs: WCS | fits.Header,
    grid: tuple[int, int],
) -> list[PixelMap | None]:
    """Return where the pixels of ``grid`` lie in tiles of these rows and columns."""
    from .._sky import pixel_map, read

    output = read("output_wcs", output_wcs)
    return [
        pixel_map(wcs, shape, output, grid, name=f"tiles_wcs[{i}]")
        for i, (shape, wcs) in enumerate(zip(shapes, tiles_wcs, strict=True))
    ]


def placed(
    images: list[np.ndarray | FileImage],
    maps: Sequence[PixelMap | None],
    masks: Sequence[np.ndarray | None] | None = None,
    weights: list[float] | None = None,
    profile: str = "v4.5",
) -> list[TileInput]:
    """Return the tiles where their maps say that they lie."""
    masks = _masks(masks, images)
    weights = weights or [1.0] * len(images)
    for i, image in enumerate(images):
        if not isinstance(image, FileImage):
            buffers.image(f"tiles[{i}]", image, channels=checks.channels(images))
    return [
        TileInput(
            name=f"tiles[{i}]",
            image=image,
            map=pixels,
            mask=mask,
            weight=mask if profile == "v4.5" else None,
            weight_scale=weight,
        )
        for i, (image, pixels, mask, weight) in enumerate(
            zip(images, maps, masks, weights, strict=True)
        )
    ]


def _masks(
    masks: Sequence | None, images: list[np.ndarray | FileImage]
) -> list[np.ndarray | FileImage | None]:
    if masks is None:
        return [None] * len(images)
    masks = checks.entries("masks", masks, len(images), optional=True)
    for i, (mask, image) in enumerate(zip(masks, images, strict=True)):
        if files.is_file(mask):
            masks[i], _ = files.opened(f"masks[{i}]", mask)
        elif mask is not None and not isinstance(mask, FileImage):
            buffers.plane(f"masks[{i}]", mask, image.shape[:2])
    return masks


def outputs(out: tuple[np.ndarray, np.ndarray] | None, shape: tuple[int, int, int]) -> Outputs:
    """Return the caller's arrays for mosaic, of ``shape`` [H, W, C], and coverage, or new ones."""
    if out is None:
        return Outputs(np.empty(shape, np.float32), np.empty(shape[:2], np.float32))
    try:
        mosaic, coverage = out
    except (TypeError, ValueError):
        raise ArgumentError("out wants two arrays: the mosaic and its coverage") from None
    buffers.image("out[0]", mosaic, writable=True)
    buffers.plane("out[1]", coverage, shape[:2], writable=True)
    if mosaic.shape != shape:
        raise ArgumentError(f"out[0] has shape {list(mosaic.shape)}, want {list(shape)}")
    return Outputs(mosaic, coverage)


def warn_unseen(tiles: Sequence[int], stacklevel: int) -> None:
    """Warn of tiles that show nothing; ``stacklevel`` 1 is the caller of this function."""
    if not len(tiles):
        return
    message = (
        f"nothing of {named(list(tiles))} is to be seen: not on the output, empty, "
        "or without a way there and back by its WCS"
    )
    warnings.warn(message, TileWarning, stacklevel=stacklevel + 1)


def named(tiles: list[int]) -> str:
    """Name tiles by their places in the list, counted from 0."""
    names = ", ".join(map(str, tiles[:_NAMED]))
    more = f" and {len(tiles) - _NAMED} more" if len(tiles) > _NAMED else ""
    return f"tile{'s' if len(tiles) > 1 else ''} {names}{more}"
