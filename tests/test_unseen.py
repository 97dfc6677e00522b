"""Tiles that show nothing are told once, by their places."""

import warnings

import numpy as np
import pytest
from astropy.wcs import WCS

import small
import zetwopass


def mosaic_with_unseen():
    """Return a mosaic's arguments with tiles 2 and 4 unseen: far away, and all NaN."""
    arguments = small.mosaic(1)
    far = small.wcs_at(0, 0)
    far.wcs.crval = far.wcs.crval + [180, 0]
    first, second = arguments["tiles"]
    arguments["tiles"] = [first, second, first, second, np.full_like(first, np.nan)]
    one, other = arguments["tiles_wcs"]
    arguments["tiles_wcs"] = [one, other, far, other, one]
    return arguments


def told(call, *args, **kwargs):
    """Return the TileWarnings of a call and the file that they point at."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        call(*args, **kwargs)
    found = [w for w in caught if issubclass(w.category, zetwopass.TileWarning)]
    assert all(w.filename == __file__ for w in found)
    return [str(w.message) for w in found]


def test_a_second_pass_names_the_tiles_that_it_does_not_show():
    # Without it a tile with a wrong WCS is missed when the mosaic is on the wall.
    (message,) = told(zetwopass.second_pass, **mosaic_with_unseen())
    assert "tiles 2, 4 is to be seen" in message


def test_gains_name_the_tiles_that_are_not_on_the_output():
    # Without it their gains of 1 look like measurements; NaN pixels are no matter of gains.
    (message,) = told(zetwopass.tile_gains, **mosaic_with_unseen())
    assert "tile 2 is" in message


def test_a_coadd_names_the_images_that_it_does_not_show():
    # Without it reproject's function, which says nothing either, is the model.
    arguments = mosaic_with_unseen()
    pairs = list(zip(arguments["tiles"], arguments["tiles_wcs"], strict=True))
    pairs = [(tile[..., 0], wcs) for tile, wcs in pairs]
    (message,) = told(zetwopass.reproject_and_coadd, pairs, arguments["output_wcs"], small.CANVAS)
    assert "tiles 2, 4" in message


def test_a_wcs_without_a_way_back_is_named():
    # Without it the far side of the sky, which a wrong CTYPE gives, is silence.
    arguments = small.mosaic(1)
    lost = WCS(naxis=2)
    lost.wcs.ctype, lost.wcs.crpix = ("RA---CAR", "DEC--CAR"), (1e7, 1e7)
    lost.wcs.crval, lost.wcs.cdelt = (0, 0), (-1e-4, 1e-4)
    arguments["tiles_wcs"][1] = lost
    (message,) = told(zetwopass.second_pass, **arguments)
    assert "tile 1 is" in message


def test_nothing_is_told_where_all_is_seen():
    # Without it every call warns, and nobody reads it.
    assert told(zetwopass.second_pass, **small.mosaic()) == []
    assert told(zetwopass.tile_gains, **small.mosaic()) == []


@pytest.mark.filterwarnings("error")
def test_the_drop_in_tells_its_log_and_not_the_warnings():
    # Without it the application's users see Python's warnings.
    arguments = mosaic_with_unseen()
    made = zetwopass.run_second_pass_coverage_renorm(
        arguments["tiles"],
        arguments["tiles_wcs"],
        arguments["output_wcs"],
        arguments["coverage"],
        small.CANVAS,
        sigma_px=5,
        gain_clip=(0.85, 1.18),
    )
    assert made is not None
