"""``zetwopass compare``: when two images are the same, and how it says that they are not."""

import numpy as np
import pytest
from astropy.io import fits

from commandline import image, mosaic
from small import CANVAS, SHAPE, wcs_at


@pytest.fixture
def pair(tmp_path):
    """Return what writes two images [3, h, w], the second changed by a function."""

    def write(change=lambda data: None, wcs=None):
        data = np.random.default_rng(5).normal(100, 9, (3, *SHAPE)).astype("f4")
        data[0, 3, 4] = np.nan
        one = image(tmp_path / "a.fits", data.copy())
        change(data)
        return one, image(tmp_path / "b.fits", data, wcs)

    return write


def test_the_same_is_0(here, pair):
    # Without it a script can't hold a result to an older one.
    code, lines, errors = here("compare", *pair())
    assert (code, errors) == (0, []) and lines[-1] == "the same"
    assert lines[:2] == ["shape       60 x 40, 3 channels", "WCS         the same"]


def test_a_last_bit_is_1(here, pair):
    # Without it "the same bits" is a manner of speaking.
    def change(data):
        data[1, 5, 6] = np.nextafter(data[1, 5, 6], np.float32(np.inf))

    code, lines, errors = here("compare", *pair(change))
    assert (code, errors) == (1, []) and lines[-1] == "different"


def test_differences_are_told_by_channel(here, pair):
    # Without it one knows that something is wrong and not what.
    def change(data):
        data[0, 7, 7] = np.nan
        data[1, 1, 1] = np.inf
        data[2, :10, :] += 2
        data[2, 10:20, :] -= 1

    a, b = pair(change)
    code, found = here.json("compare", a, b)
    nan, inf, moved = found["channels"]
    assert code == 1 and not found["same"] and found["wcs_same"]
    assert found["shapes"] == [[40, 60, 3]] * 2
    assert (nan["mismatches"], nan["pixels"], nan["largest"]) == (1, 2398, 0)
    assert (inf["mismatches"], inf["pixels"]) == (1, 2399)
    assert moved["mismatches"] == 0 and moved["equal"] == 1200
    np.testing.assert_allclose(moved["largest"], 2, rtol=1e-5)
    np.testing.assert_allclose(moved["mean"], -0.25, rtol=1e-5)  # (-2 + 1 + 0 + 0) / 4
    np.testing.assert_allclose(moved["rms"], np.sqrt(5 / 4), rtol=1e-5)
    assert sum(moved["decades"].values()) == 1200 and set(moved["decades"]) <= {"-1", "0"}


def test_the_histogram_has_a_bar_for_each_power_of_ten(here, pair):
    # Without it a few large differences can't be told from many small ones.
    def change(data):
        data[1, :20] += 0.5
        data[1, 20, 0] += 200

    code, lines, _ = here("compare", *pair(change))
    bars = {line[:12].strip(): line[12:].split() for line in lines if line.startswith(("fr", "sa"))}
    assert list(bars) == ["same", "from 1e-01", "from 1e+00", "from 1e+01", "from 1e+02"]
    assert bars["from 1e-01"][-1] == "1200" and bars["from 1e+02"] == ["1"]
    assert len(bars["same"][0]) == 40 and bars["from 1e+00"] == ["0"]


@pytest.mark.parametrize(("tolerance", "code"), [(0.4, 1), (0.6, 0)])
def test_a_tolerance_is_the_largest_difference_that_counts_as_none(here, pair, tolerance, code):
    # Without it results of a GPU, which differ in their last bits, are never the same.
    def change(data):
        data[1] += 0.5

    found, lines, _ = here("compare", *pair(change), "--tolerance", tolerance)
    assert found == code
    assert lines[-1] == ("different" if code else "the same within 0.6")


def test_no_tolerance_takes_nan_for_a_number(here, pair):
    # Without it a mosaic with a hole is the same as one without.
    def change(data):
        data[2, 2, 2] = np.nan

    assert here("compare", *pair(change), "--tolerance", 1e9)[0] == 1


@pytest.mark.parametrize("shift", [0.0005, 0.01])
def test_a_wcs_may_differ_by_a_thousandth_of_a_pixel(here, pair, shift):
    # Without it two images of other places are the same, or those of one place are not.
    wcs = wcs_at(0, 0).to_header()
    wcs["CRPIX1"] += shift
    code, found = here.json("compare", *pair(wcs=wcs))
    np.testing.assert_allclose(found["wcs_pixels"], shift, rtol=1e-3)
    assert code == (shift > 0.001)


def test_an_image_without_a_place_differs_from_one_with(here, pair, tmp_path):
    # Without it a lost WCS goes unnoticed.
    a, b = pair(wcs=fits.Header())
    code, lines, _ = here("compare", a, b)
    assert code == 1 and "one has none, or lies elsewhere" in lines[1]
    assert here("compare", b, b)[1][1].endswith("neither has a celestial one")


def test_other_shapes_are_told_and_1(here, pair, tmp_path):
    # Without it the first row that is not there ends it by a traceback.
    a, _ = pair()
    b = image(tmp_path / "c.fits", np.ones(SHAPE, "f4"))
    code, lines, errors = here("compare", a, b)
    assert (code, errors) == (1, [])
    assert lines[0] == "shape       60 x 40, 3 channels and 60 x 40, 1 channel"
    assert here.json("compare", a, b)[1]["channels"] == []


def test_layouts_do_not_count(here, pair, tmp_path):
    # Without it an image that another program has written differs by its order of axes.
    a, _ = pair()
    planes = fits.getdata(a)
    b = image(tmp_path / "c.fits", np.moveaxis(planes, 0, 2))
    assert here("compare", a, b)[0] == 0


def test_coverages_of_mosaics_are_compared(here, tmp_path):
    # Without it mosaics of which one lacks a tile's weight are the same.
    data, coverage = np.ones((*CANVAS, 3), "f4"), np.ones(CANVAS, "f4")
    a = mosaic(tmp_path / "a.fits", data, coverage)
    coverage[4, 5] = 2
    b = mosaic(tmp_path / "b.fits", data, coverage)
    code, found = here.json("compare", a, b)
    assert code == 1
    assert [entry["name"] for entry in found["channels"] if entry["largest"]] == ["coverage"]


def test_quiet_says_it_by_the_code_alone(here, pair):
    # Without it a script has to throw the words away.
    a, b = pair(lambda data: data.fill(0))
    assert here("compare", "-q", a, b) == (1, [], [])
    assert here("compare", "-q", a, a) == (0, [], [])


def test_large_images_are_read_in_bands(here, pair, monkeypatch):
    # Without it a mosaic that outgrows memory can't be compared.
    from zetwopass.command import images

    a, b = pair(lambda data: data.__iadd__(1))
    whole = here.json("compare", a, b)
    monkeypatch.setattr(images, "_BAND_BYTES", 7 * 60 * 8)
    code, found = here.json("compare", a, b)
    for entry, other in zip(found["channels"], whole[1]["channels"], strict=True):
        np.testing.assert_allclose(entry.pop("mean"), other.pop("mean"), rtol=1e-12)
        np.testing.assert_allclose(entry.pop("rms"), other.pop("rms"), rtol=1e-12)
    assert (code, found) == whole


def test_a_truncated_image_is_a_line_and_3(here, pair):
    # Without it the end of a file is a traceback.
    a, b = pair()
    b.write_bytes(b.read_bytes()[:9000])
    code, lines, errors = here("compare", a, b)
    assert (code, lines) == (3, []) and len(errors) == 1 and str(b) in errors[0]
