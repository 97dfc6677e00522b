"""The images and weights of `reproject_and_coadd` on their way into a job.

Each is read and mapped by itself, since only one file at a time should be open.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from .._engine import Coadd, Outputs, Settings, TileInput, checks
from .._sky import PixelMap, Sky, moved, pixel_map
from ..errors import ArgumentError, ArgumentTypeError, reading
from . import Index, images, samples
from .samples import Samples


def entries(name: str, given: Iterable, count: int | None = None) -> list:
    """Return what was given as a list, of ``count`` entries, but for what is one image itself."""
    single = isinstance(given, (str, bytes, os.PathLike)) or hasattr(given, "wcs")
    try:
        entries = None if single else iter(given)
    except TypeError:
        entries = None
    if entries is None:
        raise ArgumentTypeError(
            f"{name} is a {type(given).__name__}, want a list with one entry per image"
        )
    found = list(entries)
    if not found:
        raise ArgumentError(f"{name} is empty, want one entry per image")
    if count is not None and len(found) != count:
        raise ArgumentError(f"{name} has {len(found)} entries, want {count}, one per image")
    return found


class Part(NamedTuple):
    """An image [..., h, w] and its weight as they were read, with their places."""

    name: str
    image: np.ndarray  # or of dask
    map: PixelMap | None
    weight: np.ndarray | None  # likewise, [..., h, w] or ...
    weight_map: PixelMap | None
    flat: bool = False  # ... [h, w], one for all planes

    def cut(self, planes: tuple[slice, ...], x0: int, y0: int) -> Part:
        """Return the part on an output that begins at the pixel (x0, y0), some planes of it."""
        weight = self.weight
        if weight is not None and not self.flat:
            weight = weight[planes]
        return self._replace(
            image=self.image[planes],
            map=moved(self.map, x0, y0),
            weight=weight,
            weight_map=moved(self.weight_map, x0, y0),
        )


class Reader(NamedTuple):
    """Reads images with their weights and maps them to the output; dask's stay so if ``lazy``."""

    output: Sky
    grid: tuple[int, int]
    items: list
    weights: list | None
    hdu_in: Index | None
    hdu_weights: Index | None
    lazy: bool

    def __call__(self, i: int) -> Part:
        name = f"input_data[{i}]"
        array, sky = images.stack(name, self.items[i], self.hdu_in, lazy=self.lazy)
        pixels = self._map(name, array, sky)
        if self.weights is None:
            return Part(name, array, pixels, None, None)
        weight, own = images.weight(
            f"input_weights[{i}]", self.weights[i], self.hdu_weights, sky, array.shape, self.lazy
        )
        weight_map = None if own is None else self._map(f"input_weights[{i}]", weight, own)
        if own is not None and weight_map is None:  # the core has no map that shows nothing
            return Part(name, array, None, None, None)
        return Part(name, array, pixels, weight, weight_map, flat=weight.ndim == 2)

    def _map(self, name: str, array: np.ndarray, sky: Sky) -> PixelMap | None:
        shape = array.shape[-2:]
        return pixel_map(sky, shape, self.output, self.grid, name=f"the WCS of {name}")


class Ready(NamedTuple):
    """A tile for a job, and the samples that are in it."""

    tile: TileInput
    image: Samples
    weight: Samples | None


def ready(part: Part) -> Ready:
    """Return a part as the library reads it."""
    with reading(part.name):
        image = samples.image(part.name, np.asarray(part.image))
    weight = None
    if part.weight is not None:
        name = part.name.replace("input_data", "input_weights")
        with reading(name):
            weight = samples.weight(name, np.asarray(part.weight))
    tile = TileInput(
        name=part.name,
        image=image.array,
        map=part.map,
        weight=None if weight is None else weight.array,
        weight_map=part.weight_map,
    )
    return Ready(tile, image, weight)


def leading(wanted: tuple[int, ...] | None, parts: Sequence[Part]) -> tuple[int, ...]:
    """Return the axes before the last two that all images have, and an output is to have."""
    for part in parts:
        found = part.image.shape[:-2]
        if wanted is None:
            wanted = found
        elif found != wanted:
            raise ArgumentError(
                f"{part.name} has {list(found)} before rows and columns, want {list(wanted)}, as "
                "shape_out, or the first image"
            )
    return wanted


def dtype(ready: Sequence[Ready], combine: str, blank: float) -> type:
    """Return what holds the results of a job."""
    weights = [part.weight for part in ready if part.weight is not None]
    found = samples.dtype([part.image for part in ready], weights, combine)
    return found if checks.holds(blank, found) else np.float64


def job(
    settings: Settings, ready: Sequence[Ready], made: Outputs, *, summed: bool = False
) -> Coadd:
    """Return the job that writes to ``made``, with ``summed`` the sum that a mean is of."""
    for part in ready:
        if settings.feather and part.tile.weight_map is not None:
            name = part.tile.name.replace("input_data", "input_weights")
            raise ArgumentError(
                f"{name} has a place of its own, want weights that lie on the images with feather"
            )
    signed = any(part.weight is not None and part.weight.signed for part in ready)
    combine = "sum" if summed and settings.combine == "mean" else settings.combine
    settings = replace(settings, combine=combine, signed_weights=signed)
    return Coadd(settings, [part.tile for part in ready], made)
