"""The engine: the library and its structs, jobs and the memory that they borrow, calls.

Nothing here knows where pixels lie on the sky.
"""

from . import buffers, calls, checks
from .calls import Ended, OnStats, Stats
from .coadd import Coadd
from .device import DeviceInfo, computed_by, device_info, warn_device
from .ffi import library, library_info, require
from .files import FileImage, FileTarget
from .job import Job, Outputs, Plan, TileInput
from .limits import limited
from .offsets import solve_offsets
from .progress import run_watched, watched
from .reproject import Reprojection
from .settings import Settings
from .slopes import Slopes
from .structs import COMBINES

__all__ = [
    "COMBINES",
    "Coadd",
    "DeviceInfo",
    "Ended",
    "FileImage",
    "FileTarget",
    "Job",
    "OnStats",
    "Outputs",
    "Plan",
    "Reprojection",
    "Settings",
    "Stats",
    "Slopes",
    "TileInput",
    "buffers",
    "calls",
    "checks",
    "computed_by",
    "device_info",
    "library",
    "library_info",
    "limited",
    "require",
    "run_watched",
    "solve_offsets",
    "warn_device",
    "watched",
]
