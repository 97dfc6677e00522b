"""A program to be frozen: ZeMosaic's worker, and the second pass here and in a spawned child.

It prints the checksums of the three, which are one, and the library's place, or why there is none.
Only the block in the worker says to the freezer that zetwopass is wanted.
"""

import hashlib
import importlib
import logging
import multiprocessing
import sys

import numpy as np
import zemosaic_worker
from astropy.wcs import WCS

zetwopass = importlib.import_module("zetwopass")
SHAPE, CANVAS = (40, 60), (44, 90)


def plane(x: float, y: float) -> WCS:
    """Return a TAN WCS whose pixel (0, 0) is the canvas's pixel (x, y)."""
    wcs = WCS(naxis=2)
    wcs.wcs.ctype = "RA---TAN", "DEC--TAN"
    wcs.wcs.crval = 120, 30
    wcs.wcs.cdelt = -1e-3, 1e-3
    wcs.wcs.crpix = 45 - x, 22 - y
    wcs.wcs.set()
    return wcs


def arguments() -> dict:
    rows, cols = np.mgrid[: SHAPE[0], : SHAPE[1]].astype("f4")
    tile = 100 + rows % 7 + cols % 11
    return {
        "tiles": [np.stack([tile + t, 2 * tile], axis=2) for t in (0, 5)],
        "tiles_wcs": [plane(0.3, 2.2), plane(28.4, 1.1)],
        "final_wcs_p1": plane(0, 0),
        "coverage_p1": np.full(CANVAS, 2, np.float32),
        "shape_out": CANVAS,
        "sigma_px": 5,
        "gain_clip": (0.85, 1.18),
    }


def checksum(*arrays: np.ndarray) -> str:
    return hashlib.sha256(b"".join(array.tobytes() for array in arrays)).hexdigest()


def second_pass() -> str:
    given = arguments()
    result = zetwopass.second_pass(
        given["tiles"], given["tiles_wcs"], given["final_wcs_p1"], given["coverage_p1"], sigma=5
    )
    return checksum(result.mosaic, result.coverage)


def worker() -> str:
    return checksum(*zemosaic_worker.run_second_pass_coverage_renorm(**arguments()))


def main() -> None:
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
    print(worker())
    try:
        print(second_pass())
    except zetwopass.LibraryError as err:
        sys.exit(f"LibraryError: {err}")
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        print(pool.apply(second_pass))
    print(importlib.import_module("zetwopass._engine").library()._name)


if __name__ == "__main__":
    multiprocessing.freeze_support()
    main()
