"""Every combine_function of `reproject_and_coadd` is reproject's, in float64, plane by plane."""

import warnings

import numpy as np
import pytest
from reproject import reproject_interp
from reproject.mosaicking import reproject_and_coadd as original

import newest
import wcs_cases
from original import REPROJECTS
from zetwopass import ArgumentError, reproject_and_coadd

CANVAS = (60, 80)
OUTPUT = wcs_cases.make_wcs(size=CANVAS[::-1])
PLACES = [((150.0, 20.0), 3.0), ((150.006, 20.004), -50.0), ((149.995, 19.997), 100.0)]
SKIES = [wcs_cases.make_wcs(at, (46, 38), turned=turn, scale=1.4) for at, turn in PLACES]
COMBINES = ["mean", "sum", "first", "last", "min", "max"]


def images(seed=0, planes=(), kind=float):
    """Return images of levels of their own, with NaN, and where they lie."""
    rng = np.random.default_rng(seed)
    made = []
    for i, sky in enumerate(SKIES):
        image = rng.normal(10 * i, 3, (*planes, 38, 46))
        image[rng.random(image.shape) < 0.01] = np.nan
        made.append((image.astype(kind), sky))
    return made


def weights(seed=1, planes=(), least=0.1):
    rng = np.random.default_rng(seed)
    made = [rng.uniform(least, 2, (*planes, 38, 46)) for _ in SKIES]
    made[0][..., :9, :], made[1][..., 30:] = 0, np.nan
    return made


def coadd(data, function=reproject_and_coadd, shape_out=CANVAS, **changes):
    with np.errstate(divide="ignore"):  # of reproject
        return function(
            data, OUTPUT, shape_out=shape_out, reproject_function=reproject_interp, **changes
        )


def direct(offsets):
    """Return the least-squares solution, which reproject's own solver is on its way to."""
    count = len(offsets)
    known = np.isfinite(offsets)
    matrix = np.diag(known.sum(axis=1)) - known + np.ones((count, count)) / count
    return np.linalg.solve(matrix, np.where(known, offsets, 0).sum(axis=1))


@pytest.fixture(autouse=True)
def solved(monkeypatch):
    monkeypatch.setattr(REPROJECTS, "solve_corrections_sgd", direct)


def compare(found, want):
    for ours, theirs in zip(found, want, strict=True):
        assert ours.dtype == np.float64
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=2e-7)  # 1e-8 px, steps of 20


def compared(data, **changes):
    """Compare with reproject; each gets output arrays of its own."""
    found = [
        coadd(
            data,
            function,
            **{k: v.copy() if k.startswith("output_") else v for k, v in changes.items()},
        )
        for function in (reproject_and_coadd, original)
    ]
    compare(*found)
    return found[0]


@pytest.mark.parametrize("match", [False, True])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("combine", COMBINES)
def test_every_function_is_reprojects(combine, weighted, match):
    # Without it a change of the import changes the mosaic, or which weight a pixel has.
    changes = {"input_weights": weights()} if weighted else {}
    for order in (1, -1):
        compared(images()[::order], combine_function=combine, match_background=match, **changes)


@pytest.mark.parametrize("combine", COMBINES)
def test_a_reference_levels_every_function(combine):
    # Without it the level is added once too often, or to the sum as to a mean.
    compared(images(), combine_function=combine, match_background=True, background_reference=1)


@pytest.mark.parametrize("combine", ["mean", "sum"])
def test_weights_below_zero_count(combine):
    # Without it a weight that a spline has overshot is lost, and with it all that lies there.
    changes = {"combine_function": combine, "input_weights": weights(least=-1)}
    found, want = (coadd(images(), f, **changes) for f in (reproject_and_coadd, original))
    array, footprint = found
    assert (footprint < 0).sum() > 100 and (array[footprint < 0] != 0).all()
    near = np.abs(footprint) < 0.1  # a mean over next to nothing is anything
    compare((np.where(near, 0, array), footprint), (np.where(near, 0, want[0]), want[1]))


@pytest.mark.parametrize("combine", ["last", "min", "max"])
def test_weights_below_zero_are_never_chosen(combine):
    # Without it an image shows where reproject hides it.
    compared(images(), combine_function=combine, input_weights=weights(least=-1))


@pytest.mark.parametrize("combine", ["first", "last", "min", "max"])
def test_of_equal_values_the_first_is_chosen(combine):
    # Without it the footprint is that of an image which is not seen in reproject.
    data = [(np.zeros((38, 46)), sky) for sky in SKIES]
    compared(data, combine_function=combine, input_weights=weights())


def seen(data):
    """Return all images on the canvas, NaN where they show nothing."""
    return np.array([reproject_interp(pair, OUTPUT, CANVAS)[0] for pair in data])


@pytest.mark.parametrize("count", [1, 2, 3])
def test_the_median_is_that_of_the_values_alone(count):
    # Without it the median is weighted, or of an even count one of the two in the middle.
    data, given = images()[:count], weights()[:count]
    array, footprint = coadd(data, combine_function="median", input_weights=given)
    values = seen(data)
    shown = seen([(np.nan_to_num(w), sky) for w, (_, sky) in zip(given, data, strict=True)])
    values[~(shown > 0)] = np.nan
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of pixels without a number
        want = np.nan_to_num(np.nanmedian(values, axis=0))
    sums = coadd(data, combine_function="sum", input_weights=given)[1]
    compare((array, footprint), (want, sums))


@newest.wants("reproject", "0.15", "it takes no planes")
@pytest.mark.parametrize("combine", COMBINES)
@pytest.mark.parametrize("match", [False, True])
def test_planes_are_images_that_lie_alike(combine, match):
    # Without it a cube is refused, levelled plane by plane, or shares one plane's footprint.
    data = images(planes=(3,))
    given = weights(planes=(3,))
    changes = {"combine_function": combine, "match_background": match, "shape_out": (3, *CANVAS)}
    array, _ = compared(data, input_weights=given, **changes)
    assert array.shape == (3, *CANVAS)
    bare = coadd(data, **(changes | {"shape_out": CANVAS}))
    compare(bare, coadd(data, original, **changes))


def test_more_planes_than_are_added_up_at_a_time_come_through():
    # Without it those beyond the first batch are another plane, or none.
    data = [
        (np.repeat(image[None], 11, 0) * np.arange(1, 12)[:, None, None], sky)
        for image, sky in images()
    ]
    flat = [weight.astype("f4") for weight in weights()]
    array, footprint = coadd(data, input_weights=flat)
    for n in range(11):
        plane = coadd([(image[n], sky) for image, sky in data], input_weights=flat)
        np.testing.assert_array_equal((array[n], footprint[n]), plane)


def test_two_axes_before_rows_and_columns_are_kept():
    # Without it the result of a stack of cubes has another shape.
    data = images(planes=(2, 3))
    array, footprint = coadd(data, combine_function="max")
    assert array.shape == footprint.shape == (2, 3, *CANVAS)
    compare((array[1, 2],), coadd([(i[1, 2], sky) for i, sky in data], combine_function="max")[:1])


HELD = np.random.default_rng(8).uniform(1, 5, (2, *CANVAS))
HELD[0, :20], HELD[1, :, :30], HELD[:, 50:] = 0, 0, 0


@pytest.mark.parametrize("which", [(True, True), (True, False), (False, True)])
@pytest.mark.parametrize("kind", ["f8", ">f8", "f4"])
@pytest.mark.parametrize("combine", COMBINES)
def test_what_stands_in_the_outputs_counts_as_in_reproject(combine, kind, which):
    # Without it a coadd that goes on with an earlier one forgets that, or takes it for a mean.
    names = ("output_array", "output_footprint")
    given = {
        name: held.astype(kind) for name, held, here in zip(names, HELD, which, strict=True) if here
    }
    found, want = (
        coadd(images(), f, combine_function=combine, match_background=True, **copied)
        for f, copied in (
            (f, {k: v.copy() for k, v in given.items()}) for f in (reproject_and_coadd, original)
        )
    )
    for ours, theirs in zip(found, want, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-6, atol=2e-7)


def test_a_sum_that_goes_on_is_that_of_all():
    # Without it a mosaic can't be made in two calls.
    data, given = images(), weights()
    arrays = {"output_array": np.zeros(CANVAS), "output_footprint": np.zeros(CANVAS)}
    for part in (slice(2), slice(2, 3)):
        found = coadd(data[part], combine_function="sum", input_weights=given[part], **arrays)
        assert found[0] is arrays["output_array"] and found[1] is arrays["output_footprint"]
    compare(found, coadd(data, combine_function="sum", input_weights=given))


@pytest.mark.parametrize("combine", [*COMBINES, "median"])
@pytest.mark.parametrize("blank", [np.nan, -7.25])
def test_blanks_are_where_the_footprint_is_nothing(combine, blank):
    # Without it a pixel without an image has infinity, or 0, for its value.
    array, footprint = coadd(images(), combine_function=combine, blank_pixel_value=blank)
    assert (footprint == 0).sum() > 100
    np.testing.assert_array_equal(array[footprint == 0], blank)
    assert np.isfinite(array[footprint != 0]).all()


@pytest.mark.parametrize(("combine", "end"), [("min", np.inf), ("max", -np.inf)])
def test_the_end_of_all_numbers_is_no_extreme(combine, end):
    # Without it a pixel of nothing but that has a footprint, which it has not in reproject.
    data = images()
    data[0][0][10:20, 10:20] = end
    compared(data, combine_function=combine)


@pytest.mark.parametrize("combine", ["mean", "median", "first"])
def test_single_precision_stays_where_it_does_and_is_that_of_doubles(combine):
    # Without it ZeMosaic's arrays take twice the memory, or a float64 image is rounded.
    single = [(image.astype("f4"), sky) for image, sky in images()]
    array, footprint = coadd(single, combine_function=combine)
    assert array.dtype == footprint.dtype == np.float32
    want = coadd([(i.astype(float), sky) for i, sky in single], combine_function=combine)
    np.testing.assert_allclose(array, want[0], rtol=1e-7)
    mixed = [single[0], *images()[1:]]
    assert coadd(mixed, combine_function=combine)[0].dtype == np.float64


REFUSED = {
    "planes of two numbers": (
        lambda: [images(planes=(3,))[0], images(planes=(2,))[1]],
        {},
        r"input_data\[1\] has \[2\] before rows and columns, want \[3\]",
    ),
    "planes of another number than the output": (
        lambda: images(planes=(3,)),
        {"shape_out": (2, *CANVAS)},
        r"input_data\[0\] has \[3\] before rows and columns, want \[2\]",
    ),
    "weights of other planes": (
        lambda: images(planes=(3,)),
        {"input_weights": weights(planes=(2,))},
        r"input_weights\[0\] has shape \[2, 38, 46\], want rows and columns, or \[3\] before",
    ),
    "an output without the planes": (
        lambda: images(planes=(3,)),
        {"output_array": np.zeros(CANVAS)},
        r"output_array has float64 of shape \[60, 80\], want .* \[3, 60, 80\]",
    ),
    "one number for a block": (images, {"block_sizes": (5,)}, "block_sizes = .* want rows and"),
    "a word for a block": (images, {"block_sizes": "all"}, "block_sizes = 'all'"),
    "blocks that are none": (images, {"block_sizes": 5}, "block_sizes is a int"),
    "blocks of floats": (images, {"block_sizes": (5.0, 5)}, r"block_sizes\[0\] = 5.0"),
    "too few blocks": (
        images,
        {"block_sizes": [(5, 5)] * 2},
        r"block_sizes should be a single block size or one per dataset \(3\), got 2",
    ),
    "a wrong one of the blocks": (
        images,
        {"block_sizes": [(5, 5), "all", (5, 5)]},
        r"block_sizes\[1\] = 'all'",
    ),
    "both words for blocks": (
        images,
        {"block_sizes": (5, 5), "block_size": (5, 5)},
        "Cannot specify block_sizes= and block_size=",
    ),
    "a spectral axis": (
        images,
        {"non_reprojected_dims": (0,)},
        r"non_reprojected_dims = \(0,\), want None; others are reproject's",
    ),
    "a match of memory maps in zarr": (
        images,
        {"match_background": True, "intermediate_memmap": "zarr"},
        "intermediate_memmap = 'zarr'",
    ),
    "an array without room for the blank": (
        images,
        {"blank_pixel_value": 1e300, "output_array": np.zeros(CANVAS, "f4")},
        "blank_pixel_value = 1e\\+300 can't be held by output_array, which is float32",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_does_not_fit_is_refused_by_name(what):
    # Without it a mistake is a mosaic of something else.
    data, changes, message = REFUSED[what]
    with pytest.raises(ArgumentError, match=message):
        coadd(data(), **changes)


def test_nothing_of_the_callers_is_touched_by_a_refusal():
    # Without it the earlier result is lost with the call.
    held = HELD.copy().astype("f2")
    data = [(1e200 * image, sky) for image, sky in images()]
    with pytest.raises(ArgumentError, match="output_array is float16 and can't hold"):
        coadd(data, output_array=held[0], output_footprint=held[1])
    np.testing.assert_array_equal(held, HELD.astype("f2"))
