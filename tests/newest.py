"""Marks of tests that an old version of another package can't pass, whatever ours does."""

from importlib.metadata import version

import pytest
from packaging.version import Version


def wants(package: str, least: str, because: str):
    """Return a mark that skips a test where a package is older."""
    older = Version(version(package)) < Version(least)
    return pytest.mark.skipif(older, reason=f"{package} is older than {least}: {because}")
