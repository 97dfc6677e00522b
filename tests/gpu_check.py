"""Check the CUDA backend on this machine's GPU and measure it: a table, in Markdown.

It wants NumPy, a library built with ``./build.sh cuda``, and CuPy for the comparison; no Go, no
astropy. It ends with status 1 where the GPU's numbers are not the CPU's.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "python"))

import numpy as np

import gpu_scene
import zetwopass
from bench_measure import STAGES
from gpu_rival import Rival
from gpu_scene import Pass, Scene

SIZES = {"tiny": (2, 2, (60, 80)), "M": (4, 3, (1080, 1920))}


def main() -> int:
    """Check, measure and print; return the program's status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", choices=SIZES, default="M")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--rival", choices=("cupy", "numpy"), default="cupy")
    options = parser.parse_args()
    info = zetwopass.device_info()
    print(f"{info.name or info.reason}; {os.cpu_count()} processors\n", flush=True)
    if not info.usable:
        return 1
    s = gpu_scene.scene(*SIZES[options.size])
    tiles, (h, w, channels) = len(s.tiles), s.tiles[0].shape
    height, width = s.coverage.shape
    print(f"{tiles} tiles {w} x {h} x {channels} on {width} x {height}, sigma {gpu_scene.SIGMA}\n")
    passes = {
        device: gpu_scene.second_pass(s, device, repeat=options.repeat)
        for device in ("cpu", "gpu", "hybrid")
    }
    faults = [f for device in ("gpu", "hybrid") for f in compared(passes, device)]
    rows = [row(f"zetwopass, {device}", p.wall, p.stages) for device, p in passes.items()]
    kernels = passes["gpu"].kernels
    rows.append(row("kernels of it, gpu", sum(kernels.values()), kernels))
    xp, ndimage, wait = arrays(options.rival)
    stages, mosaic = rival(s, xp, ndimage, wait, options.repeat)
    rows.append(row(f"the same by {options.rival}", sum(stages.values()), stages))
    faults += far(mosaic, passes["cpu"].mosaic, 1e-5, options.rival)
    speeds = copies(xp, wait) if options.rival == "cupy" else {}
    print(table(["seconds", "all", *STAGES], rows))
    for name, share in shares(s, passes["gpu"], speeds).items():
        print(f"- {name}: {share}")
    last = passes["hybrid"].last
    print(f"- hybrid: {last.cpu_rows} rows by the CPU, {last.gpu_rows} by the GPU")
    print(f"- memory of the GPU: {passes['gpu'].last.gpu_bytes / 2**20:.0f} MiB\n")
    print("\n".join(faults) or "the GPU's numbers are the CPU's: all passed")
    return 1 if faults else 0


def row(name: str, total: float, stages: dict[str, float]) -> list[str]:
    """Return a row of the table."""
    return [name, f"{total:.4f}", *(f"{stages[stage]:.4f}" for stage in STAGES)]


def table(head: list[str], rows: list[list[str]]) -> str:
    """Return a Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def compared(passes: dict[str, Pass], device: str) -> list[str]:
    """Return what is wrong with a device's pass: section 7 of MATHS.md."""
    got, want = passes[device], passes["cpu"]
    faults = []
    if got.device_error is not None or not got.last.gpu_ran:
        faults.append(f"{device}: the GPU did not do it: {got.device_error}")
    if device == "gpu" and got.last.cpu_rows:
        faults.append(f"gpu: the CPU did {got.last.cpu_rows} rows")
    if not np.array_equal(got.coverage, want.coverage):
        faults.append(f"{device}: the coverage differs")
    if np.abs(got.gains - want.gains).max() > 5e-7:
        faults.append(f"{device}: gains differ by {np.abs(got.gains - want.gains).max():.1e}")
    return faults + far(got.mosaic, want.mosaic, 1e-6, device)


def far(got: np.ndarray, want: np.ndarray, share: float, name: str) -> list[str]:
    """Return a fault if a mosaic differs by more than a share; edges may be in or out."""
    both = np.isfinite(got) & np.isfinite(want)
    most = float((np.abs(got - want)[both] / np.abs(want[both])).max(initial=0))
    odd = float((np.isfinite(got) != np.isfinite(want)).mean())
    print(f"- {name}: mosaic within {most:.1e}, {odd:.1e} of the pixels in one alone")
    if most <= share and odd <= 1e-5:
        return []
    return [f"{name}: mosaic differs by {most:.1e}, {odd:.1e}"]


def arrays(name: str):
    """Return an array module, its ndimage, and what waits for its device."""
    if name == "cupy":
        import cupy
        from cupyx.scipy import ndimage

        return cupy, ndimage, cupy.cuda.Device().synchronize
    from scipy import ndimage

    return np, ndimage, lambda: None


def rival(s: Scene, xp, ndimage, wait: Callable, repeat: int):
    """Return the seconds of each step, transfers within the first and the last, and the mosaic."""
    best = None
    for _ in range(repeat + 1):  # the first compiles
        r, times = Rival(xp, ndimage), [time.perf_counter()]

        def lap(times=times) -> None:
            wait()
            times.append(time.perf_counter())

        coverage, tiles = xp.asarray(s.coverage), [xp.asarray(tile) for tile in s.tiles]
        blurred = r.blur(coverage)
        lap()
        gains = r.gains(s, tiles, coverage, blurred)
        lap()
        offsets = r.offsets(s, tiles, gains)
        lap()
        mosaic, _ = r.coadd(s, tiles, gains, offsets)
        mosaic = mosaic.get() if hasattr(mosaic, "get") else mosaic
        lap()
        stages = dict(zip(STAGES, np.diff(times), strict=True))
        if best is None or sum(stages.values()) < sum(best.values()):
            best = stages
    return best, mosaic


def copies(cupy, wait: Callable) -> dict[str, float]:
    """Return bytes per second read and written on the GPU, and sent to it from pinned memory."""
    size = 256 << 20
    a, b = cupy.empty(size, cupy.uint8), cupy.empty(size, cupy.uint8)
    host = cupy.cuda.alloc_pinned_memory(size)

    def quickest(copy: Callable) -> float:
        seconds = []
        for _ in range(5):
            wait()
            start = time.perf_counter()
            copy()
            wait()
            seconds.append(time.perf_counter() - start)
        return min(seconds)

    within = quickest(lambda: cupy.copyto(b, a))
    to = quickest(lambda: a.data.copy_from_host(host.ptr, size))
    return {"GPU": 2 * size / within, "PCIe": size / to}


def shares(s: Scene, p: Pass, speeds: dict[str, float]) -> dict[str, str]:
    """Return what the kernels and the whole pass reach of what copying alone would allow."""
    pixels, tiles = s.coverage.size, sum(tile.nbytes for tile in s.tiles)
    mosaic = 4 * pixels * (s.tiles[0].shape[2] + 1)
    moved = {"blur": 4 * pixels * 8, "reproject": tiles + mosaic}  # blur: both planes, both ways
    out = {}
    if speeds:
        for stage, size in moved.items():
            if p.kernels[stage] > 0:
                speed = size / p.kernels[stage]
                out[f"kernels of {stage}"] = f"{speed / speeds['GPU']:.2f} of the GPU's copies"
        sent = tiles + 4 * pixels + mosaic + 4 * pixels
        out["all that must cross PCIe"] = (
            f"{sent / speeds['PCIe']:.4f} s of {p.wall:.4f} s at {speeds['PCIe'] / 1e9:.1f} GB/s"
        )
    return out


if __name__ == "__main__":
    sys.exit(main())
