"""Log lines of the drop-in about its plan, its devices and its tiles, which are counted from 0."""

from __future__ import annotations

import logging
from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np

from .._engine import Plan, Stats
from .._inputs import named
from .telemetry import Resources

if TYPE_CHECKING:
    from .dropin import Call


def start(log: logging.Logger, function: str, call: Call) -> None:
    """Say what has begun with which arguments, whatever they are."""
    log.info(
        "[TwoPass] %s start: tiles=%s wcs=%s coverage=%s sigma=%s clip=%s profile=%s device=%s",
        function,
        _count(call.tiles),
        _count(call.tiles_wcs),
        getattr(call.coverage, "shape", None),
        call.sigma_px,
        call.gain_clip,
        call.generation.profile,
        call.device,
    )


def gains(log: logging.Logger, found: np.ndarray) -> None:
    """Say how many gains [T] there are and between which bounds."""
    finite = found[np.isfinite(found)]
    log.info(
        "[TwoPass] Computed gains count=%d finite=%d lowest=%.4f highest=%.4f",
        len(found),
        len(finite),
        finite.min(initial=np.inf),
        finite.max(initial=-np.inf),
    )


def plan(log: logging.Logger, found: Plan, resources: Resources, tiles: int) -> None:
    """Say what the call takes."""
    log.info(
        "[TwoPass] plan: tiles=%d workers=%d chunks=%d rows(cpu/gpu)=%d/%d "
        "chunk_mb(cpu/gpu)=%.3g/%.3g scratch_mb=%.3g",
        tiles,
        found.workers,
        found.chunk_total,
        found.rows_per_chunk,
        found.gpu_rows_per_chunk,
        found.chunk_bytes / 2**20,
        resources.gpu_max_chunk_bytes / 2**20,
        found.bytes / 2**20,
    )


def shares(log: logging.Logger, stats: Stats, gpu: str) -> None:
    """Say how many rows of the mosaic, if one was made, the CPU and the GPU have done."""
    rows = stats.cpu_rows + stats.gpu_rows
    if not rows:
        return
    log.info(
        "[TwoPass] done: rows(cpu/gpu)=%d/%d share(cpu/gpu)=%.0f%%/%.0f%% gpu=%s",
        stats.cpu_rows,
        stats.gpu_rows,
        100 * stats.cpu_rows / rows,
        100 * stats.gpu_rows / rows,
        gpu or "none",
    )


def groups(log: logging.Logger, label: np.ndarray) -> None:
    """Name the tiles that no overlap ties to the largest group, and those that show nothing."""
    members = defaultdict(list)
    for tile, group in enumerate(label.tolist()):
        members[group].append(tile)
    hidden = members.pop(-1, [])
    if hidden:
        log.info("[TwoPass] nothing of %s is on the mosaic", named(hidden))
    if len(members) > 1:
        others = sorted(members.values(), key=len, reverse=True)[1:]
        log.warning(
            "[TwoPass] no overlap ties these to the other tiles, so that their background is not "
            "matched and seams may show: %s",
            "; ".join(named(tiles) + (" (alone)" if len(tiles) == 1 else "") for tiles in others),
        )


def _count(entries: object) -> object:
    return len(entries) if hasattr(entries, "__len__") else None
