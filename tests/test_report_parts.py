"""What reports are made of: means of blocks, their places, tiles on a grid, numbers in words."""

import io

import numpy as np
import pytest
from astropy.io import fits
from astropy.wcs import WCS, Sip

import newest
import small
import tilefiles

pytestmark = newest.wants("astropy", "6.1", "it can't draw with this matplotlib")

from zetwopass.report import blocks, words  # noqa: E402
from zetwopass.report.tilefiles import found, unescaped  # noqa: E402


def plain(image):
    """Return the means of an image's blocks of 4 x 4, read from a file."""
    file = io.BytesIO()
    fits.PrimaryHDU(np.ascontiguousarray(image)).writeto(file)
    file.seek(0)
    with fits.open(file) as hdus:
        return blocks.means(hdus[0], 4)


@pytest.mark.parametrize("bend", ["none", "cd", "sip"])
def test_blocks_lie_where_their_pixels_lie(bend):
    # Without it tiles with distortions are drawn beside their neighbours, and seams appear.
    wcs = small.wcs_at(0, 0)
    if bend == "cd":
        cards = {f"CD{i + 1}_{j + 1}": 1e-4 * (3 * i - j + 1) for i in (0, 1) for j in (0, 1)}
        wcs = WCS(dict(CTYPE1="RA---TAN", CTYPE2="DEC--TAN", CRVAL1=80.0, **cards))
    if bend == "sip":
        wcs.wcs.ctype = ["RA---TAN-SIP", "DEC--TAN-SIP"]
        a = np.zeros((4, 4))
        a[2, 0], a[1, 2], a[0, 1] = 3e-4, -2e-6, 1e-3
        wcs.sip = Sip(a, a.T.copy(), None, None, wcs.wcs.crpix)
    box = blocks.Box(5, 3, 60, 47)
    made = blocks.wcs_of(wcs, 4, box)
    x, y = np.array([0.0, 7.0, 3.5]), np.array([2.0, 0.0, 9.0])
    full = wcs.pixel_to_world(5 + (x + 0.5) * 4 - 0.5, 3 + (y + 0.5) * 4 - 0.5)
    assert made.pixel_to_world(x, y).separation(full).arcsec.max() < 1e-6


def test_means_are_the_same_however_the_image_is_laid_out_and_read(monkeypatch):
    # Without it colours are mixed up, or bands of rows show in the picture.
    cube = np.random.default_rng(1).normal(size=(3, 23, 18)).astype(np.float32)
    whole = plain(cube)
    np.testing.assert_allclose(whole[:, :5, :4], block_means(cube[:, :20, :16]), rtol=1e-4)
    monkeypatch.setattr(blocks, "BAND", 1)
    np.testing.assert_array_equal(plain(cube), whole)
    np.testing.assert_array_equal(plain(np.moveaxis(cube, 0, 2)), whole)
    np.testing.assert_array_equal(plain(cube[1][None]), whole[1:2])
    np.testing.assert_array_equal(plain(cube[2]), whole[2:])


def block_means(cube):
    c, h, w = cube.shape
    return cube.reshape(c, h // 4, 4, w // 4, 4).mean(axis=(2, 4), dtype=float)


def test_a_block_is_nothing_where_more_than_half_of_it_is_nothing():
    # Without it tiles grow at their edges, and infinities spread over a block.
    image = np.ones((8, 8), np.float32)
    image[:4, :3] = np.nan  # 12 of 16
    image[:4, 4:6] = np.inf  # 8 of 16
    np.testing.assert_array_equal(plain(image)[0], [[np.nan, 1], [1, 1]])


def test_a_master_tile_shows_nothing_where_its_alpha_is_0(tmp_path):
    # Without it the black corners of ZeMosaic's tiles lie on their neighbours.
    (path, _) = tilefiles.write(tmp_path / "tiles", masked=True)
    with fits.open(path, mode="update") as hdus:
        hdus["ALPHA"].data[:10] = 0
        hdus["ALPHA"].data[10:] = 255
    (tile,) = found([(path.name, 0)], path.parent)
    plane = tile.on(tile.wcs, tile.shape)
    known = np.isfinite(plane).all(axis=(0, 2))
    assert not known[:10].any()
    assert known[11:].all()


def test_a_tile_that_is_not_on_a_grid_is_nowhere(tmp_path):
    # Without it a window beside a tile is an error.
    (path, _) = tilefiles.write(tmp_path / "tiles")
    (tile,) = found([(path.name, 0)], path.parent)
    away = tile.wcs.deepcopy()
    away.wcs.crpix = away.wcs.crpix - 5000
    assert tile.on(away, (20, 20)) is None


def test_letters_that_fits_lacks_come_back_from_their_numbers():
    # Without it a tile with an accent in its name counts as gone.
    name = "été ☂ 🌌.fits"
    assert unescaped(name.encode("ascii", "backslashreplace").decode()) == name


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        (words.number(-0.04213), "−0.0421"),
        (words.number(123456.7), "123,457"),
        (words.number(1.6e-15), "1.60e−15"),
        (words.number(np.nan), "–"),
        (words.alike([1.234, -1e-9, np.nan], signed=True), ["+1.23", "+0.00", "–"]),
        (words.alike([]), []),
        (words.change(3.41, 0.7002), ("3.41", "0.70")),
        (words.change(22.5, 1.6e-15), ("22.5", "0.000")),
        (words.change(np.nan, np.nan), ("–", "–")),
        (words.angle(0.61), "36.6′"),
        (words.angle(4e-4), "1.44″"),
        (words.seconds(0.05), "0.050 s"),
        (words.seconds(4000), "1 h 6 min"),
        (words.seconds(125), "2 min 5 s"),
        (words.size(17_765_200), "17.8 MB"),
        (words.size(12), "12 bytes"),
    ],
)
def test_numbers_are_as_people_read_them(said, wanted):
    # Without it a report is full of digits that say nothing.
    assert said == wanted
