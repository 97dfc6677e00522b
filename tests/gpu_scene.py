"""A mosaic of size M for the GPU check, of NumPy alone, and passes over it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from bench_measure import stage_seconds
from zetwopass import Stats
from zetwopass._engine import Job, Outputs, Settings, TileInput, calls

SIGMA = 50  # px
CLIP = (0.85, 1.18)


class Plane(NamedTuple):
    """A pixel map between tangent planes, as `zetwopass._sky.PixelMap` has it."""

    box: tuple[int, int, int, int]
    plane: np.ndarray
    grid: None = None
    origin: tuple[float, float] = (0.0, 0.0)
    step: tuple[float, float] = (1.0, 1.0)
    positions: None = None


@dataclass
class Scene:
    """Tiles float32 [h, w, 3], their planes (3,3) from output to tile, coverage float32 [H, W]."""

    tiles: list[np.ndarray]
    planes: list[np.ndarray]
    coverage: np.ndarray

    def inputs(self) -> list[TileInput]:
        """Return the tiles of a job."""
        return [
            TileInput(name=f"tiles[{t}]", image=tile, map=Plane(self.box(t), self.planes[t]))
            for t, tile in enumerate(self.tiles)
        ]

    def box(self, t: int) -> tuple[int, int, int, int]:
        """Return x0, y0, x1, y1 of tile t on the output, half-open."""
        h, w = self.tiles[t].shape[:2]
        x, y = np.array([-0.5, w - 0.5])[[0, 1, 1, 0]], np.array([-0.5, h - 0.5])[[0, 0, 1, 1]]
        x, y, scale = np.linalg.inv(self.planes[t]) @ [x, y, np.ones(4)]
        x, y = x / scale, y / scale
        height, width = self.coverage.shape
        x0, y0 = max(int(x.min()), 0), max(int(y.min()), 0)
        return x0, y0, min(int(x.max()) + 2, width), min(int(y.max()) + 2, height)


def scene(cols: int, rows: int, shape: tuple[int, int], overlap: float = 0.25) -> Scene:
    """Return noisy tiles with levels of their own, each turned a little, and their coverage."""
    rng = np.random.default_rng(1)
    h, w = shape
    tiles, planes = [], []
    for row in range(rows):
        for col in range(cols):
            level = 1000 + 50 * rng.random()
            tiles.append((level + 5 * rng.standard_normal((h, w, 3))).astype(np.float32))
            angle = 0.05 * (rng.random() - 0.5)
            x0, y0 = (0.06 + (1 - overlap) * col) * w, (0.06 + (1 - overlap) * row) * h
            turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
            shift = -turn @ [x0, y0]
            tilt = 1e-7 * rng.standard_normal(2)
            planes.append(np.vstack([np.column_stack([turn, shift]), [*tilt, 1 - tilt @ [x0, y0]]]))
    size = [int((0.12 + (1 - overlap) * (n - 1) + 1) * s) for n, s in ((rows, h), (cols, w))]
    s = Scene(tiles, planes, np.zeros(size, np.float32))
    s.coverage = coadd_coverage(s)
    return s


def coadd_coverage(s: Scene) -> np.ndarray:
    """Return how many tiles show each pixel."""
    h, w = s.coverage.shape
    out = Outputs(np.empty((h, w, 3), np.float32), np.empty((h, w), np.float32))
    settings = Settings(device="cpu", keep_background=True)
    calls.run("ztp_reproject_coadd", Job(settings, s.inputs(), outputs=out))
    return out.coverage


class Pass(NamedTuple):
    """A second pass: seconds on the wall and of the GPU's kernels, in all and of each stage."""

    mosaic: np.ndarray
    coverage: np.ndarray
    gains: np.ndarray
    wall: float
    stages: dict[str, float]
    kernels: dict[str, float]
    last: Stats
    device_error: object


def second_pass(s: Scene, device: str, profile: str = "v4.5", repeat: int = 1) -> Pass:
    """Return the quickest of some passes into memory that is there already."""
    h, w = s.coverage.shape
    out = Outputs(np.zeros((h, w, 3), np.float32), np.zeros((h, w), np.float32))
    settings = Settings(profile=profile, sigma=SIGMA, gain_clip=CLIP, threshold=1.0, device=device)
    best = None
    for _ in range(repeat):
        job, events = Job(settings, s.inputs(), coverage=s.coverage, outputs=out), []
        start = time.perf_counter()
        ended = calls.run("ztp_second_pass", job, events.append)
        wall = time.perf_counter() - start
        if best is None or wall < best.wall:
            best = Pass(
                out.mosaic.copy(),
                out.coverage.copy(),
                job.gains.copy(),
                wall,
                stage_seconds(events),
                stage_seconds(events, "gpu_seconds"),
                ended.stats,
                ended.device_error,
            )
    return best
