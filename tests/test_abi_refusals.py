"""What the counters of lines have shown that no caller had got wrong yet, in C's terms."""

import pytest

from test_abi_errors import ARGUMENT, SHAPE, STRIDE, called, job, put  # noqa: F401 - a fixture
from zetwopass._engine import structs


def all_of(*changes):
    """Return a function that makes several changes."""

    def change(struct):
        for one in changes:
            one(struct)

    return change


WRONG = {
    "an image that no memory holds": (
        all_of(put("coverage.height", (1 << 31) - 1), put("coverage.stride_y", 1 << 40)),
        *(STRIDE, "coverage"),
    ),
    "a box at the end of numbers": (
        put("tile.map.x1", (1 << 31) + 1),
        *(ARGUMENT, "tiles[1].map"),
    ),
    "nodes below none": (
        all_of(put("tile.map.kind", structs.MAP_GRID), put("tile.map.nx", -1)),
        *(SHAPE, "tiles[1].map"),
    ),
    "no tiles at all": (put("tiles", None), ARGUMENT, "tiles"),
    "a window above the canvas": (put("row0", -1), ARGUMENT, "row0"),
    "an unknown map of a weight": (
        all_of(
            put("tile.weight_map.x1", 9),
            put("tile.weight_map.y1", 9),
            put("tile.weight_map.kind", 9),
        ),
        *(ARGUMENT, "tiles[1].weight_map"),
    ),
    "no room for the blur": (
        all_of(put("blurred.data", None), put("coverage.height", 43)),
        *(SHAPE, "blurred"),
    ),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_field_has_its_status_and_is_named(job, what):  # noqa: F811
    # Without it a number at the end of its range reads or writes memory of others.
    change, status, name = WRONG[what]
    change(job.struct)
    found, message = called(job)
    assert (found, name in message) == (status, True), message
