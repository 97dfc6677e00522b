"""The least time that a second pass could take on a machine, and how far above it rows are."""

from __future__ import annotations

import math

from bench_markdown import seconds, table, times

FLOAT32 = 4  # bytes
# Of the blur's recursion, a sample: nine cosines of three multiply-adds and an addition, four of
# them of one more.
OPERATIONS = 9 * 7 + 4
PASSES = 2  # of the blur: columns and rows
PLANES = {"v4.2": 1, "v4.5": 2}  # blurred: the coverage; and its mask, which normalises it


def pass_bytes(size: dict) -> int:
    """Return the bytes that a second pass can't do without.

    Every tile [h, w, C] and the coverage [H, W] are read once, the mosaic [H, W, C] and its
    coverage [H, W] are written once, all in float32.
    """
    channels, pixels = size["tile_shape"][2], math.prod(size["canvas"])
    read = size["tiles"] * math.prod(size["tile_shape"]) + pixels
    return FLOAT32 * (read + pixels * (channels + 1))


def blur_operations(size: dict, profile: str) -> int:
    """Return the recursion's arithmetic, in float64 operations: 134 a pixel and plane.

    The blur does with less where steps are few.
    """
    return OPERATIONS * PASSES * PLANES[profile] * math.prod(size["canvas"])


def floors(row: dict, size: dict, rates: list[dict]) -> dict[str, float]:
    """Return the least seconds of a row's bytes and of its blur's arithmetic.

    They are held against the best rates of no more threads than the row has workers.
    """
    within = [rate for rate in rates if rate["threads"] <= row["workers"]]
    copy, arithmetic = (
        max(r[name] for r in within) for name in ("copy_bytes_per_s", "flops_per_s")
    )
    return {
        "bytes_s": pass_bytes(size) / copy,
        "blur_s": blur_operations(size, row["profile"]) / arithmetic,
    }


def floor_table(rows: list[dict], sizes: dict, rates: list[dict]) -> list[str]:
    """Return the lines of the table of zetwopass's rows beside their floors."""
    titles = [
        "measured / floor",
        "size",
        "wall s",
        "bytes' floor s",
        "wall / floor",
        "blur s",
        "blur's arithmetic s",
        "blur / arithmetic",
    ]
    body = []
    for row in rows:
        if row["kind"] == "zetwopass":
            wall, blur = row["wall_s"], row["stages"]["blur"]
            floor = floors(row, sizes[row["size"]], rates)
            cells = [seconds(wall), _least(floor["bytes_s"]), times(wall / floor["bytes_s"])]
            cells += [seconds(blur), _least(floor["blur_s"]), times(blur / floor["blur_s"])]
            body.append([row["what"], row["size"], *cells])
    return table(titles, body)


def rate_table(rates: list[dict]) -> list[str]:
    """Return the lines of the table of the machine's own rates."""
    titles = ["threads", "copy, GB/s read + written", "float64 arithmetic, Gflop/s"]
    body = [
        [
            str(rate["threads"]),
            f"{rate['copy_bytes_per_s'] / 1e9:.1f}",
            f"{rate['flops_per_s'] / 1e9:.1f}",
        ]
        for rate in rates
    ]
    return table(titles, body)


def _least(number: float) -> str:
    """Return seconds; a floor may be far below a millisecond."""
    return f"{number:.5f}" if number < 0.01 else seconds(number)
