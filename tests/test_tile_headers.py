"""What is read of a tile's header, and how the grid of a mosaic comes from headers."""

import sys

import numpy as np
import pytest
from astropy.io import fits
from astropy.wcs import WCS

import small
import tilefiles
import zetwopass
from zetwopass import ArgumentError, ArgumentTypeError, FileError, HDUError, OptionError, WCSError
from zetwopass._inputs.files import layout


def planned(tiles, folder, **changes):
    return zetwopass.plan_assembly(tiles, folder / "out.fits", **changes)


@pytest.fixture
def paths(tmp_path):
    return tilefiles.write(tmp_path / "tiles")


@pytest.mark.parametrize(
    ("shape", "wanted"),
    [
        ((40, 60), (40, 60, 1)),
        ((3, 40, 60), (40, 60, 3)),
        ((40, 60, 3), (40, 60, 3)),
        ((1, 40, 60), (40, 60, 1)),
        ((40, 60, 1), (40, 60, 1)),
        ((1, 1, 40, 60), (40, 60, 1)),
        ((1, 3, 40, 60), (40, 60, 3)),
        ((2, 40, 60), (40, 60, 2)),
        ((4, 40, 60), (40, 60, 4)),
        ((3, 40, 2), (40, 2, 3)),
        ((3, 40, 3), (3, 40, 3)),
        ((1, 40, 3), (1, 40, 3)),
        ((5, 40, 60), None),
        ((2, 2, 40, 60), None),
        ((7,), None),
    ],
)
def test_axes_are_read_as_the_library_reads_them(shape, wanted):
    # Without it a tile is mapped with other sizes than its pixels have.
    assert layout(shape) == wanted


def test_the_first_image_of_a_file_is_the_tile(paths, tmp_path):
    # Without it files with an empty primary HDU are no tiles.
    primary = fits.getdata(paths[0]), fits.getheader(paths[0])
    path = tmp_path / "extension.fits"
    fits.HDUList([fits.PrimaryHDU(), fits.ImageHDU(*primary, name="SCI")]).writeto(path)
    for tile in (path, (path, 1), (path, "sci")):
        assert planned([tile], tmp_path).shape[2] == 3


def test_a_plan_says_what_will_be_read_and_written(paths, tmp_path):
    # Without it the disk's room is asked for when hours are gone.
    found = planned(paths, tmp_path, like=tilefiles.grid())
    assert found.tiles == [str(path) for path in paths]
    assert found.shape == (44, 90, 3) and found.wcs.array_shape == (44, 90)
    assert found.written_bytes >= 4 * 4 * 44 * 90
    assert found.read_bytes >= 2 * 4 * 3 * 40 * 60
    assert found.scratch_bytes == 2 * 4 * 44 * 90
    assert found.free_bytes > 0
    coverage = small.mosaic()["coverage"]
    given = planned(paths, tmp_path, like=tilefiles.grid(), coverage=coverage)
    assert given.scratch_bytes == 4 * 44 * 90
    assert tilefiles.left(tmp_path) == ["tiles"]


def change(path, **cards):
    with fits.open(path, mode="update") as hdus:
        for key, value in cards.items():
            if value is None:
                hdus[0].header.remove(key)
            else:
                hdus[0].header[key] = value


def test_a_tile_without_a_place_on_the_sky_is_named(paths, tmp_path):
    # Without it one unsolved tile of thousands has to be searched for.
    change(paths[1], CTYPE1=None, CTYPE2=None)
    with pytest.raises(WCSError, match=r"tile_10.fits has no celestial WCS.*solve it first"):
        planned(paths, tmp_path)


def test_a_wcs_that_wcslib_refuses_is_named(paths, tmp_path):
    # Without it the error is wcslib's, about no file.
    change(paths[1], PC1_1=0, PC1_2=0, PC2_1=0, PC2_2=0)
    with pytest.raises(WCSError, match="the WCS of .*tile_10.fits"):
        planned(paths, tmp_path)


def test_tiles_of_other_channels_are_refused_with_both_names(paths, tmp_path):
    # Without it channels of two kinds are mixed, or left out without a word.
    mono = tilefiles.write(tmp_path / "mono", channels=1)[1]
    message = r"tile_10.fits has 1 channel, but .*tile_2.fits, the first tile, has 3 channels"
    with pytest.raises(ArgumentError, match=message):
        planned([paths[0], mono], tmp_path)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda path: path.write_bytes(b""), FileError, "bad.fits can't be read"),
        (lambda path: path.write_text("no FITS file" * 300), FileError, "bad.fits can't be read"),
        (lambda path: fits.PrimaryHDU().writeto(path), FileError, "bad.fits holds no image"),
        (
            lambda path: fits.PrimaryHDU(np.zeros((5, 4, 60, 5), "f4")).writeto(path),
            FileError,
            r"bad.fits has the axes \[5, 4, 60, 5\], want an image",
        ),
        (
            lambda path: fits.HDUList(
                [fits.PrimaryHDU(), fits.CompImageHDU(np.ones((20, 20), "f4"))]
            ).writeto(path),
            FileError,
            "bad.fits is tile-compressed; unpack it first",
        ),
    ],
)
def test_a_file_that_is_no_image_is_named(tmp_path, make, error, message):
    # Without it one damaged file of thousands has to be searched for.
    path = tmp_path / "bad.fits"
    make(path)
    with pytest.raises(error, match=message):
        planned([path], tmp_path)


@pytest.mark.parametrize("hdu", [1, 7, "SCI", -9])
def test_an_hdu_that_is_not_there_is_named(paths, tmp_path, hdu):
    # Without it a wrong number ends in an error of Python's alone.
    with pytest.raises(HDUError, match=r"tile_2.fits has no HDU"):
        planned([(paths[0], hdu)], tmp_path)


def test_a_table_is_no_tile(paths, tmp_path):
    # Without it a table's bytes are taken for pixels.
    with fits.open(paths[0], mode="append") as hdus:
        hdus.append(fits.BinTableHDU.from_columns([fits.Column("A", "J", array=[1])], name="T"))
    with pytest.raises(HDUError, match=r"tile_2.fits has no image in its HDU 'T'"):
        planned([(paths[0], "T")], tmp_path)


def test_without_like_the_grid_is_what_reproject_finds(paths, tmp_path):
    # Without it the mosaic lies on another grid than other programs make.
    from reproject.mosaicking import find_optimal_celestial_wcs

    tiles = [((40, 60), WCS(fits.getheader(path)).celestial) for path in paths]
    wcs, shape = find_optimal_celestial_wcs(tiles)
    found = planned(paths, tmp_path)
    assert found.shape[:2] == tuple(shape)
    corners = [[0, 0], [80, 40]]
    assert np.allclose(found.wcs.all_pix2world(corners, 0), wcs.all_pix2world(corners, 0), 0, 1e-11)
    coarse = planned(paths, tmp_path, scale=3.0, frame="Galactic", projection="sin")
    assert list(coarse.wcs.wcs.ctype) == ["GLON-SIN", "GLAT-SIN"]
    assert np.allclose(np.abs(coarse.wcs.wcs.cdelt) * 3600, 3)


def test_a_grid_may_be_a_header_a_wcs_or_a_file(paths, tmp_path):
    # Without it a mosaic can't be made beside another one.
    header = tilefiles.grid()
    wcs = WCS(header)
    file = tmp_path / "like.fits"
    fits.HDUList([fits.PrimaryHDU(), fits.ImageHDU(np.zeros(small.CANVAS, "f4"), header)]).writeto(
        file
    )
    for like in (header, wcs, file, str(file), small.colour()):
        found = planned(paths, tmp_path, like=like)
        assert found.shape == (44, 90, 3)
        assert np.array_equal(found.wcs.wcs.crpix, wcs.wcs.crpix)


def without(header, *keys):
    for key in keys:
        header.remove(key)
    return header


def table_wcs():
    from astropy.wcs import DistortionLookupTable

    wcs = WCS(tilefiles.grid())
    wcs.cpdis1 = DistortionLookupTable(np.zeros((4, 4), "f4"), (1, 1), (1, 1), (9, 9))
    return wcs


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"like": without(tilefiles.grid(), "NAXIS1")}, ArgumentError, "like has no size"),
        ({"like": small.wcs_at(0, 0)}, ArgumentError, "like is a WCS without a size"),
        ({"like": WCS(naxis=3)}, WCSError, "like has 3 axes, want 2"),
        ({"like": 7}, WCSError, "like is a int"),
        ({"like": "no.fits"}, FileError, "no.fits can't be read"),
        ({"like": fits.Header({"NAXIS1": 9, "NAXIS2": 9})}, WCSError, "like has no celestial"),
        (
            {"like": fits.Header({**tilefiles.grid(), "NAXIS1": "x"})},
            (ArgumentTypeError, WCSError),
            "like",
        ),
        ({"like": table_wcs()}, WCSError, "lookup tables"),
        ({"like": tilefiles.grid(), "scale": 2.0}, ArgumentError, "scale = 2.0 and like are given"),
        ({"like": tilefiles.grid(), "frame": "icrs"}, ArgumentError, "frame = 'icrs' and like"),
        ({"like": tilefiles.grid(), "projection": "SIN"}, ArgumentError, "projection = 'SIN' and"),
        ({"scale": 0}, ArgumentError, "scale = 0.0, want arcseconds a pixel"),
        ({"frame": "earth"}, OptionError, "frame = 'earth', want one of icrs, galactic"),
        ({"projection": "T"}, OptionError, "projection = 'T', want three letters"),
        ({"projection": "XYZ"}, WCSError, "the grid of all tiles can't be found"),
    ],
)
def test_a_grid_that_can_not_be_is_refused(paths, tmp_path, changes, error, message):
    # Without it a mosaic of another size, or of none, is begun.
    with pytest.raises(error, match=message):
        planned(paths, tmp_path, **changes)


def test_a_file_without_an_image_is_no_grid(paths, tmp_path):
    # Without it the error is of Python's alone.
    fits.PrimaryHDU().writeto(tmp_path / "empty.fits")
    with pytest.raises(ArgumentError, match=r"like: .*empty.fits holds no image"):
        planned(paths, tmp_path, like=tmp_path / "empty.fits")


def test_the_grid_wants_reproject(paths, tmp_path, monkeypatch):
    # Without it the remedy is not told: give a grid, or install reproject.
    monkeypatch.setitem(sys.modules, "reproject.mosaicking", None)
    with pytest.raises(zetwopass.MissingPackageError, match=r"zetwopass\[files\].*or give like="):
        planned(paths, tmp_path)
    assert planned(paths, tmp_path, like=tilefiles.grid()).shape == (44, 90, 3)
