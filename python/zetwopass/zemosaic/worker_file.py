"""The block at the end of a zemosaic_worker.py that puts zetwopass in when that is imported.

ZeMosaic's GUI computes in a process that imports the module anew: only the file itself gets there.
It is changed as bytes, so that encoding, byte order mark and line ends stay what they are.
"""

from __future__ import annotations

import ast
import os
import re
import stat
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from .._engine import checks, library
from ..errors import ArgumentError, Error, FileError, MissingFileError, reading
from . import whole_file
from .generations import GAINS, SECOND_PASS
from .phase5 import SCOPES

WORKER = "zemosaic_worker.py"
_COPY = ".before-zetwopass"

_FROZEN = "a frozen ZeMosaic has none: put zetwopass into its source, and freeze that again"

_BEGIN, _END = b"# >>> zetwopass", b"# <<< zetwopass"
_BLOCK = """\
# >>> zetwopass 1, scope {scope}: written, and removed, by python -m zetwopass zemosaic
def _zetwopass_start(space):
    try:
        from zetwopass.zemosaic import start

        start(space, scope="{scope}")
    except BaseException as error:  # whatever it is, the functions above stay in use
        try:
            import logging

            log = space.get("logger")
            if not isinstance(log, logging.Logger):
                log = logging.getLogger("zetwopass")
            log.warning("[zetwopass] not in use, ZeMosaic computes with its own: %r", error)
        except BaseException:
            pass


_zetwopass_start(globals())
del _zetwopass_start
# <<< zetwopass
"""


class _Found(NamedTuple):
    """A worker file: its bytes, those without a block, and the block's scope if there is one."""

    path: Path
    data: bytes
    rest: bytes
    scope: str | None


def put_block(path: str, scope: str) -> str:
    """Put the block into a file, or give it another scope; return what was done.

    ``path`` is ZeMosaic's folder or its zemosaic_worker.py. Its copy without the block stays beside
    it. Nothing has changed where an error is raised.

    Raises
    ------
    ArgumentError
        A file that is not what is expected, or, as FileError, can't be read or written.
    LibraryError
        The library can't be used, so that the block would not be.
    """
    checks.word("scope", scope, SCOPES)
    library()
    found = _read(path)
    _check(found.path, found.rest)
    newline = b"\r\n" if found.rest.rpartition(b"\n")[0].endswith(b"\r") else b"\n"
    data = found.rest + newline + _block(scope, newline)
    if data == found.data:
        return f"{found.path}: zetwopass is there already, with the scope {scope}"
    copy = _copy(found.path)
    new = found.scope is None or not copy.exists()
    with _writing(found.path):
        whole_file.write(found.path, data, copy=(copy, found.rest) if new else None)
    if found.scope is None:
        return f"{found.path}: zetwopass is put in, with the scope {scope}; a copy is {copy.name}"
    if found.scope == scope:
        return f"{found.path}: zetwopass, with the scope {scope}, is at the end again"
    return f"{found.path}: zetwopass has the scope {scope} now, before {found.scope}"


def remove_block(path: str) -> str:
    """Take the block out of a file again, and its copy away if that says the same."""
    found = _read(path)
    if found.scope is None:
        return f"{found.path}: zetwopass is not there"
    with _writing(found.path):
        whole_file.write(found.path, found.rest)
    done = f"{found.path}: zetwopass is taken out"
    copy = _copy(found.path)
    with suppress(OSError):
        if copy.read_bytes() == found.rest:
            copy.unlink()
            return f"{done}; the file is what it was"
        return f"{done}; the file has changed meanwhile, what it was is {copy}"
    return done


def block_status(path: str) -> str:
    """Return whether there is a block, which scope it has, and whether the library loads here."""
    found = _read(path)
    if found.scope is None:
        return f"{found.path}: zetwopass is not there"
    said = f"{found.path}: zetwopass is there, with the scope {found.scope}"
    try:
        library()
    except Error as err:
        return f"{said}, but this Python can't use it: {err}"
    return f"{said}, and this Python can use it"


def _read(path: str) -> _Found:
    """Return what a file is; a link's is the file that it leads to."""
    with reading("PATH"):
        given = Path(path)
        if given.is_dir():
            given = given / WORKER
            if not given.exists():
                raise MissingFileError(f"PATH = {path} is a folder without a {WORKER}; {_FROZEN}")
        real = given.resolve(strict=True)
        if not stat.S_ISREG(real.stat().st_mode):
            raise FileError(f"PATH = {path} is neither a folder nor a file")
        data = real.read_bytes()
        if b"\0" in data:
            raise FileError(f"PATH = {path} is no Python file; {_FROZEN}")
    return _Found(real, data, *_parts(real, data))


def _parts(path: Path, data: bytes) -> tuple[bytes, str | None]:
    """Return what a file is without a block, to the byte, and the block's scope."""
    begins = [m.start() for m in re.finditer(rb"^" + _BEGIN, data, re.MULTILINE)]
    ends = [m.start() for m in re.finditer(rb"^" + _END, data, re.MULTILINE)]
    if not begins and not ends:
        return data, None
    if len(begins) != 1 or len(ends) != 1 or ends < begins:
        raise ArgumentError(
            f"{path} has {len(begins)} beginnings and {len(ends)} ends of zetwopass's block, want "
            f"one each; mend it by hand, or from {_copy(path)}"
        )
    block, _, after = data[begins[0] :].partition(_END)
    newline = b"\r\n" if block.partition(b"\n")[0].endswith(b"\r") else b"\n"
    scope = next((s for s in SCOPES if _block(s, newline).startswith(block + _END)), None)
    line, _, after = after.partition(newline)
    if scope is None or line:
        raise ArgumentError(
            f"{path} has other text in zetwopass's block than this version has put there; mend it "
            f"by hand, or from {_copy(path)}"
        )
    before = data[: begins[0]]
    if before.endswith(newline) and (not after or before.endswith(2 * newline)):
        before = before[: -len(newline)]
    return before + after, scope


def _block(scope: str, newline: bytes) -> bytes:
    return _BLOCK.format(scope=scope).encode("ascii").replace(b"\n", newline)


def _copy(path: Path) -> Path:
    return path.with_name(path.name + _COPY)


def _check(path: Path, data: bytes) -> None:
    """Refuse what is no Python, or doesn't define the two functions outside of others."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of its own
            ahead, names = [ast.parse(data)], set()
    except (SyntaxError, ValueError, RecursionError, MemoryError) as err:
        raise ArgumentError(f"{path} is no Python that can be read here: {err}") from err
    while ahead:
        found = ahead.pop()
        if isinstance(found, ast.FunctionDef):
            names.add(found.name)
        elif not isinstance(found, (ast.ClassDef, ast.AsyncFunctionDef)):
            ahead += ast.iter_child_nodes(found)
    for name in (SECOND_PASS, GAINS):
        if name not in names:
            raise ArgumentError(f"{path} is no {WORKER}: it has no function {name}")


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    """Refuse a file that shall not be written; make what then fails an error that names it."""
    if not path.stat().st_mode & stat.S_IWUSR or not os.access(path, os.W_OK):
        raise FileError(f"{path} is read-only")
    with reading(str(path), failed="can't be written"):
        yield
