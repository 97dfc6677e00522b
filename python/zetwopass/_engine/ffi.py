"""The library of ``include/zetwopass.h``, in ctypes: its functions and how it is loaded.

The library is loaded at the first use, because a process that forks after the load may not use it
in the child.
"""

from __future__ import annotations

import ctypes
import os
import sys
import threading
from collections.abc import Callable
from ctypes import POINTER, c_char_p, c_int32, c_int64, c_uint32, c_void_p
from pathlib import Path
from typing import NamedTuple

from ..errors import ForkError
from . import limits, remedy, structs

ABI_VERSION = 1

_SIGNATURES = {
    "ztp_blur_coverage": (c_int32, [POINTER(structs.Job), POINTER(structs.Error)]),
    "ztp_tile_gains": (c_int32, [POINTER(structs.Job), POINTER(structs.Error)]),
    "ztp_first_coverage": (c_int32, [POINTER(structs.Job), POINTER(structs.Error)]),
    "ztp_match_backgrounds": (c_int32, [POINTER(structs.Job), POINTER(structs.Error)]),
    "ztp_reproject_coadd": (c_int32, [POINTER(structs.Job), POINTER(structs.Error)]),
    "ztp_second_pass": (c_int32, [POINTER(structs.Job), POINTER(structs.Error)]),
    "ztp_offsets_from_pairs": (
        c_int32,
        [c_void_p, c_int64, c_int64, c_int32, c_void_p, c_void_p]
        + [POINTER(c_int32), POINTER(structs.Error)],
    ),
    "ztp_reproject": (c_int32, [POINTER(structs.Reprojection), POINTER(structs.Error)]),
    "ztp_plan": (
        c_int32,
        [POINTER(structs.Job), POINTER(structs.PlanInfo), POINTER(structs.Error)],
    ),
    "ztp_device_info": (c_int32, [POINTER(structs.Device), POINTER(structs.Error)]),
    "ztp_abi_version": (c_uint32, []),
    "ztp_version": (c_char_p, []),
    "ztp_status_name": (c_char_p, [c_int32]),
}

_LONG = 248  # letters: the longest path of a folder that all of Windows takes
_FILES = {"win32": "libzetwopass.dll", "darwin": "libzetwopass.dylib"}

_lock = threading.Lock()
_library: ctypes.CDLL | None = None
_load_begun = False
_forked = False


def library() -> ctypes.CDLL:
    """Return the library, loaded at the first call.

    Raises
    ------
    LibraryError
        The library is missing or of another version.
    LimitError
        There is no memory for it.
    ForkError
        A parent of this process had loaded it before the fork: its threads are not here, and a
        call would hang.
    """
    global _library, _load_begun
    if _forked:
        raise ForkError(
            "this process was forked from one that had loaded zetwopass, and would hang in it; "
            "use the spawn start method: multiprocessing.get_context('spawn')"
        )
    with _lock:
        if _library is None:
            path = _path()
            _load_begun = True
            _library = _load(path)
        return _library


class LibraryInfo(NamedTuple):
    """Where the library lies, its version, such as ``"0.2.0"``, and that of its C interface."""

    path: str
    version: str
    abi: int


def library_info() -> LibraryInfo:
    """Return what is known of the library; raises what `library` raises."""
    loaded = library()
    return LibraryInfo(loaded._name, loaded.ztp_version().decode(), loaded.ztp_abi_version())


def require() -> None:
    """Raise LibraryError where there is no library; what there is stays unloaded."""
    _path()


def forwarder(receive: Callable[[structs.Stats], None], cancel: c_int32):
    """Wrap ``receive`` for the library; if it raises, ``cancel`` is set.

    ``receive`` gets the library's own struct, which is gone when it returns. Keep the result alive
    until the call has returned.
    """

    def forward(stats, _user):
        try:
            receive(stats.contents)
        except BaseException:  # noqa: BLE001 - nothing may leave a ctypes callback
            cancel.value = 1

    return structs.StatsFunction(forward)


def new_flag() -> c_int32:
    """Return a flag for ``ztp_job.cancel``, not set."""
    return c_int32(0)


def pointer(item: ctypes.Structure | c_int32):
    """Return a pointer to ``item``, which it keeps alive."""
    return ctypes.pointer(item)


def size(kind: type[ctypes.Structure]) -> int:
    """Return the bytes of a structure."""
    return ctypes.sizeof(kind)


def _path() -> Path:
    path = Path(__file__).parents[1] / _FILES.get(sys.platform, "libzetwopass.so")
    if not path.is_file():
        raise remedy.missing(path)
    return path


def _loadable(path: Path) -> str:
    """Return a name that the system's loader takes.

    Windows's takes a long one only with a prefix, also where long paths are on (CPython's issue
    126929).
    """
    name = str(path)
    if sys.platform != "win32" or len(name) < _LONG or name.startswith("\\\\?\\"):
        return name
    if name.startswith("\\\\"):  # a share
        return f"\\\\?\\UNC{name[1:]}"
    return f"\\\\?\\{name}"


def _load(path: Path) -> ctypes.CDLL:
    limits.room(limits.LIBRARY_BYTES)
    try:
        loaded = ctypes.CDLL(_loadable(path))
        for name, (result, arguments) in _SIGNATURES.items():
            function = getattr(loaded, name)
            function.restype, function.argtypes = result, arguments
    except (OSError, AttributeError) as err:
        raise remedy.unusable(path, err) from err
    found = loaded.ztp_abi_version()
    if found != ABI_VERSION:
        raise remedy.unusable(
            path, f"it has the C interface {found}, this package wants {ABI_VERSION}"
        )
    return loaded


def _after_fork_in_child() -> None:
    global _lock, _forked
    _lock = threading.Lock()
    _forked = _forked or _load_begun


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)
