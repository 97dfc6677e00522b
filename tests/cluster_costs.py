"""What tasks of `zetwopass.dask` cost on this machine: seconds a pixel, a byte, and a task."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from astropy.io import fits

import zetwopass
from zetwopass import parts
from zetwopass._engine import FileImage
from zetwopass._sky import PixelMap
from zetwopass.dask import tasks
from zetwopass.dask.coverage import Window

CHANNELS, SIGMA = 3, 50
OVERLAP = 1.2  # side of a tile by the distance to the next


class Costs(NamedTuple):
    """Seconds of one core: of CPU, which other work on the machine bends less."""

    read: float  # a byte of a tile, from a file in the memory of the system
    gain: float  # a pixel of a tile
    pair: float  # a pixel that two tiles have in common
    coadd: float  # a pixel of a tile that is added
    blur: float  # a pixel of the coverage
    task: float  # of the client's and scheduler's process, for one of many that do nothing

    def lines(self) -> list[str]:
        """Return them in words."""
        return [
            f"a tile is read at {1e-9 / self.read:.2f} GB/s, from the system's memory",
            f"gains: {1e9 * self.gain:.1f} ns a pixel of a tile",
            f"medians: {1e9 * self.pair:.1f} ns a pixel that two tiles have in common",
            f"blocks: {1e9 * self.coadd:.1f} ns a pixel of a tile that is added",
            f"blur: {1e9 * self.blur:.1f} ns a pixel of the coverage",
            f"a task: {1e3 * self.task:.2f} ms of client and scheduler",
        ]


class Clock:
    """CPU seconds and growth of memory of the steps of the caller."""

    def __init__(self) -> None:
        self.rows: list[list[str]] = []

    def measure(self, what: str, call: Callable) -> object:
        """Return what a step makes, and note what it takes."""
        before, start = held(), time.process_time()
        made = call()
        seconds, grown = time.process_time() - start, held() - before
        self.rows.append([what, f"{seconds:.1f}", f"{1e-6 * max(0, grown):.0f}"])
        print(*self.rows[-1], file=sys.stderr)
        return made


def held() -> int:
    """Return bytes that this process holds, as Linux tells it; 0 elsewhere."""
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return sum(int(line.split()[1]) << 10 for line in lines if line.startswith("VmRSS"))


def lattice(count: int, size: int, rng: np.random.Generator) -> tuple[list[PixelMap], int]:
    """Return maps of square tiles on a canvas of ``size`` squared, and the tiles' side."""
    across = int(np.ceil(np.sqrt(count)))
    step = size / across
    side = int(OVERLAP * step)
    maps = []
    for k in range(count):
        y, x = ((np.array([k // across, k % across]) + 0.5) * step - side / 2).astype(int)
        y, x = np.clip([y, x] + rng.integers(-side // 50 - 1, side // 50 + 2, 2), 0, size - side)
        plane = np.array([[1.0, 0, -x], [0, 1.0, -y], [0, 0, 1.0]])
        maps.append(PixelMap((int(x), int(y), int(x) + side, int(y) + side), plane=plane))
    return maps, side


def measured(size: int = 3000, empty_tasks: int = 3000) -> Costs:
    """Measure each kind of task on nine tiles, and what a task itself takes on a cluster."""
    rng = np.random.default_rng(1)
    maps, side = lattice(9, size, rng)
    numbers = np.arange(9)
    some = tasks.Some(numbers, [(side, side, CHANNELS)] * 9, CHANNELS, "v4.5", 1)
    coverage = np.zeros((size, size), np.float32)
    for y0, x0, y1, x1 in parts.boxes(maps, (size, size)):
        coverage[y0:y1, x0:x1] += 1
    blurred, blur = timed(lambda: zetwopass.blur_coverage(coverage, sigma=SIGMA, workers=1))
    window = (0, 0, size, size)
    seen = Window(coverage, window), Window(blurred, window)
    clip = {"gain_clip": (0.5, 2.0), "threshold": None}
    factors, gain = timed(lambda: tasks.gains(some, *seen, clip, maps, [None] * 9))
    with tempfile.TemporaryDirectory() as folder:
        files = []
        for k in numbers:
            path = Path(folder) / f"{k}.fits"
            fits.writeto(path, rng.normal(1000, 20, (CHANNELS, side, side)).astype("f4"))
            files.append(FileImage(str(path), 0, (side, side, CHANNELS)))
        bundle, read = timed(lambda: tasks.tiles(some, maps, files, [None] * 9))
    wanted = parts.overlapping_pairs(maps, (size, size))
    found, pair = timed(lambda: tasks.pairs([bundle], wanted, (size, size), factors))
    values = {"gains": factors, "offsets": np.zeros((9, CHANNELS))}
    _, coadd = timed(lambda: tasks.coadd([bundle], some, window, values, 0))
    pixels = 9 * side * side
    return Costs(
        read=read / (4 * CHANNELS * pixels),
        gain=gain / pixels,
        pair=pair / found["pixels"].sum(),
        coadd=coadd / pixels,
        blur=blur / size**2,
        task=empty(empty_tasks),
    )


def timed(call: Callable) -> tuple:
    """Return what a call returns, and the least CPU seconds of three."""
    seconds = []
    for _ in range(3):
        start = time.process_time()
        made = call()
        seconds.append(time.process_time() - start)
    return made, min(seconds)


def empty(count: int) -> float:
    """Return what one of many tasks takes this process, which take three results and do nothing."""
    import distributed

    with (
        distributed.LocalCluster(
            n_workers=1, threads_per_worker=1, protocol="tcp://", dashboard_address=":0"
        ) as workers,
        distributed.Client(workers) as client,
    ):
        graph = {("first", k): (nothing, []) for k in range(count // 2)}
        for k in range(count // 2):
            graph["second", k] = (nothing, [("first", j % (count // 2)) for j in range(k, k + 3)])
        start = time.process_time()
        client.get(graph, [("second", k) for k in range(count // 2)])
        return (time.process_time() - start) / count


def nothing(found: list) -> None:
    """Do nothing."""
