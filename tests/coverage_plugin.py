"""What writes the counters of a library that was built with them, when pytest ends."""

import os

from zetwopass._engine import ffi


def pytest_unconfigure() -> None:
    """Write them into the folder that `coverage.sh` reads."""
    folder = os.path.join(os.environ["OUT"], "pytest")
    if ffi.library().ztp_write_coverage(folder.encode()):
        raise OSError(f"the counters can't be written to {folder}")
