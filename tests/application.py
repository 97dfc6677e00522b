"""An application like ZeMosaic, in files: a worker, and two modules that import reproject too."""

WORKER = '''"""Éclair."""
import logging

import grid_mode
import zemosaic_utils
from reproject import reproject_interp as actual_reproject_interp
from reproject.mosaicking import reproject_and_coadd as actual_reproject_and_coadd

logger = logging.getLogger("ZeMosaicWorker")
reproject_interp, reproject_and_coadd = actual_reproject_interp, actual_reproject_and_coadd


def compute_per_tile_gains_from_coverage(tiles, tiles_wcs, final_wcs, coverage_p1, **others):
    return [0.5] * len(tiles)


def run_second_pass_coverage_renorm(
    tiles, tiles_wcs, final_wcs_p1, coverage_p1, shape_out, *, sigma_px, gain_clip, logger=None,
    tile_weights=None, telemetry_ctrl=None, debug_diag=None,
):
    return "mosaic", "coverage"


def lazily():
    from reproject import reproject_interp
    return reproject_interp
'''
OTHERS = {
    "zemosaic_utils": "from reproject.mosaicking import reproject_and_coadd as cpu_coadd\n"
    "from reproject import reproject_interp\n",
    "grid_mode": "from reproject import reproject_interp\n",
}
SECOND_PASS = "run_second_pass_coverage_renorm"


def is_ours(function) -> bool:
    """Whether a function of the worker's is replaced."""
    return type(getattr(function, "__self__", None)).__module__.startswith("zetwopass")
