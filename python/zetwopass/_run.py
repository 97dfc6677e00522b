"""Calls into the library that Ctrl-C can end.

ctypes loses a KeyboardInterrupt that comes up in one of its callbacks. So a worker thread makes the
call, what the library reports goes through a queue to the caller's thread, and only there does
the user's code run. An exception there cancels the call, waits for its end and goes on.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import NamedTuple

from . import _ffi, errors

_POLL_SECONDS = 0.1  # how long a signal may wait where an untimed wait would hold it back


class Stats(NamedTuple):
    """A snapshot of a running call.

    Attributes
    ----------
    stage
        ``'start'``, ``'blur'``, ``'gains'``, ``'gains_done'``, ``'background'``, ``'reproject'``
        or ``'done'``.
    tiles_done, tiles_total, chunk_index, chunk_total
        Of this stage.
    rows_per_chunk
        Output rows.
    scratch_bytes
        Held now.
    workers
        Threads of the library.
    fraction
        Of the whole call, 0 to 1; it never falls.
    elapsed_seconds, eta_seconds
        Since the start and to the end; the latter is None while it is not known.
    """

    stage: str
    tiles_done: int
    tiles_total: int
    chunk_index: int
    chunk_total: int
    rows_per_chunk: int
    scratch_bytes: int
    workers: int
    fraction: float
    elapsed_seconds: float
    eta_seconds: float | None


OnStats = Callable[[Stats], object]


def run(function: str, job, on_stats: OnStats | None = None) -> None:
    """Call a function of the library with ``job``, a ``_job.Job``.

    ``on_stats`` runs on this thread. Any number of threads may call at once, each with its own job.

    Raises
    ------
    Error
        The library's status.
    BaseException
        What ``on_stats`` raised, or KeyboardInterrupt, after the library has stopped.
    """
    call = getattr(_ffi.library(), function)
    events: queue.SimpleQueue = queue.SimpleQueue()
    cancel, error, outcome = _ffi.new_flag(), _ffi.Error(), []
    struct = job.struct
    struct.cancel = _ffi.pointer(cancel)
    if on_stats is not None:
        struct.on_stats = _ffi.forwarder(lambda stats: events.put(_snapshot(stats)), cancel)

    def work() -> None:
        try:
            outcome.append(call(job.struct, error))
        except BaseException as err:  # noqa: BLE001 - the caller's thread raises it
            outcome.append(err)
        finally:
            events.put(None)

    # The thread holds the job, so that its arrays outlive the call whatever happens here.
    thread = threading.Thread(target=work, name="zetwopass")
    try:
        thread.start()
        _deliver(events, on_stats)
    except BaseException:
        cancel.value = 1
        raise
    finally:
        _join(thread)
        struct.cancel, struct.on_stats = None, _ffi.StatsFunction()
    _raise_failure(outcome.pop(), error)


def _deliver(events: queue.SimpleQueue, on_stats: OnStats | None) -> None:
    """Hand events to ``on_stats`` until None comes, which is the end of the call."""
    while True:
        try:
            stats = events.get(timeout=_POLL_SECONDS)
        except queue.Empty:
            continue
        if stats is None:
            return
        if on_stats is not None:
            on_stats(stats)


def _join(thread: threading.Thread) -> None:
    """Wait for the end of the thread, also through further Ctrl-C; raise the last of them then."""
    interrupt = None
    while thread.is_alive():
        try:
            thread.join(_POLL_SECONDS)
        except KeyboardInterrupt as err:
            interrupt = err
    if interrupt is not None:
        raise interrupt


def _raise_failure(outcome: int | BaseException, error: _ffi.Error) -> None:
    if isinstance(outcome, BaseException):
        raise errors.LibraryError(f"the call failed: {outcome!r}") from outcome
    errors.check(outcome, error.message.decode(errors="replace"))


def _snapshot(stats: _ffi.Stats) -> Stats:
    return Stats(
        stage=_ffi.STAGES[stats.stage],
        tiles_done=stats.tiles_done,
        tiles_total=stats.tiles_total,
        chunk_index=stats.chunk_index,
        chunk_total=stats.chunk_total,
        rows_per_chunk=stats.rows_per_chunk,
        scratch_bytes=stats.scratch_bytes,
        workers=stats.workers,
        fraction=stats.fraction,
        elapsed_seconds=stats.elapsed_seconds,
        eta_seconds=None if stats.eta_seconds < 0 else stats.eta_seconds,
    )
