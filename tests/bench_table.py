"""The benchmark's numbers as markdown."""

from __future__ import annotations

from bench_compare import compare_tables
from bench_floor import floor_table, rate_table
from bench_interp import interp_table
from bench_markdown import NONE, by, seconds, table

MB = 10**6
SLACK = 64 * MB  # what a call may take above its plan
STAGES = {
    "maps": "maps",
    "blur": "blur",
    "gains": "gains",
    "background": "background match",
    "reproject": "reproject + coadd",
}


def markdown(result: dict) -> str:
    """Return the tables and what they mean; ``result`` is what `bench.py` writes as JSON."""
    parts = [
        *_machine(result),
        *_sizes(result["sizes"]),
        "",
        *_whole(result["rows"]),
        "",
        *_per_stage(result["rows"]),
        "",
        *rate_table(result["rates"]),
        "",
        *floor_table(result["rows"], result["sizes"], result["rates"]),
        "",
        *compare_tables(result),
        *interp_table(result["interp"]),
        "",
        *_others(result),
        "",
        *_notes(result),
    ]
    return "\n".join(parts) + "\n"


def over_plan(row: dict) -> int:
    """Return the bytes by which a row's peak exceeds its plan and the slack; 0 if it does not."""
    if row["plan_bytes"] is None:
        return 0
    return max(0, row["peak_bytes"] - row["plan_bytes"] - SLACK)


def _machine(result: dict) -> list[str]:
    machine, versions = result["machine"], result["versions"]
    return [
        f"{machine['cpu']}, {machine['cores']} cores, {machine['memory_gb']:.0f} GB; "
        f"{result['begun']} to {result['ended']}; load average {machine['load_before']:.1f} "
        f"before and {machine['load_after']:.1f} after. "
        + ", ".join(f"{name} {version}" for name, version in versions.items())
        + ".",
        "",
    ]


def _sizes(sizes: dict) -> list[str]:
    return [
        f"- {name}: {size['tiles']} tiles {by(size['tile_shape'])}, canvas {by(size['canvas'])}, "
        f"up to {size['deepest']} tiles deep"
        for name, size in sizes.items()
    ]


def _whole(rows: list[dict]) -> list[str]:
    titles = [
        "what",
        "size",
        "runs",
        "wall s",
        "CPU s",
        "peak MB above the arrays",
        "plan MB",
        "original's wall / this wall",
    ]
    return table(titles, [_whole_row(row) for row in rows])


def _whole_row(row: dict) -> list[str]:
    if row["wall_s"] is None:
        return [row["what"], row["size"], "0", "not installed", *[NONE] * 4]
    plan, ratio = row["plan_bytes"], row["ratio"]
    return [
        row["what"],
        row["size"],
        str(row["runs"]),
        seconds(row["wall_s"]),
        seconds(row["cpu_s"]),
        f"{row['peak_bytes'] / MB:.0f}",
        NONE if plan is None else f"{plan / MB:.0f}",
        NONE if ratio is None else f"{ratio:.1f}",
    ]


def _per_stage(rows: list[dict]) -> list[str]:
    titles = ["wall s of a stage", "size", *STAGES.values(), "whole"]
    body = []
    for row in rows:
        if row["wall_s"] is not None:
            stages = [row["stages"].get(name) for name in STAGES]
            cells = [NONE if s is None else seconds(s) for s in stages]
            body.append([row["what"], row["size"], *cells, seconds(row["wall_s"])])
    return table(titles, body)


def _others(result: dict) -> list[str]:
    load, small = result["load"], result["small"]
    body = {
        "import zetwopass, fresh process": load["import_s"],
        "load the library and its first call": load["load_s"],
        "second_pass of two 16 x 16 x 3 tiles": small["api_s"],
        "the drop-in on the same": small["dropin_s"],
    }
    return table(["what", "ms"], [[what, f"{1000 * taken:.1f}"] for what, taken in body.items()])


def _notes(result: dict) -> list[str]:
    rows = result["rows"]
    runs = (
        "Every run is a process of its own, after a warm-up on a tiny mosaic; wall and CPU are "
        "those of the quickest run, the peak is the highest of all. MB are 10^6 bytes."
    )
    peak = (
        "The peak is the highest resident memory during the call above that right before it, when "
        "the caller's arrays, the outputs among them, are in memory. " + _verdict(rows)
    )
    floor = (
        "The floor of the bytes: all tiles and the coverage read once, the mosaic and its coverage "
        "written once, at the speed of NumPy's copy. That of the blur: nine cosines of three "
        "multiply-adds and one or two additions, columns and rows, one plane in v4.2 and two in "
        "v4.5, at the speed of NumPy's product of matrices; it does with less where steps are few. "
        "Both with at most as many threads as workers."
    )
    notes = [runs, peak, "Maps: the tiles' WCS made pixel maps, in Python.", floor]
    if result["compared"]:
        notes.append(
            "Blurs: the quickest run, all by turns in one process, the other programs on one "
            "thread. Warp and coadd: zetwopass with one worker, its stage alone; reproject_interp "
            "channel by channel on one tile; SWarp's CPU seconds hold its files."
        )
    if any(row["kind"] == "original" for row in rows):
        notes.append(
            "The original's way: scipy, reproject_interp and reproject_and_coadd with reproject's "
            "own random solver, one thread. Its maps are part of its other stages. "
            + _when([row for row in rows if row["kind"] == "original"])
        )
    if any(row["kind"] == "swarp" and row["wall_s"] is not None for row in rows):
        notes.append(
            "SWarp reprojects and averages only: no gains, no background match. It reads and "
            "writes FITS files, one run a channel, added up; its peak is its whole process."
        )
    return [f"- {note}" for note in notes]


def _verdict(rows: list[dict]) -> str:
    over = [row for row in rows if over_plan(row)]
    if not over:
        return "None lies above its plan and 64 MB."
    named = ", ".join(
        f"{row['what']} on {row['size']} by {over_plan(row) / MB:.0f} MB" for row in over
    )
    return f"**Above its plan and 64 MB: {named}.**"


def _when(rows: list[dict]) -> str:
    kept = [f"{row['size']} {row['profile']} at {row['measured']}" for row in rows if row["cached"]]
    if not kept:
        return "Measured in this run."
    return "Kept from an earlier run on this machine: " + ", ".join(kept) + "."
