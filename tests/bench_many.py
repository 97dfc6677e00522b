"""Measure all but the pixels of second passes of many tiles, as a markdown table.

    python tests/bench_many.py [--tiles 1250,2500,5000,10000,...] [--workers N]

Linux only. Tiles of 8 x 8 x 3 pixels lie on a square lattice, 6 pixels apart, so that each overlaps
eight others however many there are; what they cost is what tiles and pairs cost. Each number of
tiles is measured in a process of its own; memory is the peak above what it held before, outputs
included, and growth of time is that of CPU seconds, which other work on the machine bends less. The
last line tells what a tile's pixel map costs, from WCS to map.
"""

from __future__ import annotations

import argparse
import json
import math
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from astropy.wcs import WCS

from bench_markdown import NONE, seconds, table, times
from zetwopass import _sky
from zetwopass._engine import Job, Outputs, Settings, Stats, TileInput, calls, ffi, structs
from zetwopass._sky import PixelMap

SIDE, STEP, CHANNELS = 8, 6, 3  # pixels, pixels, of a tile
STAGES = ("job", "plan", "gains", "match", "offsets", "coadd", "all")
CANCELS = 5
TILES = "1250,2500,5000,10000,20000,40000,80000,100000"


def placed(count: int) -> tuple[list[TileInput], np.ndarray]:
    """Return tiles on a lattice, and how many of them there are on each pixel [H, W]."""
    across = math.isqrt(count - 1) + 1
    rng = np.random.default_rng(1)
    pixels = rng.normal(1000, 20, (count, SIDE, SIDE, CHANNELS)).astype(np.float32)
    pixels += rng.normal(0, 50, (count, 1, 1, 1)).astype(np.float32)
    size = SIDE + STEP * (across - 1)
    coverage = np.zeros((size, size), np.float32)
    tiles = []
    for k, image in enumerate(pixels):
        y, x = STEP * (k // across), STEP * (k % across)
        coverage[y : y + SIDE, x : x + SIDE] += 1
        plane = np.array([[1.0, 0, -x], [0, 1.0, -y], [0, 0, 1.0]])
        box = PixelMap((x, y, x + SIDE, y + SIDE), plane=plane)
        tiles.append(TileInput(name=f"tiles[{k}]", image=image, map=box))
    return tiles, coverage


def held(field: str) -> int:
    """Return bytes that this process holds: VmRSS, or VmHWM, the most since `forget`."""
    for line in Path("/proc/self/status").read_text().splitlines():
        name, _, value = line.partition(":")
        if name == field:
            return int(value.split()[0]) << 10
    raise SystemExit(f"bench_many.py: this kernel doesn't tell {field}")


def forget() -> int:
    """Begin a new peak, and return what it begins with."""
    Path("/proc/self/clear_refs").write_text("5")
    return held("VmRSS")


class Bench:
    """One number of tiles: seconds and bytes of each of the stages."""

    def __init__(self, count: int, workers: int) -> None:
        self.tiles, self.coverage = placed(count)
        self.settings = Settings(sigma=2, gain_clip=(0.5, 2.0), workers=workers, device="cpu")
        self.seconds: dict[str, float] = {}
        self.cpu: dict[str, float] = {}
        self.bytes: dict[str, int] = {}
        calls.run("ztp_second_pass", self.job(*placed(4)))  # what a first call takes

    def job(self, tiles: list[TileInput], coverage: np.ndarray) -> Job:
        """Return a job of all stages."""
        shape = coverage.shape
        mosaic = np.zeros((*shape, CHANNELS), np.float32)
        outputs = Outputs(mosaic, np.zeros(shape, np.float32))
        blurred = np.zeros(shape, np.float32)
        return Job(self.settings, tiles, coverage=coverage, blurred=blurred, outputs=outputs)

    def measure(self, stage: str, call: Callable) -> object:
        """Note what a stage takes, and return what comes out."""
        before, start, cpu = forget(), time.perf_counter(), time.process_time()
        result = call()
        self.seconds[stage] = time.perf_counter() - start
        self.cpu[stage] = time.process_time() - cpu
        self.bytes[stage] = held("VmHWM") - before
        return result

    def run(self) -> dict:
        """Measure all stages."""
        job = self.measure("job", lambda: self.job(self.tiles, self.coverage))
        plan = self.measure("plan", job.plan)
        self.measure("gains", lambda: calls.run("ztp_tile_gains", job))
        job.record(plan)
        self.match(job)
        pairs = len(job.pairs)
        job.keep_offsets()
        self.measure("coadd", lambda: calls.run("ztp_reproject_coadd", job))
        again = self.job(self.tiles, self.coverage)
        self.measure("all", lambda: calls.run("ztp_second_pass", again))
        worst = self.cancelled(again)
        return {
            "pairs": pairs,
            "plan_bytes": plan.bytes,
            "seconds": self.seconds,
            "cpu": self.cpu,
            "bytes": self.bytes,
            "cancel": worst,
        }

    def match(self, job: Job) -> None:
        """Measure the match, and, to a tenth of a second, the offsets after the last pair."""
        settled = []

        def watch(stats: Stats) -> None:
            if stats.chunk_total and stats.chunk_index >= stats.chunk_total and not settled:
                settled.extend((time.perf_counter(), time.process_time()))

        self.measure("match", lambda: calls.run("ztp_match_backgrounds", job, watch))
        now = time.perf_counter(), time.process_time()
        self.seconds["offsets"], self.cpu["offsets"] = np.subtract(now, settled or now).tolist()

    def cancelled(self, job: Job) -> float:
        """Return the longest that a cancelled call went on, at times all over the whole of it."""
        worst = 0.0
        for part in range(CANCELS):
            flag = ffi.new_flag()
            job.struct.cancel = ffi.pointer(flag)
            stopped: list[float] = []

            def work(stopped: list[float] = stopped) -> None:
                ffi.library().ztp_second_pass(job.struct, structs.Error())
                stopped.append(time.perf_counter())

            thread = threading.Thread(target=work)
            thread.start()
            thread.join(self.seconds["all"] * part / CANCELS)
            flag.value, begun = 1, time.perf_counter()
            thread.join()
            worst = max(worst, stopped[0] - begun)
        return worst


def maps(count: int = 400) -> dict[str, float]:
    """Return the seconds that a tile's pixel map takes, and astropy's copy of the WCS for it."""
    output = WCS(naxis=2)
    output.wcs.ctype = "RA---TAN", "DEC--TAN"
    output.wcs.crval, output.wcs.crpix, output.wcs.cdelt = (150, 20), (2000, 2000), (-1e-4, 1e-4)
    tiles = []
    for k in range(count):
        tile = output.deepcopy()
        tile.wcs.crpix = 10 * (k % 20), 10 * (k // 20)
        tile.wcs.crval = 150 + 1e-3 * k, 20
        tiles.append(tile)
    grid = _sky.read("output_wcs", output)
    seconds = {}
    for name, call in (
        ("copy", lambda tile: tile.deepcopy()),
        ("map", lambda tile: _sky.pixel_map(tile, (480, 640), grid, (4000, 4000))),
    ):
        call(tiles[0])
        start = time.perf_counter()
        for tile in tiles:
            call(tile)
        seconds[name] = (time.perf_counter() - start) / count
    return seconds


def growth(now: float, before: float, ratio: float) -> str:
    """Return by how much seconds or MB grow where the tiles double, if they can be told."""
    if min(now, before) < 0.01:
        return NONE
    return times((now / before) ** (math.log(2) / math.log(ratio)))


def report(counts: list[int], found: list[dict]) -> list[str]:
    """Return the lines of the tables."""
    lines = []
    for what, unit, show in (("seconds", 1.0, seconds), ("bytes", 1e6, lambda mb: f"{mb:.0f}")):
        stages = [stage for stage in STAGES if stage in found[0][what]]
        rows = []
        for k, (count, one) in enumerate(zip(counts, found, strict=True)):
            cells = [f"{count}", f"{one['pairs']}"]
            cells += [show(one[what][stage] / unit) for stage in stages]
            rows.append(cells)
            if k:
                ratio, before = count / counts[k - 1], found[k - 1]
                steady = "cpu" if what == "seconds" else what
                grown = [
                    growth(one[steady][s] / unit, before[steady][s] / unit, ratio) for s in stages
                ]
                pairs = growth(one["pairs"], before["pairs"], ratio)
                rows.append(["grows, doubled", pairs, *grown])
        name = "tiles, s" if what == "seconds" else "tiles, MB"
        lines += [*table([name, "pairs", *stages], rows), ""]
    worst = ", ".join(f"{1000 * one['cancel']:.0f}" for one in found)
    lines += [f"A cancel is answered within, ms: {worst}.", ""]
    of = maps()
    lines.append(
        f"A tile's pixel map takes {1e3 * of['map']:.2f} ms, of which astropy's copy of the WCS "
        f"{1e3 * of['copy']:.2f}."
    )
    return lines


def main() -> None:
    """Measure each number of tiles in a child, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tiles", default=TILES)
    parser.add_argument("--workers", type=int, default=0)
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    counts = [int(n) for n in args.tiles.split(",")]
    if args.one:
        print(json.dumps(Bench(counts[0], args.workers).run()))
        return
    found = []
    for count in counts:
        child = [sys.executable, __file__, "--one", f"--tiles={count}", f"--workers={args.workers}"]
        found.append(json.loads(subprocess.run(child, check=True, stdout=subprocess.PIPE).stdout))
        print(f"{count} tiles: {json.dumps(found[-1])}", file=sys.stderr)
    print("\n".join(report(counts, found)))


if __name__ == "__main__":
    main()
