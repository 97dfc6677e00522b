"""Parts of a second pass, each made by itself, have the bits of the whole."""

import pickle

import numpy as np
import pytest

import sky
import zetwopass
from zetwopass import ArgumentError, ArgumentTypeError, parts

CASES = {
    "planes": {"channels": 3, "masks": "holes", "weighted": True},
    "grids": {"sip": True, "channels": 1, "nan_borders": True},
    "plain": {"channels": 2, "masks": "soft"},
}


@pytest.fixture(scope="module", params=CASES)
def made(request):
    """Return a scene, its whole second pass, and its maps, which went through a pickle."""
    profile = "v4.2" if request.param == "plain" else "v4.5"
    scene = sky.scene(3, tiles=6, shape=(90, 120), isolated=1, **CASES[request.param])
    whole = zetwopass.second_pass(
        scene.tiles,
        scene.wcs,
        scene.output_wcs,
        scene.coverage,
        sigma=9,
        masks=scene.masks,
        tile_weights=scene.tile_weights,
        profile=profile,
    )
    shapes = [tile.shape[:2] for tile in scene.tiles]
    maps = zetwopass.pixel_maps(shapes, scene.wcs, scene.output_wcs, scene.shape_out)
    assert (maps[0].plane is None) == (request.param == "grids")
    return scene, whole, pickle.loads(pickle.dumps(maps)), profile


def some(items, chosen):
    return None if items is None else [items[i] for i in chosen]


def test_windows_of_the_mosaic_are_cut_from_the_whole(made):
    # Without it a mosaic that several machines make has seams where their windows meet.
    scene, whole, maps, profile = made
    boxes = parts.boxes(maps, scene.shape_out)
    height, width = scene.shape_out
    for y0, x0, y1, x1 in [(0, 0, 57, 71), (31, 64, height, width), (40, 3, 41, width)]:
        here = [
            i
            for i, (top, left, bottom, right) in enumerate(boxes)
            if top < y1 and y0 < bottom and left < x1 and x0 < right
        ]
        window = zetwopass.coadd_window(
            some(scene.tiles, here),
            some(maps, here),
            (y0, x0, y1, x1),
            gains=whole.gains[here],
            offsets=whole.offsets[here],
            masks=some(scene.masks, here),
            tile_weights=some(scene.tile_weights, here),
            profile=profile,
        )
        np.testing.assert_array_equal(window.mosaic, whole.mosaic[y0:y1, x0:x1])
        np.testing.assert_array_equal(window.coverage, whole.coverage[y0:y1, x0:x1])
        assert window.shown.dtype == bool and set(whole.groups[here][window.shown]) <= {0, 1}


def test_pairs_some_at_a_time_lead_to_the_offsets_of_the_whole(made):
    # Without it the backgrounds depend on who has compared which tiles.
    scene, whole, maps, profile = made
    wanted = zetwopass.overlapping_pairs(maps, scene.shape_out)
    found = []
    for i in range(len(maps)):  # the tiles that tile i is compared with, in numbers of their own
        ours = wanted[wanted[:, 0] == i]
        here = sorted({i, *ours[:, 1].tolist()})
        pairs = zetwopass.pair_medians(
            some(scene.tiles, here),
            some(maps, here),
            np.searchsorted(here, ours),
            scene.shape_out,
            gains=whole.gains[here],
            masks=some(scene.masks, here),
            profile=profile,
        )
        pairs["i"], pairs["j"] = np.take(here, pairs["i"]), np.take(here, pairs["j"])
        found.insert(0, pairs)
    offsets, groups = zetwopass.offsets_from_pairs(np.concatenate(found), len(maps))
    np.testing.assert_array_equal(offsets, whole.offsets)
    np.testing.assert_array_equal(groups, whole.groups)
    together = np.concatenate(found[::-1])
    for name in ("i", "j", "pixels", "step"):
        np.testing.assert_array_equal(together[name], whole.pairs[name])


def test_pairs_that_overlap_are_those_of_all_boxes(made):
    # Without it a sweep over rows could lose a pair, and with it a tie between tiles.
    scene, _, maps, _ = made
    boxes = parts.boxes([*maps, None], scene.shape_out)
    every = [
        (i, j)
        for i, a in enumerate(boxes)
        for j, b in enumerate(boxes)
        if i < j and (np.maximum(a[:2], b[:2]) < np.minimum(a[2:], b[2:])).all()
    ]
    found = zetwopass.overlapping_pairs([*maps, None], scene.shape_out)
    assert list(map(tuple, found.tolist())) == every


def test_gains_on_a_window_are_those_of_the_whole(made):
    # Without it a gain depends on who has found it.
    scene, whole, maps, profile = made
    blurred = zetwopass.blur_coverage(scene.coverage, sigma=9, profile=profile)
    for i, (y0, x0, y1, x1) in enumerate(parts.boxes(maps, scene.shape_out)):
        gains = zetwopass.gains_on_window(
            [scene.tiles[i].shape[:2]],
            [maps[i]],
            scene.coverage[y0:y1, x0:x1],
            blurred[y0:y1, x0:x1],
            (y0, x0),
            masks=some(scene.masks, [i]),
            profile=profile,
        )
        assert gains == whole.gains[i : i + 1]


@pytest.mark.parametrize("profile", ["v4.5", "v4.2"])
def test_a_blur_of_a_window_is_within_its_bound_of_the_whole(profile):
    # Without it a coverage that fits no memory can't be blurred by windows.
    rng = np.random.default_rng(4)
    coverage = rng.integers(1, 9, (900, 700)).astype("f4")
    coverage[300:500, 100:600] = 3
    sigma, margin = 15, 60  # the kernel's radius is 4 sigma
    whole = zetwopass.blur_coverage(coverage, sigma=sigma, profile=profile)
    for y0, x0, y1, x1 in [(0, 0, 200, 300), (333, 217, 700, 450), (850, 600, 900, 700)]:
        top, left = max(0, y0 - margin), max(0, x0 - margin)
        cut = np.ascontiguousarray(coverage[top : y1 + margin, left : x1 + margin])
        window = zetwopass.blur_coverage(cut, sigma=sigma, profile=profile)
        window = window[y0 - top : y1 - top, x0 - left : x1 - left]
        np.testing.assert_allclose(window, whole[y0:y1, x0:x1], rtol=1e-6)  # 5e-7 of each


def test_no_pairs_wanted_are_none(made):
    # Without it an empty list of pairs could be taken for none given: all of them.
    scene, whole, maps, _ = made
    none = np.zeros((0, 2), int)
    arguments = scene.tiles, maps, none, scene.shape_out
    assert len(zetwopass.pair_medians(*arguments, gains=whole.gains)) == 0
    off = [None] * len(maps)
    pairs = zetwopass.pair_medians(scene.tiles, off, none, scene.shape_out, gains=whole.gains)
    assert len(pairs) == 0 and pairs["step"].shape == (0, scene.tiles[0].shape[2])


INDICES = [("i", int), ("j", int), ("pixels", int)]
PAIRS = np.array([(0, 1, 5, [2.0])], [*INDICES, ("step", float, (1,))])
SCALAR = np.array([(0, 1, 5, 2.0)], [*INDICES, ("step", float)])


@pytest.mark.parametrize(
    ("pairs", "count", "kind", "words"),
    [
        ([(0, 1)], 2, ArgumentTypeError, "no structured array"),
        (SCALAR, 2, ArgumentError, r"steps of shape \[\]"),
        (PAIRS.astype([*PAIRS.dtype.descr[:3], ("step", float, 5)]), 2, ArgumentError, "C from 1"),
        (np.repeat(PAIRS, 2).view(np.ndarray), 2, ArgumentError, r"\(0,1\) twice"),
        (PAIRS, 1, ArgumentError, r"pairs\[0\] = \(0,1\)"),
        (PAIRS, 0, ArgumentError, "count = 0"),
    ],
)
def test_pairs_that_make_no_sense_are_refused(pairs, count, kind, words):
    # Without it the solution reads beyond its arrays, or weighs a pair twice.
    with pytest.raises(kind, match=words):
        zetwopass.offsets_from_pairs(pairs, count)


def spoiled(**changes):
    wcs = sky.tile_wcs(sky.CENTRE, (5, 5))
    return {
        "tiles": [np.ones((5, 5), "f4")],
        "maps": zetwopass.pixel_maps([(5, 5)], [wcs], wcs, (5, 5)),
        "gains": [1.0],
        "offsets": [[0.0]],
        "window": (0, 0, 5, 5),
    } | changes


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"window": (0, 0, 0, 5)}, "is empty"),
        ({"window": (0, 0, 5)}, "want y0, x0, y1, x1"),
        ({"window": (-1, 0, 5, 5)}, "want y0"),
        ({"gains": [1.0, 1.0]}, r"gains has shape \[2\]"),
        ({"offsets": [0.0]}, r"offsets has shape \[1\]"),
        ({"offsets": [[np.nan]]}, r"offsets\[0\] = NaN"),
        ({"maps": [None, None]}, "maps has 2 entries"),
        ({"profile": "v9"}, "profile = 'v9'"),
    ],
)
def test_windows_that_make_no_sense_are_refused(changes, words):
    # Without it a mistake is found in the picture.
    with pytest.raises(ArgumentError, match=words):
        zetwopass.coadd_window(**spoiled(**changes))


@pytest.mark.parametrize("pairs", [[(0, 1.5)], [0, 1], [(1, 0)], [(0, 3)]])
def test_pairs_wanted_that_make_no_sense_are_refused(pairs):
    # Without it tiles that are not there are read.
    given = spoiled()
    with pytest.raises(ArgumentError, match="pairs"):
        zetwopass.pair_medians(given["tiles"] * 2, given["maps"] * 2, pairs, (5, 5), gains=[1, 1])
