"""STATS_UPDATE of short calls, as a controller of ZeMosaic's or a callable gets it."""

import logging

import small
import zetwopass
from zetwopass import Stats
from zetwopass.zemosaic import telemetry

KEYS = {
    "phase_index": int,
    "phase_name": str,
    "stage": str,
    "tiles_done": int,
    "tiles_total": int,
    "chunk_index": int,
    "chunk_total": int,
    "eta_seconds": float,
    "cpu_workers": int,
    "use_gpu": bool,
    "use_gpu_phase5": bool,
    "rows_per_chunk": int,
    "gpu_rows_per_chunk": int,
    "max_chunk_bytes": int,
    "gpu_max_chunk_bytes": int,
    "cpu_percent": float,
    "ram_used_mb": float,
    "gpu_used_mb": float,
    "gpu_name": str,
}


class Controller:
    """Keeps what ZeMosaic's controller would get."""

    def __init__(self):
        self.sent = []

    def emit_stats(self, ctx, force=False):
        self.sent.append((ctx, force))

    @property
    def payloads(self):
        return [ctx for ctx, _ in self.sent]


def told(sink, function=zetwopass.run_second_pass_coverage_renorm, **changes):
    return function(**small.drop_in(telemetry_ctrl=sink, **changes))


def gains(sink, **changes):
    arguments = small.drop_in() | changes
    arguments["final_wcs"] = arguments.pop("final_wcs_p1")
    del arguments["shape_out"]
    return zetwopass.compute_per_tile_gains_from_coverage(**arguments, progress_emitter=sink)


def stats(stage, fraction, **changes):
    plain = dict.fromkeys(Stats._fields, 0)
    return Stats(**plain | {"stage": stage, "fraction": fraction, "eta_seconds": None} | changes)


def made(sink, tiles=10, log=None):
    log = log or logging.getLogger("test")
    return telemetry.Telemetry(sink, log, tiles, telemetry.Resources())
