"""The C interface, ``include/zetwopass.h``, in ctypes; nothing else imports ctypes.

The structures mirror the header field by field. The library is loaded at the first use, because a
process that forks after the load may not use it in the child.
"""

from __future__ import annotations

import ctypes
import os
import sys
import threading
from collections.abc import Callable
from ctypes import POINTER, c_char, c_char_p, c_double, c_int32, c_int64, c_uint32, c_void_p
from pathlib import Path

from ..errors import ForkError, LibraryError
from . import limits

ABI_VERSION = 1

PROFILES = {"v4.5": 0, "v4.2": 1}
COMBINES = {"mean": 0, "sum": 1}
DEVICES = {"auto": 0, "cpu": 1, "gpu": 2, "hybrid": 3}
MAP_PLANE, MAP_GRID, MAP_POSITIONS = 0, 1, 2
STAGES = ("start", "blur", "gains", "gains_done", "background", "reproject", "done")


class Error(ctypes.Structure):
    """``ztp_error``."""

    _fields_ = [("status", c_int32), ("message", c_char * 508)]


class Image(ctypes.Structure):
    """``ztp_image``: an address, a shape in pixels and strides in bytes. It keeps nothing alive."""

    _fields_ = [
        ("data", c_void_p),
        ("height", c_int64),
        ("width", c_int64),
        ("channels", c_int64),
        ("stride_y", c_int64),
        ("stride_x", c_int64),
        ("stride_c", c_int64),
    ]


class Map(ctypes.Structure):
    """``ztp_map``: where output pixels lie in a tile."""

    _fields_ = [
        ("x0", c_int64),
        ("y0", c_int64),
        ("x1", c_int64),
        ("y1", c_int64),
        ("kind", c_int32),
        ("reserved", c_int32),
        ("plane", c_double * 9),
        ("nodes", c_void_p),
        ("nx", c_int64),
        ("ny", c_int64),
        ("origin_x", c_double),
        ("origin_y", c_double),
        ("step_x", c_double),
        ("step_y", c_double),
    ]


class Tile(ctypes.Structure):
    """``ztp_tile``."""

    _fields_ = [
        ("image", Image),
        ("mask", Image),
        ("weight", Image),
        ("weight_scale", c_double),
        ("map", Map),
        ("weight_map", Map),
    ]


class Stats(ctypes.Structure):
    """``ztp_stats``: a snapshot of a running call."""

    _fields_ = [
        ("struct_size", c_uint32),
        ("stage", c_int32),
        ("tiles_done", c_int64),
        ("tiles_total", c_int64),
        ("chunk_index", c_int64),
        ("chunk_total", c_int64),
        ("rows_per_chunk", c_int64),
        ("scratch_bytes", c_int64),
        ("workers", c_int32),
        ("reserved", c_int32),
        ("fraction", c_double),
        ("elapsed_seconds", c_double),
        ("eta_seconds", c_double),
        ("gpu_ran", c_int32),
        ("reserved2", c_int32),
        ("gpu_rows_per_chunk", c_int64),
        ("cpu_rows", c_int64),
        ("gpu_rows", c_int64),
        ("gpu_bytes", c_int64),
        ("gpu_seconds", c_double),
    ]


StatsFunction = ctypes.CFUNCTYPE(None, POINTER(Stats), c_void_p)


class Job(ctypes.Structure):
    """``ztp_job``."""

    _fields_ = [
        ("struct_size", c_uint32),
        ("tile_size", c_uint32),
        ("profile", c_int32),
        ("sigma", c_int32),
        ("gain_min", c_double),
        ("gain_max", c_double),
        ("threshold", c_double),
        ("tiles", POINTER(Tile)),
        ("tile_count", c_int64),
        ("coverage", Image),
        ("blurred", Image),
        ("mosaic", Image),
        ("coverage_out", Image),
        ("gains", c_void_p),
        ("offsets", c_void_p),
        ("groups", c_void_p),
        ("combine", c_int32),
        ("keep_background", c_int32),
        ("binary_weights", c_int32),
        ("blank_nan", c_int32),
        ("workers", c_int32),
        ("reserved", c_int32),
        ("rows_per_chunk", c_int64),
        ("max_chunk_bytes", c_int64),
        ("on_stats", StatsFunction),
        ("user", c_void_p),
        ("cancel", POINTER(c_int32)),
        ("device", c_int32),
        ("reserved2", c_int32),
        ("gpu_rows_per_chunk", c_int64),
        ("gpu_max_chunk_bytes", c_int64),
        ("device_error", POINTER(Error)),
    ]


class PlanInfo(ctypes.Structure):
    """``ztp_plan_info``."""

    _fields_ = [
        ("struct_size", c_uint32),
        ("workers", c_int32),
        ("rows_per_chunk", c_int64),
        ("chunk_total", c_int64),
        ("chunk_bytes", c_int64),
        ("bytes", c_int64),
        ("gpu_rows_per_chunk", c_int64),
    ]


class Device(ctypes.Structure):
    """``ztp_device``: the GPU, or why there is none."""

    _fields_ = [
        ("struct_size", c_uint32),
        ("usable", c_int32),
        ("total_bytes", c_int64),
        ("free_bytes", c_int64),
        ("compute_major", c_int32),
        ("compute_minor", c_int32),
        ("cuda_driver", c_int32),
        ("name", c_char * 256),
        ("reason", c_char * 508),
    ]


_SIGNATURES = {
    "ztp_blur_coverage": (c_int32, [POINTER(Job), POINTER(Error)]),
    "ztp_tile_gains": (c_int32, [POINTER(Job), POINTER(Error)]),
    "ztp_reproject_coadd": (c_int32, [POINTER(Job), POINTER(Error)]),
    "ztp_second_pass": (c_int32, [POINTER(Job), POINTER(Error)]),
    "ztp_plan": (c_int32, [POINTER(Job), POINTER(PlanInfo), POINTER(Error)]),
    "ztp_device_info": (c_int32, [POINTER(Device), POINTER(Error)]),
    "ztp_abi_version": (c_uint32, []),
    "ztp_version": (c_char_p, []),
    "ztp_status_name": (c_char_p, [c_int32]),
}

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


def version() -> str:
    """Return the version of the library, such as ``"0.1.0"``."""
    return library().ztp_version().decode()


def forwarder(receive: Callable[[Stats], None], cancel: c_int32):
    """Wrap ``receive`` for the library; if it raises, ``cancel`` is set.

    ``receive`` gets the library's own struct, which is gone when it returns. Keep the result alive
    until the call has returned.
    """

    def forward(stats, _user):
        try:
            receive(stats.contents)
        except BaseException:  # noqa: BLE001 - nothing may leave a ctypes callback
            cancel.value = 1

    return StatsFunction(forward)


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
        raise LibraryError(
            f"the library of zetwopass is not at {path}; install a wheel for this system, "
            "or build it with ./build.sh"
        )
    return path


def _load(path: Path) -> ctypes.CDLL:
    limits.room(limits.LIBRARY_BYTES)
    try:
        loaded = ctypes.CDLL(str(path))
        for name, (result, arguments) in _SIGNATURES.items():
            function = getattr(loaded, name)
            function.restype, function.argtypes = result, arguments
    except (OSError, AttributeError) as err:
        raise LibraryError(
            f"the library of zetwopass at {path} can't be used: {err}; "
            "install a wheel for this system, or build it anew with ./build.sh"
        ) from err
    found = loaded.ztp_abi_version()
    if found != ABI_VERSION:
        raise LibraryError(
            f"{path} has the C interface {found}, this package wants {ABI_VERSION}: "
            "they come from different versions; install the package again"
        )
    return loaded


def _after_fork_in_child() -> None:
    global _lock, _forked
    _lock = threading.Lock()
    _forked = _forked or _load_begun


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)
