"""The images and weights of `reproject_and_coadd` on their way into a job.

Each is read and mapped by itself, since only one file at a time should be open; the powers of two
that they share are known when all have been read.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from .._engine import TileInput
from .._sky import PixelMap, Sky, pixel_map
from ..errors import ArgumentError, ArgumentTypeError, reading
from . import Index, images, ranges
from .ranges import Shifted, Shifts


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
    """An image and its weight as they were read, before they get the shifts of the job."""

    name: str
    image: Shifted
    map: PixelMap | None
    weight: Shifted | None
    weight_map: PixelMap | None


class Reader(NamedTuple):
    """Reads images with their weights and maps them to the output."""

    output: Sky
    shape: tuple[int, int]
    items: list
    weights: list | None
    hdu_in: Index | None
    hdu_weights: Index | None

    def __call__(self, i: int) -> Part:
        name = f"input_data[{i}]"
        array, sky = images.image(name, self.items[i], self.hdu_in)
        pixels, weight, weight_map = self._map(name, array, sky), None, None
        if self.weights is not None:
            weight, weight_map, seen = self._weight(i, sky, array.shape)
            pixels = pixels if seen else None
        with reading(name):
            return Part(name, ranges.image(name, array), pixels, weight, weight_map)

    def _weight(
        self, i: int, sky: Sky, shape: tuple[int, int]
    ) -> tuple[Shifted, PixelMap | None, bool]:
        """Return a weight, its map unless that is the image's, and whether it shows anything."""
        name = f"input_weights[{i}]"
        array, own = images.weight(name, self.weights[i], self.hdu_weights, sky, shape)
        pixels = None if own is None else self._map(name, array, own)
        with reading(name):
            if own is not None and pixels is None:  # the core has no map that shows nothing
                return ranges.weight(name, np.zeros(shape, np.float32)), None, False
            return ranges.weight(name, array), pixels, True

    def _map(self, name: str, array: np.ndarray, sky: Sky) -> PixelMap | None:
        return pixel_map(sky, array.shape, self.output, self.shape, name=f"the WCS of {name}")


def shared(parts: list[Part], combine: str) -> Shifts:
    """Return the shifts that all parts of a job get."""
    weights = [part.weight for part in parts if part.weight is not None]
    return ranges.common([part.image for part in parts], weights, combine)


def tile(part: Part, shifts: Shifts) -> TileInput:
    """Return the tile of a job whose images and weights have these shifts."""
    with reading(part.name):
        image = ranges.moved(part.image, shifts.images)
    weight = part.weight
    return TileInput(
        name=part.name,
        image=image,
        map=part.map,
        weight=None if weight is None else weight.array,
        weight_scale=1.0 if weight is None else 2.0 ** (shifts.weights - weight.shift),
        weight_map=part.weight_map,
    )
