"""The mosaic before and after, from its tiles or, where these are gone, from itself."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from astropy.wcs import WCS

from . import blocks
from .assembled import Assembled
from .blocks import Box
from .raster import Raster, Stretch

LONGEST = 1400  # pixels of the longer side of a picture
BYTES = 850_000  # of a picture at most
_SEAMS = 8  # pairs that are shown
_SEAM_SIDE = 240  # pixels of a cut-out
_SEAM_SPAN = (120, 960)  # pixels of the mosaic that a cut-out shows
_NARROW = 5  # a cut-out is so many times as wide as its overlap is narrow


class Views(NamedTuple):
    """The mosaic ``before`` and ``after``; without the tiles ``before`` is None."""

    before: Raster | None
    after: Raster


class Seam(NamedTuple):
    """A pair's number, and tile i laid on tile j before and after, None without their files."""

    pair: int
    before: Raster | None
    after: Raster | None


def views(found: Assembled) -> Views:
    """Return the mosaic without and with gains and offsets, sampled and stretched alike."""
    shown = found.tiles.groups >= 0
    if not shown.any() or any(found.files[t] is None for t in np.flatnonzero(shown)):
        after = _colours(blocks.means(found.image, -(-max(found.shape) // LONGEST)))
        return Views(None, Raster.of(after, Stretch.to(after), BYTES))
    before, after = _coadds(found, max(1.0, max(found.shape) / LONGEST))
    stretch = Stretch.to(after)
    return Views(Raster.of(before, stretch, BYTES), Raster.of(after, stretch, BYTES))


def _coadds(found: Assembled, size: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the means of the tiles [C, h, w] without and with their gains and offsets.

    Their pixels are ``size`` pixels of the mosaic high and wide.
    """
    shape = tuple(math.ceil(n / size) for n in found.shape)
    whole = blocks.wcs_of(found.wcs, size)
    channels = len(_colours(found.tiles.offsets.T))
    sums = np.zeros((2, channels, *shape), np.float32)
    norm = np.zeros((channels, *shape), np.float32)
    tiles = found.tiles
    for t in np.flatnonzero(tiles.groups >= 0):
        x0, y0, x1, y1 = tiles.boxes[t] / size
        box = Box(int(x0), int(y0), math.ceil(x1), math.ceil(y1))
        plane = found.files[t].on(blocks.wcs_of(whole, 1, box), box.shape)
        if plane is None:
            continue
        plane = _colours(plane)
        known, weight = np.isfinite(plane), np.float32(tiles.weights[t])
        where = (slice(None), slice(box.y0, box.y1), slice(box.x0, box.x1))
        matched = _matched(found, t, plane, (box.x0 * size, box.y0 * size), size)
        for total, tile in zip(sums, (plane, matched), strict=True):
            total[where] += np.where(known, weight * tile, 0)
        norm[where] += weight * known
    with np.errstate(invalid="ignore", divide="ignore"):
        return tuple(total / norm for total in sums)


def _matched(
    found: Assembled, t: int, plane: np.ndarray, corner: tuple[float, float], size: float
) -> np.ndarray:
    """Return a tile [C, h, w] with its gain and background.

    ``corner`` is where its first pixel begins in the mosaic, x and y, ``size`` that of its pixels.
    """
    rows, cols = (np.arange(n) * size + (size - 1) / 2 for n in plane.shape[1:])
    slopes = _colours(found.tiles.slopes[t])[:, :, None, None]
    rise = slopes[:, 0] * (cols + corner[0]) + slopes[:, 1] * (rows + corner[1])[:, None]
    background = _colours(found.tiles.offsets[t])[:, None, None] + rise
    return plane * np.float32(found.tiles.gains[t]) - background.astype(np.float32)


def _colours(planes: np.ndarray) -> np.ndarray:
    """Return the channels that a picture shows: all of three, else the first alone."""
    return planes if len(planes) == 3 else planes[:1]


def seams(found: Assembled) -> Iterator[Seam]:
    """Yield the pairs whose steps are the largest after the match, the largest first."""
    sizes = found.pairs.sizes[1]
    known = np.flatnonzero(np.isfinite(sizes))
    for p in known[np.argsort(-sizes[known], kind="stable")][:_SEAMS]:
        i, j = int(found.pairs.i[p]), int(found.pairs.j[p])
        if found.files[i] is None or found.files[j] is None:
            yield Seam(int(p), None, None)
        else:
            yield Seam(int(p), *_cut(found, i, j))


def _cut(found: Assembled, i: int, j: int) -> tuple[Raster | None, Raster | None]:
    wcs, shape, corner, size = _window(found, i, j)
    planes = [found.files[t].on(wcs, shape) for t in (i, j)]
    if any(plane is None for plane in planes):
        return None, None
    first, second = map(_colours, planes)
    before = np.where(np.isfinite(first), first, second)
    matched = [_matched(found, t, plane, corner, size) for t, plane in ((i, first), (j, second))]
    after = np.where(np.isfinite(first), *matched)
    if not np.isfinite(after).any():
        return None, None
    stretch = Stretch.to(after)
    return Raster.of(before, stretch, BYTES), Raster.of(after, stretch, BYTES)


def _window(found: Assembled, i: int, j: int) -> tuple[WCS, tuple[int, int], tuple[int, int], int]:
    """Return a square grid in the middle of the boxes' overlap, its seam across it.

    WCS and shape, where it begins in the mosaic, x and y, and the size of its pixels.
    """
    boxes = found.tiles.boxes[[i, j]]
    low, high = boxes[:, :2].max(axis=0), boxes[:, 2:].min(axis=0)
    tile = (boxes[:, 2:] - boxes[:, :2]).min()
    side = max(1, min(tile, int(np.clip(_NARROW * (high - low).min(), *_SEAM_SPAN))))
    size = -(-side // _SEAM_SIDE)
    x0, y0 = (low + high - side) // 2
    box = Box(int(x0), int(y0), int(x0) + side, int(y0) + side)
    cells = -(-side // size)
    return blocks.wcs_of(found.wcs, size, box), (cells, cells), (box.x0, box.y0), size
