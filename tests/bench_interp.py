"""reproject_interp beside reproject's own, one thread each, and the time of a pixel map."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from reproject import reproject_interp

import sky
import zetwopass
from bench_markdown import by, seconds, table, times
from zetwopass import _sky

SIZES = {  # the image and the output, rows and columns
    "1000 x 1000, float64": ((1000, 1000), np.float64, (3000, 4000)),
    "3 x 1080 x 1920, float32": ((3, 1080, 1920), np.float32, (3689, 4891)),  # on M's canvas
}
KINDS = {"TAN to TAN": False, "SIP to TAN": True}
ORDERS = ("bilinear", "nearest-neighbor")
MAPS = 300  # pixel maps, of which the median counts


def measure(*, repeat: int, sizes: list[str], rival: bool) -> dict:
    """Measure every size, kind and order: float64 results and footprints, wall seconds.

    Ours is the quickest of ``repeat`` calls; reproject's own is called once, or not at all.
    """
    rows = []
    for size in sizes:
        shape, dtype, grid = SIZES[size]
        image = np.random.default_rng(0).random(shape).astype(dtype)
        output = sky.tile_wcs(sky.CENTRE, grid)
        for kind, sip in KINDS.items():
            wcs = sky.tile_wcs(sky.CENTRE, shape[-2:], rotation=20.0, sip=sip)
            for order in ORDERS:
                call = (image, wcs), output, grid, order
                ours = min(_timed(zetwopass.reproject_interp, *call) for _ in range(repeat))
                theirs = _timed(reproject_interp, *call) if rival else None
                what = f"{size} on {by(grid)}, {kind}, {order}"
                rows.append({"what": what, "ours_s": ours, "theirs_s": theirs})
    return {"rows": rows, "map_s": _map_seconds()}


def interp_table(measured: dict) -> list[str]:
    """Return the lines of the table."""
    body = []
    for row in measured["rows"]:
        theirs = row["theirs_s"]
        cells = ["-", "-"] if theirs is None else [seconds(theirs), times(theirs / row["ours_s"])]
        body.append([row["what"], seconds(row["ours_s"]), *cells])
    lines = table(["reproject_interp, 1 thread", "s", "reproject's own s", "its / ours"], body)
    return [
        *(lines if body else []),
        "",
        f"A pixel map, TAN to TAN: {1000 * measured['map_s']:.2f} ms.",
    ]


def _timed(function: Callable, image: tuple, output: object, grid: tuple, order: str) -> float:
    one = {"parallel": 1} if function is zetwopass.reproject_interp else {}
    begin = time.perf_counter()
    function(image, output, shape_out=grid, order=order, **one)
    return time.perf_counter() - begin


def _map_seconds() -> float:
    """Return the median of the time of a tile's map on an output that is read already."""
    tile = sky.tile_wcs(sky.CENTRE, (1080, 1920), rotation=20.0)
    output = _sky.read("output", sky.tile_wcs(sky.CENTRE, (3689, 4891)))
    taken = []
    for _ in range(MAPS):
        begin = time.perf_counter()
        _sky.pixel_map(tile, (1080, 1920), output, (3689, 4891))
        taken.append(time.perf_counter() - begin)
    return float(np.median(taken))
