"""The slow twin is right: against the original's way, against truth known beforehand."""

import numpy as np
import pytest
from astropy.wcs.utils import pixel_to_pixel
from scipy.ndimage import gaussian_filter

import reference
import reference_warp
import sky
from original import REPROJECTS, exact_corrections, original_second_pass

SMALL = {"tiles": 4, "shape": (120, 200)}
SCENES = {
    "rgb": {},
    "mono with NaN borders": {"channels": 1, "nan_borders": True},
    "soft masks and tile weights": {"masks": "soft", "weighted": True, "channels": 2},
    "holes, mixed frames and sizes": {"masks": "holes", "frames": "mixed", "sizes": "mixed"},
    "SIP": {"sip": True, "channels": 1},
    "one tile far off": {"isolated": 1, "channels": 1},
}
# astropy's inverse of SIP depends on the points asked for together: 1e-6 px times 10 units a px.
SIP_NOISE = 1e-5
CASES = [(name, profile) for name in SCENES for profile in ("v4.2", "v4.5")]


@pytest.fixture(scope="module", params=CASES, ids=lambda case: f"{case[1]}, {case[0]}")
def pair(request):
    """Return a scene's tiles, the twin's result and the original's."""
    name, profile = request.param
    s = sky.scene(7, **SMALL, **SCENES[name])
    return s.tiles, *both_ways(s, profile, sigma=25)


def both_ways(s, profile, sigma):
    """Return the twin's and the original's second pass of a scene."""
    inputs = (s.tiles, s.wcs, s.output_wcs, s.coverage, s.shape_out)
    extra = {"gain_clip": (0.7, 1.3), "tile_weights": s.tile_weights, "profile": profile}
    twin = reference.second_pass(*inputs, sigma=sigma, masks=s.masks, **extra)
    return twin, original_second_pass(*inputs, sigma_px=sigma, tiles_coverage=s.masks, **extra)


def mosaic_error(tiles, twin, original):
    """Return the largest difference in units of MATHS.md's scale, section 7."""
    finite = np.isfinite(twin.mosaic) & np.isfinite(original.mosaic)
    spread = np.ptp(np.nanpercentile(np.concatenate([t.ravel() for t in tiles]), [1, 99]))
    scale = np.maximum(np.abs(original.mosaic), max(spread, np.abs(twin.offsets).max()))
    return (np.abs(twin.mosaic - original.mosaic) / scale)[finite].max()


def test_gains_agree_with_the_original(pair):
    """Breaks every exposure correction; 5e-7 is the bound of MATHS.md, section 7."""
    _, twin, original = pair
    np.testing.assert_allclose(twin.gains, original.gains, rtol=0, atol=5e-7)


def test_mosaic_agrees_with_the_original(pair):
    """Breaks the judge of all parity tests; 3e-7 is the bound of MATHS.md, section 7."""
    assert mosaic_error(*pair) <= 3e-7


def test_coverage_agrees_with_the_original(pair):
    """Breaks the merge with the first pass, which looks at where the coverage is above 0."""
    _, twin, original = pair
    np.testing.assert_allclose(twin.coverage, original.coverage, rtol=3e-7, atol=0)


def test_nan_pattern_agrees_with_the_original(pair):
    """Breaks the footprints: a pixel lost or invented at a tile's edge or around a NaN."""
    _, twin, original = pair
    np.testing.assert_array_equal(np.isnan(twin.mosaic), np.isnan(original.mosaic))


def test_offsets_agree_with_the_original(pair, request):
    """Breaks the background match; 1e-9 of the span is the bound of MATHS.md, section 7."""
    _, twin, original = pair
    sip = "SIP" in request.node.name
    atol = 1e-9 * np.ptp(twin.offsets) + (SIP_NOISE if sip else 0)
    np.testing.assert_allclose(twin.offsets, original.offsets, rtol=0, atol=atol)


def test_the_original_solver_is_restored():
    """Breaks every later call of reproject: it would go on with the replaced solver."""
    s = sky.scene(1, tiles=2, shape=(40, 60), channels=1)
    both_ways(s, "v4.5", sigma=3)
    assert REPROJECTS.solve_corrections_sgd.__module__.startswith("reproject.")


@pytest.mark.parametrize(
    "shape, sigma", [((40, 60), 3), ((90, 130), 10), ((5, 300), 20), ((1, 1), 4)]
)
def test_gaussian_has_the_bits_of_scipy(shape, sigma):
    """Breaks `blur >= threshold` on flat coverage, where one bit decides; (5, 300) folds often."""
    image = np.random.default_rng(sigma).integers(0, 5, shape).astype(np.float32)
    np.testing.assert_array_equal(reference.gaussian(image, sigma), gaussian_filter(image, sigma))


@pytest.mark.parametrize("profile", ["v4.2", "v4.5"])
@pytest.mark.parametrize("sigma", [1, 7, 30])
def test_blur_is_within_5e_7_of_the_float64_truth(profile, sigma):
    """Breaks the bound that faster blurs are held to: the twin itself would not keep it."""
    coverage = sky.scene(3, tiles=5, shape=(60, 90), channels=1).coverage
    got = reference.blurred(coverage, sigma, profile)
    truth = reference.blurred(coverage, sigma, profile, smooth=reference.gaussian64)
    error = np.abs(got - truth) / np.where(coverage > 0, truth, truth.max())
    assert error.max() <= 5e-7


def test_blur_of_a_flat_coverage_of_2_is_2_on_every_pixel():
    """Breaks the default threshold: pixels of a flat double coverage would drop out at random."""
    coverage = sky.scene(4, tiles=3, shape=(60, 90), channels=1, coverage="flat").coverage
    blur = reference.blurred(coverage, 9, "v4.5")
    assert (blur[coverage > 0] == 2).all()


def test_sigma_is_cut_to_an_integer_not_below_0():
    """Breaks settings such as 3.9 or -1, which the original reads as 3 and 0."""
    image = np.random.default_rng(0).random((20, 30), np.float32)
    np.testing.assert_array_equal(reference.gaussian(image, 3.9), gaussian_filter(image, 3))
    np.testing.assert_array_equal(reference.gaussian(image, -1), image)


def test_coverage_below_the_threshold_leaves_all_gains_at_1():
    """Breaks mosaics without overlaps: their gains would come from edge effects of the blur."""
    s = sky.scene(5, tiles=2, shape=(40, 60), channels=1)
    inputs = (s.tiles, s.wcs, s.output_wcs, np.ones_like(s.coverage))
    assert (reference.gains(*inputs, sigma=5, gain_clip=(0.5, 2)) == 1).all()


def test_a_tile_that_is_missing_has_gain_1_and_takes_no_part():
    """Breaks runs where a tile could not be loaded: the others must not change."""
    s = sky.scene(6, tiles=3, shape=(40, 60), channels=1)
    inputs = ([*s.tiles, None], [*s.wcs, s.wcs[0]], s.output_wcs, s.coverage, s.shape_out)
    got = reference.second_pass(*inputs, sigma=5, gain_clip=(0.5, 2))
    want = both_ways(s, "v4.5", sigma=5)[0]
    assert (got.gains[3], got.offsets[3, 0], got.groups.tolist()) == (1, 0, [0, 0, 0, 1])
    np.testing.assert_array_equal(got.mosaic, want.mosaic)


def test_tiles_cut_from_an_image_give_it_back():
    """Breaks the placing of tiles: any shift, however small, shows against the image itself."""
    image = np.random.default_rng(8).uniform(900, 1100, (70, 110, 1)).astype(np.float32)
    output_wcs = sky.tile_wcs(sky.CENTRE, (70, 110), rotation=20)
    cuts = [np.s_[:40, :60], np.s_[:40, 50:], np.s_[30:, :70], np.s_[30:, 55:]]
    tiles, wcs = [image[cut] for cut in cuts], [output_wcs[cut] for cut in cuts]
    got = reference.coadd(tiles, wcs, output_wcs, (70, 110))
    np.testing.assert_allclose(got.mosaic, image, rtol=3e-7)


def test_positions_are_those_of_astropy():
    """Breaks everything: a box that starts elsewhere must not shift its pixels."""
    s = sky.scene(9, tiles=1, shape=(30, 40), channels=1)
    u, v = reference.positions(s.wcs[0], s.output_wcs, s.shape_out, box=(5, 9, 10, 13))
    want = pixel_to_pixel(s.output_wcs, s.wcs[0], np.arange(10.0, 13), np.full(3, 7.0))
    np.testing.assert_array_equal((u[2], v[2]), want)


def test_a_tile_on_the_far_side_of_the_sky_is_nowhere():
    """Breaks mosaics with a wrongly solved tile: its mirror image would be added."""
    centre = sky.CENTRE.directional_offset_by(0 * sky.u.deg, 180 * sky.u.deg)
    tile_wcs = sky.tile_wcs(centre, (30, 40))
    u, _ = reference.positions(tile_wcs, sky.tile_wcs(sky.CENTRE, (30, 40)), (30, 40))
    assert np.isnan(u).all()


@pytest.mark.parametrize(
    "u, want",
    [(0.25, 1.25), (-0.5, 1), (2.5, 4), (2.2, 4), (-0.51, np.nan), (2.51, np.nan), (1, 2)],
)
def test_warp_clamps_in_the_outer_half_pixel(u, want):
    """Breaks the seams: a ring half a pixel wide around every tile would be lost or wrong."""
    plane = np.array([[1.0, 2.0, 4.0]] * 2)
    np.testing.assert_equal(reference.warp(plane, np.array([u]), np.array([0.3]))[0], want)


def test_warp_counts_a_position_within_1e_7_of_the_edge_as_inside():
    """Breaks grids aligned by halves of a pixel, where rounding noise would decide."""
    u = np.array([-0.5 - 9e-8, 2.5 + 9e-8, -0.5 - 2e-7])
    got = reference.warp(np.ones((2, 3)), u, np.zeros(3))
    np.testing.assert_array_equal(got, [1, 1, np.nan])


@pytest.mark.parametrize("u, lost", [(0, False), (-0.4, True), (0.1, True), (1, True), (2, False)])
def test_a_nan_spoils_every_stencil_that_holds_it(u, lost):
    """Breaks the NaN pattern: weight 0 times NaN is NaN, as in the original, but on a line."""
    plane = np.array([[1.0, np.nan, 1.0, 1.0, 1.0]] * 2)
    assert np.isnan(reference.warp(plane, np.array([u]), np.array([0.5]))[0]) == lost


def test_a_tile_of_one_pixel_covers_one_pixel():
    """Breaks on a stencil that reaches beyond the tile."""
    got = reference.warp(np.array([[5.0]]), np.array([-0.6, -0.5, 0, 0.5]), np.zeros(4))
    np.testing.assert_array_equal(got, [np.nan, 5, 5, 5])


def random_medians(seed, count, links):
    """Return a graph's pair medians D [T, T] from known levels plus noise, and the levels."""
    rng = np.random.default_rng(seed)
    levels, medians = rng.uniform(-100, 100, count), np.full((count, count), np.nan)
    for i, j in links:
        medians[i, j] = levels[i] - levels[j] + rng.normal(0, 3)
        medians[j, i] = -medians[i, j]
    return medians, levels


def test_offsets_solve_the_least_squares_over_pairs():
    """Breaks the background match on strips, where nothing else is as sure as this."""
    medians, _ = random_medians(1, 30, [(i, i + 1) for i in range(29)] + [(3, 17), (0, 29)])
    got = reference.offsets(medians, reference.groups(medians))
    np.testing.assert_allclose(got, exact_corrections(medians), rtol=0, atol=1e-9 * np.ptp(got))


def test_offsets_find_the_backgrounds_that_were_put_in():
    """Breaks the purpose of the match: 0.1 on backgrounds of +-60 is the drawing's own error."""
    s = sky.scene(11, tiles=6, shape=(120, 200), noise=0.0)
    got = reference.coadd(s.tiles, s.wcs, s.output_wcs, s.shape_out, gains=1 / s.exposures)
    want = s.backgrounds / s.exposures[:, None]
    np.testing.assert_allclose(got.offsets, want - want.mean(axis=0), rtol=0, atol=0.1)


def test_each_group_has_mean_0_and_a_lone_tile_offset_0():
    """Breaks mosaics of several pieces, whose relative level nothing determines."""
    medians, _ = random_medians(2, 7, [(0, 2), (2, 5), (1, 3), (3, 6), (1, 6)])
    label = reference.groups(medians)
    got = reference.offsets(medians, label)
    assert label.tolist() == [0, 1, 0, 1, 2, 0, 1]
    sums = np.bincount(label, got)
    np.testing.assert_allclose(sums, 0, atol=1e-9)
    assert got[4] == 0


def test_an_isolated_tile_keeps_its_own_level():
    """Breaks the fix of the original's defect, which turns such a tile into NaN."""
    s = sky.scene(12, **SMALL, isolated=1, channels=1)
    got = reference.coadd(s.tiles, s.wcs, s.output_wcs, s.shape_out)
    u, v = reference.positions(s.wcs[3], s.output_wcs, s.shape_out)
    want = reference.warp(s.tiles[3][..., 0], u, v)
    seen = np.isfinite(want)
    np.testing.assert_array_equal(got.mosaic[seen, 0], want[seen].astype(np.float32))


def test_sum_is_the_mean_times_the_coverage():
    """Breaks combine='sum': weights must enter it once."""
    s = sky.scene(13, **SMALL, masks="soft", channels=1)
    inputs = (s.tiles, s.wcs, s.output_wcs, s.shape_out)
    mean, total = (reference.coadd(*inputs, weights=s.masks, combine=c) for c in ("mean", "sum"))
    np.testing.assert_allclose(total.mosaic[..., 0], mean.mosaic[..., 0] * mean.coverage, 3e-7)


@pytest.mark.parametrize("profile, blank", [("v4.2", 0), ("v4.5", np.nan)])
def test_uncovered_pixels_are_0_in_v4_2_and_nan_in_v4_5(profile, blank):
    """Breaks the caller, which tells empty pixels by that value."""
    s = sky.scene(14, tiles=2, shape=(40, 60), channels=1)
    got = reference.coadd(s.tiles, s.wcs, s.output_wcs, s.shape_out, profile=profile)
    np.testing.assert_array_equal(got.mosaic[got.coverage == 0], np.float32(blank))


@pytest.mark.parametrize("i, want", [(0, 0.594666), (2, 2.029175), (4, 1.443787), (6, 1.346802)])
def test_medians_of_one_2mass_scan_are_the_known_constants(i, want):
    """Breaks on real data; 1e-4 covers the 3e-5 scatter of SOURCE.md and the resampling."""
    s = sky.m17()
    two = s.tiles[i : i + 2], s.wcs[i : i + 2]
    placed = reference.place(*two, s.output_wcs, s.shape_out)
    medians = reference.coadd(*two, s.output_wcs, s.shape_out, placed=placed).offsets
    assert abs(medians[0, 0] - medians[1, 0]) == pytest.approx(want, abs=1e-4)


def test_2mass_tiles_agree_with_the_original(monkeypatch):
    """Breaks on real tiles: SIN projection, CROTA2, no RADESYS, NaN borders, all eight of them."""
    monkeypatch.setattr(reference_warp, "SLACK", 0)  # the original knows no error of its positions
    s = sky.m17()
    cut = np.s_[900:1300, 100:1700]
    coverage = s.coverage[cut]
    crop = sky.Scene(s.tiles, s.wcs, s.output_wcs[cut], coverage.shape, coverage)
    assert mosaic_error(s.tiles, *both_ways(crop, "v4.5", sigma=10)) <= 3e-7
