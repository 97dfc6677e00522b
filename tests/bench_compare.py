"""Tables of single stages beside other programs, and of many tiles."""

from __future__ import annotations

import math

from bench_markdown import NONE, by, seconds, table, times
from bench_scenes import SERIES


def compare_tables(result: dict) -> list[str]:
    """Return the lines of all tables for which there are numbers, an empty line after each."""
    rows, sizes = result["rows"], result["sizes"]
    tables = [gain_table(rows), tile_table(rows, sizes)]
    for name, compared in result["compared"].items():
        on_size = [row for row in rows if row["size"] == name]
        tables.append(blur_table(name, compared["blurs"]))
        tables.append(warp_table(name, on_size, sizes[name], compared["interp"]))
    return [line for lines in tables if len(lines) > 2 for line in [*lines, ""]]


def blur_table(name: str, blurs: dict) -> list[str]:
    """Return the table of the blurs of a size, ns per pixel.

    The ratios are to the first column, which is ours with one plane and one worker.
    """
    ours, *others = blurs["rows"][0]["ns"]
    outside = [what for what in others if not what.startswith("v4.")]
    head = f"blur of {by(blurs['shape'])} px of {name}, ns a pixel"
    body = []
    for row in blurs["rows"]:
        ns = row["ns"]
        cells = [f"{ns[what]:.1f}" for what in (ours, *others)]
        cells += [times(ns[what] / ns[ours]) for what in outside]
        body.append([f"{row['input']}, sigma {row['sigma']}", *cells])
    ratios = [f"{what} / {ours.partition(',')[0]}" for what in outside]
    return table([head, ours, *others, *ratios], body)


def warp_table(name: str, rows: list[dict], size: dict, interp: dict) -> list[str]:
    """Return the table of warp and coadd: tile pixels, all channels, per CPU second.

    The tiles lie on the canvas whole. The ratios are to the first row of one worker.
    """
    pixels = size["tiles"] * math.prod(size["tile_shape"][:2])
    found = [
        (row["what"], pixels / row["stages"]["reproject"])
        for row in rows
        if row["kind"] == "zetwopass" and row["workers"] == 1
    ]
    found.append(("reproject_interp, no coadd", interp["pixels"] / interp["cpu_s"]))
    found += [(r["what"], pixels / r["cpu_s"]) for r in rows if r["kind"] == "swarp" and r["cpu_s"]]
    channels = size["tile_shape"][2]
    titles = [f"warp + coadd of {channels} channels, {name}", "Mpix per CPU s", "first row / this"]
    first = found[0][1]
    return table(titles, [[what, f"{rate / 1e6:.3g}", times(first / rate)] for what, rate in found])


def gain_table(rows: list[dict]) -> list[str]:
    """Return the table of the gains' stage beside the original's of the same size and profile."""
    original = {
        (row["size"], row["profile"]): row["stages"]["gains"]
        for row in rows
        if row["kind"] == "original"
    }
    body = []
    for row in rows:
        whole = original.get((row["size"], row["profile"]))
        if row["kind"] == "zetwopass" and whole is not None:
            gains = row["stages"]["gains"]
            ratio = times(whole / gains) if gains else NONE
            body.append([row["what"], row["size"], seconds(gains), seconds(whole), ratio])
    return table(["gains", "size", "s", "original's way s", "original / this"], body)


def tile_table(rows: list[dict], sizes: dict) -> list[str]:
    """Return the table of the series of sizes that differ in the number of tiles, ms per tile."""
    stages = ("maps", "blur", "gains", "background", "reproject")
    body = []
    for row in rows:
        if row["kind"] == "zetwopass" and row["size"] in SERIES:
            tiles = sizes[row["size"]]["tiles"]
            spent = [row["cpu_s"], row["wall_s"], *(row["stages"][stage] for stage in stages)]
            body.append([row["what"], str(tiles), *(f"{1000 * s / tiles:.2f}" for s in spent)])
    return table(["ms a tile", "tiles", "CPU", "wall", *stages], body)
