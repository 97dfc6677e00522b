"""`reproject_and_coadd` takes reproject's call and gives its answer."""

import numpy as np
import pytest
from astropy.io import fits
from astropy.nddata import NDData
from reproject import reproject_exact, reproject_interp
from reproject.mosaicking import reproject_and_coadd as original

import small
import zetwopass
from zetwopass import ArgumentError, WCSError, reproject_and_coadd

PLAIN = small.mosaic(1)
WCS = PLAIN["tiles_wcs"]
IMAGES = [tile[..., 0] for tile in PLAIN["tiles"]]
DATA = list(zip(IMAGES, WCS, strict=True))
OUTPUT = PLAIN["output_wcs"]
BOUND = 3e-7 * 250  # float32 of values up to 250, twice


def coadd(data=DATA, output=OUTPUT, shape_out=small.CANVAS, **changes):
    return reproject_and_coadd(
        data, output, shape_out=shape_out, reproject_function=reproject_interp, **changes
    )


def same(first, second):
    return all(np.array_equal(a, b, equal_nan=True) for a, b in zip(first, second, strict=True))


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"combine_function": "sum"},
        {"match_background": True},
        {"match_background": True, "background_reference": 1},
        {"match_background": True, "background_reference": 1, "combine_function": "sum"},
        {"input_weights": small.masks()},
        {"blank_pixel_value": np.nan},
        {"blank_pixel_value": -5.0},
    ],
)
def test_results_are_those_of_reproject(changes):
    # Without it a change of the import changes the mosaic.
    array, footprint = coadd(**changes)
    want, seen = original(
        DATA, OUTPUT, shape_out=small.CANVAS, reproject_function=reproject_interp, **changes
    )
    np.testing.assert_allclose(array, want, rtol=0, atol=2 * BOUND)
    np.testing.assert_allclose(footprint, seen, rtol=0, atol=1e-6)


def test_the_first_image_can_be_the_reference():
    # Without it 0 is taken for None.
    first, second = (
        coadd(match_background=True, background_reference=i)[0][20, 45] for i in (0, 1)
    )
    assert second - first == pytest.approx(100, abs=3)


def headed(image, wcs):
    return fits.PrimaryHDU(image, wcs.to_header())


FORMS = {
    "headers": lambda path: [(image, wcs.to_header()) for image, wcs in DATA],
    "HDUs": lambda path: [headed(*pair) for pair in DATA],
    "HDU lists": lambda path: [fits.HDUList([headed(*pair)]) for pair in DATA],
    "NDData": lambda path: [NDData(image, wcs=wcs) for image, wcs in DATA],
    "files": lambda path: [written(path / f"{i}.fits", pair) for i, pair in enumerate(DATA)],
    "doubles": lambda path: [(image.astype("f8"), wcs) for image, wcs in DATA],
    "big-endian numbers": lambda path: [(image.astype(">f4"), wcs) for image, wcs in DATA],
    "a generator": lambda path: (pair for pair in DATA),
}


def written(path, pair):
    headed(*pair).writeto(path)
    return path


@pytest.mark.parametrize("form", FORMS)
def test_images_come_in_any_form(form, tmp_path):
    # Without it only arrays with a WCS can be used.
    np.testing.assert_allclose(coadd(FORMS[form](tmp_path))[0], coadd()[0], rtol=1e-6)


def test_one_hdu_of_several_is_chosen():
    # Without it a file with extensions can't be used.
    lists = [fits.HDUList([fits.PrimaryHDU(), fits.ImageHDU(i, w.to_header())]) for i, w in DATA]
    np.testing.assert_allclose(coadd(lists, hdu_in=1)[0], coadd()[0], rtol=1e-6)
    with pytest.raises(ArgumentError, match=r"input_data\[0\] has 2 HDUs"):
        coadd(lists)


def test_a_headers_own_size_rules():
    # Without it the output has another shape than reproject's.
    header = OUTPUT.to_header()
    header["NAXIS"], header["NAXIS1"], header["NAXIS2"] = 2, 80, 40
    assert coadd(output=header, shape_out=None)[0].shape == (40, 80)


@pytest.mark.parametrize("kind", ["f4", "f8", ">f8"])
def test_results_go_to_the_arrays_that_are_given(kind):
    # Without it the caller's arrays stay empty.
    out = np.zeros(small.CANVAS, kind), np.zeros(small.CANVAS, kind)
    found = coadd(output_array=out[0], output_footprint=out[1])
    assert found[0] is out[0] and found[1] is out[1]
    images = [image if kind == "f4" else image.astype(float) for image in IMAGES]
    assert same(found, coadd(zip(images, WCS, strict=True)))


def test_the_bar_wraps_the_loop_over_the_images():
    # Without it a caller's bar never moves.
    seen = []

    def bar(items):
        for item in items:
            seen.append(item)
            yield item

    coadd(progress_bar=bar)
    assert seen == [0, 1]


def test_hints_without_a_meaning_change_nothing():
    # Without it a working call raises.
    hints = {"block_sizes": (9, 9), "intermediate_memmap": True, "parallel": 2, "order": "bilinear"}
    assert same(coadd(**hints, roundtrip_coords=False), coadd())


REFUSED = {
    "another function": ({"combine_function": "mode"}, "combine_function = 'mode'"),
    "another order": ({"order": "bicubic"}, "order = 'bicubic', want 'bilinear'"),
    "half a round trip": ({"roundtrip_coords": 0.5}, "roundtrip_coords = 0.5"),
    "an unknown word": ({"kernel": "Hann"}, "kernel is not an argument"),
    "no images": ({"data": []}, "input_data is empty"),
    "a row": ({"data": [(np.zeros(4), WCS[0])]}, r"input_data\[0\] is \[4\], want an array"),
    "complex numbers": ({"data": [(np.zeros((3, 4), complex), WCS[0])]}, "want real numbers"),
    "a masked array": ({"data": [(np.ma.zeros((3, 4)), WCS[0])]}, "filled"),
    "a word": ({"data": ["no such file.fits"]}, r"input_data\[0\] can't be read"),
    "few weights": ({"input_weights": small.masks()[:1]}, "input_weights has 1 entries, want 2"),
    "other weights": ({"input_weights": [np.ones((3, 4))] * 2}, r"input_weights\[0\] has shape"),
    "a far reference": ({"background_reference": 2}, "background_reference = 2, want 0 to 1"),
    "no shape": ({"shape_out": None}, "shape_out is missing"),
    "a small output": (
        {"output_array": np.zeros((3, 4))},
        r"output_array .* \[3, 4\], want",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_not_supported_is_refused(what):
    # Without it an option is ignored, and the mosaic is another than was asked for.
    changes, message = REFUSED[what]
    with pytest.raises(ArgumentError, match=message):
        coadd(**changes)


def test_other_reprojections_are_refused():
    # Without it the answer is not that of the function that was asked for.
    with pytest.raises(ArgumentError, match="reproject_function = reproject_exact"):
        reproject_and_coadd(
            DATA, OUTPUT, shape_out=small.CANVAS, reproject_function=reproject_exact
        )


def test_a_wcs_that_cannot_be_read_is_named():
    # Without it one of a hundred images is at fault and nobody knows which.
    with pytest.raises(WCSError, match=r"input_data\[1\]"):
        coadd([DATA[0], (IMAGES[1], "a WCS")])
    with pytest.raises(WCSError, match="output_projection"):
        coadd(output=5)


def test_the_signature_is_reprojects():
    # Without it a positional argument means something else.
    import inspect

    def plain(function):
        parameters = inspect.signature(function).parameters.values()
        return [(p.name, p.default, p.kind) for p in parameters]

    ours, theirs = plain(zetwopass.reproject_and_coadd), plain(original)
    assert ours == theirs
