"""Calls into the library that Ctrl-C can end.

ctypes loses a KeyboardInterrupt that comes up in one of its callbacks. So a worker thread makes the
call, what the library reports goes through a queue to the caller's thread, and only there does
the user's code run. An exception there cancels the call, waits for its end and goes on.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence
from typing import NamedTuple

from .. import errors
from . import ffi, limits, structs

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
    gpu_ran
        Whether a GPU has really computed something.
    gpu_rows_per_chunk
        Output rows that a GPU takes at a time.
    cpu_rows, gpu_rows
        Rows of the mosaic that each has added up.
    gpu_bytes
        Of the GPU's memory, held now.
    gpu_seconds
        That the GPU's kernels ran.
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
    gpu_ran: bool
    gpu_rows_per_chunk: int
    cpu_rows: int
    gpu_rows: int
    gpu_bytes: int
    gpu_seconds: float


OnStats = Callable[[Stats], object]


class Ended(NamedTuple):
    """How a call ended well: its last `Stats`, and what kept a GPU from its part, or None."""

    stats: Stats
    device_error: errors.DeviceError | None


def run(
    function: str, job, on_stats: OnStats | None = None, *, into: Sequence[object] = ()
) -> Ended:
    """Call a function of the library with ``job``, which has a ``struct``.

    ``into`` are arguments of the function between the job and its error. ``on_stats`` runs on this
    thread. Any number of threads may call at once, each with its own job.

    Raises
    ------
    Error
        The library's status; LimitError also where no thread can be started.
    BaseException
        What ``on_stats`` raised, or KeyboardInterrupt, after the library has stopped.
    """
    call = getattr(ffi.library(), function)
    events: queue.SimpleQueue = queue.SimpleQueue()
    cancel, error, device_error = ffi.new_flag(), structs.Error(), structs.Error()
    struct, lost = job.struct, []
    struct.cancel, struct.device_error = ffi.pointer(cancel), ffi.pointer(device_error)

    def report(stats: structs.Stats) -> None:
        try:
            events.put(_snapshot(stats))
        except MemoryError as err:
            lost.append(err)
            raise

    struct.on_stats = ffi.forwarder(report, cancel)
    try:
        last, outcome = _attended(lambda: call(job.struct, *into, error), cancel, events, on_stats)
    finally:
        struct.cancel, struct.device_error, struct.on_stats = None, None, structs.StatsFunction()
    _raise_failure(lost[0] if lost else outcome, error)
    return Ended(last, _device_error(device_error))


def run_silently(function: str, *arguments: object) -> None:
    """Call a function of the library that tells nothing of its course.

    Flag and error come after the arguments. Raises as `run` does.
    """
    call = getattr(ffi.library(), function)
    cancel, error = ffi.new_flag(), structs.Error()
    work = lambda: call(*arguments, ffi.pointer(cancel), error)
    _, outcome = _attended(work, cancel, queue.SimpleQueue(), None)
    _raise_failure(outcome, error)


def _attended(
    call: Callable[[], int], cancel: object, events: queue.SimpleQueue, on_stats: OnStats | None
) -> tuple[Stats | None, int | BaseException]:
    """Call on another thread, deliver the events; return the last, and the status or the error."""
    outcome: list[int | BaseException] = []

    def work() -> None:
        try:
            outcome.append(call())
        except BaseException as err:  # noqa: BLE001 - the caller's thread raises it
            outcome.append(err)
        finally:
            events.put(None)

    # The thread holds what is called, so that its arrays outlive the call whatever happens here.
    thread = threading.Thread(target=work, name="zetwopass")
    try:
        _start(thread)
        last = _deliver(events, on_stats)
    except BaseException:
        cancel.value = 1
        raise
    finally:
        _join(thread)
    return last, outcome[0]


def _start(thread: threading.Thread) -> None:
    limits.room(limits.THREAD_BYTES)  # else it could die before it runs, and start() wait
    try:
        thread.start()
    except RuntimeError as err:  # what Python makes of it
        raise limits.reached(f"{err} (pids.max of a control group bounds them too)") from err


def _deliver(events: queue.SimpleQueue, on_stats: OnStats | None) -> Stats | None:
    """Hand events to ``on_stats`` until None comes, which is the end; return the last of them."""
    last = None
    while True:
        try:
            stats = events.get(timeout=_POLL_SECONDS)
        except queue.Empty:
            continue
        if stats is None:
            return last
        last = stats
        if on_stats is not None:
            with limits.of_caller():
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


def _raise_failure(outcome: int | BaseException, error: structs.Error) -> None:
    if isinstance(outcome, MemoryError):
        raise outcome
    if isinstance(outcome, BaseException):
        raise errors.LibraryError(f"the call failed: {outcome!r}") from outcome
    errors.check(outcome, error.message.decode(errors="replace"))


def _device_error(error: structs.Error) -> errors.DeviceError | None:
    if not error.status:
        return None
    return errors.DeviceError(error.message.decode(errors="replace"))


def _snapshot(stats: structs.Stats) -> Stats:
    """Return the library's struct as it is, but for what has a type of its own in Python."""
    return Stats(**{name: getattr(stats, name) for name in Stats._fields})._replace(
        stage=structs.STAGES[stats.stage],
        eta_seconds=None if stats.eta_seconds < 0 else stats.eta_seconds,
        gpu_ran=bool(stats.gpu_ran),
    )
