"""Files that are replaced whole or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO


def write(path: Path, data: bytes, copy: tuple[Path, bytes] | None = None) -> None:
    """Replace a file, which keeps its mode and its owner; before that write a copy beside it.

    Whatever fails or ends the program midway, both have the old bytes or the new ones. A copy that
    was not there goes away again if the file can't be replaced.
    """
    old = copy is None or copy[0].exists()
    try:
        if copy is not None:
            _replace(*copy, like=path)
        _replace(path, data, like=path)
    except BaseException:
        if not old:
            copy[0].unlink(missing_ok=True)
        raise
    with suppress(OSError):  # Windows opens no folders
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _replace(path: Path, data: bytes, like: Path) -> None:
    handle, name = tempfile.mkstemp(prefix=f"{path.name}.", suffix=".new", dir=path.parent)
    try:
        with _opened(handle) as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        with suppress(AttributeError, OSError):  # Windows has no owners; others' can't be given
            os.chown(name, like.stat().st_uid, like.stat().st_gid)
        shutil.copymode(like, name)
        os.replace(name, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(name)
        raise


def _opened(handle: int) -> BinaryIO:
    """Return the file of a descriptor; a failure closes that, as Windows keeps open files."""
    try:
        return os.fdopen(handle, "wb")
    except BaseException:
        os.close(handle)
        raise
