"""The coverage of the first pass and its blur, whole, here or in files that all workers see."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from .._engine import buffers, checks
from .._inputs import files
from ..errors import ArgumentError, reading, writing
from ..parts import Box
from ..stages import blur_coverage
from .tiles import from_store, is_store

_BYTES = 2**28  # of the rows of a coverage that are copied at a time


class Window(NamedTuple):
    """Pixels y0, x0, y1, x1 of a plane; the plane is that window already, or a file of all."""

    plane: np.ndarray | str
    box: Box

    @property
    def origin(self) -> tuple[int, int]:
        """The first row and column."""
        return self.box[:2]

    def read(self) -> np.ndarray:
        """Return the window, float32."""
        if not isinstance(self.plane, str):
            return self.plane
        with reading(self.plane):
            return _cut(np.load(self.plane, mmap_mode="r"), self.box)


class Planes(NamedTuple):
    """Coverage and blurred coverage, float32 [H, W]; in files where these have paths."""

    first: np.ndarray
    blurred: np.ndarray
    paths: tuple[str, str] | None

    def windows(self, box: Box) -> tuple[Window, Window]:
        """Return a window of both, for a task."""
        if self.paths:
            return Window(self.paths[0], box), Window(self.paths[1], box)
        return Window(_cut(self.first, box), box), Window(_cut(self.blurred, box), box)


def planes(
    coverage: object, scratch: str | os.PathLike | None, token: str, *, sigma: int, profile: str
) -> Planes:
    """Return a coverage, which may be of dask or in a file, and what the blur makes of it."""
    if is_store(coverage):
        coverage = from_store("coverage", coverage)
    if scratch is None:
        if not files.is_file(coverage) and not isinstance(coverage, np.ndarray):
            coverage = np.asarray(coverage)
        first = files.plane("coverage", coverage)
        return Planes(first, blur_coverage(first, sigma=sigma, profile=profile, device="cpu"), None)
    shape, bands = _bands(coverage)
    folder = Path(os.fspath(scratch)).absolute()
    paths = [folder / f"{kind}-{token}.npy" for kind in ("coverage", "blurred")]
    with writing("scratch"):
        first, blurred = (
            np.lib.format.open_memmap(path, mode="w+", dtype=np.float32, shape=shape)
            for path in paths
        )
    y = 0
    for rows in bands:
        buffers.plane("coverage", rows)
        first[y : y + len(rows)] = rows
        y += len(rows)
    blur_coverage(first, sigma=sigma, profile=profile, device="cpu", out=blurred)
    for plane in (first, blurred):
        plane.flush()
    return Planes(first, blurred, tuple(map(str, paths)))


def _bands(coverage: object) -> tuple[tuple[int, int], Iterator[np.ndarray]]:
    """Return rows and columns of a coverage, and its rows, some at a time."""
    if files.is_file(coverage):
        image = files.plane("coverage", coverage, load=False)
        return image.shape, files.bands("coverage", image, _rows(image.shape))
    shape = getattr(coverage, "shape", None)
    if shape is None or len(shape) != 2:
        found = type(coverage).__name__ if shape is None else f"of shape {list(shape)}"
        raise ArgumentError(f"coverage is {found}, want an array [H, W]")
    shape = checks.shape("coverage.shape", shape)
    step = _rows(shape)
    return shape, (np.asarray(coverage[y : y + step]) for y in range(0, shape[0], step))


def _rows(shape: tuple[int, int]) -> int:
    return max(1, _BYTES // (4 * shape[1]))


def _cut(plane: np.ndarray, box: Box) -> np.ndarray:
    y0, x0, y1, x1 = box
    return np.array(plane[y0:y1, x0:x1])
