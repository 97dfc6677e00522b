"""Backgrounds by plain least squares over every pixel of the overlaps: the rival of the planes."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Field:
    """Tiles on one grid: ``images`` [T, H, W], NaN where a tile shows nothing."""

    images: np.ndarray

    @property
    def xy(self) -> tuple[np.ndarray, np.ndarray]:
        """Columns and rows [H, W]."""
        rows, cols = np.mgrid[: self.images.shape[1], : self.images.shape[2]]
        return cols, rows

    def overlaps(self) -> list[tuple[int, int, np.ndarray]]:
        """Return every two tiles that overlap, and where [H, W]."""
        known = np.isfinite(self.images)
        both = [
            (i, j, known[i] & known[j]) for i, j in itertools.combinations(range(len(known)), 2)
        ]
        return [pair for pair in both if pair[2].any()]

    def plain(self, terms: int, overlaps: list | None = None) -> np.ndarray:
        """Return levels (``terms`` 1) or planes (3) [T, H, W], least squares of minimum norm.

        As the peers do it: all that the overlaps say, all or these, is believed.
        """
        count = len(self.images)
        cols, rows = (axis / axis.max() - 0.5 for axis in self.xy)
        basis = np.stack([np.ones_like(cols), cols, rows][:terms], axis=-1)
        normal, right = np.zeros((count, terms, count, terms)), np.zeros((count, terms))
        for i, j, both in self.overlaps() if overlaps is None else overlaps:
            b, d = basis[both], (self.images[i] - self.images[j])[both]
            square, pull = b.T @ b, b.T @ d
            normal[i, :, i] += square
            normal[j, :, j] += square
            normal[i, :, j] -= square
            normal[j, :, i] -= square
            right[i] += pull
            right[j] -= pull
        size = count * terms
        found = np.linalg.pinv(normal.reshape(size, size), rcond=1e-10, hermitian=True)
        return np.einsum("hwk,tk->thw", basis, (found @ right.ravel()).reshape(count, terms))

    def mosaic(self, backgrounds: np.ndarray) -> np.ndarray:
        """Return the mean of the tiles less their backgrounds, [H, W]."""
        left, known = self.images - backgrounds, np.isfinite(self.images)
        with np.errstate(invalid="ignore"):
            return np.where(known, left, 0).sum(axis=0) / known.sum(axis=0)


def planes(offsets: np.ndarray, slopes: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Return the backgrounds [T, H, W] of offsets [T] and slopes [T, 2]."""
    rows, cols = np.mgrid[: shape[0], : shape[1]]
    x, y = slopes.T[..., None, None]
    return offsets[:, None, None] + x * cols + y * rows


@dataclass(frozen=True)
class Scene:
    """Tiles [h, w] of ``cols`` x ``rows`` at ``corners`` [T, 2] (row, col) of a known ``sky``."""

    tiles: list[np.ndarray]
    corners: list[tuple[int, int]]
    sky: np.ndarray
    injected: np.ndarray

    @classmethod
    def of(
        cls,
        seed: int,
        cols: int = 4,
        rows: int = 3,
        size: tuple[int, int] = (80, 100),
        overlap: int = 20,
        *,
        planes: float = 0.0,
        quadratics: float = 0.0,
        noise: float = 1.0,
        noise_seed: int = 0,
    ) -> Scene:
        """Return tiles with levels, planes and quadratics of their own: amplitudes at an edge."""
        rng, noisy = np.random.default_rng(seed), np.random.default_rng([seed, noise_seed])
        h, w = size
        shape = ((h - overlap) * rows + overlap, (w - overlap) * cols + overlap)
        sky = _sky(shape, rng)
        v, u = (a[..., None] for a in np.mgrid[-1 : 1 : h * 1j, -1 : 1 : w * 1j])
        count = cols * rows
        level = rng.normal(0, 3, count)
        tilt = planes * rng.normal(0, 1, (2, count))
        bent = quadratics * rng.normal(0, 1, count)
        injected = level + tilt[0] * u + tilt[1] * v + bent * (u**2 + v**2)
        injected = np.moveaxis(injected, -1, 0)
        corners = [(r * (h - overlap), c * (w - overlap)) for r in range(rows) for c in range(cols)]
        tiles = [
            (sky[y : y + h, x : x + w] + extra + noisy.normal(0, noise, size)).astype("f4")
            for (y, x), extra in zip(corners, injected, strict=True)
        ]
        return cls(tiles, corners, sky, injected)

    def field(self) -> Field:
        """Return the tiles on the grid of the sky."""
        return self._laid(self.tiles)

    def error(self, backgrounds: np.ndarray) -> float:
        """Return what backgrounds [T, H, W] leave of the injected ones in a mosaic without noise.

        The standard deviation: a level is nobody's.
        """
        return float(np.nanstd(self.left(backgrounds)))

    def left(self, backgrounds: np.ndarray) -> np.ndarray:
        """Return that mosaic [H, W]."""
        return self._laid(self.injected).mosaic(backgrounds)

    def _laid(self, tiles: Iterable[np.ndarray]) -> Field:
        images = np.full((len(self.tiles), *self.sky.shape), np.nan)
        for image, tile, (y, x) in zip(images, tiles, self.corners, strict=True):
            image[y : y + tile.shape[0], x : x + tile.shape[1]] = tile
        return Field(images)


def _sky(shape: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """Return stars, and a nebula over a third of it."""
    rows, cols = np.mgrid[: shape[0], : shape[1]]
    sky = 100 + nebula(shape)
    for _ in range(shape[0] * shape[1] // 400):
        y, x = rng.uniform(0, shape[0]), rng.uniform(0, shape[1])
        flux = 50 * rng.pareto(1.5)
        box = np.s_[max(0, int(y) - 6) : int(y) + 7, max(0, int(x) - 6) : int(x) + 7]
        sky[box] += flux * np.exp(-((rows[box] - y) ** 2 + (cols[box] - x) ** 2) / 4)
    return sky


def nebula(shape: tuple[int, int]) -> np.ndarray:
    """Return a nebula that is bright over a third of [H, W]."""
    rows, cols = np.mgrid[: shape[0], : shape[1]]
    far = ((rows / shape[0] - 0.45) / 0.25) ** 2 + ((cols / shape[1] - 0.4) / 0.25) ** 2
    return 1000 * np.exp(-far) * (1 + 0.3 * np.sin(cols / 9) * np.cos(rows / 7))
