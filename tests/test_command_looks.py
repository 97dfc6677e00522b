"""Pictures for a look: size, orientation, stretch, and what is refused."""

import numpy as np
import pytest
import tifffile
from astropy.io import fits
from PIL import Image as Pillow

import zetwopass
from commandline import image, mosaic
from small import CANVAS
from zetwopass.command import images, looks

READ = {".png": lambda path: np.asarray(Pillow.open(path)), ".tiff": tifffile.imread}


def sky(shape, seed=9):
    """Return a noisy sky of three channels with other levels, and a star up to the left."""
    data = np.random.default_rng(seed).normal([100, 300, 900], 5, (*shape, 3)).astype("f4")
    data[-12:-6, 4:10] += 4000
    return data


@pytest.mark.parametrize(("ending", "dtype"), [(".png", np.uint8), (".tiff", np.uint16)])
def test_a_picture_has_the_last_row_first_and_every_channel_its_range(tmp_path, ending, dtype):
    # Without it north is down, and a sky with a red background is red alone.
    path = mosaic(tmp_path / "mosaic.fits", sky(CANVAS))
    looks.write(path, tmp_path / f"look{ending}", ending)
    pixels = READ[ending](tmp_path / f"look{ending}")
    assert pixels.shape == (*CANVAS, 3) and pixels.dtype == dtype
    top = np.iinfo(dtype).max
    assert (pixels[6:12, 4:10] > 0.99 * top).all()  # the star, seen from above
    levels = np.median(pixels, axis=(0, 1)) / top
    assert 0 < levels.min() and np.ptp(levels) < 0.02


def test_one_channel_is_grey(tmp_path):
    # Without it a mosaic of one filter has no picture.
    path = image(tmp_path / "mosaic.fits", sky(CANVAS)[:, :, 0])
    for ending, read in READ.items():
        looks.write(path, tmp_path / f"look{ending}", ending)
        assert read(tmp_path / f"look{ending}").shape == CANVAS


@pytest.mark.parametrize("step", [1, 3, 7])
def test_a_smaller_picture_has_the_means_of_squares(tmp_path, monkeypatch, step):
    # Without it stars vanish between the pixels that are taken, or edges are of other means.
    data = sky(CANVAS)
    data[10:20, 30:50] = np.nan
    coverage = np.ones(CANVAS, "f4")
    coverage[30:, 40:] = 0
    path = mosaic(tmp_path / "mosaic.fits", data, coverage)
    monkeypatch.setattr(images, "_BAND_BYTES", 3 * 8 * CANVAS[1] * step)  # in several bands
    data[coverage == 0] = np.nan
    with images.opened(str(path)) as opened:
        means = looks.smaller(opened, 1, step)
    for y, x in np.ndindex(means.shape):
        block = data[y * step : (y + 1) * step, x * step : (x + 1) * step, 1]
        wanted = np.nanmean(block, dtype=float) if np.isfinite(block).any() else np.nan
        np.testing.assert_allclose(means[y, x], wanted, rtol=1e-6)


def test_a_picture_is_no_longer_than_is_said(tmp_path):
    # Without it a mosaic of a gigapixel is a picture that nothing opens.
    path = mosaic(tmp_path / "mosaic.fits", sky(CANVAS))
    with images.opened(str(path)) as opened:
        assert looks.picture(opened, np.uint8, 40).shape == (15, 30, 3)


@pytest.mark.parametrize("value", [np.nan, 7.0])
def test_where_nothing_is_to_be_seen_it_is_black(value):
    # Without it an empty channel, or one of a single value, ends the run.
    assert (looks.stretched(np.full((5, 6), value, "f4"), np.uint8) == 0).all()


def test_holes_are_black(tmp_path):
    # Without it the outside of a mosaic is grey, or as bright as NaN happens to be.
    data = np.random.default_rng(2).normal(100, 5, (50, 60)).astype("f4")
    data[:10] = np.nan
    shown = looks.stretched(data, np.uint16)
    assert (shown[:10] == 0).all() and np.median(shown[10:]) > 1000


def test_two_channels_have_no_picture(tmp_path):
    # Without it Pillow's own words say what is wrong, of a file that is not named.
    path = image(tmp_path / "mosaic.fits", np.ones((*CANVAS, 4), "f4"))
    with pytest.raises(zetwopass.ArgumentError, match=r"mosaic\.fits has 4 channels"):
        looks.write(path, tmp_path / "look.png", ".png")


def test_a_failure_midway_leaves_no_file(tmp_path, monkeypatch):
    # Without it half a picture looks like a whole one.
    path = mosaic(tmp_path / "mosaic.fits", sky(CANVAS))

    def fail(where, pixels):
        fits.writeto(where, pixels)
        raise KeyboardInterrupt

    monkeypatch.setitem(looks._SAVE, ".png", fail)
    with pytest.raises(KeyboardInterrupt):
        looks.write(path, str(tmp_path / "look.png"), ".png")
    assert [p.name for p in tmp_path.iterdir()] == ["mosaic.fits"]


def test_the_stretch_is_astropys():
    # Without it black, white and what is between them are a matter of taste.
    visualization = pytest.importorskip("astropy.visualization", exc_type=ImportError)
    data = np.random.default_rng(4).exponential(50, (40, 50)).astype("f4")
    low, high = np.percentile(data, (1, 99.7))
    stretch = visualization.AsinhStretch(0.05)
    wanted = np.round(stretch(np.clip((data - low) / (high - low), 0, 1)) * 65535)
    np.testing.assert_allclose(looks.stretched(data, np.uint16), wanted, atol=1)
