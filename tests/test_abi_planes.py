"""Jobs of planes: the library refuses what does not fit, and older structs have none of them."""

import ctypes

import numpy as np
import pytest

from test_abi_errors import ARGUMENT, OK, OVERLAP, SHAPE, STRIDE, STRUCT, called, put
from zetwopass._engine import Coadd, Outputs, Settings, TileInput, buffers, structs
from zetwopass._sky import PixelMap

MAP = PixelMap((0, 0, 9, 8), plane=np.eye(3))


@pytest.fixture
def job():
    """Return a job of two tiles of two planes, one of each type."""
    tiles = [
        TileInput(
            name=f"tiles[{t}]",
            image=np.full((2, 8, 9), t + 1, kind),
            weight=np.ones((1, 8, 9), kind),
            map=MAP,
        )
        for t, kind in enumerate(("f4", "f8"))
    ]
    outputs = Outputs(np.zeros((2, 8, 9)), np.zeros((2, 8, 9), "f4"))
    made = Coadd(Settings(profile="v4.2", combine="max", keep_background=True), tiles, outputs)
    made.kept_outputs = outputs
    return made


def test_the_planes_of_both_types_are_combined(job):
    # Without it every one of the following may fail for another reason.
    assert called(job, "ztp_reproject_coadd") == (OK, "")
    assert (job.kept_outputs.mosaic == 2).all() and (job.kept_outputs.coverage == 1).all()


WRONG = {
    "another type": (put("tile.planes.type", 2), ARGUMENT, "tiles[1].planes.type = 2"),
    "no planes": (put("tile.planes.data", None), ARGUMENT, "tiles[1].planes.data"),
    "no rows": (put("tile.planes.height", 0), SHAPE, "tiles[1].planes"),
    "more planes than memory": (put("mosaic_planes.planes", 1 << 40), SHAPE, "mosaic_planes"),
    "a stride of half a sample": (put("mosaic_planes.stride_x", 4), STRIDE, "mosaic_planes"),
    "a negative stride": (put("coverage_planes.stride_n", -4), STRIDE, "coverage_planes"),
    "an output on itself": (put("mosaic_planes.stride_n", 0), OVERLAP, "mosaic_planes has"),
    "a stride beyond memory": (put("mosaic_planes.stride_n", 1 << 60), STRIDE, "mosaic_planes"),
    "no coverage": (put("coverage_planes.data", None), ARGUMENT, "coverage_planes.data"),
    "another coverage": (put("coverage_planes.height", 7), SHAPE, "coverage_planes"),
    "fewer planes": (put("tile.planes.planes", 1), SHAPE, "tiles[1].planes"),
    "three weights": (put("tile.weight_planes.planes", 3), SHAPE, "tiles[1].weight_planes"),
    "a smaller weight": (put("tile.weight_planes.width", 8), SHAPE, "tiles[1].weight_planes"),
    "profile v4.5": (put("profile", 0), ARGUMENT, "profile = 0"),
    "an unknown function": (put("combine", 7), ARGUMENT, "combine = 7, want 0 to 6"),
    "an older tile": (put("tile_size", structs.Tile.planes.offset), STRUCT, "tile_size"),
}


@pytest.mark.parametrize("what", WRONG)
def test_planes_that_do_not_fit_have_their_status_and_are_named(job, what):
    # Without it a mistake of a caller reads or writes memory that is not its own.
    change, status, name = WRONG[what]
    change(job.struct)
    if what == "three weights":
        job.struct.tiles[1].weight_planes.stride_n = 0
    found, message = called(job, "ztp_reproject_coadd")
    assert (found, name in message) == (status, True), message


def test_gains_and_other_stages_are_not_for_planes(job):
    # Without it a second pass of planes does something that nobody has written down.
    assert called(job)[0] in (ARGUMENT, SHAPE)
    gains = np.ones(2)
    job.struct.gains = buffers.vector(gains)
    found, message = called(job, "ztp_reproject_coadd")
    assert (found, "gains" in message) == (ARGUMENT, True)


def test_planes_that_share_memory_are_refused(job):
    # Without it an image changes while it is read.
    job.struct.coverage_planes = job.struct.mosaic_planes
    assert called(job, "ztp_reproject_coadd")[0] == OVERLAP
    image = np.zeros((2, 8, 9))
    for planes in ("planes", "weight_planes"):
        job.struct.mosaic_planes = buffers.planes("mosaic", image, writable=True)
        setattr(job.struct.tiles[1], planes, buffers.planes("image", image))
        status, message = called(job, "ztp_reproject_coadd")
        assert (status, "mosaic_planes" in message) == (OVERLAP, True)


def test_functions_beyond_the_sum_are_for_planes_alone(job):
    # Without it an image is taken for the maximum and added up.
    job.struct.mosaic_planes, job.struct.coverage_planes = structs.Planes(), structs.Planes()
    image = np.ones((8, 9), "f4")
    outputs = np.zeros((8, 9), "f4"), np.zeros((8, 9), "f4")
    for tile in job.struct.tiles[0], job.struct.tiles[1]:
        tile.image = buffers.image("image", image)
    job.struct.mosaic, job.struct.coverage_out = map(buffers.plane, "mc", outputs)
    status, message = called(job, "ztp_reproject_coadd")
    assert (status, "combine = 5" in message) == (ARGUMENT, True)
    job.struct.combine = 1
    assert called(job, "ztp_reproject_coadd") == (OK, "")
    job.struct.combine, job.struct.signed_weights = 1, 1  # of a header that knew it as reserved
    assert called(job, "ztp_reproject_coadd") == (OK, "")


def test_a_job_of_the_header_before_planes_is_computed_as_ever(job):
    # Without it a program compiled with that header has its images read from beyond their structs.
    size = structs.Tile.planes.offset
    image = np.ones((8, 9), "f4")
    outputs = np.zeros((8, 9), "f4"), np.zeros((8, 9), "f4")
    tile = structs.Tile()
    tile.image, tile.map = buffers.image("image", image), buffers.pixel_map(MAP)[0]
    memory = ctypes.create_string_buffer(ctypes.string_at(ctypes.addressof(tile), size) * 2)
    job.struct.tiles = ctypes.cast(memory, ctypes.POINTER(structs.Tile))
    job.struct.tile_size, job.struct.struct_size = size, structs.Job.mosaic_planes.offset
    job.struct.mosaic, job.struct.coverage_out = map(buffers.plane, "mc", outputs)
    job.struct.combine = 1
    assert called(job, "ztp_reproject_coadd") == (OK, "")
    assert (outputs[0] == 2).all() and (outputs[1] == 2).all()
