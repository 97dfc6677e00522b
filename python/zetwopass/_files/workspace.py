"""The hidden folder beside a target in which its file grows, and the lock that keeps it single."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from traceback import clear_frames

from ..errors import ArgumentError, ArgumentTypeError, NoRoomError, WriteError, writing

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None
    import msvcrt

_LOCK = "lock"


class Workspace:
    """The folder ``.NAME.zetwopass`` beside the target NAME, which this process alone uses.

    Attributes
    ----------
    target
        The path of the finished file.
    folder
        On the same file system, so that a rename finishes it.
    """

    def __init__(self, target: Path) -> None:
        self.target = target
        self.folder = target.parent / f".{target.name}.zetwopass"

    def __truediv__(self, name: str) -> Path:
        return self.folder / name

    def held_bytes(self) -> int:
        """Return what its files take of the disk."""
        states = [path.stat() for path in self.folder.iterdir()]
        return sum(
            512 * state.st_blocks if hasattr(state, "st_blocks") else state.st_size
            for state in states
        )

    def clear(self) -> None:
        """Remove all files but the lock."""
        for path in self.folder.iterdir():
            if path.name != _LOCK:
                path.unlink()


def target_path(output: str | os.PathLike, *, overwrite: bool) -> Path:
    """Return the absolute path of the target, after everything that speaks against it.

    Raises
    ------
    ArgumentError
        It is a folder, or there already and not to be overwritten.
    WriteError
        Its folder is not there.
    """
    try:
        name = os.fsdecode(output)
        encoded = os.fsencode(name)
    except TypeError:
        raise ArgumentTypeError(f"output = {output!r}, want the path of a file") from None
    except UnicodeError as err:
        raise ArgumentError(f"output = {output!r} can't be the name of a file: {err}") from None
    if b"\0" in encoded:
        raise ArgumentError(f"output = {output!r} has a NUL, which no name of a file has")
    path = Path(os.path.abspath(name))
    if path.is_dir() or not path.name:
        raise ArgumentError(f"output = {str(output)!r} is a folder, want the name of a file")
    if not path.parent.is_dir():
        raise WriteError(f"the folder of the output is not there: {path.parent}")
    if path.exists() and not overwrite:
        raise ArgumentError(f"output: {path} is already there; give overwrite=True to replace it")
    if os.name == "nt" and path.exists():
        with writing(f"the output {path}, which another program may have open,"):
            os.rename(path, path)  # which Windows refuses as it would refuse to replace it
    return path


@contextmanager
def working(target: Path, *, keep: bool) -> Iterator[Workspace]:
    """Hold the workspace of a target; afterwards it is gone, but after a failure if ``keep``.

    Raises
    ------
    WriteError
        It can't be made, or another process works on this target.
    """
    space = Workspace(target)
    with writing(f"the output {target}"):
        lock = _locked(space.folder)
    done = False
    try:
        yield space
        done = True
    except BaseException as err:
        if os.name == "nt":
            clear_frames(err.__traceback__)  # a file that is mapped in one can't be removed
        raise
    finally:
        if done or not keep:
            with suppress(OSError):  # what can't be removed hides no other failure
                space.clear()
                if os.name == "nt":
                    os.close(lock)
                (space / _LOCK).unlink()
                space.folder.rmdir()
        with suppress(OSError):
            os.close(lock)


def free_bytes(target: Path) -> int:
    """Return the bytes that the file system of a target has room for."""
    with writing(f"the output {target}"):
        return shutil.disk_usage(target.parent).free


def allocate(path: Path, size: int) -> None:
    """Make a file ``size`` bytes long, whose room is its own from now on.

    Raises
    ------
    NoRoomError
        There is not as much.
    WriteError
        The file can't be written.
    """
    with writing(f"the output {path}"), open(path, "ab") as file:
        held = os.fstat(file.fileno()).st_size
        if held > size:
            file.truncate(size)
        elif hasattr(os, "posix_fallocate") and size:
            os.posix_fallocate(file.fileno(), 0, size)
        else:
            file.truncate(size)


def check_room(target: Path, needed: int) -> None:
    """Raise NoRoomError where the file system has not so many bytes for the target."""
    free = free_bytes(target)
    if needed > free:
        raise NoRoomError(
            f"the output {target} and what it takes meanwhile want {needed} bytes, but "
            f"{target.parent} has {free} free"
        )


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a name beside a file to write to, which is the file's when all of it is there.

    Raises
    ------
    NoRoomError, WriteError
        It can't be written.
    """
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    with writing(str(path)):
        try:
            yield partial
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)


def sync(path: Path) -> None:
    """Wait until a file, or the entries of a folder, are on the disk."""
    if os.name == "nt" and path.is_dir():
        return  # Windows has no such thing
    handle = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _locked(folder: Path) -> int:
    """Return an open lock in a folder, which is made where it is not there."""
    while True:
        folder.mkdir(exist_ok=True)
        try:
            handle = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o666)
        except FileNotFoundError:  # another process has just removed the folder
            continue
        try:
            _lock(handle)
            if os.path.samestat(os.fstat(handle), os.stat(folder / _LOCK)):
                return handle
        except FileNotFoundError:  # or the lock
            pass
        except BlockingIOError as err:
            os.close(handle)
            raise WriteError(
                f"another call is writing this output: it holds {folder / _LOCK}"
            ) from err
        except BaseException:
            os.close(handle)
            raise
        os.close(handle)


def _lock(handle: int) -> None:
    """Lock a file for this process; BlockingIOError where another has it."""
    if fcntl is not None:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return
    try:
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
    except OSError as err:
        raise BlockingIOError(*err.args) from err
