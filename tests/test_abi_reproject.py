"""ztp_reproject refuses what a caller in any language may get wrong, and says which field it is."""

import ctypes

import numpy as np
import pytest

import held
import zetwopass
from zetwopass._engine import Reprojection, calls, ffi, structs
from zetwopass._sky import PixelMap
from zetwopass.errors import CancelledError

ARGUMENT, SHAPE, STRIDE, OVERLAP, STRUCT = 100, 101, 102, 103, 104


@pytest.fixture
def job():
    """Return a reprojection of two planes that is as it should be."""
    image = np.arange(24, dtype="f4").reshape(2, 3, 4)
    out, footprint = np.zeros((2, 5, 6)), np.zeros((2, 5, 6), "f4")
    pixels = PixelMap((0, 0, 6, 5), plane=np.eye(3))
    made = Reprojection(image, pixels, out, footprint, order="nearest", zeroed=True)
    made.arrays = image, out, footprint
    return made


def called(job):
    error = structs.Error()
    status = ffi.library().ztp_reproject(job.struct, error)
    assert error.status == status
    return status, error.message.decode()


def test_planes_of_any_float_go_to_planes_of_any_float(job):
    # Without it the other tests refuse everything.
    assert called(job) == (0, "")
    image, out, footprint = job.arrays
    np.testing.assert_array_equal(out[:, :3, :4], image)
    np.testing.assert_array_equal(footprint[:, :3, :4], 1)
    assert np.isnan(out[:, 3:]).all() and not footprint[:, :, 4:].any()


def put(path, value):
    def change(job):
        *owners, field = path.split(".")
        owner = job.struct
        for name in owners:
            owner = getattr(owner, name)
        setattr(owner, field, value(owner) if callable(value) else value)

    return change


WRONG = {
    "an older header": (put("struct_size", 8), STRUCT, "job.struct_size = 8"),
    "an unknown order": (put("order", 2), ARGUMENT, "order = 2"),
    "no image": (put("image.data", None), ARGUMENT, "image.data is NULL"),
    "no output": (put("out.data", None), ARGUMENT, "out.data is NULL"),
    "an unknown type": (put("out.type", 2), ARGUMENT, "out.type = 2"),
    "an odd address": (put("out.data", lambda o: o.data + 4), STRIDE, "want 8-byte alignment"),
    "no rows": (put("image.height", 0), SHAPE, "image has shape [2,0,4]"),
    "too many columns": (put("image.width", 1 << 40), SHAPE, "image has shape"),
    "a negative stride": (put("out.stride_y", -48), STRIDE, "out has byte strides"),
    "half a sample": (put("out.stride_x", 4), STRIDE, "want multiples of 8"),
    "a stride beyond memory": (put("image.stride_n", 1 << 62), STRIDE, "image"),
    "an output on itself": (put("out.stride_y", 0), OVERLAP, "out has shape"),
    "other planes": (put("out.planes", 1), SHAPE, "out has 1 planes, the image 2"),
    "another footprint": (put("footprint.height", 4), SHAPE, "footprint has shape [2,4,6]"),
    "an output over the image": (
        lambda job: setattr(job.struct.footprint, "data", job.struct.image.data),
        OVERLAP,
        "footprint shares memory with image",
    ),
    "a map of an unknown kind": (put("map.kind", 7), ARGUMENT, "map.kind = 7"),
    "a map without nodes": (put("map.kind", 2), ARGUMENT, "map.nodes is NULL"),
    "too many workers": (put("workers", 5000), ARGUMENT, "workers = 5000"),
    "an unknown device": (put("device", 9), ARGUMENT, "device = 9"),
    "negative rows": (put("rows_per_chunk", -1), ARGUMENT, "rows_per_chunk = -1"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_field_is_named(job, wrong):
    # Without it the process ends, or something else is computed.
    change, want, words = WRONG[wrong]
    change(job)
    status, message = called(job)
    assert status == want and words in message, message


@pytest.mark.skipif(not zetwopass.device_info().usable, reason="no GPU")
@pytest.mark.parametrize("device", ["gpu", "hybrid"])
def test_a_gpu_gives_the_same_bits(job, device):
    # Without it the device field is read and forgotten.
    assert called(job) == (0, "")
    want = [array.copy() for array in job.arrays]
    job.arrays[1][:], job.arrays[2][:] = 7, 0
    job.struct.device = structs.DEVICES[device]
    ended = calls.run("ztp_reproject", job)
    assert ended.device_error is None and (ended.stats.gpu_ran or device == "hybrid")
    for array, right in zip(job.arrays, want, strict=True):
        np.testing.assert_array_equal(array, right)


def test_a_null_job_and_no_error_are_no_matter():
    # Without it a program that forgets one of them ends.
    reproject = ffi.library().ztp_reproject
    nothing = ctypes.POINTER(structs.Reprojection)()
    assert reproject(nothing, None) == ARGUMENT


def test_an_empty_map_leaves_nothing_but_nan(job):
    # Without it an image beside the output is an error, or what was in the output stays.
    job.struct.map = structs.Map()
    assert called(job) == (0, "")
    assert np.isnan(job.arrays[1]).all() and not job.arrays[2].any()


def test_progress_is_told_and_a_cancel_ends_it(job, monkeypatch):
    # Without it a large image can neither be watched nor stopped.
    seen = []
    calls.run("ztp_reproject", job, seen.append)
    assert [stats.stage for stats in seen][:1] == ["reproject"]
    held.at(
        "reproject", lambda: setattr(job.struct.cancel.contents, "value", 1), monkeypatch.setattr
    )
    with pytest.raises(CancelledError):
        calls.run("ztp_reproject", job)
