"""ZeMosaic's second pass by the library: its two functions, and putting them into its module."""

from .adapter import (
    Installation,
    compute_per_tile_gains_from_coverage,
    install,
    run_second_pass_coverage_renorm,
)

__all__ = [
    "Installation",
    "compute_per_tile_gains_from_coverage",
    "install",
    "run_second_pass_coverage_renorm",
]
