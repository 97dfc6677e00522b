"""Measure `zetwopass.assemble` on mosaics beyond memory, as a markdown table.

    python tests/bench_disk.py [--cases wide,many] [--folder build/bench_disk] [--max-memory GB]

Linux only: what is read and the peak of anonymous memory come from /proc. A case wants up to 40 GB
on the disk, of which nothing stays. The caches of the system are emptied before, where that is
allowed.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
from astropy.io import fits
from astropy.wcs import WCS

from bench_measure import memory

ROOT = Path(__file__).resolve().parent.parent
SCALE = 1 / 3600  # degrees a pixel
BLOCK = 64 << 20


class Case(NamedTuple):
    """Tiles [h, w, c] on a lattice of so many rows and columns, which fill a mosaic [H, W]."""

    mosaic: tuple[int, int]
    tile: tuple[int, int, int]
    lattice: tuple[int, int]


CASES = {
    "wide": Case((20000, 30000), (1080, 1920, 3), (27, 24)),
    "many": Case((30000, 40000), (480, 640, 1), (100, 100)),
}


def plane(shape: tuple[int, int], x: float = 0, y: float = 0, turn: float = 0) -> WCS:
    """Return a TAN WCS whose pixel (0, 0) is the mosaic's pixel (x, y), turned by some degrees."""
    wcs = WCS(naxis=2)
    wcs.wcs.ctype = "RA---TAN", "DEC--TAN"
    wcs.wcs.crval = 150, 20
    wcs.wcs.cdelt = -SCALE, SCALE
    wcs.wcs.crpix = shape[1] / 2 - x, shape[0] / 2 - y
    cos, sin = np.cos(np.radians(turn)), np.sin(np.radians(turn))
    wcs.wcs.pc = [[cos, -sin], [sin, cos]]
    return wcs


def make(case: Case, folder: Path) -> list[Path]:
    """Write the tiles: noise on a level of their own, turned by up to half a degree."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng(1)
    noise = rng.normal(1000, 20, (case.tile[2], *case.tile[:2])).astype(">f4")
    (rows, cols), (h, w) = case.lattice, case.tile[:2]
    paths = []
    for k in range(rows * cols):
        y = k // cols * (case.mosaic[0] - h) / (rows - 1)
        x = k % cols * (case.mosaic[1] - w) / (cols - 1)
        header = plane(case.mosaic, x, y, rng.uniform(-0.5, 0.5)).to_header()
        data = np.roll(noise, int(rng.integers(w)), axis=2) + np.float32(rng.normal(0, 50))
        path = folder / f"tile_{k:05d}.fits"
        fits.writeto(
            path, data.astype(">f4") if case.tile[2] > 1 else data[0].astype(">f4"), header
        )
        paths.append(path)
    return paths


def bytes_read() -> int:
    """Return the bytes that this process has asked files for."""
    return int(Path("/proc/self/io").read_text().split()[1])


class Peak(threading.Thread):
    """The largest anonymous memory while it runs, above what there was before."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.before = self.most = memory("RssAnon")
        self.ended = threading.Event()

    def run(self) -> None:
        while not self.ended.wait(0.02):
            self.most = max(self.most, memory("RssAnon"))


def one(name: str, folder: Path, memory: float | None) -> dict:
    """Assemble the tiles of a folder, in a process of its own."""
    import zetwopass

    case = CASES[name]
    header = plane(case.mosaic).to_header()
    header["NAXIS"], header["NAXIS1"], header["NAXIS2"] = 2, case.mosaic[1], case.mosaic[0]
    peak, read, begin = Peak(), bytes_read(), time.perf_counter()
    peak.start()
    limit = None if memory is None else int(memory * 1e9)
    done = zetwopass.assemble(
        [folder], folder.parent / f"{name}.fits", like=header, max_chunk_bytes=limit, overwrite=True
    )
    seconds = time.perf_counter() - begin
    peak.ended.set()
    return {
        "wall_s": seconds,
        "peak_bytes": peak.most - peak.before,
        "read_bytes": bytes_read() - read,
        "stages": done.seconds,
    }


def disk(folder: Path) -> tuple[float, float]:
    """Return the bytes a second at which 4 GB are written, with fsync, and read, in one stream."""
    path, block = folder / "stream", os.urandom(BLOCK)
    begin = time.perf_counter()
    with path.open("wb") as file:
        for _ in range(64):
            file.write(block)
        file.flush()
        os.fsync(file.fileno())
    written = 64 * BLOCK / (time.perf_counter() - begin)
    forget()
    begin = time.perf_counter()
    with path.open("rb", buffering=0) as file:
        while file.readinto(bytearray(BLOCK)):
            pass
    read = 64 * BLOCK / (time.perf_counter() - begin)
    path.unlink()
    return written, read


def forget() -> None:
    """Empty the system's caches of files, where that is allowed."""
    os.sync()
    try:
        Path("/proc/sys/vm/drop_caches").write_text("3")
    except OSError:
        sys.stderr.write("bench_disk.py: the caches stay as they are\n")


def main() -> None:
    """Measure what the command line asks for and write a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", default=",".join(CASES), help="comma-separated")
    parser.add_argument("--folder", type=Path, default=ROOT / "build" / "bench_disk")
    parser.add_argument("--max-memory", type=float, metavar="GB", help="default: the library's")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    options = parser.parse_args()
    folder = options.folder
    if options.one:
        sys.stdout.write(json.dumps(one(options.one, folder / options.one, options.max_memory)))
        return
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    written, read = disk(folder)
    print(f"The disk writes {written / 1e9:.2f} and reads {read / 1e9:.2f} GB/s in one stream.\n")
    print("| case | tiles GB | read / tiles | written GB | s | disk alone, s | peak GB |")
    print("| :--- | ---: | ---: | ---: | ---: | ---: | ---: |")
    for name in options.cases.split(","):
        paths = make(CASES[name], folder / name)
        tiles = sum(path.stat().st_size for path in paths)
        forget()
        command = [sys.executable, __file__, "--one", name, "--folder", str(folder)]
        if options.max_memory is not None:
            command += ["--max-memory", str(options.max_memory)]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
        found = json.loads(done.stdout.splitlines()[-1])
        size = (folder / f"{name}.fits").stat().st_size
        alone = found["read_bytes"] / read + size / written
        print(
            f"| {name}: {len(paths)} | {tiles / 1e9:.1f} | {found['read_bytes'] / tiles:.2f} "
            f"| {size / 1e9:.1f} | {found['wall_s']:.0f} | {alone:.0f} "
            f"| {found['peak_bytes'] / 1e9:.2f} |"
        )
        print(f"\n{found['stages']}\n", file=sys.stderr)
        shutil.rmtree(folder / name)
        (folder / f"{name}.fits").unlink()


if __name__ == "__main__":
    main()
