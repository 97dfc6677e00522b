"""No number leaves float32 in silence: weights, images and results in any units."""

import numpy as np
import pytest
from reproject import reproject_interp
from reproject.mosaicking import reproject_and_coadd as original

import small
import zetwopass
from zetwopass import ArgumentError, reproject_and_coadd

PLAIN = small.mosaic(1)
IMAGES = [tile[..., 0].astype(float) for tile in PLAIN["tiles"]]
WEIGHTS = [mask.astype(float) for mask in small.masks()]


def coadd(images=IMAGES, function=reproject_and_coadd, **changes):
    pairs = list(zip(images, PLAIN["tiles_wcs"], strict=True))
    return function(
        pairs,
        PLAIN["output_wcs"],
        shape_out=small.CANVAS,
        reproject_function=reproject_interp,
        **changes,
    )


def of_float64(images=IMAGES, **changes):
    return coadd(images, original, **changes)


def scaled(arrays, scale):
    return [scale * array for array in arrays]


def close(found, want):
    """Compare array and footprint, each relative to its own range."""
    for ours, theirs in zip(found, want, strict=True):
        range_ = np.abs(theirs[np.isfinite(theirs)]).max()
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=2e-6 * range_)


SCALES = [1e-300, 1e-60, 1e-44, 1e-38, 1e38, 1e40, 1e300]


@pytest.mark.parametrize("combine", ["mean", "sum"])
@pytest.mark.parametrize("scale", SCALES)
def test_weights_of_any_size_weigh_by_their_ratios(scale, combine):
    # Without it the inverse variances of images in physical units clear the mosaic.
    changes = {"input_weights": scaled(WEIGHTS, scale), "combine_function": combine}
    with np.errstate(over="ignore"):
        close(coadd(**changes), of_float64(**changes))


def test_weights_of_a_shift_by_a_power_of_two_give_the_same_bits():
    # Without it the shift itself costs digits.
    plain, shifted = (coadd(input_weights=[np.ldexp(w, e) for w in WEIGHTS]) for e in (0, 600))
    np.testing.assert_array_equal(shifted[0], plain[0])
    np.testing.assert_array_equal(shifted[1], np.ldexp(plain[1].astype(float), 600))


@pytest.mark.parametrize("ratio", [1e-30, 1e-60])
def test_weights_of_one_job_keep_their_ratios(ratio):
    # Without it each tile is brought into range by a power of its own.
    weights = [1e40 * ratio * WEIGHTS[0], 1e40 * WEIGHTS[1]]
    found, want = coadd(input_weights=weights), of_float64(input_weights=weights)
    close(found, want)
    only = (want[1] > 0) & (want[1] < 10e40 * ratio)  # the first image alone
    assert only.sum() > 500
    np.testing.assert_allclose(found[1][only], want[1][only], rtol=1e-5)


def test_weights_of_every_size_come_through_at_once():
    # Without it an image of the smaller ones is lost.
    steps = np.geomspace(1e-40, 1e80, 2400).reshape(small.SHAPE)
    for weights in ([WEIGHTS[0], 1e80 * WEIGHTS[1]], [WEIGHTS[0], steps]):
        close(coadd(input_weights=weights), of_float64(input_weights=weights))


@pytest.mark.parametrize("kind", ["f2", "f4", "f8", "g", "i8", "u8", "?"])
def test_weights_and_images_of_all_dtypes_keep_their_values(kind):
    # Without it integers overflow on their way, or long doubles are cut.
    images = [array.astype(kind) for array in IMAGES]
    weights = [(10 * array).astype(kind) for array in WEIGHTS]
    doubles = [[array.astype(float) for array in arrays] for arrays in (images, weights)]
    close(coadd(images, input_weights=weights), of_float64(doubles[0], input_weights=doubles[1]))


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("combine", ["mean", "sum"])
@pytest.mark.parametrize("match", [False, True])
@pytest.mark.parametrize("scale", SCALES)
def test_images_of_any_size_come_through(scale, match, combine, weighted):
    # Without it images in physical units are infinite or 0.
    changes = {"combine_function": combine, "match_background": match}
    if weighted:
        changes["input_weights"] = scaled(WEIGHTS, min(scale, 1e6) ** -0.5)
    found, want = coadd(scaled(IMAGES, scale), **changes), of_float64(**changes)
    close((found[0].astype(float) / scale, found[1]), want)


def test_a_sum_may_leave_the_range_of_its_images():
    # Without it a sum of float32 numbers near their end is infinite.
    images = [np.full(small.SHAPE, 3e38, "f4")] * 2
    found = coadd(images, combine_function="sum")
    close(found, of_float64(images, combine_function="sum"))
    assert found[0].dtype == np.float64


def test_infinite_and_missing_pixels_stay_so_in_images_that_are_scaled():
    # Without it the largest number is taken from what is none.
    image = 1e200 * IMAGES[0]
    image[5:9, 5:9], image[20:25, 20:25] = np.nan, np.inf
    close(*(f([image, 1e200 * IMAGES[1]], input_weights=WEIGHTS) for f in (coadd, of_float64)))


def test_images_of_every_size_come_through_at_once():
    # Without it the smaller one is 0 where it lies alone.
    images = [IMAGES[0], 1e90 * IMAGES[1]]
    found, want = coadd(images), of_float64(images)
    alone = want[0] < 1e80
    assert (want[0][alone] > 0).sum() > 500
    np.testing.assert_allclose(found[0][alone], want[0][alone], rtol=1e-7)
    close(found, want)


@pytest.mark.skipif(np.finfo("g").maxexp < 2000, reason="long doubles are doubles here")
def test_long_doubles_beyond_doubles_are_refused():
    # Without it they are infinite or 0.
    for power in (3000, -3000):
        with pytest.raises(ArgumentError, match=r"input_data\[0\] has numbers near 1e"):
            coadd([np.ldexp(IMAGES[0].astype("g"), power), IMAGES[1]])


@pytest.mark.parametrize("combine", ["mean", "sum", "max"])
@pytest.mark.parametrize(
    ("scale", "kind"), [(1, "f4"), (1e35, "f4"), (1e-35, "f4"), (1.2e36, "f8"), (1e-40, "f8")]
)
def test_results_of_float32_are_float64_only_where_they_have_to_be(scale, kind, combine):
    # Without it a result takes twice the memory, or has lost its values.
    images = [(scale * array).astype("f4") for array in IMAGES]
    array, footprint = coadd(images, combine_function=combine)
    assert array.dtype == footprint.dtype == (kind if combine != "sum" or scale < 1e35 else "f8")
    close((array, footprint), of_float64(images, combine_function=combine))


@pytest.mark.parametrize("scale", [1e-40, 1e38])
def test_weights_of_float32_at_its_ends_make_results_float64(scale):
    # Without it the footprint is 0, or infinite.
    images = [array.astype("f4") for array in IMAGES]
    weights = [(scale * array).astype("f4") for array in WEIGHTS]
    found = coadd(images, input_weights=weights)
    assert found[0].dtype == found[1].dtype == np.float64
    close(found, of_float64(images, input_weights=[w.astype(float) for w in weights]))


def test_the_level_of_a_reference_is_that_of_float64():
    # Without it the shift to the reference misses the scale of the images.
    changes = {"match_background": True, "background_reference": 1}
    array = coadd(scaled(IMAGES, 1e60), **changes)[0]
    close([array.astype(float) / 1e60], of_float64(**changes)[:1])


@pytest.mark.parametrize("which", ["output_array", "output_footprint"])
@pytest.mark.parametrize("kind", ["f4", "f2"])
def test_an_array_without_room_for_the_result_is_refused(which, kind):
    # Without it infinities are written to it.
    out = {which: np.zeros(small.CANVAS, kind)}
    with pytest.raises(ArgumentError, match=f"{which} is float.* can't hold the result"):
        coadd(scaled(IMAGES, 1e40), input_weights=scaled(WEIGHTS, 1e40), **out)


@pytest.mark.parametrize("blank", [1e300, 16777217, -5.25, np.nan, np.inf])
def test_blank_pixels_of_doubles_hold_what_was_asked_for(blank):
    # Without it the value goes through float32 first.
    out = np.zeros(small.CANVAS)
    array, footprint = coadd(blank_pixel_value=blank, output_array=out)
    assert array is out
    np.testing.assert_array_equal(array[footprint == 0], blank)


@pytest.mark.parametrize("blank", [1e300, -1e39, 1e-60, 1e-42, 16777217])
def test_a_blank_value_that_float32_cannot_hold_makes_the_result_float64(blank):
    # Without it another value marks the pixels without an image.
    array, footprint = coadd([i.astype("f4") for i in IMAGES], blank_pixel_value=blank)
    np.testing.assert_array_equal(array[footprint == 0], blank)


@pytest.mark.parametrize("blank", ["?", None, 1j, [1, 2], 10**400])
def test_a_blank_value_has_to_be_a_number(blank):
    # Without it NumPy's error comes up after all of the work.
    with pytest.raises(ArgumentError, match="blank_pixel_value"):
        coadd(blank_pixel_value=blank)


def weighed(weights):
    plain = small.mosaic(1) | {"tile_weights": weights, "profile": "v4.5", "sigma": 2}
    return zetwopass.second_pass(**plain)


LEAST, MOST = np.finfo(np.float32).tiny, np.finfo(np.float32).max


@pytest.mark.parametrize("scale", [1e-300, 1e-46, 1e-39, 1.5e38, 1e39, 1e300])
def test_tile_weights_beyond_float32_weigh_by_their_ratios(scale):
    # Without it the coverage is 0 or infinite where the mosaic has numbers, or these are NaN.
    with pytest.warns(zetwopass.RangeWarning, match="tile_weights") as told:
        made = weighed([scale, 2 * scale])
    assert [w.filename for w in told] == [__file__]
    plain = weighed([1, 2])
    np.testing.assert_allclose(made.mosaic, plain.mosaic, rtol=1e-6)
    covered = plain.coverage > 0
    want = np.clip(plain.coverage.astype(float) * scale, LEAST, MOST) * covered
    np.testing.assert_allclose(made.coverage, want, rtol=1e-6)


def test_tile_weights_that_no_float32_holds_together_are_refused():
    # Without it the lighter tile is lost where it is alone.
    with pytest.raises(ArgumentError, match="tile_weights, all together"):
        weighed([1e-60, 1e60])


@pytest.mark.parametrize("scale", [1e-37, 1e38])
def test_tile_weights_up_to_the_ends_of_float32_are_taken(scale):
    # Without it the bounds refuse more than they have to.
    made, plain = weighed([scale, 2 * scale]), weighed([1, 2])
    np.testing.assert_allclose(made.mosaic, plain.mosaic, rtol=1e-6)
    np.testing.assert_allclose(made.coverage / scale, plain.coverage, rtol=1e-6)


def test_the_drop_in_leaves_such_tile_weights_to_the_replaced_function(caplog):
    # Without it ZeMosaic gets a mosaic with infinite coverage.
    from types import SimpleNamespace

    module = SimpleNamespace(
        run_second_pass_coverage_renorm=lambda *args, tile_weights=None, **_: "the original's",
        compute_per_tile_gains_from_coverage=lambda *args, **_: None,
    )
    with zetwopass.install(module):
        made = module.run_second_pass_coverage_renorm(**small.drop_in(tile_weights=[1, 1e39]))
    assert made == "the original's"
    assert "the replaced function takes over: tile_weights[1] = 1e+39" in caplog.text
