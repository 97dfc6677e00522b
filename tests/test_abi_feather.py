"""The field ``feather`` of a job, as programs in C may have it."""

import pytest

from test_abi_errors import ARGUMENT, OK, called
from test_abi_parts import COADD, GAINS, MATCH, made
from zetwopass._engine import structs


@pytest.mark.parametrize(("feather", "words"), [(-1, "feather = -1"), (65537, "feather = 65537")])
def test_a_feather_beyond_its_bounds_is_refused_where_it_counts(feather, words):
    # Without it a program that leaves the field to chance gets any mosaic.
    job = made()
    job.struct.feather = feather
    status, message = called(job, COADD)
    assert status == ARGUMENT and words in message
    for function in (GAINS, MATCH):
        assert called(job, function) == (OK, "")


def test_a_job_of_the_header_before_it_has_no_feather():
    # Without it what lies behind an older job becomes a feather.
    job = made()
    job.struct.feather = -7
    job.struct.struct_size = structs.Job.background.offset
    assert called(job, COADD) == (OK, "")


def test_a_feather_goes_with_means_and_sums_alone():
    # Without it a sum of weights of one tile is taken for a value.
    job = made()
    job.struct.feather, job.struct.combine = 3, 1
    job.struct.profile = 1
    assert called(job, COADD) == (OK, "")
