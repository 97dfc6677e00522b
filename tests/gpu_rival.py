"""The same second pass by CuPy, or by NumPy and SciPy: what one would write with them.

Each tile is warped by ``map_coordinates`` (order 1) over its own box, in float64 positions; all
arrays are on the GPU from the start of a step to its end.
"""

from __future__ import annotations

from types import ModuleType

import numpy as np

from gpu_scene import CLIP, SIGMA, Scene


class Rival:
    """A second pass, profile v4.5 with threshold 1, by arrays of ``xp`` and its ``ndimage``."""

    def __init__(self, xp: ModuleType, ndimage: ModuleType) -> None:
        self.xp, self.ndimage = xp, ndimage

    def blur(self, coverage):
        """Return the normalised blur of a coverage map [H, W] on the device."""
        covered = (coverage > 0).astype(np.float32)
        how = {"truncate": 4.0, "mode": "reflect"}
        num = self.ndimage.gaussian_filter(coverage * covered, SIGMA, **how)
        den = self.ndimage.gaussian_filter(covered, SIGMA, **how)
        return self.xp.where(den > 0, num / self.xp.maximum(den, 1e-30), 0)

    def warp(self, s: Scene, t: int, tile, box):
        """Return tile t [h, w, C] on a box of the output, NaN where it shows nothing."""
        xp, (x0, y0, x1, y1) = self.xp, box
        y, x = xp.mgrid[y0:y1, x0:x1].astype(np.float64)
        p = s.planes[t]
        scale = p[2, 0] * x + p[2, 1] * y + p[2, 2]
        u = (p[0, 0] * x + p[0, 1] * y + p[0, 2]) / scale
        v = (p[1, 0] * x + p[1, 1] * y + p[1, 2]) / scale
        h, w, channels = tile.shape
        inside = (u >= -0.5) & (u <= w - 0.5) & (v >= -0.5) & (v <= h - 0.5)
        where = xp.stack([v.clip(0, h - 1), u.clip(0, w - 1)])
        warped = [
            self.ndimage.map_coordinates(tile[..., c], where, order=1, mode="nearest")
            for c in range(channels)
        ]
        return xp.where(inside[..., None], xp.stack(warped, axis=-1), np.nan)

    def gains(self, s: Scene, tiles, coverage, blurred) -> list[float]:
        """Return one gain per tile."""
        xp, gains = self.xp, []
        scale = xp.clip(blurred / xp.maximum(coverage, np.float32(2**-23)), 0.5, 2)
        valid = (coverage > 0) & (blurred >= 1)
        for t in range(len(tiles)):
            x0, y0, x1, y1 = box = s.box(t)
            mask = self.warp(s, t, xp.ones((*tiles[t].shape[:2], 1), np.float32), box)[..., 0]
            here = (mask > 1e-3) & valid[y0:y1, x0:x1]
            gains.append(float(xp.median(scale[y0:y1, x0:x1][here]).clip(*CLIP)))
        return gains

    def offsets(self, s: Scene, tiles, gains: list[float]) -> np.ndarray:
        """Return [T, C]: least squares over the exact medians of all pairs."""
        xp, n, channels = self.xp, len(tiles), tiles[0].shape[2]
        laplacian, right = np.zeros((n, n)), np.zeros((n, channels))
        boxes = [s.box(t) for t in range(n)]
        for i in range(n):
            for j in range(i + 1, n):
                a, b = boxes[i], boxes[j]
                both = (max(a[0], b[0]), max(a[1], b[1]), min(a[2], b[2]), min(a[3], b[3]))
                if both[0] >= both[2] or both[1] >= both[3]:
                    continue
                d = self.warp(s, i, tiles[i] * np.float32(gains[i]), both) - self.warp(
                    s, j, tiles[j] * np.float32(gains[j]), both
                )
                medians = [
                    float(xp.median(k)) if (k := d[..., c][~xp.isnan(d[..., c])]).size else np.nan
                    for c in range(channels)
                ]
                if np.isnan(medians).any():
                    continue
                laplacian[[i, j], [i, j]] += 1
                laplacian[[i, j], [j, i]] -= 1
                right[i] += medians
                right[j] -= medians
        return np.linalg.solve(laplacian + 1 / n, right)

    def coadd(self, s: Scene, tiles, gains: list[float], offsets: np.ndarray):
        """Return the mosaic [H, W, C] and its coverage [H, W]."""
        xp = self.xp
        total = xp.zeros((*s.coverage.shape, tiles[0].shape[2]))
        count = xp.zeros(s.coverage.shape)
        for t, tile in enumerate(tiles):
            x0, y0, x1, y1 = box = s.box(t)
            data = self.warp(s, t, tile * np.float32(gains[t]), box) - xp.asarray(offsets[t])
            shown = ~xp.isnan(data[..., 0])
            total[y0:y1, x0:x1] += xp.where(shown[..., None], data, 0)
            count[y0:y1, x0:x1] += shown
        mosaic = xp.where(count[..., None] > 0, total / xp.maximum(count, 1)[..., None], np.nan)
        return mosaic.astype(np.float32), count.astype(np.float32)
