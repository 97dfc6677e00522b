"""Whether second passes of random sizes keep to the memory that their plans say.

    python tests/ceiling.py 300

Each runs in a child of its own, which is forked before the library is loaded: Linux alone. What
the process has more at its peak than before, beside the arrays of the caller, is held against the
plan's bytes. ``ALLOWED`` is what Go's heap may hold of garbage beside that, as in capi/limits.go.
"""

import json
import os
import re
import sys
from pathlib import Path

import numpy as np

import sky
import zetwopass

ALLOWED = 16 << 20


def memory(name):
    """Return a line of the process's status in bytes: VmRSS is now, VmHWM the most since reset."""
    text = Path("/proc/self/status").read_text()
    return 1024 * int(re.search(rf"{name}:\s+(\d+) kB", text)[1])


def measure(seed):
    """Return the plan's bytes, how much more there was at the peak, and what the job was."""
    rng = np.random.default_rng(seed)
    channels, tiles = int(rng.integers(1, 5)), int(rng.integers(1, 9))
    shape = tuple(int(n) for n in rng.integers(200, 900, 2))
    scene = sky.scene(
        seed,
        tiles=tiles,
        shape=shape,
        channels=channels,
        layout=["grid", "strip", "dense"][rng.integers(3)],
        masks=[None, "soft"][rng.integers(2)],
    )
    how = {
        "sigma": int(rng.choice([0, 5, 50, 300, 1000])),
        "profile": ["v4.2", "v4.5"][rng.integers(2)],
        "workers": int(rng.integers(1, 9)),
    }
    inputs = (scene.tiles, scene.wcs, scene.output_wcs, scene.coverage)
    grid = scene.shape_out
    out = np.ones((*grid, channels), "f4"), np.ones(grid, "f4")
    small = (np.ones((9, 9), "f4"),)
    zetwopass.blur_coverage(*small, sigma=1)  # Go's runtime is there
    plan = zetwopass.plan(*inputs, shape_out=grid, **how)
    if rng.integers(2):
        how["max_chunk_bytes"] = int(plan.bytes * rng.uniform(0.3, 1))
        try:
            plan = zetwopass.plan(*inputs, shape_out=grid, **how)
        except zetwopass.BudgetError:
            del how["max_chunk_bytes"]
    Path("/proc/self/clear_refs").write_text("5")
    before = memory("VmRSS")
    zetwopass.second_pass(*inputs, shape_out=grid, out=out, masks=scene.masks, device="cpu", **how)
    return plan.bytes, memory("VmHWM") - before, f"{tiles} tiles {shape} x {channels}, {how}"


def child(seed):
    """Return what `measure` does in a process of its own."""
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        with os.fdopen(write, "w") as pipe:
            json.dump(measure(seed), pipe)
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as pipe:
        text = pipe.read()
    os.waitpid(pid, 0)
    if not text:
        raise RuntimeError(f"the job of seed {seed} failed")
    return json.loads(text)


def main(count, first=1):
    """Print the jobs that took more than they may, and the closest one; return how many did."""
    above, closest, where = 0, -float("inf"), ""
    for seed in range(first, first + count):
        planned, grown, what = child(seed)
        said = f"seed {seed}, {what}: {planned} bytes planned, {grown} taken"
        if grown - planned > closest:
            closest, where = grown - planned, said
        if grown > planned + ALLOWED:
            above += 1
            print(said)
    print(
        f"{count} jobs, {above} above plan and garbage; at most {closest} above the plan: {where}"
    )
    return above


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])) > 0)
