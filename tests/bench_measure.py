"""One measurement of the benchmark, made in a process of its own."""

from __future__ import annotations

import gc
import hashlib
import itertools
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import bench_scenes

if TYPE_CHECKING:
    import numpy as np

CALLS = 50
STAGES = ("blur", "gains", "background", "reproject")


def second_pass(
    *,
    scene: str,
    warm_up: str,
    profile: str,
    workers: int,
    masked: bool = False,
    background: str = "constant",
) -> dict:
    """Measure ``zetwopass.second_pass``; 0 ``workers`` are one a core.

    ``masked`` is with masks of ones and weights of the tiles.
    """
    from zetwopass import api, plans

    how = {
        "profile": profile,
        "workers": workers or None,
        "sigma": bench_scenes.SIGMA,
        "background": background,
    }

    def call(inputs: bench_scenes.Inputs, more: dict, out: tuple, on_stats: Callable) -> None:
        api.second_pass(
            *_positional(inputs),
            **more,
            gain_clip=bench_scenes.GAIN_CLIP,
            out=out,
            callback=on_stats,
            **how,
        )

    warm = bench_scenes.load(Path(warm_up))
    call(warm, _masks(warm) if masked else {}, _outputs(warm), lambda stats: None)
    inputs = bench_scenes.load(Path(scene))
    more, out, events = _masks(inputs) if masked else {}, _outputs(inputs), []
    result = _measured(lambda: call(inputs, more, out, events.append))
    plan = plans.plan(*_positional(inputs), **how)
    result["stages"] = _stages(events, result["wall_s"])
    result |= {"arrays_bytes": _bytes(inputs, out), "plan_bytes": plan.bytes}
    return result | {"workers": plan.workers, "chunks": plan.chunk_total}


def original(*, scene: str, warm_up: str, profile: str) -> dict:
    """Measure the original's way with its own random solver, on one thread.

    The mosaic and its coverage, which it allocates itself, count with the caller's arrays.
    """
    import original as module

    how = {"sigma_px": bench_scenes.SIGMA, "gain_clip": bench_scenes.GAIN_CLIP, "profile": profile}

    def call(inputs: bench_scenes.Inputs) -> None:
        module.original_second_pass(
            *_positional(inputs), inputs.coverage.shape, exact_offsets=False, **how
        )

    seconds: dict[str, float] = {}
    _watch(module, ("original_scale", "original_gains"), seconds)
    _watch(module.REPROJECTS, ("determine_offset_matrix", "solve_corrections_sgd"), seconds)
    call(bench_scenes.load(Path(warm_up)))
    inputs = bench_scenes.load(Path(scene))
    for name in seconds:
        seconds[name] = 0.0
    result = _measured(lambda: call(inputs))
    height, width = inputs.coverage.shape
    outputs = 4 * height * width * (inputs.tiles[0].shape[2] + 1)
    result["peak_bytes"] -= outputs
    match = seconds["determine_offset_matrix"] + seconds["solve_corrections_sgd"]
    result["stages"] = {
        "blur": seconds["original_scale"],
        "gains": seconds["original_gains"] - seconds["original_scale"],
        "background": match,
        "reproject": result["wall_s"] - seconds["original_gains"] - match,
    }
    return result | {"arrays_bytes": _bytes(inputs, ()) + outputs, "workers": 1}


def load() -> dict:
    """Measure the import of the package and the library's load with its first call, seconds."""
    begin = time.perf_counter()
    import zetwopass

    imported = time.perf_counter()
    from zetwopass._engine import ffi

    version = ffi.library_info().version
    end = time.perf_counter()
    file = Path(zetwopass.__file__).with_name(Path(ffi.library()._name).name)
    return {
        "import_s": imported - begin,
        "load_s": end - imported,
        "version": version,
        "sha256": hashlib.sha256(file.read_bytes()).hexdigest()[:12],
    }


def small() -> dict:
    """Measure whole calls on two tiles of 16 x 16: the median of 50 each, seconds."""
    import sky
    import zetwopass

    scene = sky.scene(1, tiles=2, shape=(16, 16), channels=3)
    inputs = bench_scenes.Inputs(scene.tiles, scene.wcs, scene.output_wcs, scene.coverage)
    clip, sigma = bench_scenes.GAIN_CLIP, bench_scenes.SIGMA

    def api() -> object:
        return zetwopass.second_pass(*_positional(inputs), gain_clip=clip, sigma=sigma)

    def dropin() -> object:
        return zetwopass.run_second_pass_coverage_renorm(
            *_positional(inputs), scene.shape_out, sigma_px=sigma, gain_clip=clip
        )

    return {"api_s": _median(api), "dropin_s": _median(dropin), "calls": CALLS}


def _measured(call: Callable[[], object]) -> dict:
    """Return wall and CPU seconds of a call and the bytes its peak lies above the RSS before it.

    The peak counts from a reset right before the call: what came earlier does not hide it.
    """
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5")  # man proc: resets VmHWM
    before = memory("VmRSS")
    cpu, wall = time.process_time(), time.perf_counter()
    call()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return {"wall_s": wall, "cpu_s": cpu, "peak_bytes": memory("VmHWM") - before}


def memory(field: str) -> int:
    """Return a field of this process's memory, bytes."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{field}:"):
            return 1024 * int(line.split()[1])
    raise OSError(f"/proc/self/status has no {field}")


def _positional(inputs: bench_scenes.Inputs) -> tuple:
    return inputs.tiles, inputs.wcs, inputs.output_wcs, inputs.coverage


def _masks(inputs: bench_scenes.Inputs) -> dict:
    """Return masks that hide nothing and weights that differ."""
    import numpy as np

    masks = [np.ones(tile.shape[:2], np.float32) for tile in inputs.tiles]
    return {"masks": masks, "tile_weights": [1 + t % 3 for t in range(len(masks))]}


def _outputs(inputs: bench_scenes.Inputs) -> tuple[np.ndarray, np.ndarray]:
    """Return arrays for the mosaic and its coverage whose memory is there already."""
    import numpy as np

    shape = inputs.coverage.shape
    out = np.empty((*shape, inputs.tiles[0].shape[2]), np.float32), np.empty(shape, np.float32)
    for array in out:
        array.fill(1)
    return out


def _bytes(inputs: bench_scenes.Inputs, out: tuple) -> int:
    return sum(array.nbytes for array in (*inputs.tiles, inputs.coverage, *out))


def _stages(events: list, wall: float) -> dict[str, float]:
    """Return seconds per stage; what is outside the library's own clock are the maps."""
    return {"maps": wall - events[-1].elapsed_seconds, **stage_seconds(events)}


def stage_seconds(events: list, clock: str = "elapsed_seconds") -> dict[str, float]:
    """Return what a clock of the events counts in each stage."""
    begun: dict[str, float] = {}
    for stats in events:
        begun.setdefault(stats.stage, getattr(stats, clock))
    seconds = {a: begun[b] - begun[a] for a, b in itertools.pairwise(begun)}
    return {name: seconds.get(name, 0.0) for name in STAGES}


def _watch(module: ModuleType, names: tuple[str, ...], seconds: dict[str, float]) -> None:
    """Let functions of a module add up what they take in ``seconds``."""
    for name in names:
        setattr(module, name, _timed(getattr(module, name), name, seconds))


def _timed(function: Callable, name: str, seconds: dict[str, float]) -> Callable:
    seconds[name] = 0.0

    def timed(*args: object, **kwargs: object) -> object:
        begin = time.perf_counter()
        try:
            return function(*args, **kwargs)
        finally:
            seconds[name] += time.perf_counter() - begin

    return timed


def _median(call: Callable[[], object]) -> float:
    call()
    times = []
    for _ in range(CALLS):
        begin = time.perf_counter()
        call()
        times.append(time.perf_counter() - begin)
    return statistics.median(times)
