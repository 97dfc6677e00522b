"""The course of a mosaic through its stages: one fraction that never falls, and their seconds."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from .._engine import OnStats, Stats

# About how much of the whole each stage takes, by the wall time of mosaics that were measured.
_SHARES = {"headers": 0.05, "first": 0.1, "gains": 0.1, "match": 0.25, "coadd": 0.48, "file": 0.02}
_SECONDS = 0.1  # between two reports of a stage in Python


class Course:
    """Hands `Stats` of all stages to a function as those of one call.

    Attributes
    ----------
    seconds
        Wall time of each stage so far; who knows those of earlier calls sets them.
    peak
        The most bytes of scratch that the library has held at a time.
    """

    def __init__(self, on_stats: OnStats | None) -> None:
        self.seconds = dict.fromkeys(_SHARES, 0.0)
        self.peak = 0
        self._on_stats = on_stats
        self._begun = self._reported = time.monotonic()
        self._fraction = 0.0

    @contextmanager
    def stage(self, name: str) -> Iterator[Callable[[Stats], None]]:
        """Enter a stage; what the library reports of it goes to the function that comes."""
        before = self.seconds[name]
        begun = time.monotonic()
        names = list(_SHARES)
        low = sum(_SHARES[each] for each in names[: names.index(name)])

        def report(stats: Stats) -> None:
            self.seconds[name] = before + time.monotonic() - begun
            self.peak = max(self.peak, stats.scratch_bytes)
            self._report(stats._replace(stage=name), low + _SHARES[name] * stats.fraction)

        try:
            yield report
        finally:
            self.seconds[name] = before + time.monotonic() - begun

    def counted(self, stage: str, done: int, total: int, report: Callable) -> None:
        """Report a stage in Python that counts tiles, about ten times a second."""
        now = time.monotonic()
        if done < total and now - self._reported < _SECONDS:
            return
        self._reported = now
        report(_plain(stage, done, total))

    def done(self) -> None:
        """Report the end."""
        self._report(_plain("done", 0, 0), 1.0)

    def _report(self, stats: Stats, fraction: float) -> None:
        if self._on_stats is None:
            return
        self._fraction = max(self._fraction, min(fraction, 1.0))
        elapsed = time.monotonic() - self._begun
        eta = elapsed * (1 / self._fraction - 1) if self._fraction > 0.02 else None
        self._on_stats(
            stats._replace(fraction=self._fraction, elapsed_seconds=elapsed, eta_seconds=eta)
        )


def _plain(stage: str, done: int, total: int) -> Stats:
    return Stats(
        stage=stage,
        tiles_done=done,
        tiles_total=total,
        chunk_index=0,
        chunk_total=0,
        rows_per_chunk=0,
        scratch_bytes=0,
        workers=1,
        fraction=done / total if total else 1.0,
        elapsed_seconds=0.0,
        eta_seconds=None,
        gpu_ran=False,
        gpu_rows_per_chunk=0,
        cpu_rows=0,
        gpu_rows=0,
        gpu_bytes=0,
        gpu_seconds=0.0,
    )
