"""The library gives the same bits on every platform, for any number of workers."""

import pytest

import bits


@pytest.mark.parametrize("workers", [1, 3])
@pytest.mark.parametrize("name", bits.JOBS)
def test_a_job_has_the_bits_that_it_has_on_every_platform(name, workers):
    # Without it a processor, a compiler or a system could have results of its own. A change of the
    # maths fails here, too: then tests/bits.py prints what testdata/bits.txt shall hold.
    assert f"{bits.result(name, workers)} {name}" in bits.KNOWN.read_text().splitlines()
