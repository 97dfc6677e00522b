"""Planes by the C interface: what it refuses, and what older headers get."""

import numpy as np
import pytest

from test_abi_errors import ARGUMENT, OK, OVERLAP, called, job, put  # noqa: F401
from zetwopass._engine import buffers, structs

PLANE = structs.BACKGROUNDS["plane"]


@pytest.fixture
def sloped(job):  # noqa: F811
    """Return a job of planes that is as it should be."""
    job.struct.background = PLANE
    job.planes.lend(job.struct)
    return job


@pytest.mark.parametrize(
    ("change", "status", "said"),
    [
        (put("background", 2), ARGUMENT, "background = 2, want 0 (constant) or 1 (plane)"),
        (put("background", 0), ARGUMENT, "slopes or damping are given, and background is 0"),
        (put("row0", 1), ARGUMENT, "background = 1 (plane) for a part of a mosaic"),
        (lambda s: setattr(s, "slopes", s.offsets), OVERLAP, "shares memory with"),
        (lambda s: setattr(s, "damping", s.slopes), OVERLAP, "shares memory with"),
    ],
)
def test_what_planes_can_not_be_is_refused(sloped, change, status, said):
    # Without it a caller gets constants, or numbers over his own.
    assert called(sloped) == (OK, "")
    change(sloped.struct)
    found, message = called(sloped)
    assert (found, said in message) == (status, True), message


def test_known_offsets_want_their_slopes(sloped):
    # Without it the offsets of pixel (0, 0) are subtracted from all of a tile.
    sloped.struct.offsets_known, sloped.struct.slopes = 1, None
    assert called(sloped, "ztp_reproject_coadd") == (
        ARGUMENT,
        "bad argument: slopes is absent, and offsets_known is set",
    )


def test_a_job_of_the_header_before_planes_has_constants(sloped):
    # Without it what lies behind an older job is taken for addresses.
    sloped.struct.slopes = sloped.struct.damping = 8
    sloped.struct.struct_size = structs.Job.background.offset
    assert called(sloped) == (OK, "")


def test_slopes_and_damping_may_be_absent(sloped):
    # Without it a caller who wants a mosaic alone has to keep what he never reads.
    assert called(sloped) == (OK, "")
    want = sloped.offsets.copy()
    sloped.struct.slopes = sloped.struct.damping = None
    sloped.struct.offsets = buffers.vector(sloped.offsets)
    sloped.offsets[:] = np.nan
    assert called(sloped) == (OK, "")
    assert np.array_equal(sloped.offsets, want)
