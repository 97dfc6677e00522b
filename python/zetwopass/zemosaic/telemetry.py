"""STATS_UPDATE: what ZeMosaic's telemetry is told during the second pass.

Every payload has all keys. Values are plain ints, floats, bools and strs: NumPy's are ignored by
the GUI.
"""

from __future__ import annotations

import inspect
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

from .._engine import Stats, device_info

Payload = dict[str, int | float | bool | str]

_PHASE: Payload = {"phase_index": 5, "phase_name": "Phase 5: Two-Pass Coverage Renorm"}
_INTERVAL_SECONDS = 1.0
_UNKNOWN = -1.0
_LEAST_FRACTION = 0.05  # of the call, from which its end can be guessed


@dataclass(frozen=True, kw_only=True)
class Resources:
    """Rows and bytes of a chunk and the threads, as planned: none is 0.

    ``use_gpu`` says that a GPU is asked for and is not known to have failed.
    """

    cpu_workers: int = 1
    rows_per_chunk: int = 1
    max_chunk_bytes: int = 1
    use_gpu: bool = False
    gpu_rows_per_chunk: int = 1
    gpu_max_chunk_bytes: int = 1


class Telemetry:
    """Tells one call's progress to a controller, a callable or the log.

    ``tiles_done`` is the share of the whole call that is done, in tiles: it follows the work, never
    falls, and is ``tiles_total`` in the last payload. What is not cut into chunks counts the tiles
    as such: ``chunk_total`` is never 0. ``eta_seconds`` is the rest of the call, for the GUI shows
    any number from 0 on and leaves its own aside meanwhile: negative while not known, below a
    second, and at the end, when ZeMosaic's run goes on.
    ``use_gpu_phase5`` becomes True when a GPU has really computed something; after a GPU's failure
    both it and ``use_gpu`` are False. CPU and memory are the whole machine's, those of the GPU
    (``gpu_used_mb``, MiB) what the call holds; ``gpu_name`` is empty until it has computed.

    Parameters
    ----------
    sink
        Something with ``emit_stats(payload, force=...)``, which gets every event and limits the
        rate itself; a callable of one payload; or None for the log, at level DEBUG. These two get
        one at each new stage and every second. The first error of a sink is logged, and nothing
        more is sent to it: telemetry doesn't stop the work. KeyboardInterrupt and SystemExit do.
    """

    def __init__(
        self, sink: object, log: logging.Logger, tiles_total: int, resources: Resources
    ) -> None:
        self.resources = resources
        self._log = log
        self._total = int(tiles_total)
        self._emit = self._sink(sink)
        self._limited = not hasattr(sink, "emit_stats")
        self._done = 0
        self.gpu_name = ""
        self._gpu_ran, self._gpu_bytes = False, 0
        self._sent = ("", 0.0)  # stage and time of the last payload
        self._machine = _Machine()

    def start(self) -> None:
        """Say that the call has begun."""
        self._send({"stage": "start"}, force=True)

    def waiting(self) -> None:
        """Say, at most every second, that the call goes on before its first stage."""
        if time.monotonic() - self._sent[1] >= _INTERVAL_SECONDS:
            self._send({"stage": "start"})

    def update(self, stats: Stats) -> None:
        """Say what the library tells; its end is told by `finish`."""
        self._gpu_ran, self._gpu_bytes = stats.gpu_ran, stats.gpu_bytes
        if stats.gpu_ran and not self.gpu_name:
            self.gpu_name = device_info().name
        stage, sent = self._sent
        due = stats.stage != stage or time.monotonic() - sent >= _INTERVAL_SECONDS
        if stats.stage == "done" or (self._limited and not due):
            return
        self._done = max(self._done, min(self._total, int(stats.fraction * self._total)))
        event: Payload = {"stage": stats.stage, "eta_seconds": _eta(stats)}
        if stats.chunk_total:
            event |= {"chunk_index": stats.chunk_index, "chunk_total": stats.chunk_total}
        elif stats.stage == "gains_done":
            event["chunk_index"] = self._total
        self._send(event)

    def finish(self, stage: str, chunk_total: int) -> None:
        """Say that all is done; ``stage`` is ``'reproject_done'`` or ``'gains_done'``."""
        self._done = self._total
        event: Payload = {"stage": stage, "chunk_index": chunk_total, "chunk_total": chunk_total}
        self._send(event, force=True)

    def _send(self, event: Payload, *, force: bool = False) -> None:
        payload: Payload = {
            **_PHASE,
            "stage": "",
            "tiles_done": self._done,
            "tiles_total": self._total,
            "chunk_index": 0,
            "chunk_total": self._total,
            "eta_seconds": _UNKNOWN,
            "cpu_workers": self.resources.cpu_workers,
            "use_gpu": self.resources.use_gpu,
            "use_gpu_phase5": self._gpu_ran,
            "rows_per_chunk": self.resources.rows_per_chunk,
            "gpu_rows_per_chunk": self.resources.gpu_rows_per_chunk,
            "max_chunk_bytes": self.resources.max_chunk_bytes,
            "gpu_max_chunk_bytes": self.resources.gpu_max_chunk_bytes,
            "cpu_percent": self._machine.cpu_percent(),
            "ram_used_mb": self._machine.ram_used_mb(),
            "gpu_used_mb": round(self._gpu_bytes / 2**20, 1),
            "gpu_name": self.gpu_name,
        }
        payload.update(event)
        self._sent = (str(payload["stage"]), time.monotonic())
        try:
            self._emit(payload, force)
        except Exception as err:  # noqa: BLE001 - a sink may raise anything
            self._emit = _nowhere
            self._log.warning("[TwoPass] telemetry stops, the second pass goes on: %r", err)

    def _sink(self, sink: object) -> Callable[[Payload, bool], object]:
        if hasattr(sink, "emit_stats"):
            return lambda payload, force: sink.emit_stats(payload, force=force)
        if callable(sink):
            return lambda payload, force: sink(payload)
        return lambda payload, force: self._log.debug("[TwoPass] STATS_UPDATE %s", payload)


def emitter(function: object) -> object:
    """Return a sink that calls ZeMosaic's kind of ``progress_emitter``; any other is one itself."""
    try:
        inspect.signature(function).bind(0, chunk_index=0, chunk_total=1, stage="", force=False)
    except (TypeError, ValueError):
        return function
    return _Emitter(function)


class _Emitter:
    """A sink that calls a function of tiles done, chunks and stage."""

    def __init__(self, function: Callable) -> None:
        self._function = function

    def emit_stats(self, payload: Payload, *, force: bool) -> None:
        """Hand over what the function takes of a payload."""
        event = {key: payload[key] for key in ("chunk_index", "chunk_total", "stage")}
        self._function(payload["tiles_done"], **event, force=force)


def _eta(stats: Stats) -> float:
    """Return the seconds to the end of the call where they are worth showing."""
    known = stats.eta_seconds is not None and stats.fraction >= _LEAST_FRACTION
    return float(stats.eta_seconds) if known and stats.eta_seconds >= 1 else _UNKNOWN


class _Machine:
    """CPU and memory of the machine; psutil's own count between calls stays untouched."""

    def __init__(self) -> None:
        self._last = self._times()

    def cpu_percent(self) -> float:
        """Return the percentage of all cores that was in use since the last call."""
        (idle, total), (last_idle, last_total) = (now := self._times()), self._last
        if total <= last_total:
            return 0.0
        self._last = now
        return round(100.0 * max(0.0, 1 - (idle - last_idle) / (total - last_total)), 1)

    def ram_used_mb(self) -> float:
        """Return the memory in use, MiB."""
        import psutil

        return round(psutil.virtual_memory().used / 2**20, 1)

    @staticmethod
    def _times() -> tuple[float, float]:
        import psutil

        times = psutil.cpu_times()
        guest = getattr(times, "guest", 0.0) + getattr(times, "guest_nice", 0.0)
        return times.idle + getattr(times, "iowait", 0.0), sum(times) - guest


def _nowhere(payload: Payload, force: bool) -> None:
    """Take a payload that nobody wants any more."""
