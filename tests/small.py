"""The smallest inputs that are a mosaic: two tiles side by side."""

import subprocess
import sys
from pathlib import Path

import numpy as np
from astropy.io import fits
from astropy.wcs import WCS

import sky
import zetwopass

GUARD = 900  # seconds that a test waits for what must come: against a hang, not for a result
SHAPE = (40, 60)
CANVAS = (44, 90)


def wcs_at(x: float, y: float) -> WCS:
    """Return a TAN WCS whose pixel (0, 0) is near the canvas's pixel (x, y), not quite parallel."""
    out = sky.tile_wcs(sky.CENTRE, (1, 1), rotation=0.02 * min(x, 30))
    out.wcs.crpix = out.wcs.crpix - [x, y]
    out.wcs.set()
    return out


def mosaic(channels: int = 3, seed: int = 7) -> dict:
    """Return the arguments of ``second_pass`` for two tiles that overlap by half."""
    rng = np.random.default_rng(seed)
    tiles = [rng.normal(100 * t, 5, (*SHAPE, channels)).astype("f4") for t in (1, 2)]
    coverage = np.full(CANVAS, 2, np.float32)
    coverage[:, 30:60] = 3
    return {
        "tiles": tiles,
        "tiles_wcs": [wcs_at(0.3, 2.2), wcs_at(28.4, 1.1)],
        "output_wcs": wcs_at(0, 0),
        "coverage": coverage,
    }


def masks(seed: int = 3) -> list[np.ndarray]:
    """Return one map per tile, 0 in a band and above 0 elsewhere."""
    rng = np.random.default_rng(seed)
    out = [rng.uniform(0.1, 1, SHAPE).astype("f4") for _ in range(2)]
    out[0][:, 20:25] = 0
    out[1][10:15] = 0
    return out


def colour() -> fits.Header:
    """Return the header of a colour mosaic, whose WCS has a third axis by its NAXIS."""
    header = wcs_at(0, 0).to_header()
    header.insert(0, ("NAXIS", 3))
    header.update({"NAXIS1": CANVAS[1], "NAXIS2": CANVAS[0], "NAXIS3": 3})
    return header


def drop_in(**changes) -> dict:
    """Return the arguments of ``run_second_pass_coverage_renorm`` for the same tiles."""
    plain = mosaic(changes.pop("channels", 3))
    arguments = {
        "tiles": plain["tiles"],
        "tiles_wcs": plain["tiles_wcs"],
        "final_wcs_p1": plain["output_wcs"],
        "coverage_p1": plain["coverage"],
        "shape_out": CANVAS,
        "sigma_px": 5,
        "gain_clip": (0.85, 1.18),
    }
    return arguments | changes


def python(text: str, stdout: int = subprocess.PIPE, **options) -> subprocess.Popen:
    """Start Python with the package and the tests in its path; its output comes through a pipe."""
    packages, tests = Path(zetwopass.__file__).parents[1], Path(__file__).parent
    head = f"import sys; sys.path[:0] = [{str(packages)!r}, {str(tests)!r}]\n"
    return subprocess.Popen(
        [sys.executable, "-c", head + text], stdout=stdout, text=True, **options
    )
