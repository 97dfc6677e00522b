"""A mosaic for tests of dask, and what is compared with the pass of one machine."""

from functools import cache

import numpy as np
from astropy.io import fits

import sky
import zetwopass

SIGMA = 9
CUT = {"chunks": (100, 130), "task_bytes": 400_000}  # some 8 tasks of each kind


@cache
def scene(**options):
    """Return a mosaic of 12 tiles, the last by itself."""
    return sky.scene(3, tiles=12, shape=(90, 120), isolated=1, **options)


def given(made, **changes):
    """Return the arguments of both passes."""
    return {
        "tiles": made.tiles,
        "tiles_wcs": made.wcs,
        "output_wcs": made.output_wcs,
        "coverage": made.coverage,
        "sigma": SIGMA,
        "masks": made.masks,
        "tile_weights": made.tile_weights,
    } | changes


def same(lazy, mosaic, coverage, arguments):
    """Check that a pass by dask, and its computed mosaic, are those of one machine."""
    whole = zetwopass.second_pass(**arguments)
    for name in ("gains", "offsets", "groups"):
        np.testing.assert_array_equal(getattr(lazy, name), getattr(whole, name), name)
    for name in ("i", "j", "pixels", "step"):
        np.testing.assert_array_equal(lazy.pairs[name], whole.pairs[name], name)
    assert lazy.groups.dtype == whole.groups.dtype
    np.testing.assert_array_equal(mosaic, whole.mosaic)
    np.testing.assert_array_equal(coverage, whole.coverage)


def written(folder, name, image):
    """Write an image [h, w] or [h, w, C] to a FITS file, and return path and HDU."""
    path = folder / f"{name}.fits"
    axes = np.moveaxis(image, 2, 0) if image.ndim == 3 else image
    fits.HDUList([fits.PrimaryHDU(), fits.ImageHDU(axes, name="SCI")]).writeto(path)
    return path, "SCI"
