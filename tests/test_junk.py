"""Whatever comes as an argument, what a public function raises is an error of zetwopass."""

import contextlib
import datetime
import inspect
import pathlib
import sys

import numpy as np
import pytest
from astropy import units
from astropy.io import fits
from astropy.wcs import WCS

import small
import zetwopass

MOSAIC = small.mosaic()
TILES, TILES_WCS, SKY, COVERAGE = MOSAIC.values()
MAPS = zetwopass.pixel_maps([small.SHAPE] * 2, TILES_WCS, SKY, small.CANVAS)
PAIRS = zetwopass.overlapping_pairs(MAPS, small.CANVAS)
ONES = np.ones(2)
MEDIANS = zetwopass.pair_medians(TILES, MAPS, PAIRS, small.CANVAS, gains=ONES)
IMAGES = [(tile[..., 0], wcs) for tile, wcs in zip(TILES, TILES_WCS, strict=True)]
WINDOW = (0, 0, *small.CANVAS)
PARTS = {"tiles": TILES, "maps": MAPS, "gains": ONES}

FUNCTIONS = {
    "second_pass": MOSAIC | {"sigma": 3},
    "tile_gains": MOSAIC | {"sigma": 3},
    "plan": MOSAIC,
    "blur_coverage": {"coverage": COVERAGE, "sigma": 3},
    "pixel_maps": {
        "shapes": [small.SHAPE] * 2,
        "tiles_wcs": TILES_WCS,
        "output_wcs": SKY,
        "shape_out": small.CANVAS,
    },
    "overlapping_pairs": {"maps": MAPS, "shape_out": small.CANVAS},
    "pair_medians": PARTS | {"pairs": PAIRS, "shape_out": small.CANVAS},
    "offsets_from_pairs": {"pairs": MEDIANS, "count": 2},
    "coadd_window": PARTS | {"window": WINDOW, "offsets": np.zeros((2, 3))},
    "gains_on_window": {
        "shapes": [small.SHAPE] * 2,
        "maps": MAPS,
        "coverage": COVERAGE,
        "blurred": COVERAGE,
        "origin": (0, 0),
    },
    "reproject_interp": {
        "input_data": IMAGES[0],
        "output_projection": SKY,
        "shape_out": small.CANVAS,
    },
    "reproject_and_coadd": {
        "input_data": IMAGES,
        "output_projection": SKY,
        "shape_out": small.CANVAS,
        "reproject_function": zetwopass.reproject_interp,
    },
    "assemble": {"tiles": "tiles", "output": "mosaic.fits", "overwrite": True, "sigma": 3},
    "plan_assembly": {"tiles": "tiles", "output": "mosaic.fits"},
}
ONCE = {"output", "device"}
CALLED = {"callback", "progress", "progress_bar", "reproject_function"}  # whose errors pass through


class Bare:
    """Nothing that anything knows to use."""


JUNK = [
    None,
    True,
    0,
    -1,
    2**31,
    2**70,
    -(2**70),
    1.5,
    float("nan"),
    float("inf"),
    1j,
    "",
    "x",
    "\0",
    "\ud800",
    b"x",
    bytearray(b"xy"),
    memoryview(b"xy"),
    [],
    (),
    {},
    set(),
    frozenset([1]),
    {"x": 1},
    [None],
    [[]],
    [[], [1]],
    [1, "x"],
    ["x", "y"],
    [True, 2.5],
    (None, None),
    (1, 2),
    (1.0, 2.0),
    (-1, 2**70),
    (1, 2, 3, 4),
    range(2),
    Bare(),
    Bare,
    int,
    len,
    lambda *_: None,
    slice(1, 2),
    ...,
    NotImplemented,
    np.float32(1),
    np.int64(-1),
    np.array(7),
    np.array("x"),
    np.array(None),
    np.array([object()]),
    np.zeros(0),
    np.zeros((0, 5)),
    np.zeros((2, 2, 2, 2, 2)),
    np.zeros((2, 2), "c8"),
    np.zeros((2, 2), "M8[s]"),
    np.zeros((2, 2), "V3"),
    np.zeros(2, [("a", "f4"), ("b", "i4")]),
    np.full((2, 2), "x"),
    np.ma.masked,
    np.ma.zeros((2, 2)),
    np.datetime64("NaT"),
    np.random.default_rng(1),
    datetime.date(2026, 1, 1),
    pathlib.Path("nowhere"),
    3 * units.m,
    np.ones((2, 2)) * units.deg,
    WCS(naxis=1),
    WCS(naxis=3),
    sys,
]


def tile_files(folder):
    folder.mkdir()
    for t, (tile, sky) in enumerate(IMAGES):
        fits.writeto(folder / f"{t}.fits", tile, sky.to_header())


def nested(value, junk):
    """Return what a list or a tuple is with junk in the place of its first element."""
    return type(value)([junk, *value[1:]])


def trials(name):
    """Yield each parameter of a function, and junk for it."""
    for parameter in inspect.signature(getattr(zetwopass, name)).parameters.values():
        if parameter.kind is parameter.VAR_KEYWORD or parameter.name in CALLED:
            continue
        if name == "assemble" and parameter.name not in ONCE:  # plan_assembly has the others
            continue
        right = FUNCTIONS[name].get(parameter.name)
        for junk in JUNK:
            yield parameter.name, junk
            if isinstance(right, list | tuple):
                yield parameter.name, nested(right, junk)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", FUNCTIONS)
def test_junk_raises_nothing_but_our_errors(name, tmp_path, monkeypatch):
    # Without it a caller who catches zetwopass.Error is met by what Python says somewhere below.
    monkeypatch.chdir(tmp_path)
    tile_files(tmp_path / "tiles")
    for parameter, value in trials(name):
        print(f"{name}({parameter}={value!r})")  # the last one is what failed
        with contextlib.suppress(zetwopass.Error):
            getattr(zetwopass, name)(**(FUNCTIONS[name] | {parameter: value}))


@pytest.mark.parametrize("name", ["overwrite", "resume"])
def test_what_is_neither_true_nor_false_is_named(name, tmp_path):
    # Without it NumPy's "truth value is ambiguous" comes up, and names nothing.
    with pytest.raises(zetwopass.ArgumentTypeError, match=f"^{name} is a ndarray"):
        zetwopass.assemble([], tmp_path / "mosaic.fits", **{name: np.zeros(2)})
