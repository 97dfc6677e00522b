"""Images, weights and outputs come to `reproject_and_coadd` in every form that reproject takes."""

from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from astropy.nddata import CCDData, NDData
from astropy.wcs import WCS, DistortionLookupTable
from astropy.wcs.wcsapi import HighLevelWCSWrapper, SlicedLowLevelWCS
from reproject import reproject_interp
from reproject.mosaicking import reproject_and_coadd as original

import newest
import wcs_cases
import zetwopass
from zetwopass import reproject_and_coadd

SHAPE, CANVAS = (30, 40), (36, 44)
IMAGE = np.random.default_rng(5).uniform(1, 2, SHAPE).astype("f4")
TILE = wcs_cases.make_wcs(size=(40, 30), turned=3.0)
OUTPUT = wcs_cases.make_wcs(size=(44, 36))
SIP = wcs_cases.with_sip(TILE, 2.0, 25.0)
PART = (slice(4, 29), slice(7, 40))
SLICED = SlicedLowLevelWCS(TILE, PART)
TABLED = wcs_cases.with_table(SIP, SHAPE, 1.5)
# astropy writes a table for one axis alone, and can't read it again.
TABLED.cpdis2 = DistortionLookupTable(TABLED.cpdis1.data.T.copy(), (1, 1), (1, 1), (5, 4))


def stretched(image, scale, zero):
    """Return an HDU list, in memory, that holds an image as scaled integers."""
    hdu = fits.PrimaryHDU(image.copy(), TILE.to_header())
    hdu.scale("int16", bscale=scale, bzero=zero)
    return fits.HDUList([hdu])


def cube():
    """Return a WCS with a third axis, which nothing ties to the other two."""
    wcs = WCS(naxis=3)
    wcs.wcs.ctype = ["FREQ", *TILE.wcs.ctype]
    wcs.wcs.crval, wcs.wcs.crpix = [1e9, *TILE.wcs.crval], [1, *TILE.wcs.crpix]
    wcs.wcs.cunit = ["Hz", "deg", "deg"]
    matrix = np.eye(3) * 1e6
    matrix[1:, 1:] = TILE.wcs.cd
    wcs.wcs.cd = matrix
    return wcs


def with_tables(wcs=TABLED, image=IMAGE):
    """Return an HDU list of an image whose distortion stands in a further HDU."""
    made = wcs.to_fits(relax=True)
    return fits.HDUList([fits.PrimaryHDU(image, made[0].header), *made[1:]])


def headed(wcs=TILE, image=IMAGE):
    return fits.PrimaryHDU(image, wcs.to_header(relax=True))


def packed():
    how = {"quantize_level": 0, "compression_type": "GZIP_1"}
    packed = fits.CompImageHDU(IMAGE, TILE.to_header(), name="SCI", **how)
    return fits.HDUList([fits.PrimaryHDU(), packed, fits.ImageHDU(np.zeros(SHAPE), name="DQ")])


def file(path, hdus, name="image.fits"):
    hdus.writeto(path / name)
    return path / name


# What comes, from a folder for files; and hdu_in.
FORMS = {
    "pair with a WCS": (lambda _: (IMAGE, TILE), None),
    "pair with a header": (lambda _: (IMAGE, TILE.to_header()), None),
    "pair with SIP": (lambda _: (IMAGE, SIP), None),
    "pair with a table": (lambda _: (IMAGE, TABLED), None),
    "pair with a wrapper": (lambda _: (IMAGE, HighLevelWCSWrapper(TILE)), None),
    "pair with a slice": (lambda _: (IMAGE[PART], SLICED), None),
    "pair with a wrapped slice": (lambda _: (IMAGE[PART], HighLevelWCSWrapper(SLICED)), None),
    "pair with a slice of a slice": (
        lambda _: (IMAGE[PART][2:, 3:], SlicedLowLevelWCS(SLICED, (slice(2, None), slice(3, 33)))),
        None,
    ),
    "pair with a slice of SIP": (lambda _: (IMAGE[PART], SlicedLowLevelWCS(SIP, PART)), None),
    "pair with a slice of a table": (
        lambda _: (IMAGE[PART], SlicedLowLevelWCS(TABLED, PART)),
        None,
    ),
    "pair with a plane of a cube": (
        lambda _: (IMAGE[PART], SlicedLowLevelWCS(cube(), (*PART, 0))),
        None,
    ),
    "PrimaryHDU": (lambda _: headed(), None),
    "ImageHDU": (lambda _: fits.ImageHDU(IMAGE, TILE.to_header()), None),
    "CompImageHDU": (lambda _: packed()[1], None),
    "scaled integers": (lambda _: stretched(IMAGE, 1e-4, 1.5), None),
    "HDUList": (lambda _: fits.HDUList([headed()]), None),
    "HDUList by number": (lambda _: packed(), 1),
    "HDUList by a number from the end": (lambda _: packed(), -2),
    "HDUList by name": (lambda _: packed(), "SCI"),
    "HDUList by name and version": (lambda _: packed(), ("SCI", 1)),
    "HDUList with a table": (lambda _: with_tables(), 0),
    "file": (lambda path: str(file(path, headed())), None),
    "Path": (lambda path: file(path, headed()), None),
    "file by name": (lambda path: str(file(path, packed())), "SCI"),
    "file with a table": (lambda path: str(file(path, with_tables())), 0),
    "compressed file": (lambda path: str(file(path, headed(), "image.fits.gz")), None),
    "file of scaled integers": (
        lambda path: str(file(path, stretched(IMAGE, 1e-4, 1.5))),
        None,
    ),
    "opened file": (lambda path: fits.open(file(path, headed()), memmap=True), None),
    "NDData": (lambda _: NDData(IMAGE, wcs=TILE), None),
    "NDData with a low-level WCS": (lambda _: NDData(IMAGE[PART], wcs=SLICED), None),
    "NDData with a mask that hides nothing": (
        lambda _: NDData(IMAGE, wcs=TILE, mask=np.zeros(SHAPE, bool)),
        None,
    ),
    "part of a CCDData": (lambda _: CCDData(IMAGE, unit="adu", wcs=TILE)[PART], None),
    **{
        f"pair of {kind}": (lambda _, kind=kind: ((100 * IMAGE).astype(kind), TILE), None)
        for kind in ("f2", "f8", ">f4", ">i2", "u1", "u8")
    },
}


def close(found, want):
    """Compare array and footprint, but for what the rounding of an edge decides."""
    finite = want[1][np.isfinite(want[1])]
    np.testing.assert_allclose(found[1], want[1], rtol=0, atol=2e-5 * finite.max())
    np.testing.assert_allclose(found[0], want[0], rtol=0, atol=2e-5 * np.nanmax(want[0]))


def both(*args, **kwargs):
    return [
        function(*args, reproject_function=reproject_interp, **kwargs)
        for function in (reproject_and_coadd, original)
    ]


# What older versions read wrongly.
OF_TABLES = newest.wants("reproject", "0.15", "it finds no tables beside an HDU")
MARKS = {
    "HDUList with a table": OF_TABLES,
    "file with a table": OF_TABLES,
    "file by name": newest.wants("reproject", "0.15", "it reads what is compressed as it lies"),
}


@pytest.mark.parametrize("form", [pytest.param(f, marks=MARKS.get(f, ())) for f in FORMS])
def test_images_of_every_form_are_taken_as_reproject_takes_them(form, tmp_path):
    # Without it the WCS of a form, its tables or its scale are lost, and the image lies elsewhere.
    make, hdu_in = FORMS[form]
    close(*both([make(tmp_path)], OUTPUT, CANVAS, hdu_in=hdu_in))


def sized(wcs):
    copy = wcs.deepcopy()
    copy.array_shape = CANVAS
    return copy


def header(**cards):
    made = OUTPUT.to_header()
    made.update(cards)
    return made


SIZE = {"NAXIS": 2, "NAXIS1": 44, "NAXIS2": 36}
WINDOW = (slice(3, 20), slice(5, 31))

OUTPUTS = {
    "WCS": (lambda _: OUTPUT, CANVAS),
    "WCS with its size": (lambda _: sized(OUTPUT), None),
    "WCS with another size": (lambda _: sized(OUTPUT), (20, 30)),
    "header": (lambda _: header(), CANVAS),
    "header with its size": (lambda _: header(**SIZE), None),
    "header with another size": (lambda _: header(**SIZE), (20, 30)),
    "header without NAXIS": (lambda _: header(NAXIS1=44, NAXIS2=36), (20, 30)),
    "wrapper": (lambda _: HighLevelWCSWrapper(OUTPUT), CANVAS),
    "wrapper with its size": (lambda _: HighLevelWCSWrapper(sized(OUTPUT)), None),
    "slice": (lambda _: SlicedLowLevelWCS(OUTPUT, WINDOW), (17, 26)),
    "slice with its size": (lambda _: SlicedLowLevelWCS(sized(OUTPUT), WINDOW), None),
    "wrapped slice with its size": (
        lambda _: HighLevelWCSWrapper(SlicedLowLevelWCS(sized(OUTPUT), WINDOW)),
        None,
    ),
    "file": (lambda path: str(file(path, headed(OUTPUT, np.zeros(CANVAS)))), None),
    "file with another size": (
        lambda path: str(file(path, headed(OUTPUT, np.zeros(CANVAS)))),
        (20, 30),
    ),
}


@pytest.mark.parametrize("form", OUTPUTS)
def test_outputs_of_every_form_are_taken_as_reproject_takes_them(form, tmp_path):
    # Without it the mosaic has another shape or place.
    make, shape_out = OUTPUTS[form]
    found, want = both([(IMAGE, TILE)], make(tmp_path), shape_out)
    assert found[0].shape == want[0].shape
    close(found, want)


def test_an_output_can_be_the_path_of_a_file(tmp_path):
    # Without it str and Path mean different things, as in reproject, which takes only the first.
    path = file(tmp_path, headed(OUTPUT, np.zeros(CANVAS)))
    assert isinstance(path, Path)
    close(
        reproject_and_coadd([(IMAGE, TILE)], path), reproject_and_coadd([(IMAGE, TILE)], str(path))
    )


def test_wrapped_wcs_serve_the_second_pass_too():
    # Without it the same object is a WCS for one function and none for the other.
    tiles, coverage = [IMAGE, IMAGE + 1], np.ones(CANVAS, "f4")
    plain = zetwopass.second_pass(tiles, [TILE, SIP], OUTPUT, coverage)
    inner = np.ascontiguousarray(IMAGE[PART])
    wrapped = zetwopass.second_pass(
        tiles,
        [HighLevelWCSWrapper(TILE), HighLevelWCSWrapper(SIP)],
        HighLevelWCSWrapper(OUTPUT),
        coverage,
    )
    np.testing.assert_array_equal(plain.mosaic, wrapped.mosaic)
    part = zetwopass.second_pass([inner], [SLICED], OUTPUT, coverage).mosaic[..., 0]
    want = reproject_interp((inner, SLICED), OUTPUT, CANVAS, return_footprint=False)
    np.testing.assert_allclose(part, want, rtol=0, atol=1e-5)
