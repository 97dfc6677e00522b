"""The drop-in on its own, in short calls, and a module like ZeMosaic's."""

import logging
import types

import numpy as np

import small
import zetwopass


class Diagnosis:
    """Keeps the gains, as ZeMosaic's debug_diag does."""

    gains = None

    def record_gains(self, gains):
        self.gains = gains


def run(**changes):
    """Return mosaic, coverage and gains of the drop-in on its own."""
    diagnosis = Diagnosis()
    found = zetwopass.run_second_pass_coverage_renorm(
        **small.drop_in(**changes), debug_diag=diagnosis
    )
    return None if found is None else (*found, np.array(diagnosis.gains))


def same(first, second):
    """Whether results are the same bits, all else in them the same words."""
    return all(_same(a, b) for a, b in zip(first, second, strict=True))


def _same(a, b):
    if not isinstance(a, np.ndarray):
        return a == b
    if a.dtype.names:  # NumPy knows no NaN in them
        return (a.dtype, a.tobytes()) == (b.dtype, b.tobytes())
    return np.array_equal(a, b, equal_nan=True)


def gains(**changes):
    """Return the gains of the second drop-in on its own."""
    arguments = small.drop_in(**changes)
    arguments["final_wcs"] = arguments.pop("final_wcs_p1")
    del arguments["shape_out"]
    return zetwopass.compute_per_tile_gains_from_coverage(**arguments)


def worker(generation="v4.5"):
    """Return a module like ZeMosaic's, whose functions note their calls."""
    module = types.ModuleType("zemosaic_worker")
    module.calls, module.other, module.LIST = [], object(), []

    def new(
        tiles, tiles_wcs, final_wcs_p1, coverage_p1, shape_out, *, sigma_px, gain_clip, logger=None,
        use_gpu_two_pass=None, tiles_coverage=None, tile_weights=None, parallel_plan=None,
        telemetry_ctrl=None, debug_diag=None,
    ):  # fmt: skip
        module.calls.append(("new", tile_weights))
        own = module.compute_per_tile_gains_from_coverage(
            tiles, tiles_wcs, final_wcs_p1, coverage_p1, sigma_px=sigma_px, gain_clip=gain_clip
        )
        return "mosaic", own

    def old(
        tiles, tiles_wcs, final_wcs_p1, coverage_p1, shape_out, *, sigma_px, gain_clip, logger=None,
        use_gpu_two_pass=None, tiles_coverage=None, parallel_plan=None,
    ):  # fmt: skip
        module.calls.append(("old", None))
        return "mosaic", "coverage"

    def compute_gains(tiles, tiles_wcs, final_wcs, coverage_p1, *, sigma_px, gain_clip, **others):
        module.calls.append(("gains", sorted(others)))
        return [0.5] * len(tiles)

    module.run_second_pass_coverage_renorm = new if generation == "v4.5" else old
    module.compute_per_tile_gains_from_coverage = compute_gains
    return module


def warnings_of(caplog):
    return [r.getMessage() for r in caplog.records if r.levelno >= logging.WARNING]
