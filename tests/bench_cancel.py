"""Measure how long a cancelled second pass goes on, stage by stage, as a markdown table.

    python tests/bench_cancel.py [--size L] [--cancels 200] [--workers N]

The flag is set at times all over the call. What is measured is from there to the return of
``ztp_second_pass``, in milliseconds; the stage is the last that the call has told of.
"""

from __future__ import annotations

import argparse
import statistics
import threading
import time
from pathlib import Path

import numpy as np

import bench_scenes
from bench_markdown import table
from zetwopass._engine import Job, Outputs, checks, ffi, structs
from zetwopass._inputs import images_of, inputs

BUILD = Path(__file__).parents[1] / "build" / "bench"
CANCELLED = 300


def job(size: str, workers: int | None) -> Job:
    """Return a second pass of one of the bench's mosaics."""
    found = bench_scenes.build(name=size, cache=str(BUILD))
    scene = bench_scenes.load(Path(found["folder"]))
    shape = scene.coverage.shape
    images, skies = images_of(scene.tiles, scene.wcs)
    settings = checks.settings(
        sigma=bench_scenes.SIGMA,
        gain_clip=bench_scenes.GAIN_CLIP,
        workers=workers,
        device="cpu",
    )
    outputs = Outputs(np.zeros((*shape, 3), np.float32), np.zeros(shape, np.float32))
    tiles = inputs(images, skies, scene.output_wcs, shape, None)
    return Job(
        settings,
        tiles,
        coverage=scene.coverage,
        blurred=np.zeros_like(scene.coverage),
        outputs=outputs,
    )


def passed(made: Job, after: float | None) -> tuple[float, str, int]:
    """Run a pass that is cancelled after some seconds, or not.

    Return how long it went on from there (or in all), the stage it was in, and its status.
    """
    flag, stage, ended = ffi.new_flag(), [0], []

    @structs.StatsFunction
    def watch(stats, _user):
        stage[0] = stats.contents.stage

    def work() -> None:
        status = ffi.library().ztp_second_pass(made.struct, None)
        ended.extend((time.perf_counter(), status))

    made.struct.cancel, made.struct.on_stats = ffi.pointer(flag), watch
    thread, begun = threading.Thread(target=work), time.perf_counter()
    thread.start()
    if after is not None:
        thread.join(after)
        flag.value, begun = 1, time.perf_counter()
    at = structs.STAGES[stage[0]]
    thread.join()
    return ended[0] - begun, at, ended[1]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--size", default="L", choices=bench_scenes.SIZES)
    parser.add_argument("--cancels", type=int, default=200)
    parser.add_argument("--workers", type=int)
    options = parser.parse_args()
    made = job(options.size, options.workers)
    passed(made, None)
    whole = min(passed(made, None)[0] for _ in range(2))
    found: dict[str, list[float]] = {}
    for n in range(options.cancels):
        late, stage, status = passed(made, whole * (n + 0.5) / options.cancels)
        if status == CANCELLED:
            found.setdefault(stage, []).append(1000 * late)
    found = {stage: found[stage] for stage in structs.STAGES if stage in found}
    found["all"] = [late for lates in found.values() for late in lates]
    rows = [
        [stage, str(len(lates)), f"{statistics.median(lates):.0f}"]
        + [f"{np.percentile(lates, 95):.0f}", f"{max(lates):.0f}"]
        for stage, lates in found.items()
    ]
    print(f"{options.size}, which takes {whole:.2f} s; milliseconds from cancel to return\n")
    print("\n".join(table(["what it did", "cancels", "median", "95 %", "worst"], rows)))


if __name__ == "__main__":
    main()
