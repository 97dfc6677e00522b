"""Jobs of windows and of given pairs, and offsets from pairs: what a caller may get wrong."""

import ctypes

import numpy as np
import pytest

import small
from test_abi_errors import ARGUMENT, CANCELLED, OK, OVERLAP, called, put
from zetwopass._engine import Job, Settings, TileInput, buffers, calls, ffi, structs
from zetwopass._sky import PixelMap

COADD, GAINS, MATCH = "ztp_reproject_coadd", "ztp_tile_gains", "ztp_match_backgrounds"


def made(**settings):
    """Return a job of two tiles of the same place, on a window, that is as it should be."""
    arguments = small.mosaic()
    plane = np.array([[1, 0, -5], [0, 1, -3], [0, 0, 1.0]])
    tiles = [
        TileInput(name=f"tiles[{t}]", image=tile, map=PixelMap((5, 3, 65, 43), plane=plane))
        for t, tile in enumerate(arguments["tiles"])
    ]
    job = Job(Settings(**settings), tiles, mosaic_shape=(30, 40, 3))
    job.read_coverage(np.full((30, 40), 2, "f4"), np.full((30, 40), 2, "f4"))
    job.write_to(np.zeros((30, 40, 3), "f4"), np.zeros((30, 40), "f4"))
    job.begin_at(10, 20)
    job.want_pairs(np.array([[0, 1]], np.int64))
    return job


def test_the_job_that_all_these_spoil_is_right():
    # Without it every one of them may fail for another reason.
    for function in (COADD, GAINS, MATCH):
        assert called(made(), function) == (OK, "")


def pairs(*values):
    """Return a function that has a job want pairs."""

    def change(struct):
        change.kept = np.array(values, np.int64)
        struct.pairs_wanted = buffers.vector(change.kept)
        struct.pairs_wanted_count = len(values)

    return change


WRONG = {
    "a row before all": (put("row0", -1), COADD, "row0, col0 = -1, 20"),
    "a column beyond all": (put("col0", 1 << 40), MATCH, "row0, col0 = 10, 1099511627776"),
    "fewer pairs than none": (put("pairs_wanted_count", -1), MATCH, "pairs_wanted_count = -1"),
    "more pairs than memory": (put("pairs_wanted_count", 1 << 60), MATCH, "pairs_wanted_count"),
    "a pair beyond": (pairs((0, 2)), MATCH, "pairs_wanted[0] = (0,2)"),
    "a pair twice": (pairs((0, 1), (0, 1)), COADD, "pairs_wanted[1] = (0,1)"),
    "a blur too early": (put("blurred_known", 1), "ztp_second_pass", "blurred_known"),
}


@pytest.mark.parametrize("case", WRONG)
def test_parts_that_do_not_fit_are_refused(case):
    # Without it memory that is not the caller's is read, or the wrong part is made.
    change, function, words = WRONG[case]
    job = made()
    change(job.struct)
    status, message = called(job, function)
    assert status == ARGUMENT and words in message


def test_a_blur_that_is_known_is_left_alone():
    # Without it a window's gains come from a blur of the window, and the caller's is lost.
    job = made(sigma=5, gain_clip=(0.1, 10))
    blurred = np.full((30, 40), 3, "f4")
    job.read_coverage(np.full((30, 40), 2, "f4"), blurred, known=True)
    calls.run(GAINS, job)
    assert job.gains.tolist() == [1.5, 1.5] and (blurred == 3).all()


def test_a_window_asks_no_gpu():
    # Without it a GPU, which knows nothing of windows, would write another place's pixels.
    ended = calls.run(COADD, made(device="gpu"))
    assert ended.device_error is not None and not ended.stats.gpu_ran


def solved(**changes):
    """Return what the library says of a call, whose arguments may be spoiled, and the offsets."""
    given = np.zeros(2, structs.PAIR)
    given["i"], given["j"], given["step"][:, 0] = [0, 0], [1, 2], [3, -3]
    offsets, groups, error = np.zeros((3, 1)), np.zeros(3, np.int32), structs.Error()
    arguments = {
        "pairs": buffers.vector(given),
        "pair_count": 2,
        "tile_count": 3,
        "channels": 1,
        "offsets": buffers.vector(offsets),
        "groups": buffers.vector(groups),
        "cancel": None,
    } | changes
    if arguments["offsets"] == "pairs":
        arguments["offsets"] = arguments["pairs"]
    status = ffi.library().ztp_offsets_from_pairs(*arguments.values(), ctypes.byref(error))
    return status, error.message.decode(), offsets.ravel().tolist()


def test_offsets_level_the_pairs():
    # Without it all refusals below may have another reason.
    status, _, offsets = solved()
    assert status == OK
    np.testing.assert_allclose(offsets, [0, -3, 3], atol=1e-12)


@pytest.mark.parametrize(
    ("changes", "status", "words"),
    [
        ({"pairs": None}, ARGUMENT, "pairs is NULL"),
        ({"offsets": None}, ARGUMENT, "offsets is NULL"),
        ({"groups": None}, ARGUMENT, "groups is NULL"),
        ({"pair_count": -1}, ARGUMENT, "pair_count = -1"),
        ({"tile_count": 0}, ARGUMENT, "tile_count = 0"),
        ({"tile_count": 1 << 40}, ARGUMENT, "tile_count"),
        ({"tile_count": 2}, ARGUMENT, "pairs[1] = (0,2)"),
        ({"channels": 0}, ARGUMENT, "channels = 0"),
        ({"channels": 5}, ARGUMENT, "channels = 5"),
        ({"offsets": "pairs"}, OVERLAP, "offsets shares memory with pairs"),
        ({"cancel": ctypes.pointer(ctypes.c_int32(1))}, CANCELLED, "cancelled"),
    ],
)
def test_offsets_of_what_is_no_list_of_pairs_are_refused(changes, status, words):
    # Without it a program in C crashes, or can't be stopped.
    found, message, _ = solved(**changes)
    assert found == status and words in message
