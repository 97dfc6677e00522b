"""The drop-in's answers to tricky inputs are those of the function that it replaces."""

import types

import numpy as np
import pytest
from astropy.io import fits
from astropy.wcs import WCS

import small
import zetwopass
from dropin import gains, run, same, warnings_of


def test_the_result_is_that_of_the_python_api():
    # Without it the drop-in follows rules of its own.
    maps, weights = small.masks(), [0.5, 2.0]
    found = run(tiles_coverage=maps, tile_weights=weights)
    plain = zetwopass.second_pass(**small.mosaic(), sigma=5, masks=maps, tile_weights=weights)
    assert same(found, plain[:3])


def singular():
    wcs = small.wcs_at(0, 0)
    wcs.wcs.cd = [[1, 1], [1, 1]]
    return wcs


TILES = small.mosaic()["tiles"]
NONE = {
    "empty lists": {"tiles": [], "tiles_wcs": []},
    "no lists": {"tiles": None},
    "lists of different lengths": {"tiles_wcs": [small.wcs_at(0, 0)]},
    "no coverage": {"coverage_p1": None},
    "coverage with a third axis": {"coverage_p1": np.ones((44, 90, 1), "f4")},
    "a list as coverage": {"coverage_p1": [[1.0]]},
    "empty coverage": {"coverage_p1": np.ones((0, 0), "f4")},
    "no sigma": {"sigma_px": None},
    "a clip of three": {"gain_clip": (0.8, 1, 1.2)},
    "a shape that is none": {"shape_out": (44,)},
    "an empty shape": {"shape_out": (0, 90)},
    "a missing tile": {"tiles": [TILES[0], None]},
    "a flat tile": {"tiles": [TILES[0], np.zeros(5, "f4")]},
    "a tile with four axes": {"tiles": [TILES[0], np.zeros((1, 4, 5, 3), "f4")]},
    "channels 3 then 1": {"tiles": [TILES[0], TILES[1][..., :1]]},
    "channels first": {"tiles": [t.transpose(2, 0, 1) for t in TILES]},
    "a missing WCS": {"tiles_wcs": [small.wcs_at(0, 0), None]},
    "a WCS of three axes": {"tiles_wcs": [small.wcs_at(0, 0), WCS(naxis=3)]},
    "a WCS without a sky": {"tiles_wcs": [small.wcs_at(0, 0), WCS(naxis=2)]},
    "a singular WCS": {"tiles_wcs": [small.wcs_at(0, 0), singular()]},
    "no output": {"final_wcs_p1": None},
    "a missing mask without weights": {"tiles_coverage": [small.masks()[0], None]},
    "a short list of masks without weights": {"tiles_coverage": small.masks()[:1]},
}


@pytest.mark.parametrize("what", NONE)
def test_input_that_the_original_gives_up_on_is_none_with_one_warning(what, caplog):
    # Without it the caller gets an exception, or a mosaic that the original does not make.
    assert run(**NONE[what]) is None
    assert len(warnings_of(caplog)) == 1 and warnings_of(caplog)[0].startswith("[TwoPass] ")


def test_tiles_as_one_array_raise_value_error():
    # Without it the answer is not the original's.
    with pytest.raises(ValueError, match="tiles is an array"):
        run(tiles=np.stack(TILES))


class Lazy:
    """An array that is not NumPy's, and becomes one where it is asked to."""

    ndim = 2

    def __init__(self, array):
        self._array, self.shape = array, array.shape

    def __array__(self, dtype=None, copy=None):
        return self._array.astype(dtype or self._array.dtype)


INF = float("inf")
SAME = {
    "a reversed clip": {"gain_clip": (1.18, 0.85)},
    "a clip in an array": {"gain_clip": np.array([0.85, 1.18])},
    "a clip that has no bound above": {"gain_clip": (0.85, INF)},
    "a clip that has no bound below": {"gain_clip": (-INF, 1.18)},
    "a reversed clip without bounds": {"gain_clip": (INF, -INF)},
    "a fractional sigma": {"sigma_px": 5.9},
    "a shape of floats": {"shape_out": (44.0, 90.7)},
    "a shape in a list": {"shape_out": list(small.CANVAS)},
    "double tiles": {"tiles": [t.astype("f8") for t in TILES]},
    "big-endian tiles": {"tiles": [t.astype(">f4") for t in TILES]},
    "tiles of negative strides": {"tiles": [t[::-1].copy()[::-1] for t in TILES]},
    "double coverage": {"coverage_p1": small.mosaic()["coverage"].astype("f8")},
    "coverage in an array type of its own": {"coverage_p1": Lazy(small.mosaic()["coverage"])},
    "masked coverage": {"coverage_p1": np.ma.array(small.mosaic()["coverage"], mask=True)},
    "integer coverage": {"coverage_p1": small.mosaic()["coverage"].astype("i4")},
    "no masks at all": {"tiles_coverage": [None, None]},
    "masks of ones": {"tiles_coverage": [np.ones(small.SHAPE, "f4")] * 2},
    "masks of True": {"tiles_coverage": [np.ones(small.SHAPE, bool)] * 2},
    "masks of another size": {"tiles_coverage": [np.zeros((5, 5), "f4")] * 2},
    "tuples": {"tiles": tuple(TILES), "tiles_wcs": tuple(small.mosaic()["tiles_wcs"])},
    "weights of no meaning": {"tile_weights": [0, float("nan")]},
    "negative and missing weights": {"tile_weights": [-1, None]},
    "words as weights": {"tile_weights": ["many", "few"]},
    "weights beyond floats": {"tile_weights": [10**400, 1]},
    "a threshold beyond floats": {"parallel_plan": {"coverage_threshold": 10**400}},
    "no weights": {"tile_weights": []},
    "weights of one": {"tile_weights": [1.0]},
    "more weights than tiles": {"tile_weights": [1, 1, 5]},
    "more masks than tiles": {"tiles_coverage": [np.ones(small.SHAPE, "f4")] * 3},
    "a plan that is an object": {"parallel_plan": types.SimpleNamespace(cpu_workers=1)},
    "a plan of None": {"parallel_plan": dict.fromkeys(["cpu_workers", "rows_per_chunk"])},
    "memory maps": {"parallel_plan": {"use_memmap": True}},
    "a threshold of 0 in a dict": {"parallel_plan": {"two_pass_coverage_threshold": 0.0}},
}


@pytest.mark.parametrize("what", SAME)
def test_input_that_means_the_same_gives_the_same(what):
    # Without it a harmless form of an argument changes the mosaic.
    assert same(run(**SAME[what]), run())


@pytest.mark.parametrize("sigma", [0.9, -3, float("nan")])
def test_a_sigma_below_1_is_no_blur(sigma):
    # Without it a negative sigma fails where the original goes on.
    assert same(run(sigma_px=sigma), run(sigma_px=0))


def test_integer_tiles_are_taken_as_floats():
    # Without it raw camera frames fail.
    counts = [t.astype("u2") for t in TILES]
    assert same(run(tiles=counts), run(tiles=[c.astype("f4") for c in counts]))


def test_negative_bounds_give_negative_gains():
    # Without it the clip is not the original's.
    assert run(gain_clip=(-2, -1))[2].tolist() == [-1, -1]


def test_mono_tiles_keep_a_channel_axis():
    # Without it the caller's (H, W, C) breaks.
    flat = run(tiles=[t[..., 0] for t in TILES])
    assert flat[0].shape == (44, 90, 1)
    assert same(flat, run(tiles=[t[..., :1] for t in TILES]))


def test_the_first_tiles_channels_rule():
    # Without it a mono tile among colour ones gives another mosaic.
    mixed = [TILES[0][..., :1], TILES[1]]
    assert same(run(tiles=mixed), run(tiles=[t[..., :1] for t in TILES]))


def test_an_empty_tile_is_left_out():
    # Without it one tile that failed to load costs the mosaic.
    found = run(tiles=[TILES[0], np.zeros((0, 60, 3), "f4")])
    alone = run(tiles=TILES[:1], tiles_wcs=[small.mosaic()["tiles_wcs"][0]])
    assert same(found[:2], alone[:2]) and found[2][1] == 1


def test_a_tile_of_one_pixel_works():
    # Without it the smallest tile of all costs the mosaic.
    wcs = [small.mosaic()["tiles_wcs"][0], small.wcs_at(0.2, 20.1)]
    found = run(tiles=[TILES[0], np.full((1, 1, 3), 7, "f4")], tiles_wcs=wcs)
    alone = run(tiles=TILES[:1], tiles_wcs=wcs[:1])
    assert np.argwhere(found[1] != alone[1]).tolist() == [[20, 0]]


def test_coverage_that_is_not_finite_counts_as_none():
    # Without it one NaN spreads over the mosaic.
    holes = small.mosaic()["coverage"].copy()
    bad = holes.copy()
    holes[5:9, 5:9], bad[5:9, 5:7], bad[5:9, 7:9] = 0, np.nan, np.inf
    assert same(run(coverage_p1=bad), run(coverage_p1=holes))


@pytest.mark.parametrize("level", [0.0, 1.0])
def test_coverage_below_the_threshold_leaves_gains_of_1(level):
    # Without it a single exposure is dimmed.
    found = run(coverage_p1=np.full(small.CANVAS, level, "f4"))
    assert found[2].tolist() == [1, 1] and np.isfinite(found[0]).any()


def test_a_header_is_an_output_too():
    # Without it a caller with a header fails.
    assert same(run(final_wcs_p1=small.wcs_at(0, 0).to_header()), run())


def test_a_headers_own_size_rules_and_costs_the_gains_if_it_is_not_the_coverages():
    # Without it the mosaic has another size than the original's.
    header = small.wcs_at(0, 0).to_header()
    header["NAXIS"], header["NAXIS1"], header["NAXIS2"] = 2, 80, 40
    found = run(final_wcs_p1=fits.Header(header))
    assert found[0].shape == (40, 80, 3) and found[2].tolist() == [1, 1]


def test_one_number_as_weight_is_the_first_tiles():
    # Without it a scalar weighs all tiles, or fails.
    assert same(run(tile_weights=3.0), run(tile_weights=[3.0, 1.0]))


def test_tiny_weights_are_kept():
    # Without it covered pixels become NaN.
    found = run(tile_weights=[1e-30, 1e-30])
    assert np.array_equal(np.isfinite(found[0]), np.isfinite(run()[0]))
    assert 0 < found[1].max() < 1e-29


def test_a_plans_attribute_of_0_is_a_threshold_of_0():
    # Without it nobody can switch the threshold off.
    low = small.mosaic()["coverage"] / 2 - np.float32(0.4)
    none = types.SimpleNamespace(two_pass_coverage_threshold=0.0)
    assert run(coverage_p1=low)[2].tolist() == [1, 1]
    assert (run(coverage_p1=low, parallel_plan=none)[2] != 1).all()
    for key in ("two_pass_coverage_threshold", "coverage_threshold"):
        half = run(coverage_p1=low, parallel_plan={key: 0.5})
        assert (half[2] != 1).all()


def test_an_infinite_threshold_leaves_gains_of_1():
    # Without it the drop-in refuses a threshold that ZeMosaic takes.
    for plan in (
        {"coverage_threshold": INF},
        types.SimpleNamespace(two_pass_coverage_threshold=INF),
    ):
        assert run(parallel_plan=plan)[2].tolist() == gains(parallel_plan=plan) == [1, 1]


def test_a_tile_of_any_axes_has_the_gain_of_its_first_two():
    # Without it the gains of a cube are not the original's, which looks at its shape alone.
    assert gains(tiles=[t[..., None] for t in TILES]) == gains()


def test_a_missing_tile_has_gain_1():
    # Without it a list of gains does not fit the list of tiles.
    found = gains(tiles=[TILES[0], None])
    assert found == [gains()[0], 1.0]
    assert gains(tiles_wcs=[small.mosaic()["tiles_wcs"][0], None]) == found
