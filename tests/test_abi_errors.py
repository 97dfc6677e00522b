"""The library refuses what a caller in any language may get wrong, and says which field it is."""

import ctypes

import numpy as np
import pytest

import small
from zetwopass import _ffi
from zetwopass._job import Job, Outputs, Settings, TileInput
from zetwopass._wcs import PixelMap

OK, ARGUMENT, SHAPE, STRIDE, OVERLAP, STRUCT, CANCELLED = 0, 100, 101, 102, 103, 104, 300


@pytest.fixture
def job():
    """Return a job of two tiles that is as it should be."""
    arguments = small.mosaic()
    plane = np.eye(3)
    tiles = [
        TileInput(name=f"tiles[{t}]", image=tile, map=PixelMap((0, 0, 60, 40), plane=plane))
        for t, tile in enumerate(arguments["tiles"])
    ]
    outputs = Outputs(np.zeros((44, 90, 3), "f4"), np.zeros((44, 90), "f4"))
    settings = Settings(sigma=5, gain_clip=(0.85, 1.18))
    return Job(settings, tiles, coverage=arguments["coverage"], outputs=outputs)


def called(job, function="ztp_second_pass"):
    error = _ffi.Error()
    status = getattr(_ffi.library(), function)(job.struct, error)
    assert error.status == status
    return status, error.message.decode()


def put(path, value):
    """Return a function that sets a field of a job, such as ``mosaic.height``."""

    def change(struct):
        *owners, field = path.split(".")
        for owner in owners:
            struct = struct.tiles[1] if owner == "tile" else getattr(struct, owner)
        setattr(struct, field, value)

    return change


WRONG = {
    "an older header": (put("struct_size", 8), STRUCT, "job.struct_size"),
    "an older tile": (put("tile_size", 8), STRUCT, "tile_size"),
    "an unknown profile": (put("profile", 7), ARGUMENT, "profile = 7"),
    "a sigma too large": (put("sigma", 1001), ARGUMENT, "sigma = 1001"),
    "a reversed clip": (put("gain_min", 2.0), ARGUMENT, "gain clip"),
    "a clip of NaN": (put("gain_max", float("nan")), ARGUMENT, "gain clip"),
    "a threshold of NaN": (put("threshold", float("nan")), ARGUMENT, "threshold"),
    "no tiles": (put("tile_count", 0), ARGUMENT, "tile_count"),
    "negative tiles": (put("tile_count", -1), ARGUMENT, "tile_count"),
    "more tiles than memory": (put("tile_count", 1 << 60), ARGUMENT, "tile_count"),
    "no coverage": (put("coverage.data", None), ARGUMENT, "coverage"),
    "no mosaic": (put("mosaic.data", None), ARGUMENT, "mosaic"),
    "five channels": (put("mosaic.channels", 5), SHAPE, "mosaic"),
    "no rows": (put("mosaic.height", 0), SHAPE, "mosaic"),
    "more rows than memory": (put("mosaic.height", 1 << 62), SHAPE, "mosaic"),
    "a negative stride": (put("mosaic.stride_y", -4), STRIDE, "mosaic"),
    "a stride of 3 bytes": (put("coverage.stride_x", 3), STRIDE, "coverage"),
    "a stride beyond memory": (put("coverage.stride_y", 1 << 61), STRIDE, "coverage"),
    "a shorter mosaic": (put("mosaic.height", 43), SHAPE, "coverage_out"),
    "no image": (put("tile.image.data", None), ARGUMENT, "tiles[1].image"),
    "fewer channels": (put("tile.image.channels", 2), SHAPE, "tiles[1].image"),
    "a negative weight": (put("tile.weight_scale", -1.0), ARGUMENT, "tiles[1].weight_scale"),
    "an unknown map": (put("tile.map.kind", 9), ARGUMENT, "tiles[1].map"),
    "no nodes": (put("tile.map.kind", _ffi.MAP_POSITIONS), ARGUMENT, "tiles[1].map"),
    "an unknown sum": (put("combine", 5), ARGUMENT, "combine"),
    "negative workers": (put("workers", -1), ARGUMENT, "workers"),
    "negative rows": (put("rows_per_chunk", -1), ARGUMENT, "rows_per_chunk"),
    "negative bytes": (put("max_chunk_bytes", -1), ARGUMENT, "max_chunk_bytes"),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_field_has_its_status_and_is_named(job, what):
    # Without it a mistake of a caller reads or writes memory that is not its own.
    change, status, name = WRONG[what]
    change(job.struct)
    found, message = called(job)
    assert (found, name in message) == (status, True), message


def test_the_job_that_all_these_spoil_is_right(job):
    # Without it every one of them may fail for another reason.
    assert called(job) == (OK, "")


def test_an_unaligned_image_is_refused(job):
    # Without it some machines stop the process.
    job.struct.coverage.data += 2
    assert called(job)[0] == STRIDE


def test_a_set_flag_cancels_the_call(job):
    # Without it the flag has no effect.
    flag = ctypes.c_int32(1)
    job.struct.cancel = ctypes.pointer(flag)
    assert called(job)[0] == CANCELLED


def test_null_is_no_job_and_no_plan(job):
    # Without it a NULL ends the process.
    library, error = _ffi.library(), _ffi.Error()
    assert library.ztp_second_pass(None, error) == ARGUMENT and b"job" in error.message
    assert library.ztp_plan(job.struct, None, error) == ARGUMENT and b"plan" in error.message
    info = _ffi.PlanInfo(3)
    assert library.ztp_plan(job.struct, info, error) == STRUCT


def test_the_error_may_be_null(job):
    # Without it a caller who wants no message loses the process.
    assert _ffi.library().ztp_second_pass(job.struct, None) == OK
    job.struct.sigma = -1
    assert _ffi.library().ztp_second_pass(job.struct, None) == ARGUMENT


def test_gains_need_an_array(job):
    # Without it the gains go nowhere.
    job.struct.gains = None
    job.struct.blurred = job.struct.coverage_out
    assert called(job, "ztp_tile_gains")[0] == ARGUMENT
    assert called(job, "ztp_reproject_coadd")[0] == OK


def test_a_long_message_ends_with_a_zero(job):
    # Without it a caller reads beyond the message.
    job.struct.gain_min = float("nan")
    error = _ffi.Error()
    ctypes.memset(ctypes.byref(error), 0x55, ctypes.sizeof(error))
    _ffi.library().ztp_second_pass(job.struct, error)
    assert 0 in bytes(error)[4:]


def test_unknown_statuses_have_a_name_too():
    # Without it a newer status crashes the log.
    assert _ffi.library().ztp_status_name(12345) == b"unknown status"
