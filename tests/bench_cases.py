"""What is measured on a size, in which order, and what is kept of it."""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import bench_scenes
from bench_markdown import counted

Measure = Callable[..., dict]  # of a function's name and its arguments, in a fresh process
_PACKAGES = ("numpy", "scipy", "astropy", "reproject")


@dataclass(frozen=True, kw_only=True)
class Case:
    """One row: ``function`` with ``arguments`` is run ``runs`` times, not at all if that is 0.

    ``kind`` is 'zetwopass', 'original' or 'swarp'; SWarp has no profile.
    """

    what: str
    size: str
    kind: str
    profile: str | None
    runs: int
    function: str
    arguments: dict


def cases(
    name: str, scene: dict, warm_up: dict, options: argparse.Namespace, swarp: str | None
) -> list[Case]:
    """Return the rows of a size; ``swarp`` is the program, '' if there is none, None for no row."""
    size, most = bench_scenes.SIZES[name], cores()
    folders = {"scene": scene["folder"], "warm_up": warm_up["folder"]}
    workers = [most, 1] if size.compared and most > 1 else [most]
    once = name in bench_scenes.SERIES
    found = [
        _ours(name, profile, n, folders, 1 if once else options.repeat)
        for profile in (options.profiles[:1] if once else options.profiles)
        for n in workers
    ]
    if size.masked and "v4.5" in options.profiles:
        found.append(
            _ours(name, "v4.5", most, folders, options.repeat, what=" masked", masked=True)
        )
    if size.planes:
        how = {"what": " planes", "background": "plane"}
        found.append(_ours(name, options.profiles[0], most, folders, options.repeat, **how))
    if size.original_runs and options.original != "never":
        runs = min(size.original_runs, options.repeat)
        found += [_original(name, profile, folders, runs) for profile in options.profiles]
    if size.swarp and swarp is not None:
        found.append(_swarp(name, scene["folder"], swarp, most, options.repeat))
    return found


def rows(found: list[Case], cache: Path, anew: bool, measure: Measure) -> list[dict]:
    """Measure the rows of one size by turns, so that the machine's moods meet all alike.

    What is kept in ``cache`` of the original's way is taken from there, unless ``anew``.
    """
    kept = {case.what: _kept(case, cache) for case in found if not anew}
    results: dict[str, list[dict]] = {case.what: [] for case in found}
    for turn in range(max(case.runs for case in found)):
        for case in found:
            if turn >= case.runs or kept.get(case.what):
                continue
            if case.kind == "swarp" and turn == 0:
                measure("bench_swarp.files", scene=case.arguments["scene"])
            results[case.what].append(measure(case.function, **case.arguments))
    answer = []
    for case in found:
        row = kept.get(case.what) or _row(case, results[case.what])
        if case.kind == "original" and not row["cached"]:
            _place(case, cache).write_text(json.dumps(row))
        answer.append(row)
    _set_ratios(answer)
    return answer


def machine() -> dict:
    """Return what the machine is: CPU, cores, memory in GB."""
    return {
        "cpu": _cpu(),
        "cores": cores(),
        "memory_gb": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9,
    }


def cores() -> int:
    """Return the number of cores that this process may use."""
    return len(os.sched_getaffinity(0))


def versions() -> dict[str, str]:
    """Return the versions that the original's way depends on."""
    return {"Python": platform.python_version()} | {n: metadata.version(n) for n in _PACKAGES}


def _ours(
    name: str, profile: str, workers: int, folders: dict, runs: int, what: str = "", **more: object
) -> Case:
    return Case(
        what=f"zetwopass {profile}{what}, {counted(workers, 'worker')}",
        size=name,
        kind="zetwopass",
        profile=profile,
        runs=runs,
        function="bench_measure.second_pass",
        arguments=folders | {"profile": profile, "workers": workers} | more,
    )


def _original(name: str, profile: str, folders: dict, runs: int) -> Case:
    return Case(
        what=f"original {profile}, 1 thread",
        size=name,
        kind="original",
        profile=profile,
        runs=runs,
        function="bench_measure.original",
        arguments=folders | {"profile": profile},
    )


def _swarp(name: str, scene: str, program: str, threads: int, runs: int) -> Case:
    return Case(
        what=f"SWarp, coadd only, {counted(threads, 'thread')}",
        size=name,
        kind="swarp",
        profile=None,
        runs=runs if program else 0,
        function="bench_swarp.run",
        arguments={"scene": scene, "program": program, "threads": threads},
    )


def _row(case: Case, results: list[dict]) -> dict:
    """Return the quickest run with the highest peak; no numbers where nothing ran."""
    best = min(results, key=lambda result: result["wall_s"], default={})
    names = ("wall_s", "cpu_s", "arrays_bytes", "plan_bytes", "workers", "chunks", "stages")
    return {
        "what": case.what,
        "size": case.size,
        "kind": case.kind,
        "profile": case.profile,
        "runs": len(results),
        "walls_s": [result["wall_s"] for result in results],
        **{name: best.get(name) for name in names},
        "peak_bytes": max((result["peak_bytes"] for result in results), default=None),
        "measured": time.strftime("%Y-%m-%d %H:%M"),
        "cached": False,
    }


def _set_ratios(found: list[dict]) -> None:
    """Set how many times the original of the same profile takes as long; None if not known."""
    whole = {row["profile"]: row["wall_s"] for row in found if row["kind"] == "original"}
    for row in found:
        known = row["profile"] in whole and row["wall_s"]
        row["ratio"] = whole[row["profile"]] / row["wall_s"] if known else None


def _kept(case: Case, cache: Path) -> dict | None:
    place = _place(case, cache)
    if case.kind != "original" or not place.is_file():
        return None
    return json.loads(place.read_text()) | {"cached": True}


def _place(case: Case, cache: Path) -> Path:
    """Return the file of a result: its name holds all that the result depends on."""
    source = Path(__file__).with_name("original.py").read_text()
    parts = [source, bench_scenes.key(case.size), case.runs, versions(), _cpu(), cores()]
    digest = hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:12]
    return cache / f"original-{case.size}-{case.profile}-{digest}.json"


def _cpu() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
