"""The overlaps of the demo's tiles, before and after the second pass."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

import sky
import zetwopass


@dataclass
class Pair:
    """Two tiles that overlap: first minus second, DN, on their common pixels, NaN elsewhere.

    ``before``, ``after`` and, with planes, ``sloped`` are [h, w], whose first pixel is the mosaic's
    ``origin`` (row, col).
    """

    first: int
    second: int
    same_scan: bool
    origin: tuple[int, int]
    before: np.ndarray
    after: np.ndarray
    sloped: np.ndarray

    def step(self, when: str) -> float:
        """Return the median of the difference in DN, 'before', 'after' or 'sloped'."""
        return float(np.nanmedian(getattr(self, when)))


def pairs_of(
    scene: sky.Scene, names: list[str], second: zetwopass.SecondPass, planes: zetwopass.SecondPass
) -> list[Pair]:
    """Compare every two tiles that overlap, each reprojected on its own."""
    count = len(names)
    before = _alone(scene, np.ones(count), np.zeros(count), np.zeros((count, 2)))
    after, sloped = (
        _alone(scene, found.gains, found.offsets[:, 0], found.slopes[:, 0])
        for found in (second, planes)
    )
    scans = [name.partition(".")[0][-7:-4] for name in names]  # ...sSSSNNNN: scan, image of it
    out = []
    for i, j in itertools.combinations(range(count), 2):
        step = before[i] - before[j]
        known = np.isfinite(step)
        if known.any():
            rows, cols = (np.flatnonzero(known.any(axis)) for axis in (1, 0))
            box = np.s_[rows[0] : rows[-1] + 1, cols[0] : cols[-1] + 1]
            steps = (step[box], after[i][box] - after[j][box], sloped[i][box] - sloped[j][box])
            out.append(Pair(i, j, scans[i] == scans[j], (rows[0], cols[0]), *steps))
    return out


def _alone(
    scene: sky.Scene, gains: np.ndarray, offsets: np.ndarray, slopes: np.ndarray
) -> list[np.ndarray]:
    """Return each tile by itself on the mosaic's grid, [H, W] with NaN around it."""
    out = []
    rows, cols = (np.arange(n, dtype=np.float32) for n in scene.shape_out)
    kinds = (scene.tiles, scene.wcs, gains, offsets, slopes)
    for tile, wcs, gain, offset, (x, y) in zip(*kinds, strict=True):
        plane, _ = zetwopass.reproject_and_coadd(
            [(tile[..., 0] * np.float32(gain), wcs)],
            scene.output_wcs,
            scene.shape_out,
            blank_pixel_value=np.nan,
        )
        rise = np.float32(y) * rows[:, None] + np.float32(x) * cols
        out.append(plane - np.float32(offset) - rise)
    return out
