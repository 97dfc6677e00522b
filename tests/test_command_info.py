"""``zetwopass info``: what it says of tiles and mosaics."""

from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

import sky
import zetwopass
from commandline import image, mosaic
from small import CANVAS, SHAPE


def test_a_tile_is_told_by_shape_place_mask_and_exposure(here, tmp_path):
    # Without it nobody sees, before an hour's run, which file is the wrong one.
    alpha = fits.ImageHDU(np.full(SHAPE, 255, "u1"), name="ALPHA")
    data = np.ones((3, *SHAPE), "f4")
    path = image(
        tmp_path / "tile.fits", data, None, [alpha], EXPTIME=30.0, DATE_OBS="2026-11-26", FILTER="L"
    )
    code, lines, errors = here("info", path)
    assert (code, errors) == (0, [])
    assert lines[0] == str(path)
    told = dict(line.split(maxsplit=1) for line in lines[1:])
    assert told["image"].startswith("60 x 40, 3 channels, float32, ")
    assert told["mask"] == "ALPHA"
    assert told["exposure"] == "30.0 s"
    assert told["date"] == "2026-11-26" and told["filter"] == "L"


def test_the_place_is_centre_scale_and_the_angle_of_rising_rows(here, tmp_path):
    # Without it a tile that lies elsewhere, or is turned, looks like the others.
    turned = np.deg2rad(30)
    wcs = fits.Header(
        {
            **{"CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "RADESYS": "ICRS"},
            **{"CRPIX1": 30.5, "CRPIX2": 20.5, "CRVAL1": 120.0, "CRVAL2": -5.0},
            **{"CD1_1": -np.cos(turned) / 1800, "CD1_2": np.sin(turned) / 1800},
            **{"CD2_1": np.sin(turned) / 1800, "CD2_2": np.cos(turned) / 1800},
        }
    )
    path = image(tmp_path / "tile.fits", np.ones(SHAPE, "f4"), wcs)
    code, found = here.json("info", path)
    place = found["files"][0]["wcs"]
    assert code == 0 and (place["frame"], place["projection"]) == ("icrs", "TAN")
    np.testing.assert_allclose(place["centre"], [120, -5], atol=1e-9)
    np.testing.assert_allclose(place["scale"], [2, 2], rtol=1e-9)
    np.testing.assert_allclose(place["rotation"], 30, atol=1e-3)
    assert not place["mirrored"]
    assert '120.00000 -5.00000 icrs, TAN, 2" a pixel, turned +30.00 deg' in here("info", path)[1][2]


@pytest.mark.parametrize(
    ("shape", "dtype", "told"),
    [
        ((40, 60), "i2", "60 x 40, 1 channel, integers of 16 bits"),
        ((1, 40, 60), "f8", "60 x 40, 1 channel, float64"),
        ((40, 60, 3), "u1", "60 x 40, 3 channels, integers of 8 bits"),
        ((40, 60, 2), "f4", "60 x 40, 2 channels, float32"),
    ],
)
def test_axes_are_told_as_people_see_them(here, tmp_path, shape, dtype, told):
    # Without it a colour image that lies otherwise is told as 40 channels.
    path = image(tmp_path / "tile.fits", np.ones(shape, dtype))
    assert told in here("info", path)[1][1]


def test_an_image_without_a_place_is_told(here, tmp_path):
    # Without it one that is not solved ends the list of all others.
    path = image(tmp_path / "tile.fits", np.ones(SHAPE, "f4"), fits.Header())
    code, lines, _ = here("info", path)
    assert code == 0 and lines[2].split() == ["sky", "no", "celestial", "WCS"]


def test_a_mosaic_is_told_with_settings_and_tiles(here, tmp_path):
    # Without it what was done to a mosaic is in its file, and nobody knows how to look.
    path = mosaic(tmp_path / "mosaic.fits", np.ones((*CANVAS, 3), "f4"))
    code, lines, _ = here("info", path)
    text = "\n".join(lines)
    assert code == 0 and "  mosaic      90 x 44, 3 channels, float32" in text
    assert "2 in 1 group, 0 overlaps, 1 show nothing" in text
    assert "profile v4.5, sigma 50, gains 0.85 to 1.18, on cpu" in text
    assert "adding up 0.25 s" in text and "25 MB of scratch" in text
    assert "made by     zetwopass 0.2.0" in text
    assert lines[-2].split() == ["0", "tile_2.fits", "0.9800", "1.0000", "2.0000", "3.0000", "0"]
    assert lines[-1].split() == [
        "1",
        "tile_10.fits",
        "1.0000",
        "0.0000",
        "0.0000",
        "-",
        "-",
    ]  # NaN; no group


def test_a_program_reads_all_of_it(here, tmp_path):
    # Without it a program takes the text apart, and numbers that JSON does not know break it.
    path = mosaic(tmp_path / "mosaic.fits", np.ones((*CANVAS, 3), "f4"))
    _, found = here.json("info", path)
    (facts,) = found["files"]
    assert facts["settings"]["peak_bytes"] == 25_000_000 and facts["seconds"] == {"coadd": 0.25}
    assert [tile["gain"] for tile in facts["tiles"]] == [0.98, 1.0]
    assert facts["tiles"][1]["offset"] == [0, 0, None]


def test_without_files_it_tells_what_a_report_of_a_defect_needs(here):
    # Without it there are two commands that both are about information.
    code, found = here.json("info")
    assert code == 0 and found == here.json()[1]
    assert found["zetwopass"] == zetwopass.__version__ and found["library"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "there is no file "),
        (b"", "can't be read: "),
        (b"no FITS at all", "can't be read: "),
    ],
)
def test_a_file_that_is_no_image_is_a_line_and_3(here, tmp_path, content, said):
    # Without it a typing error is a traceback.
    path = tmp_path / "tile.fits"
    if content is not None:
        path.write_bytes(content)
    code, lines, (error,) = here("info", path)
    assert (code, lines) == (3, []) and error.startswith("Error: ")
    assert said in error and str(path) in error


@pytest.mark.parametrize(
    ("hdus", "said"),
    [
        ([fits.PrimaryHDU()], "has no image"),
        ([fits.PrimaryHDU(np.ones((2, 2, 2, 2), "f4"))], "has an image [2, 2, 2, 2], want"),
    ],
)
def test_a_file_with_nothing_to_see_is_a_line_and_3(here, tmp_path, hdus, said):
    # Without it a file of tables is a traceback.
    fits.HDUList(hdus).writeto(tmp_path / "file.fits")
    code, lines, (error,) = here("info", tmp_path / "file.fits")
    assert (code, lines) == (3, []) and said in error


def test_patterns_and_folders_stand_for_their_files(here, tmp_path):
    # Without it Windows's shell, which leaves patterns to programs, shows nothing of a folder.
    for name in ("b10", "b2", "a"):
        fits.writeto(tmp_path / f"{name}.fits", np.zeros((3, 4), "f4"))
    for given, wanted in ((tmp_path, ["a", "b2", "b10"]), (tmp_path / "b*.fits", ["b2", "b10"])):
        _, found = here.json("info", given)
        assert [Path(file["file"]).stem for file in found["files"]] == wanted


def test_three_planes_with_sip_have_their_place_on_the_sky(here, tmp_path):
    # Without it a colour tile of a solved camera is a file that can't be read: astropy has SIP of
    # two axes alone.
    header = sky.tile_wcs(sky.CENTRE, SHAPE, sip=True).to_header(relax=True)
    fits.writeto(tmp_path / "tile.fits", np.ones((3, *SHAPE), "f4"), header)
    _, found = here.json("info", tmp_path / "tile.fits")
    assert found["files"][0]["wcs"]["projection"] == "TAN"
