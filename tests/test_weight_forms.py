"""Weights of `reproject_and_coadd` lie where their own WCS says, else on the image."""

import numpy as np
import pytest
from astropy.io import fits
from astropy.nddata import NDData
from reproject import reproject_interp

import newest
import wcs_cases
from test_image_forms import (
    CANVAS,
    IMAGE,
    OUTPUT,
    PART,
    SHAPE,
    SIP,
    TABLED,
    TILE,
    both,
    close,
    file,
    headed,
    with_tables,
)
from zetwopass import ArgumentError, _sky, reproject_and_coadd
from zetwopass._inputs import entries, images

WEIGHT = np.random.default_rng(6).uniform(0.5, 3, SHAPE).astype("f4")
WEIGHT[:4, 7:] = np.nan
WEIGHT[20:, :9] = 0
AWAY = wcs_cases.make_wcs((150.004, 20.003), (33, 50), turned=-40.0, scale=1.1)
BENT = wcs_cases.with_sip(AWAY, 1.5, 25.0)
LARGE = np.random.default_rng(7).uniform(0.5, 3, (50, 33))
FAR = wcs_cases.make_wcs((170.0, -20.0), (40, 30))
GALACTIC = wcs_cases.make_wcs((213.801, 50.264), (60, 60), code="CAR", axes=("GLON", "GLAT"))


def many(hdu):
    return fits.HDUList([fits.PrimaryHDU(), hdu, fits.ImageHDU(np.ones(SHAPE), name="DQ")])


def image_hdu(array=WEIGHT, wcs=None, name="WHT"):
    return fits.ImageHDU(array, None if wcs is None else wcs.to_header(relax=True), name=name)


# Weights that lie on the image; what, from a folder for files, and hdu_weights.
LYING = {
    "array": (lambda _: WEIGHT, None),
    "array of integers": (lambda _: (10 * np.nan_to_num(WEIGHT)).astype(">i2"), None),
    "array of booleans": (lambda _: WEIGHT > 1, None),
    "HDU without a WCS": (lambda _: image_hdu(), None),
    "HDU with the image's WCS": (lambda _: image_hdu(wcs=TILE), None),
    "HDU with a linear WCS": (
        lambda _: fits.ImageHDU(WEIGHT, fits.Header([("CTYPE1", "X"), ("CTYPE2", "Y")])),
        None,
    ),
    "HDU with a third axis": (
        lambda _: fits.ImageHDU(
            WEIGHT, fits.Header([*TILE.to_header().cards, ("WCSAXES", 3), ("CTYPE3", "FREQ")])
        ),
        None,
    ),
    "HDUList": (lambda _: fits.HDUList([fits.PrimaryHDU(WEIGHT)]), None),
    "HDUList by name": (lambda _: many(image_hdu()), "WHT"),
    "file without a WCS": (lambda path: str(file(path, fits.PrimaryHDU(WEIGHT))), None),
    "file by number": (lambda path: str(file(path, many(image_hdu(wcs=TILE)))), 1),
}


@pytest.mark.filterwarnings("ignore::astropy.wcs.FITSFixedWarning")
@pytest.mark.parametrize("form", LYING)
def test_weights_without_a_sky_of_their_own_lie_on_the_image(form, tmp_path):
    # Without it a form of a weight is read as nothing, or as lying elsewhere.
    make, hdu = LYING[form]
    found = both([(IMAGE, TILE)], OUTPUT, CANVAS, input_weights=[make(tmp_path)], hdu_weights=hdu)
    close(*found)


# Weights that lie elsewhere.
APART = {
    "HDU on another plane": lambda _: headed(AWAY, LARGE),
    "HDU with a gap": lambda _: headed(TILE, WEIGHT[:25]),
    "HDU on a part": lambda _: headed(TILE[PART], WEIGHT[PART]),
    "HDU with SIP": lambda _: headed(BENT, LARGE),
    "HDU in another frame": lambda _: headed(GALACTIC, np.ones((60, 60)) + np.eye(60)),
    "CompImageHDU": lambda _: fits.CompImageHDU(LARGE, AWAY.to_header(), quantize_level=0),
    "HDUList": lambda _: fits.HDUList([headed(AWAY, LARGE)]),
    "file": lambda path: str(file(path, headed(AWAY, LARGE))),
    "HDU nowhere near": lambda _: headed(FAR, WEIGHT),
}


@newest.wants("reproject", "0.15", "it lays all weights on the image")
@pytest.mark.parametrize("tile", [TILE, SIP], ids=["plane", "SIP"])
@pytest.mark.parametrize("form", APART)
def test_a_weight_lies_where_its_own_wcs_says(form, tile, tmp_path):
    # Without it a weight of another grid than the image's is laid on the image's pixels.
    found = both(
        [(IMAGE, tile), (IMAGE + 1, TILE[1:, 2:])],
        OUTPUT,
        CANVAS,
        input_weights=[APART[form](tmp_path), np.full(SHAPE, 0.25)],
    )
    close(*found)


# What reproject refuses as a weight, and has as one in another form.
MORE = {
    "Path": lambda path: file(path, headed(AWAY, LARGE)),
    "pair with a WCS": lambda _: (LARGE, AWAY),
    "pair with a header": lambda _: (LARGE, AWAY.to_header()),
    "NDData": lambda _: NDData(LARGE, wcs=AWAY),
}


@pytest.mark.parametrize("form", MORE)
def test_weights_come_in_the_forms_of_images(form, tmp_path):
    # Without it an entry that can be an image can't be a weight, or loses its WCS as one.
    of_hdu, of_form = (
        reproject_and_coadd([(IMAGE, TILE)], OUTPUT, CANVAS, input_weights=[weight])
        for weight in (headed(AWAY, LARGE), MORE[form](tmp_path))
    )
    close(of_form, of_hdu)


def test_the_tables_of_a_weight_are_read_from_its_file(tmp_path):
    # Without it reproject's error comes up, which knows of no further HDU there.
    path = str(file(tmp_path, with_tables(TABLED, np.nan_to_num(WEIGHT))))
    _, footprint = reproject_and_coadd(
        [(IMAGE, TILE)], OUTPUT, CANVAS, input_weights=[path], hdu_weights=0
    )
    weight = reproject_interp((np.nan_to_num(WEIGHT), TABLED), OUTPUT, CANVAS)[0]
    seen = reproject_interp((IMAGE, TILE), OUTPUT, CANVAS)[1]
    np.testing.assert_allclose(
        footprint, np.nan_to_num(weight * seen), rtol=0, atol=3e-4
    )  # astropy: 1e-4 px


def test_a_weight_with_the_images_own_wcs_needs_no_second_map(monkeypatch):
    # Without it a weight in a file, which nearly always lies on its image, costs a map more.
    maps = []
    monkeypatch.setattr(entries, "pixel_map", lambda *args, **_: maps.append(args))
    for wcs in (TILE, SIP):
        maps.clear()
        weight = headed(wcs, WEIGHT)
        reproject_and_coadd([headed(wcs)], OUTPUT, CANVAS, input_weights=[weight])
        assert len(maps) == 1


@pytest.mark.parametrize(
    "other", [AWAY, SIP, TABLED, wcs_cases.make_wcs(size=(40, 30), turned=3.0, radesys="FK5")]
)
def test_only_a_wcs_of_the_same_numbers_is_the_same(other):
    # Without it a weight that lies a little apart is laid on the image.
    assert _sky.same(_sky.read("one", TILE), _sky.read("two", TILE.deepcopy()))
    assert not _sky.same(_sky.read("one", TILE), _sky.read("two", other))


def test_a_weight_of_another_shape_wants_a_wcs():
    # Without it a weight is laid on the image's corner.
    sky = _sky.read("image", TILE)
    with pytest.raises(ArgumentError, match=r"weight has shape \[25, 40\] and no celestial WCS"):
        images.weight("weight", WEIGHT[:25], None, sky, SHAPE)


def test_infinite_weights_are_reprojects_or_refused():
    # Without it a weight of 1/0 means one thing here and another there.
    weight = np.ones(SHAPE)
    weight[5:20, 10:30] = np.inf
    close(*both([(IMAGE, TILE)], OUTPUT, CANVAS, input_weights=[weight]))
    weight[3, 3] = np.nan
    with pytest.raises(ArgumentError, match=r"input_weights\[0\] has both NaN and infinities"):
        reproject_and_coadd([(IMAGE, TILE)], OUTPUT, CANVAS, input_weights=[weight])
