"""reproject_interp does what reproject's does: numbers, footprints, forms, what it writes to."""

import inspect

import numpy as np
import pytest
from astropy.io import fits
from astropy.nddata import NDData
from astropy.wcs import WCS
from astropy.wcs.wcsapi import HighLevelWCSWrapper, SlicedLowLevelWCS
from reproject import reproject_interp as theirs

import newest
import sky
import zetwopass
from zetwopass import ArgumentError, reproject_interp

SHAPE, GRID = (50, 60), (70, 80)
TILE = sky.tile_wcs(sky.CENTRE, SHAPE, rotation=20)
GRID_WCS = sky.tile_wcs(sky.CENTRE, GRID)
ORDERS = ("bilinear", "nearest-neighbor", 0, 1)


def image(dtype="f8", shape=SHAPE, seed=1):
    rng = np.random.default_rng(seed)
    made = (100 * rng.random(shape)).astype(dtype)
    if made.dtype.kind == "f":
        made[rng.random(shape) < 0.03] = np.nan
        made[rng.random(shape) < 0.01] = np.inf
    return made


def agree(ours, those, tolerance=1e-6):
    """Compare arrays and footprints; infinite times 0 is NaN in both."""
    assert [a.shape for a in ours] == [a.shape for a in those]
    assert [a.dtype for a in ours] == [np.float64, np.float64]
    np.testing.assert_array_equal(ours[1], those[1])
    np.testing.assert_allclose(ours[0], those[0], rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("dtype", ["f4", "f8", "f2", ">f4", ">f8", "i2", ">i2", "u1", "i8"])
def test_numbers_and_footprints_are_reprojects(dtype, order):
    # Without it a program that changes its import gets other pictures.
    arguments = (image(dtype), TILE), GRID_WCS, GRID
    tolerance = 1e-6 if np.dtype(dtype).itemsize < 8 else 1e-9
    agree(reproject_interp(*arguments, order=order), theirs(*arguments, order=order), tolerance)


def scene(seed):
    """Return an image, its WCS, an output's WCS and shape: any size, turn, frame, distortion."""
    rng = np.random.default_rng(seed)
    shape, grid = tuple(rng.integers(3, 60, 2)), tuple(rng.integers(3, 80, 2))
    frames = ("icrs", "fk5", "galactic")
    where = sky.CENTRE.spherical_offsets_by(*(rng.uniform(-20, 20, 2) * 1.5 / 3600 * sky.u.deg))
    tile = sky.tile_wcs(
        where,
        shape,
        rotation=rng.uniform(-180, 180),
        scale=sky.SCALE * rng.uniform(0.4, 2.5),
        frame=frames[seed % 3],
        sip=seed % 4 == 0 and min(shape) > 9,
    )
    output = sky.tile_wcs(sky.CENTRE, grid, rotation=rng.uniform(-5, 5), sip=seed % 5 == 0)
    if seed % 7 == 0:
        output.wcs.ctype = [name.replace("TAN", "SIN") for name in output.wcs.ctype]
        output.sip = None
        output.wcs.ctype = [name.replace("-SIP", "") for name in output.wcs.ctype]
        output.wcs.set()
    return image("f8", shape, seed), tile, output, grid


@pytest.mark.filterwarnings("ignore:.*failed to converge")
@pytest.mark.parametrize("seed", range(60))
def test_random_scenes_are_reprojects(seed):
    # Without it a rare geometry comes out otherwise; a grid's positions are good to 1e-5 pixels.
    array, tile, output, grid = scene(seed)
    order = ORDERS[seed % 2]
    ours = reproject_interp((array, tile), output, grid, order=order)
    those = theirs((array, tile), output, grid, order=order)
    same = (ours[1] == those[1]) & (np.isinf(ours[0]) == np.isinf(those[0]))
    # Positions within the bound of a pixel's edge, or line of centres, may fall on either side.
    assert (~same).sum() <= 1
    finite = same & np.isfinite(those[0])
    difference = np.abs(ours[0][finite] - those[0][finite])
    if order == "bilinear":
        assert difference.max(initial=0) <= 2e-5 * 100
    else:
        assert (difference > 0).sum() <= 1


@pytest.mark.parametrize("order", ["bilinear", "nearest-neighbor"])
@pytest.mark.parametrize("before", [(1,), (3,), (2, 3)])
def test_axes_before_the_image_are_images_of_their_own(before, order):
    # Without it colours have to be reprojected one by one, and mapped each time.
    cube = image("f4", (*before, *SHAPE))
    for shape in (GRID, (*before, *GRID)):
        arguments = (cube, TILE), GRID_WCS, shape
        agree(reproject_interp(*arguments, order=order), theirs(*arguments, order=order))


def hdu(array=None):
    return fits.PrimaryHDU(image() if array is None else array, TILE.to_header())


FORMS = {
    "pair with a header": lambda path: (image(), TILE.to_header()),
    "pair with a low-level wrapper": lambda path: (
        image(),
        SlicedLowLevelWCS(TILE, (slice(0, 50), slice(0, 60))),
    ),
    "pair with a high-level wrapper": lambda path: (
        image(),
        HighLevelWCSWrapper(SlicedLowLevelWCS(TILE, (slice(0, 50), slice(0, 60)))),
    ),
    "HDU": lambda path: hdu(),
    "compressed HDU": lambda path: fits.CompImageHDU(
        image("f4"), TILE.to_header(), compression_type="GZIP_2", quantize_level=0
    ),
    "HDU list": lambda path: fits.HDUList([hdu(), fits.ImageHDU(image() + 1, TILE.to_header())]),
    "NDData": lambda path: NDData(image(), wcs=TILE),
    "file": lambda path: str(path),
    "path": lambda path: path,
}


@pytest.mark.parametrize("form", FORMS)
def test_images_of_every_form_are_taken_as_reproject_takes_them(form, tmp_path):
    # Without it some callers have to unpack their images first.
    path = tmp_path / "image.fits"
    fits.HDUList([hdu(), fits.ImageHDU(image() + 1, TILE.to_header())]).writeto(path)
    given = FORMS[form](path)
    agree(reproject_interp(given, GRID_WCS, GRID), theirs(given, GRID_WCS, GRID))
    if form in ("file", "HDU list"):
        agree(
            reproject_interp(given, GRID_WCS, GRID, hdu_in=1),
            theirs(given, GRID_WCS, GRID, hdu_in=1),
        )


def sized():
    header = GRID_WCS.to_header()
    header["NAXIS"], header["NAXIS1"], header["NAXIS2"] = 2, GRID[1], GRID[0]
    wcs = GRID_WCS.deepcopy()
    wcs.array_shape = GRID
    return {
        "header whose size beats shape_out": (header, (3, 3)),
        "WCS with a size": (wcs, None),
        "sliced WCS": (SlicedLowLevelWCS(wcs, (slice(10, 40), slice(5, 70))), None),
        "shape as a list": (GRID_WCS, list(GRID)),
        "shape of NumPy's numbers": (GRID_WCS, np.array(GRID)),
    }


@pytest.mark.parametrize("form", sized())
def test_outputs_of_every_form_have_the_shape_that_reproject_gives_them(form):
    # Without it an output comes out in another size, or has to be unpacked.
    output, shape = sized()[form]
    given = (image(), TILE)
    agree(reproject_interp(given, output, shape), theirs(given, output, shape))


TARGETS = {
    "dense": lambda dtype: np.full(GRID, 7, dtype),
    "strided": lambda dtype: np.full((140, 160), 7, dtype)[::2, ::2],
    "reversed": lambda dtype: np.full(GRID, 7, dtype)[::-1],
    "transposed": lambda dtype: np.full(GRID[::-1], 7, dtype).T,
}


@pytest.mark.parametrize("dtype", ["f8", "f4", ">f8", ">f4", "f2"])
@pytest.mark.parametrize("target", TARGETS)
def test_results_go_to_arrays_of_any_floats_and_strides(target, dtype):
    # Without it they silently don't, as in reproject.
    out, footprint = TARGETS[target](dtype), TARGETS[target](dtype)
    made = reproject_interp(
        (image("i2"), TILE), GRID_WCS, output_array=out, output_footprint=footprint
    )
    assert made[0] is out and made[1] is footprint
    want = theirs((image("i2"), TILE), GRID_WCS, GRID)
    rtol = {2: 1e-3, 4: 1e-6, 8: 1e-9}[out.dtype.itemsize]
    np.testing.assert_allclose(out, want[0], rtol=rtol)
    np.testing.assert_array_equal(footprint, want[1])


def test_the_caller_may_write_into_what_it_gets():
    # Without it the next call, or the image, changes with it.
    source = image()
    before = source.copy()
    first, footprint = reproject_interp((source, TILE), GRID_WCS, GRID)
    first[:], footprint[:] = 5, 5
    agree(reproject_interp((source, TILE), GRID_WCS, GRID), theirs((source, TILE), GRID_WCS, GRID))
    np.testing.assert_array_equal(source, before)


def test_the_footprint_may_be_left_out():
    # Without it callers unpack an array along its first axis.
    made = reproject_interp((image(), TILE), GRID_WCS, GRID, return_footprint=False)
    np.testing.assert_array_equal(made, reproject_interp((image(), TILE), GRID_WCS, GRID)[0])


def test_an_image_that_is_not_there_gives_nan():
    # Without it callers that loop over tiles have to know which meet the canvas.
    far = TILE.deepcopy()
    far.wcs.crval = far.wcs.crval + [90, 0]
    array, footprint = reproject_interp((image(), far), GRID_WCS, GRID)
    assert np.isnan(array).all() and not footprint.any()


@pytest.mark.parametrize("parallel", [False, True, 1, 2, 0, "current-scheduler"])
def test_threads_change_no_bit(parallel):
    # Without it a picture can't be made again.
    made = reproject_interp((image(), TILE), GRID_WCS, GRID, parallel=parallel)
    same = reproject_interp((image(), TILE), GRID_WCS, GRID)
    np.testing.assert_array_equal(made, same)


@pytest.mark.parametrize("order", ["biquadratic", "bicubic", 2, 3, 5])
def test_splines_are_reprojects_own(order):
    # Without it they are refused although reproject is there.
    smooth = np.nan_to_num(image(), posinf=0)
    made = reproject_interp((smooth, TILE), GRID_WCS, GRID, order=order)
    np.testing.assert_array_equal(made, theirs((smooth, TILE), GRID_WCS, GRID, order=order))


def test_dask_returns_are_reprojects_own():
    # Without it they are refused although reproject is there.
    made = reproject_interp(
        (image(), TILE), GRID_WCS, GRID, return_type="dask", block_size=(40, 40)
    )
    assert [type(part).__name__ for part in made] == ["Array", "Array"]


def test_splines_without_reproject_are_refused_by_name(monkeypatch):
    # Without it the caller sees an ImportError from nowhere.
    monkeypatch.setitem(__import__("sys").modules, "reproject", None)
    with pytest.raises(ArgumentError, match="order wants what reproject itself does"):
        reproject_interp((image(), TILE), GRID_WCS, GRID, order="bicubic")


@newest.wants("reproject", "0.15", "it has no dask_method")
def test_the_signature_is_reprojects():
    # Without it a caller's keyword fails, or one that inspects it passes what it should not.
    ours, those = (inspect.signature(f).parameters for f in (reproject_interp, theirs))
    assert list(ours) == list(those)
    assert [p.default for p in ours.values()] == [p.default for p in those.values()]
    assert not {"fill_value", "match_background"} & set(ours)


CUBE_WCS = WCS(naxis=3)
WRONG = {
    "an unknown order": ({"order": "cubic"}, KeyError, "order = 'cubic', want one of"),
    "an order too high": ({"order": 6}, ArgumentError, "order = 6, want 0 to 5"),
    "a negative order": ({"order": -1}, ArgumentError, "order = -1"),
    "no order": ({"order": None}, TypeError, "order = None"),
    "negative threads": ({"parallel": -1}, ValueError, "parallel = -1"),
    "an unknown return": ({"return_type": "x"}, ValueError, "return_type = 'x'"),
    "an unknown way of dask": ({"dask_method": "x"}, ValueError, "dask_method = 'x'"),
    "a word for a block": ({"block_size": "x"}, ValueError, "block_size = 'x'"),
    "no shape": ({"shape_out": None}, ValueError, "shape_out is missing"),
    "a shape of floats": ({"shape_out": (3.0, 3.0)}, TypeError, "shape_out"),
    "a shape of one": ({"shape_out": (3,)}, ValueError, "shape_out"),
    "a number for a shape": ({"shape_out": 3}, TypeError, "shape_out = 3"),
    "other planes": ({"shape_out": (2, 9, 9)}, ValueError, r"shape_out has \[2\] before"),
    "ints to write to": ({"output_array": np.zeros(GRID, int)}, ValueError, "output_array has int"),
    "a list to write to": ({"output_array": [[0.0]]}, TypeError, "output_array is a list"),
    "another shape": ({"output_array": np.zeros((3, 3))}, ValueError, "output_array has float64"),
    "another footprint": ({"output_footprint": np.zeros(3)}, ValueError, "output_footprint has"),
    "a line": ({"input_data": (np.zeros(3), TILE)}, ValueError, "want an array"),
    "complex numbers": ({"input_data": (np.zeros(SHAPE, complex), TILE)}, ValueError, "dtype <c16"),
    "nothing": ({"input_data": None}, TypeError, "input_data is a NoneType"),
    "a missing file": ({"input_data": "/no/such.fits"}, FileNotFoundError, "input_data"),
    "three axes": ({"input_data": (np.zeros((3, 4, 5)), CUBE_WCS)}, zetwopass.WCSError, "3 axes"),
    "an odd output": ({"output_projection": 5}, TypeError, "output_projection is a int"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_misuse_raises_our_error_and_the_builtin_one(wrong):
    # Without it callers that caught reproject's errors catch nothing.
    changes, kind, message = WRONG[wrong]
    given = {"input_data": (image(), TILE), "output_projection": GRID_WCS, "shape_out": GRID}
    with pytest.raises(kind, match=message) as caught:
        reproject_interp(**given | changes)
    assert isinstance(caught.value, zetwopass.Error)


def test_a_read_only_output_is_refused():
    # Without it the process ends, or the array is not what it was.
    out = np.zeros(GRID)
    out.flags.writeable = False
    with pytest.raises(ArgumentError, match="output_array is read-only"):
        reproject_interp((image(), TILE), GRID_WCS, GRID, output_array=out)


def test_an_output_over_the_image_is_refused():
    # Without it the image is read while it is written over.
    memory = np.zeros((70, 80))
    with pytest.raises(ArgumentError, match="out shares memory with image"):
        reproject_interp((memory[:50, :60], TILE), GRID_WCS, GRID, output_array=memory)
