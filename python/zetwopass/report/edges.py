"""What is left of the steps in the mosaic itself, across the edge lines of its tiles."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from astropy.wcs import WCS
from astropy.wcs.utils import pixel_to_pixel

from . import blocks
from .assembled import Assembled
from .blocks import Box
from .tilefiles import TileFile

ALONG = 64  # pixels of a tile: a stretch of its edge
ACROSS = 16  # to both sides of it
_SKIPPED = 1  # next to the edge, where a mosaic's pixel lies on it
_MOST = 600  # stretches that are looked at
_READ = 64  # tiles that are read for them


def steps(found: Assembled) -> np.ndarray:
    """Return the steps of `profiles`, [n, C]."""
    return steps_of(profiles(found))


def profiles(found: Assembled) -> np.ndarray:
    """Return what crosses stretches of the tiles' edges, [n, 2 * ACROSS, C], outside to inside.

    It is the mosaic less another tile, with its gain, that lies on both sides: of the sky nothing
    is left, and of the mosaic what the edge makes of it. Each number is a median along the stretch,
    half a pixel of the tile, and whole ones from there, from the outer edge of its last pixels.
    Stretches that no other tile has on both sides are left out, and tiles without their files; of
    many tiles and stretches some are taken, evenly.
    """
    out = list(_profiles(found))
    return np.stack(out) if out else np.empty((0, 2 * ACROSS, found.channels))


def steps_of(found: np.ndarray) -> np.ndarray:
    """Return the step of each profile, [n, C].

    It is the level just inside of the edge less that just outside, each carried on to the edge by a
    straight line through the rows beside it.
    """
    half = (ACROSS - _SKIPPED) // 2
    near, far = slice(_SKIPPED, _SKIPPED + half), slice(_SKIPPED + half, _SKIPPED + 2 * half)
    ahead = (_SKIPPED + half / 2) / half  # of the near rows' middle, in parts of the way to the far
    inside, outside = (
        side[:, near].mean(axis=1) * (1 + ahead) - side[:, far].mean(axis=1) * ahead
        for side in (found[:, ACROSS:], found[:, ACROSS - 1 :: -1])
    )
    return inside - outside


def _count(file: TileFile) -> int:
    return 2 * sum(length // ALONG for length in file.shape)


def _stretches(file: TileFile, wcs: WCS, first: int, each: int) -> np.ndarray:
    """Return the pixels of a WCS on a tile's edge, int [n, ALONG, 2 * ACROSS, 2], x before y.

    Of the stretches it takes ``each``-th ones.
    """
    height, width = file.shape
    if first >= _count(file):
        return np.empty((0, ALONG, 2 * ACROSS, 2), int)
    middles, along, inwards = [], [], []
    for axis, (length, breadth) in enumerate(((width, height), (height, width))):
        for k in range(length // ALONG):
            at = (k + 0.5) * length / (length // ALONG) - 0.5
            for end, way in ((-0.5, 1), (breadth - 0.5, -1)):
                middles.append((at, end)[:: 1 - 2 * axis])
                along.append((1, 0)[:: 1 - 2 * axis])
                inwards.append((0, way)[:: 1 - 2 * axis])
    middles, along, inwards = (
        np.array(part, float)[first::each] for part in (middles, along, inwards)
    )
    reach = [0 * along, -ALONG / 2 * along, ALONG / 2 * along, -ACROSS * inwards, ACROSS * inwards]
    spots = np.stack(pixel_to_pixel(file.wcs, wcs, *np.moveaxis(middles + reach, -1, 0)), axis=-1)
    spots = spots[:, np.isfinite(spots).all(axis=(0, 2)), None, None]
    s = (np.arange(ALONG)[:, None, None] - (ALONG - 1) / 2) / ALONG
    t = (np.arange(2 * ACROSS)[:, None] - (2 * ACROSS - 1) / 2) / (2 * ACROSS)
    return np.rint(spots[0] + s * (spots[2] - spots[1]) + t * (spots[4] - spots[3])).astype(int)


def _profiles(found: Assembled) -> Iterator[np.ndarray]:
    files, pairs = found.files, found.pairs
    height, width = found.shape
    chosen = [int(i) for i in np.unique([pairs.i, pairs.j]) if files[i] is not None]
    each = max(1, -(-sum(_count(files[i]) for i in chosen) // _MOST))
    left, before = {}, 0
    for i in chosen:
        where = _stretches(files[i], found.wcs, -before % each, each)
        inside = (where >= 0) & (where < (width, height))
        left[i] = where[inside.all(axis=(1, 2, 3))]
        before += _count(files[i])
    for j in range(0, len(files), -(-len(files) // _READ)):
        if j not in left:
            continue
        plane = found.tiles.gains[j] * files[j].pixels()
        for i in np.sort(np.concatenate([pairs.i[pairs.j == j], pairs.j[pairs.i == j]])):
            if i not in left or not len(left[i]):
                continue
            corners = left[i][:, [0, 0, -1, -1], [0, -1, 0, -1]]
            spots = pixel_to_pixel(found.wcs, files[j].wcs, *np.moveaxis(corners, -1, 0))
            there = np.isfinite(_at(plane, *spots)).all(axis=(0, 2))
            for where in left[i][there]:
                profile = _profile(found, where, plane, files[j].wcs)
                if profile is not None:
                    yield profile
            left[i] = left[i][~there]


def _profile(found: Assembled, where: np.ndarray, plane: np.ndarray, wcs: WCS) -> np.ndarray | None:
    """Return a profile [2 * ACROSS, C] by another tile; None where something has no pixel."""
    low, high = where.min(axis=(0, 1)), where.max(axis=(0, 1)) + 1
    x, y = where[..., 0], where[..., 1]
    other = _at(plane, *pixel_to_pixel(found.wcs, wcs, x, y))
    pixels = blocks.pixels(found.image, Box(*low, *high))
    left = pixels[:, y - low[1], x - low[0]] - other
    return np.median(left, axis=1).T if np.isfinite(left).all() else None


def _at(plane: np.ndarray, u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Return a tile [C, h, w] at positions, bilinear, NaN outside of its pixels' centres."""
    height, width = plane.shape[1:]
    inside = (u >= 0) & (u <= width - 1) & (v >= 0) & (v <= height - 1)
    u, v = np.where(inside, u, 0), np.where(inside, v, 0)
    x, y = np.minimum(u.astype(int), width - 2), np.minimum(v.astype(int), height - 2)
    p, q = u - x, v - y
    upper = plane[:, y, x] * (1 - p) + plane[:, y, x + 1] * p
    lower = plane[:, y + 1, x] * (1 - p) + plane[:, y + 1, x + 1] * p
    return np.where(inside, upper * (1 - q) + lower * q, np.nan)
