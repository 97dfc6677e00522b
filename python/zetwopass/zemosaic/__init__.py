"""ZeMosaic's second pass by the library: its two functions, and putting them into its module.

Also into the file of that module, and with them reproject's functions into its Phase 5.
"""

from .adapter import (
    Installation,
    compute_per_tile_gains_from_coverage,
    install,
    run_second_pass_coverage_renorm,
)
from .phase5 import SCOPES
from .starting import start
from .worker_file import block_status, put_block, remove_block

__all__ = [
    "SCOPES",
    "Installation",
    "block_status",
    "compute_per_tile_gains_from_coverage",
    "install",
    "put_block",
    "remove_block",
    "run_second_pass_coverage_renorm",
    "start",
]
