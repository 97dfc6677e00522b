"""As much of ZeMosaic's worker as zetwopass's block asks for."""

import logging

import numpy as np

logger = logging.getLogger("ZeMosaicWorker")


def compute_per_tile_gains_from_coverage(tiles, tiles_wcs, final_wcs, coverage_p1, **others):
    return [1.0] * len(tiles)


def run_second_pass_coverage_renorm(
    tiles, tiles_wcs, final_wcs_p1, coverage_p1, shape_out, *, sigma_px, gain_clip, logger=None,
    tile_weights=None, telemetry_ctrl=None, debug_diag=None,
):  # fmt: skip
    return np.zeros((*shape_out, 2), np.float32), np.zeros(shape_out, np.float32)
