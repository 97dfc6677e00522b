"""No size, address or stride of a caller ends the process or lets arrays lie on each other."""

import ctypes

import numpy as np
import pytest

from test_abi_errors import (
    ARGUMENT,
    OK,
    OVERLAP,
    SHAPE,
    STRIDE,
    called,
    job,  # noqa: F401
    put,
)
from zetwopass._engine import ffi, structs

BUDGET = 200
MOST = 2**31 - 1
TOP = 2**64 - 64  # an address near the end of all


def grid(nx, ny, step=1.0):
    """Return a function that gives a tile a grid of so many nodes, of which few are there."""
    nodes = np.zeros(64)

    def change(struct):
        m = struct.tiles[1].map
        m.kind, m.nx, m.ny, m.step_x, m.step_y = structs.MAP_GRID, nx, ny, step, step
        m.nodes = nodes.ctypes.data

    return change


def positions(*box):
    def change(struct):
        m = struct.tiles[1].map
        m.kind, (m.x0, m.y0, m.x1, m.y1), m.nodes = structs.MAP_POSITIONS, box, TOP - 2**20

    return change


REFUSED = {
    "2^63 nodes": (grid(2**31, 2**31), SHAPE, "tiles[1].map has"),
    "2^47 nodes": (grid(MOST, 65536), SHAPE, "tiles[1].map has"),
    "2^62 nodes a row": (grid(2**62, 4), SHAPE, "tiles[1].map has"),
    "2^64 positions": (positions(-MOST, -MOST, MOST, MOST), SHAPE, "tiles[1].map has"),
    "a box beyond all": (positions(-(2**63), 0, 2**63 - 1, 9), ARGUMENT, "tiles[1].map has box"),
    "positions at the end": (positions(0, 0, 90, 2000), STRIDE, "tiles[1].map.nodes"),
    "an image at the end": (put("tile.image.data", TOP), STRIDE, "tiles[1].image"),
    "a coverage at the end": (put("coverage.data", TOP), STRIDE, "coverage"),
    "gains at the end": (put("gains", TOP + 56), STRIDE, "gains"),
    "rows beyond memory": (put("tile.image.stride_y", 2**43), STRIDE, "tiles[1].image"),
    "an odd address": (put("gains", 4097), STRIDE, "gains"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_size_beyond_memory_is_refused(job, what):  # noqa: F811
    # Without it a product wraps, passes every check, and the process ends somewhere below.
    change, status, name = REFUSED[what]
    change(job.struct)
    found, message = called(job)
    assert (found, name in message) == (status, True), message


def test_a_plan_beyond_the_machine_is_a_budget(job):  # noqa: F811
    # Without it Go asks the system for more than there is, and ends the process.
    struct, error = job.struct, structs.Error()
    info = structs.PlanInfo(ctypes.sizeof(structs.PlanInfo))
    struct.sigma = 1000
    for image in (struct.coverage, struct.blurred, struct.coverage_out, struct.mosaic):
        image.data, image.height, image.width, image.channels = None, 8000, MOST, 1
        image.stride_y, image.stride_x, image.stride_c = 4 * MOST, 4, 4
    status = ffi.library().ztp_plan(struct, info, error)
    assert status == BUDGET and b"the machine has" in error.message, error.message


def over(output, array, offset=0):
    """Return a function that puts an output on another array."""

    def change(struct):
        target = getattr(struct, array)
        address = getattr(target, "data", target)
        if not isinstance(address, int):  # a pointer of ctypes
            address = ctypes.cast(target, ctypes.c_void_p).value
        if isinstance(getattr(struct, output), structs.Image):
            getattr(struct, output).data = address + offset
        else:
            setattr(struct, output, address + offset)

    return change


OVERLAPS = {
    "the mosaic on the coverage": over("mosaic", "coverage"),
    "the mosaic's end in the coverage": over("mosaic", "coverage", -4),
    "the mosaic on the gains": over("mosaic", "gains"),
    "gains on offsets": over("gains", "offsets", 8),
    "the mosaic on the tiles": over("mosaic", "tiles"),
}


@pytest.mark.parametrize("what", OVERLAPS)
def test_an_output_on_another_array_is_refused(job, what):  # noqa: F811
    # Without it what is read has been written over.
    OVERLAPS[what](job.struct)
    status, message = called(job)
    assert status == OVERLAP and "shares memory with" in message, message


def one_buffer(struct):
    """Put blurred and coverage_out at the begin of one buffer, and return it."""
    height, width = struct.coverage.height, struct.coverage.width
    buffer = np.zeros(8 * height * width, np.float32)
    for image in (struct.coverage_out, struct.blurred):
        image.data, image.height, image.width, image.channels = buffer.ctypes.data, height, width, 1
        image.stride_y, image.stride_x, image.stride_c = 4 * width, 4, 4
    return buffer


def test_blurred_may_be_the_memory_of_coverage_out(job):  # noqa: F811
    # Without it a caller needs a map more, or the refusals below refuse everything.
    buffer = one_buffer(job.struct)
    assert called(job) == (OK, "")
    job.struct.blurred.stride_x, job.struct.blurred.stride_y = 8, 8 * job.struct.blurred.width
    assert called(job) == (OK, "") and buffer.any()


@pytest.mark.parametrize("other", ["mosaic", "coverage"])
def test_blurred_in_coverage_outs_memory_is_kept_from_all_else(job, other):  # noqa: F811
    # Without it blurred, wider than coverage_out, is written over the mosaic or the coverage.
    buffer = one_buffer(job.struct)
    struct = job.struct
    struct.blurred.stride_x, struct.blurred.stride_y = 8, 8 * struct.blurred.width
    image = getattr(struct, other)
    image.data = buffer.ctypes.data + 4 * struct.coverage.height * struct.coverage.width
    status, message = called(job)
    assert status == OVERLAP and "blurred" in message and other in message, message


FOLDED = {
    "a stride of 0 in y": {"stride_y": 0},
    "a stride of 0 in x": {"stride_x": 0},
    "a stride of 0 between channels": {"stride_c": 0},
    "rows that begin in others": {"stride_y": 4 * 3 * 89},
    "channels in the next pixel": {"stride_x": 8},
}


@pytest.mark.parametrize("what", FOLDED)
def test_an_output_on_itself_is_refused(job, what):  # noqa: F811
    # Without it two workers write to one place, and the result is that of the quicker one.
    for field, value in FOLDED[what].items():
        setattr(job.struct.mosaic, field, value)
    status, message = called(job)
    assert status == OVERLAP and "mosaic" in message and "with itself" in message, message


def test_an_input_may_lie_on_itself(job):  # noqa: F811
    # Without it NumPy's broadcast arrays need copies.
    coverage = job.struct.coverage
    coverage.stride_y = coverage.stride_x = 0
    assert called(job) == (OK, "")
