"""How the program ends: its exit codes, and one line on stderr for whatever went wrong."""

from __future__ import annotations

import errno
import os

import click

from ..errors import (
    ArgumentError,
    BudgetError,
    DeviceError,
    Error,
    ForkError,
    LibraryError,
    LimitError,
    MissingFileError,
    MissingPackageError,
    NoRoomError,
)

FAILED = 1  # two images differ, ZeMosaic's file is refused, zetwopass itself can't work
INPUT = 3
ROOM = 4
CANCELLED = 130  # what a shell makes of SIGINT
CLOSED = 141  # and of SIGPIPE

_NO_ROOM = {errno.ENOSPC, errno.ENOMEM, *([errno.EDQUOT] if hasattr(errno, "EDQUOT") else [])}


class End(click.ClickException):
    """The end of the program with a line on stderr and an exit code."""

    def __init__(self, message: object, code: int) -> None:
        super().__init__(" ".join(str(message).split()))
        self.exit_code = code


def refused(err: Error) -> End:
    """Return the end of a command that refuses: the error's line, and `FAILED`."""
    return End(f"Error: {err}", FAILED)


def of_failure(err: Error | OSError | MemoryError) -> End:
    """Return the end that belongs to an error."""
    if isinstance(err, (LibraryError, ForkError, DeviceError, MissingPackageError)):
        return refused(err)
    said = str(err) or "there is not enough memory"  # which is all that has no words
    return End(f"Error: {said}", ROOM if _is_room(err) else INPUT)


def free(path: str, overwrite: bool) -> None:
    """Refuse an output that is there already, or has no folder, before anything is done.

    Raises
    ------
    ArgumentError, MissingFileError
        It can't be written.
    """
    if os.path.exists(path) and not overwrite:
        raise ArgumentError(f"{path} is there already; --overwrite replaces it")
    folder = os.path.dirname(path) or "."
    if not os.path.isdir(folder):
        raise MissingFileError(f"{path}: there is no folder {folder}")


def _is_room(err: BaseException) -> bool:
    """Whether memory or disk do not suffice; the system's own error may be the cause."""
    if isinstance(err, (BudgetError, LimitError, NoRoomError, MemoryError)):
        return True
    cause = err.__cause__
    return getattr(err, "errno", None) in _NO_ROOM or (cause is not None and _is_room(cause))
