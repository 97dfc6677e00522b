"""Second passes keep to the memory that their plans say; tests/ceiling.py measures more of them."""

import sys

import pytest

import small


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the system tells no peaks")
def test_the_plans_ceiling_holds():
    # Without it a plan is a guess, and a host that trusts it is killed for memory.
    script = "import sys, ceiling; sys.exit(ceiling.main(6))"
    child = small.python(script)
    said, _ = child.communicate(timeout=small.GUARD)
    assert child.returncode == 0, said
