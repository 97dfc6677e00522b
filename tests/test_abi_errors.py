"""The library refuses what a caller in any language may get wrong, and says which field it is."""

import ctypes

import numpy as np
import pytest

import small
from zetwopass._engine import Job, Outputs, Settings, TileInput, buffers, ffi, structs
from zetwopass._sky import PixelMap

OK, ARGUMENT, SHAPE, STRIDE, OVERLAP, STRUCT, CANCELLED = 0, 100, 101, 102, 103, 104, 300
DEVICE = 400


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
    made = Job(settings, tiles, coverage=arguments["coverage"], outputs=outputs)
    made.kept_outputs = outputs
    return made


def called(job, function="ztp_second_pass"):
    error = structs.Error()
    status = getattr(ffi.library(), function)(job.struct, error)
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
    "no nodes": (put("tile.map.kind", structs.MAP_POSITIONS), ARGUMENT, "tiles[1].map"),
    "an unknown sum": (put("combine", 5), ARGUMENT, "combine"),
    "negative workers": (put("workers", -1), ARGUMENT, "workers"),
    "negative rows": (put("rows_per_chunk", -1), ARGUMENT, "rows_per_chunk"),
    "negative bytes": (put("max_chunk_bytes", -1), ARGUMENT, "max_chunk_bytes"),
    "an unknown device": (put("device", 7), ARGUMENT, "device = 7"),
    "a negative device": (put("device", -1), ARGUMENT, "device = -1"),
    "negative rows of a GPU": (put("gpu_rows_per_chunk", -1), ARGUMENT, "gpu_rows_per_chunk"),
    "negative bytes of a GPU": (put("gpu_max_chunk_bytes", -1), ARGUMENT, "gpu_max_chunk_bytes"),
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


def test_a_set_flag_cancels_a_plan(job):
    # Without it a plan of many tiles goes on for long after nobody waits for it.
    flag, error = ctypes.c_int32(1), structs.Error()
    job.struct.cancel = ctypes.pointer(flag)
    info = structs.PlanInfo(ctypes.sizeof(structs.PlanInfo))
    assert ffi.library().ztp_plan(job.struct, info, error) == CANCELLED == error.status


def test_null_is_no_job_and_no_plan(job):
    # Without it a NULL ends the process.
    library, error = ffi.library(), structs.Error()
    assert library.ztp_second_pass(None, error) == ARGUMENT and b"job" in error.message
    assert library.ztp_plan(job.struct, None, error) == ARGUMENT and b"plan" in error.message
    info = structs.PlanInfo(3)
    assert library.ztp_plan(job.struct, info, error) == STRUCT


def test_a_job_of_the_header_before_devices_is_computed_as_ever(job):
    # Without it a program has to be compiled anew for a GPU that it doesn't know.
    assert called(job) == (OK, "")
    want = job.gains.tolist(), job.offsets.tolist()
    job.gains[:], job.offsets[:] = 0, 0
    old = structs.Error(99)
    job.struct.device, job.struct.device_error = 99, ctypes.pointer(old)
    job.struct.struct_size = structs.Job.device.offset
    assert called(job) == (OK, "")
    assert (job.gains.tolist(), job.offsets.tolist()) == want
    assert old.status == 99


def test_tiles_of_the_header_before_weight_maps_are_read_as_ever(job):
    # Without it a program compiled with that header reads its second tile from the wrong place.
    assert called(job) == (OK, "")
    want = job.gains.tolist(), job.offsets.tolist()
    size = structs.Tile.weight_map.offset
    tiles = b"".join(ctypes.string_at(ctypes.addressof(job.struct.tiles[t]), size) for t in (0, 1))
    memory = ctypes.create_string_buffer(tiles)
    job.struct.tiles = ctypes.cast(memory, ctypes.POINTER(structs.Tile))
    job.struct.tile_size = size
    job.gains[:], job.offsets[:] = 0, 0
    assert called(job) == (OK, "")
    assert (job.gains.tolist(), job.offsets.tolist()) == want


def test_a_weight_may_have_a_map_and_a_shape_of_its_own(job):
    # Without it the weight of an image lies where the image does.
    weight = np.zeros((9, 7), np.float32)
    weight[3:5, 2:6] = 2
    tile = job.struct.tiles[0]
    tile.weight = buffers.plane("weight", weight)
    tile.weight_map = buffers.pixel_map(PixelMap((0, 0, 60, 40), plane=np.eye(3)))[0]
    job.struct.tiles[1].map = structs.Map()
    coverage = job.kept_outputs.coverage
    assert called(job) == (OK, "")
    want = np.zeros_like(coverage)
    want[3:5, 2:6] = 2
    np.testing.assert_array_equal(coverage, want)


def test_a_plan_of_the_header_before_devices_is_not_written_beyond(job):
    # Without it the library writes to memory that is not the plan's.
    first = structs.PlanInfo.gpu_rows_per_chunk.offset
    for size, rows in ((first, -7), (ctypes.sizeof(structs.PlanInfo), 6)):
        info = structs.PlanInfo(struct_size=size, gpu_rows_per_chunk=-7)
        job.struct.rows_per_chunk, job.struct.gpu_rows_per_chunk = 3, 7
        assert ffi.library().ztp_plan(job.struct, info, None) == OK
        assert (info.gpu_rows_per_chunk, info.rows_per_chunk > 0) == (rows, True)


@pytest.mark.parametrize("device", ["gpu", "hybrid"])
def test_a_device_that_is_not_there_is_told_and_the_cpu_does_the_work(job, device):
    # Without it a call without a GPU fails, or passes for one with it.
    found = structs.Device(ctypes.sizeof(structs.Device))
    assert ffi.library().ztp_device_info(found, None) == OK
    if found.usable:
        pytest.skip("there is a GPU")
    why = structs.Error(1, b"old")
    job.struct.device, job.struct.device_error = structs.DEVICES[device], ctypes.pointer(why)
    assert called(job) == (OK, "")
    assert (why.status, why.message.startswith(b"GPU: ")) == (DEVICE, True)
    for device in ("auto", "cpu"):
        job.struct.device = structs.DEVICES[device]
        assert called(job) == (OK, "")
        assert (why.status, why.message) == (OK, b"")


def test_a_struct_of_another_size_is_no_device():
    # Without it the description goes to memory that is not the caller's.
    library, error = ffi.library(), structs.Error()
    assert library.ztp_device_info(None, error) == ARGUMENT and b"device" in error.message
    assert library.ztp_device_info(structs.Device(3), error) == STRUCT
    assert b"device.struct_size = 3" in error.message


def test_a_device_of_the_header_before_simd_is_not_written_beyond():
    # Without it the library writes to memory that is not the caller's.
    for size, simd in (
        (structs.Device.simd.offset, b"x" * 9),
        (ctypes.sizeof(structs.Device), b""),
    ):
        found = structs.Device(struct_size=size, usable=7, reason=b"old", simd=b"x" * 9)
        assert ffi.library().ztp_device_info(found, None) == OK
        assert found.usable in (0, 1) and found.reason != b"old"
        assert (found.simd == simd) == (simd != b"")


def test_the_error_may_be_null(job):
    # Without it a caller who wants no message loses the process.
    assert ffi.library().ztp_second_pass(job.struct, None) == OK
    job.struct.sigma = -1
    assert ffi.library().ztp_second_pass(job.struct, None) == ARGUMENT


def test_gains_need_an_array(job):
    # Without it the gains go nowhere.
    job.struct.gains = None
    job.struct.blurred = job.struct.coverage_out
    assert called(job, "ztp_tile_gains")[0] == ARGUMENT
    assert called(job, "ztp_reproject_coadd")[0] == OK


def test_a_long_message_ends_with_a_zero(job):
    # Without it a caller reads beyond the message.
    job.struct.gain_min = float("nan")
    error = structs.Error()
    ctypes.memset(ctypes.byref(error), 0x55, ctypes.sizeof(error))
    ffi.library().ztp_second_pass(job.struct, error)
    assert 0 in bytes(error)[4:]


def test_unknown_statuses_have_a_name_too():
    # Without it a newer status crashes the log.
    assert ffi.library().ztp_status_name(12345) == b"unknown status"
