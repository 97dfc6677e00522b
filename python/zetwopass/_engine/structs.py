"""The structures and numbers of ``include/zetwopass.h`` in ctypes, field by field."""

from __future__ import annotations

import ctypes
from ctypes import POINTER, c_char, c_char_p, c_double, c_int32, c_int64, c_uint32, c_void_p

PROFILES = {"v4.5": 0, "v4.2": 1}
COMBINES = {"mean": 0, "sum": 1, "first": 2, "last": 3, "min": 4, "max": 5, "median": 6}
BACKGROUNDS = {"constant": 0, "plane": 1}
DEVICES = {"auto": 0, "cpu": 1, "gpu": 2, "hybrid": 3}
ORDERS = {"bilinear": 0, "nearest": 1}
FLOATS = {"float32": 0, "float64": 1}
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


class Planes(ctypes.Structure):
    """``ztp_planes``: an address, a type, a shape and strides in bytes. It keeps nothing alive."""

    _fields_ = [
        ("data", c_void_p),
        ("type", c_int32),
        ("reserved", c_int32),
        ("planes", c_int64),
        ("height", c_int64),
        ("width", c_int64),
        ("stride_n", c_int64),
        ("stride_y", c_int64),
        ("stride_x", c_int64),
    ]


class File(ctypes.Structure):
    """``ztp_file``: an image in a FITS file."""

    _fields_ = [
        ("path", c_char_p),
        ("hdu_name", c_char_p),
        ("hdu", c_int32),
        ("reserved", c_int32),
    ]


class Target(ctypes.Structure):
    """``ztp_target``: where a file takes an output."""

    _fields_ = [("path", c_char_p), ("offset", c_int64)]


# `Pair` as NumPy has it.
PAIR = [("i", "i8"), ("j", "i8"), ("pixels", "i8"), ("step", "f8", (4,))]


class Pair(ctypes.Structure):
    """``ztp_pair``: two tiles that show common pixels."""

    _fields_ = [
        ("i", c_int64),
        ("j", c_int64),
        ("pixels", c_int64),
        ("step", c_double * 4),
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
        ("planes", Planes),
        ("weight_planes", Planes),
        ("image_file", File),
        ("mask_file", File),
        ("weight_file", File),
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
        ("signed_weights", c_int32),
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
        ("mosaic_planes", Planes),
        ("coverage_planes", Planes),
        ("mosaic_file", Target),
        ("coverage_file", Target),
        ("chunks_done", c_void_p),
        ("chunk_count", c_int64),
        ("shown", c_void_p),
        ("offsets_known", c_int32),
        ("blurred_known", c_int32),
        ("pairs", c_void_p),
        ("pair_room", c_int64),
        ("pair_count", c_void_p),
        ("row0", c_int64),
        ("col0", c_int64),
        ("pairs_wanted", c_void_p),
        ("pairs_wanted_count", c_int64),
        ("background", c_int32),
        ("feather", c_int32),
        ("slopes", c_void_p),
        ("damping", c_void_p),
    ]


class Reprojection(ctypes.Structure):
    """``ztp_reprojection``."""

    _fields_ = [
        ("struct_size", c_uint32),
        ("order", c_int32),
        ("image", Planes),
        ("map", Map),
        ("out", Planes),
        ("footprint", Planes),
        ("zeroed", c_int32),
        ("workers", c_int32),
        ("rows_per_chunk", c_int64),
        ("on_stats", StatsFunction),
        ("user", c_void_p),
        ("cancel", POINTER(c_int32)),
        ("device", c_int32),
        ("reserved", c_int32),
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
        ("columns_per_chunk", c_int64),
        ("read_bytes", c_int64),
        ("pair_count", c_int64),
    ]


class Device(ctypes.Structure):
    """``ztp_device``: the GPU, or why there is none, and what the CPU uses."""

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
        ("simd", c_char * 16),
    ]
