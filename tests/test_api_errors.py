"""Every misuse of the Python API raises, names the argument and says what was wanted."""

import numpy as np
import pytest
from astropy.wcs import WCS

import small
import zetwopass
from zetwopass import ArgumentError, BudgetError, WCSError


def raises(message, *, error=ArgumentError, function=zetwopass.second_pass, **changes):
    with pytest.raises(error, match=message) as caught:
        function(**small.mosaic() | changes)
    assert isinstance(caught.value, zetwopass.Error)
    assert isinstance(caught.value, MemoryError if error is BudgetError else ValueError)


def edited(name, i, value):
    """Return the arguments with entry ``i`` of a list replaced."""
    entries = list(small.mosaic()[name])
    entries[i] = value
    return {name: entries}


LISTS = {
    "no tiles": ({"tiles": []}, "tiles is empty"),
    "an array of tiles": ({"tiles": np.zeros((2, 4, 5, 3), "f4")}, "tiles is a ndarray, want a li"),
    "a missing tile": (edited("tiles", 1, None), r"tiles\[1\] is None"),
    "a flat tile": (edited("tiles", 1, np.zeros(5, "f4")), r"tiles\[1\] has shape \[5\], want"),
    "a list as tile": (edited("tiles", 1, [[1.0]]), r"tiles\[1\] is a list"),
    "float64": (edited("tiles", 1, np.zeros((40, 60, 3))), r"tiles\[1\] has dtype <f8"),
    "an empty tile": (edited("tiles", 1, np.zeros((0, 60, 3), "f4")), r"tiles\[1\].*size of 0"),
    "fewer channels": (edited("tiles", 1, np.zeros((40, 60), "f4")), r"tiles\[1\] has 1 channels"),
    "five channels": (
        {"tiles": [np.zeros((4, 5, 5), "f4")] * 2},
        r"tiles\[0\] has 5 channels, want 1 to 4 as the last axis",
    ),
    "a short list of WCS": ({"tiles_wcs": [small.wcs_at(0, 0)]}, "tiles_wcs has 1 entries, want 2"),
    "a missing WCS": (edited("tiles_wcs", 1, None), r"tiles_wcs\[1\] is None"),
    "a short list of masks": ({"masks": small.masks()[:1]}, "masks has 1 entries, want 2"),
    "a mask of another shape": (
        {"masks": [None, np.ones((60, 40), "f4")]},
        r"masks\[1\] has shape \[60, 40\], want \[40, 60\]",
    ),
    "a mask with an axis more": (
        {"masks": [None, np.ones((40, 60, 1), "f4")]},
        r"masks\[1\] has shape \[40, 60, 1\], want \[H, W\]",
    ),
    "a mask of booleans": ({"masks": [None, np.ones((40, 60), bool)]}, r"masks\[1\] has dtype"),
    "a short list of weights": ({"tile_weights": [1.0]}, "tile_weights has 1 entries, want 2"),
    "one weight": ({"tile_weights": 2.0}, "tile_weights is a float, want a list"),
    "a weight of 0": ({"tile_weights": [1, 0]}, r"tile_weights\[1\] = 0.0, want a number above 0"),
    "a weight of NaN": ({"tile_weights": [1, np.nan]}, r"tile_weights\[1\] = nan, want a finite"),
    "a weight of None": ({"tile_weights": [1, None]}, r"tile_weights\[1\] is None"),
}

NUMBERS = {
    "a fractional sigma": ({"sigma": 3.9}, "sigma = 3.9, want an integer"),
    "a sigma of NaN": ({"sigma": np.nan}, "sigma = nan, want an integer"),
    "no sigma": ({"sigma": None}, "sigma = None, want an integer"),
    "a negative sigma": ({"sigma": -1}, "sigma = -1, want 0 to 1000"),
    "a sigma of kilometres": ({"sigma": 2**40}, "want 0 to 1000"),
    "a reversed clip": ({"gain_clip": (1.2, 0.8)}, r"\(1.2, 0.8\), want the lower one first"),
    "a clip of three": ({"gain_clip": (1, 2, 3)}, "gain_clip = .*, want two numbers"),
    "a clip of NaN": ({"gain_clip": (np.nan, 2)}, r"gain_clip\[0\] = nan, want a number"),
    "a clip above all": ({"gain_clip": (np.inf, np.inf)}, "want room for a finite gain"),
    "a clip below all": ({"gain_clip": (-np.inf, -np.inf)}, "want room for a finite gain"),
    "a reversed clip without bounds": ({"gain_clip": (np.inf, 0.8)}, "want the lower one first"),
    "a clip beyond floats": ({"gain_clip": (0, 10**400)}, r"gain_clip\[1\] has more than 308"),
    "no clip": ({"gain_clip": None}, "gain_clip = None"),
    "an unknown profile": ({"profile": "v5"}, "profile = 'v5', want 'v4.5' or 'v4.2'"),
    "a negative threshold": ({"threshold": -1}, "threshold = -1.0, want 0"),
    "a threshold of NaN": ({"threshold": np.nan}, "threshold = nan"),
    "a threshold in v4.2": ({"threshold": 1.0, "profile": "v4.2"}, "profile 'v4.2' has none"),
    "weights in v4.2": ({"tile_weights": [1, 1], "profile": "v4.2"}, "profile 'v4.2' has none"),
    "no workers": ({"workers": 0}, "workers = 0, want 1 to"),
    "workers without end": ({"workers": 2**31 - 1}, "workers = 2147483647, want 1 to 1024"),
    "a fraction of a row": ({"rows_per_chunk": 1.5}, "rows_per_chunk = 1.5, want an integer"),
    "negative bytes": ({"max_chunk_bytes": -1}, "max_chunk_bytes = -1, want 1 to"),
    "a flat shape": ({"shape_out": 44}, "shape_out = 44, want rows and columns"),
    "a fractional shape": ({"shape_out": (44.0, 90)}, r"shape_out\[0\] = 44.0, want an integer"),
    "an empty shape": ({"shape_out": (44, 0)}, r"shape_out\[1\] = 0, want 1 to"),
}

ARRAYS = {
    "no coverage": ({"coverage": None}, "coverage is a NoneType, want a NumPy array"),
    "a list as coverage": ({"coverage": [[1.0]]}, "coverage is a list"),
    "coverage with a third axis": (
        {"coverage": np.ones((44, 90, 1), "f4")},
        r"coverage has shape \[44, 90, 1\], want \[H, W\]",
    ),
    "integer coverage": ({"coverage": np.ones((44, 90), "i4")}, "coverage has dtype <i4"),
    "empty coverage": ({"coverage": np.ones((0, 90), "f4")}, "coverage.*size of 0"),
    "one array for results": ({"out": np.zeros((44, 90), "f4")}, "out wants two arrays"),
    "a mosaic of another shape": (
        {"out": (np.zeros((44, 90), "f4"), np.zeros((44, 90), "f4"))},
        r"out\[0\] has shape \[44, 90\], want \[44, 90, 3\]",
    ),
    "a coverage of another shape": (
        {"out": (np.zeros((44, 90, 3), "f4"), np.zeros((40, 90), "f4"))},
        r"out\[1\] has shape \[40, 90\], want \[44, 90\]",
    ),
    "a mosaic of doubles": (
        {"out": (np.zeros((44, 90, 3)), np.zeros((44, 90), "f4"))},
        r"out\[0\] has dtype <f8",
    ),
}


@pytest.mark.parametrize("what", LISTS)
def test_lists_that_do_not_fit_are_refused(what):
    # Without it tiles are paired with WCS, masks or weights of other tiles.
    changes, message = LISTS[what]
    raises(message, **changes)


@pytest.mark.parametrize("what", NUMBERS)
def test_numbers_without_a_meaning_are_refused(what):
    # Without it a typing error gives a mosaic of another sigma or clip.
    changes, message = NUMBERS[what]
    raises(message, **changes)


@pytest.mark.parametrize("what", ARRAYS)
def test_arrays_that_do_not_fit_are_refused(what):
    # Without it results go to other memory, or a copy is made unasked.
    changes, message = ARRAYS[what]
    raises(message, **changes)


@pytest.mark.parametrize("which", ["tiles", "coverage", "each other"])
def test_outputs_may_not_share_memory_with_anything(which):
    # Without it the result depends on the order in which pixels are written.
    arguments = small.mosaic()
    mosaic, coverage = np.zeros((44, 90, 3), "f4"), np.zeros((44, 90), "f4")
    if which == "tiles":
        arguments["tiles"] = [mosaic[:40, :60], mosaic[:40, 20:80]]
    elif which == "coverage":
        arguments["coverage"] = coverage = coverage + 2
    else:
        coverage = mosaic[..., 0]
    with pytest.raises(ArgumentError, match="shares memory"):
        zetwopass.second_pass(**arguments, out=(mosaic, coverage))


def without_sky():
    wcs = WCS(naxis=2)
    wcs.wcs.ctype = ["LINEAR", "LINEAR"]
    return wcs


def singular():
    wcs = small.wcs_at(0, 0)
    wcs.wcs.cd = [[1, 1], [1, 1]]
    return wcs


@pytest.mark.parametrize("make", [without_sky, singular, lambda: WCS(naxis=3), lambda: "a WCS"])
def test_a_wcs_that_cannot_be_read_is_named(make):
    # Without it one of a hundred tiles is at fault and nobody knows which.
    raises(r"^tiles_wcs\[1\]", error=WCSError, **edited("tiles_wcs", 1, make()))
    raises("^output_wcs", error=WCSError, output_wcs=make())


def test_a_budget_below_one_chunk_tells_what_would_do():
    # Without it the caller has to guess.
    raises("max_chunk_bytes = 10, want at least", error=BudgetError, max_chunk_bytes=10)


@pytest.mark.parametrize("function", [zetwopass.tile_gains, zetwopass.plan])
def test_the_stages_check_as_the_whole_does(function):
    # Without it an error is found by one function and not by the other.
    raises("tiles_wcs has 1 entries", function=function, tiles_wcs=[small.wcs_at(0, 0)])
    raises("sigma = 0.5", function=function, sigma=0.5)
    raises("coverage is a list", function=function, coverage=[])


def test_the_blur_refuses_an_output_of_another_shape():
    # Without it the blur writes beyond the array.
    with pytest.raises(ArgumentError, match=r"out has shape \[3, 3\], want \[44, 90\]"):
        zetwopass.blur_coverage(small.mosaic()["coverage"], out=np.zeros((3, 3), "f4"))


REMEDIES = {
    "header": (small.colour, r"use astropy\.wcs\.WCS\(header\)\.sub\(\['celestial'\]\)"),
    "WCS": (lambda: WCS(small.colour()), "use its .celestial$"),
}


@pytest.mark.filterwarnings("ignore::astropy.wcs.FITSFixedWarning")
@pytest.mark.parametrize("kind", REMEDIES)
def test_the_way_out_of_three_axes_can_be_gone(kind):
    # Without it the message sends the caller to an attribute that is not there.
    make, message = REMEDIES[kind]
    plain = small.mosaic()
    with pytest.raises(WCSError, match=f"output_wcs has 3 axes, want 2; {message}"):
        zetwopass.second_pass(**plain | {"output_wcs": make()})
    pair = WCS(make()).sub(["celestial"]) if kind == "header" else make().celestial
    zetwopass.second_pass(**plain | {"output_wcs": pair})


SECOND_PASS = {
    "profile": [[], {}, None, 4.5],
    "device": [[], None],
    "callback": [5, "print"],
    "progress": [5, "yes", [1]],
    "threshold": [10**400, "x"],
    "gain_clip": [(10**400, 1), ("a", "b"), 5],
    "tile_weights": [[10**400, 1], ["a", 1], 5],
    "tiles": [5, [5, 5], [np.matrix(np.ones((4, 5)))] * 2],
    "masks": [5, [5, None], [np.ones((40, 60), object), None]],
    "shape_out": [5, "ab", {}],
    "sigma": ["x", None],
    "out": [5, "ab"],
    "coverage": [5, None],
}


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, values in SECOND_PASS.items() for value in values]
)
def test_the_second_pass_raises_its_own_errors(name, value):
    # Without it an odd argument leaves it as a TypeError or an OverflowError of Python's.
    with pytest.raises(ArgumentError, match=name):
        zetwopass.second_pass(**small.mosaic() | {name: value})


@pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")
def test_a_matrix_is_read_as_the_array_that_it_is():
    # Without it NumPy's matrix refuses a third axis with an error of its own.
    tiles = [np.matrix(tile[..., 0]) for tile in small.mosaic()["tiles"]]
    found, want = (
        zetwopass.second_pass(**small.mosaic() | {"tiles": given})
        for given in (tiles, [np.asarray(tile) for tile in tiles])
    )
    np.testing.assert_array_equal(found.mosaic, want.mosaic)
