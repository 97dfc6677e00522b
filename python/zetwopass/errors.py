"""What zetwopass raises: its own errors, each also the builtin one that a caller expects."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager


class Error(Exception):
    """Any failure that zetwopass reports."""

    def __new__(cls, *args: object) -> Error:
        """Make an error of a class without its arguments too, as tblib does for distributed."""
        base = cls
        while issubclass(base, Error):
            base = base.__base__  # of several builtin ones that whose memory the class has
        return base.__new__(cls, *args)

    def __str__(self) -> str:  # KeyError would quote the message
        return Exception.__str__(self)


class ArgumentError(Error, ValueError):
    """An argument that cannot be used; the message names it."""


class ArgumentTypeError(ArgumentError, TypeError):
    """An argument of a type that cannot be used."""


class OptionError(ArgumentError, KeyError):
    """A word or number that stands for none of the things to choose from."""


class FileError(ArgumentError, OSError):
    """A file, or what is in it, that cannot be read."""


class MissingFileError(FileError, FileNotFoundError):
    """A file that is not there."""


class WriteError(Error, OSError):
    """An output that cannot be written: no room, no permission, a failing disk."""


class NoRoomError(WriteError):
    """The disk has too little room for an output."""


class HDUError(ArgumentError, KeyError, IndexError):
    """An HDU that a file or a list does not have."""


class WCSError(Error, ValueError):
    """A WCS that cannot be read or evaluated; the message names the argument."""


class WCSTypeError(WCSError, TypeError):
    """What came where a WCS is wanted is none that can be read."""


class BudgetError(Error, MemoryError):
    """``max_chunk_bytes``, or the machine, is too small for one chunk; the message tells more."""


class LimitError(Error, MemoryError):
    """A limit of the process, or of the system, leaves too little memory or too few threads.

    The message says which limit it is, as far as that is known, and what was wanted.
    """


class MissingPackageError(Error, ImportError):
    """A package that is wanted is not installed."""


class CancelledError(Error):
    """The call was cancelled before its end."""


class DeviceError(Error, RuntimeError):
    """There is no usable GPU, or it failed; the message says why."""


class DeviceWarning(UserWarning):
    """A GPU was asked for and not used, or failed midway: the CPU has done all of the work."""


class RangeWarning(UserWarning):
    """Numbers of a result that leave its dtype end at its largest, or least, number."""


class TileWarning(UserWarning):
    """Tiles of which nothing is to be seen; the message names them, counted from 0."""


class ForkError(Error, RuntimeError):
    """The process was forked from one that had loaded the library."""


class LibraryError(Error, RuntimeError):
    """The library is missing, of another version, or failed by a defect of its own."""


_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_OK = 0
_KINDS = {
    200: BudgetError,
    201: LimitError,
    300: CancelledError,
    400: DeviceError,
    500: FileError,
    501: WriteError,
    502: MissingFileError,
}


def check(status: int, message: str) -> None:
    """Raise the error of a ``ztp_status``; its hundreds are its family. Nothing for ``ZTP_OK``."""
    if status == _OK:
        return
    if status in _KINDS:
        raise _KINDS[status](message)
    if status // 100 == 1:
        raise ArgumentError(message)
    raise LibraryError(f"{message} (status {status})")


@contextmanager
def reading(
    name: str, otherwise: type[Error] = FileError, failed: str = "can't be read"
) -> Iterator[None]:
    """Make what astropy and NumPy raise while they read ``name`` an error of this module.

    Missing files, other failures of the system and want of memory stay what they are for
    ``except``; the rest, of which they raise many kinds, is ``otherwise``.
    """
    try:
        yield
    except Error:
        raise
    except FileNotFoundError as err:
        raise MissingFileError(f"{name} {failed}: {err}") from err
    except OSError as err:
        raise FileError(f"{name} {failed}: {err}") from err
    except MemoryError as err:
        kind = otherwise if _is_wcslibs(err) else LimitError
        raise kind(f"{name} {failed}: {err or 'there is not enough memory'}") from err
    except Exception as err:
        raise otherwise(f"{name} {failed}: {err}") from err


@contextmanager
def writing(name: str) -> Iterator[None]:
    """Make what the system raises while ``name`` is written a WriteError, or NoRoomError."""
    try:
        yield
    except Error:
        raise
    except OSError as err:
        kind = NoRoomError if err.errno in _NO_ROOM else WriteError
        raise kind(f"{name} can't be written: {err}") from err


def _is_wcslibs(err: MemoryError) -> bool:
    """Whether it is what astropy raises for some headers, with wcslib's words of what is wrong.

    Python's own has no words, and NumPy's is of a type of its own.
    """
    return type(err) is MemoryError and bool(err.args)
