"""Limits of the process, where Python or NumPy meets them before the library does."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import ParamSpec, TypeVar

import numpy as np

from ..errors import Error, LimitError

try:
    import resource
except ImportError:  # Windows has no such limits
    resource = None

_LIMITS = {
    "RLIMIT_AS": "ulimit -v, bytes of address space",
    "RLIMIT_DATA": "ulimit -d, bytes of memory",
    "RLIMIT_NPROC": "ulimit -u, threads of the user",
}
# Room without which others end the process, or wait for ever: NumPy's OpenBLAS for a first
# product of matrices, the loader for the library, Python for a thread, with its stack.
CALL_BYTES, LIBRARY_BYTES, THREAD_BYTES = 80 << 20, 64 << 20, 32 << 20

_CALLERS = "of_zetwopass_caller"

_Arguments = ParamSpec("_Arguments")
_Result = TypeVar("_Result")


def limited(function: Callable[_Arguments, _Result]) -> Callable[_Arguments, _Result]:
    """Wrap a function of the API so that a MemoryError leaves it as `LimitError`.

    It does not begin where others would end the process for want of memory.
    """

    @functools.wraps(function)
    def call(*args: _Arguments.args, **kwargs: _Arguments.kwargs) -> _Result:
        try:
            room(CALL_BYTES)
            return function(*args, **kwargs)
        except MemoryError as err:
            if isinstance(err, Error) or getattr(err, _CALLERS, False):
                raise
            raise reached(str(err) or "no memory") from err

    return call


@contextmanager
def of_caller() -> Iterator[None]:
    """Let a MemoryError of the caller's code pass `limited` as it is."""
    try:
        yield
    except MemoryError as err:
        setattr(err, _CALLERS, True)
        raise


def reached(what: str) -> LimitError:
    """Return the error that says what could not be had, and the limits that are set."""
    found = [
        f"{name} ({meaning}) = {resource.getrlimit(getattr(resource, name))[0]}"
        for name, meaning in _LIMITS.items()
        if resource is not None
        and resource.getrlimit(getattr(resource, name))[0] != resource.RLIM_INFINITY
    ]
    return LimitError(f"limit of the process: {what}; {', '.join(found) or 'no limit is set'}")


def room(size: int) -> None:
    """Raise `LimitError` where the process can't have so many bytes more."""
    try:
        np.empty(size, np.uint8)
    except MemoryError as err:
        raise reached(f"{size} bytes of memory can't be had") from err
