"""What zetwopass raises: its own errors, each also the builtin one that a caller expects."""

from __future__ import annotations


class Error(Exception):
    """Any failure that zetwopass reports."""


class ArgumentError(Error, ValueError):
    """An argument that cannot be used; the message names it."""


class WCSError(Error, ValueError):
    """A WCS that cannot be read or evaluated; the message names the argument."""


class BudgetError(Error, MemoryError):
    """``max_chunk_bytes`` is too small for one chunk; the message tells what would do."""


class LimitError(Error, MemoryError):
    """A limit of the process, or of the system, leaves too little memory or too few threads.

    The message says which limit it is, as far as that is known, and what was wanted.
    """


class CancelledError(Error):
    """The call was cancelled before its end."""


class DeviceError(Error, RuntimeError):
    """There is no usable GPU, or it failed; the message says why."""


class DeviceWarning(UserWarning):
    """A GPU was asked for and not used, or failed midway: the CPU has done all of the work."""


class ForkError(Error, RuntimeError):
    """The process was forked from one that had loaded the library."""


class LibraryError(Error, RuntimeError):
    """The library is missing, of another version, or failed by a defect of its own."""


_OK, _BUDGET, _LIMIT, _CANCELLED, _DEVICE = 0, 200, 201, 300, 400


def check(status: int, message: str) -> None:
    """Raise the error of a ``ztp_status``; its hundreds are its family. Nothing for ``ZTP_OK``."""
    if status == _OK:
        return
    if status // 100 == 1:
        raise ArgumentError(message)
    if status == _BUDGET:
        raise BudgetError(message)
    if status == _LIMIT:
        raise LimitError(message)
    if status == _CANCELLED:
        raise CancelledError(message)
    if status == _DEVICE:
        raise DeviceError(message)
    raise LibraryError(f"{message} (status {status})")
