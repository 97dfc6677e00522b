"""Measure the second pass beside the original's way and SWarp, as a markdown table.

    python tests/bench.py --sizes S,M,L

Linux only: peaks of memory come from /proc.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from importlib import metadata
from pathlib import Path

import bench_cases
import bench_interp
import bench_table
from bench_scenes import SERIES, SIZES

ROOT = Path(__file__).resolve().parent.parent
PROFILES = ("v4.5", "v4.2")
LOADS = 5  # fresh processes

REPEAT = f"runs of all but the original on M and {', '.join(SERIES)}, which run once (default: 3)"
ORIGINAL = (
    "the original's way, on tiny, S and M: auto measures it where no earlier result of the same "
    "machine and versions is kept, always anew, never leaves it out; without a word it is always "
    "(default: auto); M takes minutes and 4 GB"
)
SWARP = "SWarp's program, or never (default: swarp or SWarp, if there is one)"
OUT = "folder of the results; scenes are kept in its folder bench (default: build)"


def main() -> int:
    """Run what the command line asks for; return the exit status."""
    if sys.argv[1:2] == ["--one"]:
        return _one(json.loads(sys.argv[2]))
    options = _options()
    try:
        text = _bench(options)
    except KeyboardInterrupt:
        sys.stderr.write("stopped\n")
        return 130
    sys.stdout.write(text)
    return 0


def _options() -> argparse.Namespace:
    sizes = "; ".join(
        f"{name}: {size.tiles} tiles {size.shape[1]} x {size.shape[0]} x 3, {size.layout}"
        f"{', SIP' if size.sip else ''}"
        for name, size in SIZES.items()
    )
    parser = argparse.ArgumentParser(
        description="Measures the second pass and writes OUT/bench.md and OUT/bench.json.",
        epilog=f"Sizes: {sizes}",
    )
    for name, known, default in (
        ("--sizes", SIZES, ",".join(["S", "M", "MSIP", "L", *SERIES])),
        ("--profiles", PROFILES, ",".join(PROFILES)),
    ):
        words = f"comma-separated, of {', '.join(known)} (default: {default})"
        parser.add_argument(name, type=_names(known), default=default, help=words)
    parser.add_argument("--repeat", type=_count, default=3, metavar="N", help=REPEAT)
    choices = ("auto", "always", "never")
    parser.add_argument(
        "--original", nargs="?", choices=choices, default="auto", const="always", help=ORIGINAL
    )
    parser.add_argument("--swarp", default="auto", metavar="PROGRAM", help=SWARP)
    parser.add_argument("--out", type=Path, default=ROOT / "build", help=OUT)
    return parser.parse_args()


def _names(known: Iterable[str]) -> Callable[[str], list[str]]:
    def names(text: str) -> list[str]:
        found = text.split(",")
        if unknown := [name for name in found if name not in known]:
            raise argparse.ArgumentTypeError(f"{unknown[0]!r} is none of {', '.join(known)}")
        return found

    return names


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number}, want at least 1")
    return number


def _bench(options: argparse.Namespace) -> str:
    """Measure everything, write both files and return the table."""
    cache = options.out.resolve() / "bench"  # SWarp runs in a folder of its own
    swarp = _swarp(options.swarp)
    result = {"begun": _now(), "repeat": options.repeat, "machine": bench_cases.machine()}
    result["machine"]["load_before"] = os.getloadavg()[0]
    threads = sorted({1, bench_cases.cores()})
    result["rates"] = _measure("bench_machine.rates", threads=threads)["rates"]
    loads = [_measure("bench_measure.load") for _ in range(LOADS)]
    result["load"] = loads[0] | {
        name: statistics.median(load[name] for load in loads) for name in ("import_s", "load_s")
    }
    result["small"] = _measure("bench_measure.small")
    result["versions"] = bench_cases.versions() | {
        "OpenCV": metadata.version("opencv-python-headless"),
        "zetwopass": f"{loads[0]['version']} ({loads[0]['sha256']})",
    }
    warm_up = _scene("tiny", cache)
    result["sizes"] = {name: _scene(name, cache) for name in options.sizes}
    result["rows"] = []
    for name, scene in result["sizes"].items():
        cases = bench_cases.cases(name, scene, warm_up, options, swarp)
        result["rows"] += bench_cases.rows(cases, cache, options.original == "always", _measure)
    result["compared"] = {
        name: _compared(scene["folder"], threads, options.repeat)
        for name, scene in result["sizes"].items()
        if SIZES[name].compared
    }
    result["interp"] = _measure(
        "bench_interp.measure",
        repeat=options.repeat,
        sizes=list(bench_interp.SIZES) if "M" in options.sizes else [],
        rival=options.original != "never",
    )
    for scene in result["sizes"].values():
        del scene["folder"]
    result["machine"]["load_after"] = os.getloadavg()[0]
    result["ended"] = _now()
    text = bench_table.markdown(result)
    (options.out / "bench.json").write_text(json.dumps(result, indent=1) + "\n")
    (options.out / "bench.md").write_text(text)
    return text


def _scene(name: str, cache: Path) -> dict:
    return _measure("bench_scenes.build", name=name, cache=str(cache))


def _compared(scene: str, threads: list[int], repeat: int) -> dict:
    """Measure single stages beside other programs on one scene."""
    blurs = _measure("bench_stages.blurs", scene=scene, threads=threads, repeat=repeat)
    return {"blurs": blurs, "interp": _measure("bench_stages.interp", scene=scene, repeat=repeat)}


def _swarp(wanted: str) -> str | None:
    """Return the program; '' if there is none, None if it shall be left out."""
    if wanted == "never":
        return None
    candidates = ("swarp", "SWarp") if wanted == "auto" else (wanted,)
    found = next(filter(None, map(shutil.which, candidates)), "")
    if not found and wanted != "auto":
        raise SystemExit(f"bench.py: there is no program {wanted}")
    return found


def _measure(function: str, **arguments: object) -> dict:
    """Return what a function of one of the helper modules returns in a fresh process."""
    words = [f"{name}={_short(value)}" for name, value in arguments.items()]
    sys.stderr.write(" ".join([time.strftime("%H:%M:%S"), function, *words]) + "\n")
    spec = json.dumps({"function": function, "arguments": arguments})
    command = [sys.executable, __file__, "--one", spec]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=_environment()) as process:
        try:
            answer, _ = process.communicate()
        except KeyboardInterrupt:
            process.terminate()
            raise
    if process.returncode:
        raise SystemExit(f"bench.py: {function} ended with {process.returncode}")
    return json.loads(answer.splitlines()[-1])


def _environment() -> dict[str, str]:
    """Return the environment of a measurement: this checkout's package, NumPy on one thread."""
    path = filter(None, [str(ROOT / "python"), os.environ.get("PYTHONPATH")])
    threads = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    return os.environ | dict.fromkeys(threads, "1") | {"PYTHONPATH": os.pathsep.join(path)}


def _short(value: object) -> str:
    return Path(value).name if isinstance(value, str) else str(value)


def _one(spec: dict) -> int:
    """Call the function in this process and write what it returns as one line of JSON."""
    module, _, name = spec["function"].partition(".")
    try:
        answer = getattr(importlib.import_module(module), name)(**spec["arguments"])
    except KeyboardInterrupt:
        return 130
    sys.stdout.write(json.dumps(answer) + "\n")
    return 0


def _now() -> str:
    return time.strftime("%Y-%m-%d %H:%M")


if __name__ == "__main__":
    sys.exit(main())
