"""Ours against the slow twin, on random mosaics and real tiles, within section 7 of MATHS.md."""

import functools

import numpy as np
import pytest

import judge
import reference
import sky
import zetwopass
from original import original_second_pass

SMALL = {"tiles": 6, "shape": (110, 170)}
SCENES = {
    "rgb": {},
    "mono with NaN borders": {"channels": 1, "nan_borders": True},
    "soft masks and tile weights": {"masks": "soft", "weighted": True},
    "holes, mixed sizes": {"masks": "holes", "sizes": "mixed", "channels": 2},
    "frames mixed": {"frames": "mixed", "channels": 1},
    "SIP": {"sip": True},
    "SIP, NaN borders, holes": {"sip": True, "nan_borders": True, "masks": "holes", "channels": 1},
    "two tiles far off": {"isolated": 2, "channels": 1},
    "one tile": {"tiles": 1},
    "strip": {"layout": "strip", "tiles": 9, "channels": 1},
    "dense, four channels": {"layout": "dense", "tiles": 8, "channels": 4},
    "coverage with infinities": {"channels": 1},
}
SIGMA = {"sigma": 20, "gain_clip": (0.6, 1.6)}


@functools.cache
def twin(name: str, profile: str) -> tuple[sky.Scene, reference.Result, list]:
    """Return a scene of `SCENES`, or the real one, what the twin makes of it and where it lies."""
    if name == "M17":
        s = sky.m17()
    else:
        s = sky.scene(sum(map(ord, name)), **{**SMALL, **SCENES[name]})
    if "infinities" in name:
        for value, spot in ((np.inf, (30, 40)), (-np.inf, (90, 60)), (np.nan, (5, 5))):
            s.coverage[spot] = value
    weights = s.tile_weights if profile == "v4.5" else None
    inputs = (s.tiles, s.wcs, s.output_wcs, s.coverage, s.shape_out)
    with np.errstate(invalid="ignore"):
        result = reference.second_pass(
            *inputs, masks=s.masks, tile_weights=weights, profile=profile, **SIGMA
        )
    return s, result, reference.place(s.tiles, s.wcs, s.output_wcs, s.shape_out)


@functools.cache
def case(name: str, profile: str, device: str = "cpu") -> judge.Case:
    """Return a scene, passed in both ways."""
    s, result, placed = twin(name, profile)
    ours = zetwopass.second_pass(
        s.tiles,
        s.wcs,
        s.output_wcs,
        s.coverage,
        shape_out=s.shape_out,
        masks=s.masks,
        tile_weights=s.tile_weights if profile == "v4.5" else None,
        profile=profile,
        device=device,
        **SIGMA,
    )
    gridded = "SIP" in name or name == "M17"
    return judge.Case(s, profile, gridded, placed, result, ours)


DEVICES = ("cpu", "gpu", "hybrid") if zetwopass.device_info().usable else ("cpu",)

every = pytest.mark.parametrize(
    "name, profile, device",
    [(n, p, d) for n in [*SCENES, "M17"] for p in ("v4.2", "v4.5") for d in DEVICES],
)


@every
def test_gains_are_the_twins(name, profile, device):
    """Breaks the exposure of every tile; 5e-7 is the bound of section 7."""
    c = case(name, profile, device)
    np.testing.assert_allclose(c.ours.gains, c.twin.gains, rtol=0, atol=5e-7)


@every
def test_mosaic_is_the_twins(name, profile, device):
    """Breaks the picture; 3e-7, and the position bound where the map is gridded."""
    c = case(name, profile, device)
    if np.isfinite(c.twin.mosaic).any():
        assert judge.mosaic_excess(c) <= 1


@every
def test_nan_and_coverage_are_the_twins(name, profile, device):
    """Breaks the borders and the merge with the first pass, which takes coverage > 0."""
    assert judge.pattern_faults(case(name, profile, device)) == 0


@every
def test_offsets_are_the_direct_solution_of_exact_medians(name, profile, device):
    """Breaks the match; the twin takes our gains, so that theirs do not show here."""
    c = case(name, profile, device)
    s = c.scene
    if not np.isfinite(c.ours.gains).all():
        pytest.skip("the gains are NaN, as the original's")
    weights = reference.profile_weights(s.tiles, s.masks, s.tile_weights, profile)
    twin = reference.coadd(
        *(s.tiles, s.wcs, s.output_wcs, s.shape_out),
        gains=c.ours.gains,
        weights=weights,
        placed=c.placed,
    )
    # A position error moves a median by up to itself times the gradient at a typical pixel.
    bend = judge.POSITION_BOUND * float(np.median(judge.gradient(c))) * c.gridded
    tolerance = 1e-9 * max(np.ptp(twin.offsets), 1) + bend
    np.testing.assert_allclose(c.ours.offsets, twin.offsets, rtol=0, atol=tolerance)


@every
def test_groups_tell_which_tiles_overlap(name, profile, device):
    """Breaks the warning that explains a visible seam."""
    c = case(name, profile, device)
    if np.isfinite(c.ours.gains).all():
        np.testing.assert_array_equal(c.ours.groups, c.twin.groups)


def test_scenes_decide_gains_and_offsets():
    """Guards the tests above: a scene in which every gain is 1 would prove nothing."""
    decided = [np.ptp(case(name, "v4.5").twin.gains) > 0.01 for name in SCENES]
    assert sum(decided) >= 6
    assert np.ptp(case("rgb", "v4.5").twin.offsets) > 10


@pytest.mark.parametrize("profile", ["v4.2", "v4.5"])
def test_second_pass_is_what_the_original_computes(profile):
    """Breaks the promise itself, without the twin between: reproject does the comparing."""
    s = sky.scene(99, tiles=4, shape=(90, 140), channels=2, masks="soft", weighted=True)
    weights = s.tile_weights if profile == "v4.5" else None
    ours = zetwopass.second_pass(
        *(s.tiles, s.wcs, s.output_wcs, s.coverage),
        masks=s.masks,
        tile_weights=weights,
        profile=profile,
        **SIGMA,
    )
    theirs = original_second_pass(
        *(s.tiles, s.wcs, s.output_wcs, s.coverage, s.shape_out),
        sigma_px=SIGMA["sigma"],
        gain_clip=SIGMA["gain_clip"],
        tiles_coverage=s.masks,
        tile_weights=weights,
        profile=profile,
    )
    np.testing.assert_allclose(ours.gains, theirs.gains, rtol=0, atol=5e-7)
    np.testing.assert_allclose(ours.mosaic, theirs.mosaic, rtol=3e-7, atol=3e-5, equal_nan=True)
    np.testing.assert_allclose(ours.coverage, theirs.coverage, rtol=3e-7)


@pytest.mark.parametrize("profile", ["v4.2", "v4.5"])
def test_a_mosaic_of_another_shape_than_the_coverage_keeps_its_origin(profile):
    """Breaks callers whose coverage is cut: gains live on its grid, the mosaic on its own."""
    s = sky.scene(5, **SMALL)
    smaller = s.coverage[:-37, :-61].copy()
    arguments = (s.tiles, s.wcs, s.output_wcs, smaller)
    ours = zetwopass.second_pass(*arguments, shape_out=s.shape_out, profile=profile, **SIGMA)
    twin = reference.second_pass(*arguments, s.shape_out, profile=profile, **SIGMA)
    np.testing.assert_allclose(ours.gains, twin.gains, rtol=0, atol=5e-7)
    np.testing.assert_allclose(ours.mosaic, twin.mosaic, rtol=3e-7, atol=3e-5, equal_nan=True)


@pytest.mark.parametrize("profile", ["v4.2", "v4.5"])
@pytest.mark.parametrize("sigma", [0, 1, 3, 17, 50, 300])
@pytest.mark.parametrize("device", DEVICES)
def test_blur_is_the_float64_gaussian(profile, sigma, device):
    """Breaks all gains; 5e-7 of the local value where covered, of the largest elsewhere."""
    rng = np.random.default_rng(sigma)
    count = rng.integers(0, 5, (9, 11)).astype(np.float32).repeat(37, axis=0).repeat(29, axis=1)
    count[::50, ::41] += rng.random(count[::50, ::41].shape, np.float32)
    ours = zetwopass.blur_coverage(count, sigma=sigma, profile=profile, device=device)
    truth = reference.blurred(count, sigma, profile, smooth=reference.gaussian64)
    allowed = 5e-7 * np.where(count > 0, np.abs(truth), np.abs(truth).max())
    assert (np.abs(ours - truth) <= allowed).all()


def test_inputs_are_left_as_they_were():
    """Breaks the caller: the library borrows the arrays and may not write to them."""
    s = sky.scene(3, **SMALL, masks="soft")
    before = [a.copy() for a in (*s.tiles, *s.masks, s.coverage)]
    zetwopass.second_pass(s.tiles, s.wcs, s.output_wcs, s.coverage, masks=s.masks, **SIGMA)
    after = (*s.tiles, *s.masks, s.coverage)
    assert all(np.array_equal(a, b) for a, b in zip(after, before, strict=True))


def test_views_give_the_bits_of_contiguous_arrays():
    """Breaks callers with planar, cropped or padded tiles: strides must be honoured, not copied."""
    s = sky.scene(4, **SMALL)
    planar = [np.moveaxis(np.ascontiguousarray(np.moveaxis(t, 2, 0)), 0, 2) for t in s.tiles]
    padded = [np.pad(t, ((2, 3), (4, 5), (0, 1)))[2:-3, 4:-5, :3] for t in s.tiles]
    wide = np.zeros((*s.coverage.shape, 2), np.float32)
    wide[..., 1] = s.coverage
    want = zetwopass.second_pass(s.tiles, s.wcs, s.output_wcs, s.coverage, **SIGMA)
    for tiles in (planar, padded):
        got = zetwopass.second_pass(tiles, s.wcs, s.output_wcs, wide[..., 1], **SIGMA)
        assert got.mosaic.tobytes() == want.mosaic.tobytes()


@pytest.mark.parametrize("options", [{"workers": 1}, {"workers": 7, "rows_per_chunk": 3}])
def test_workers_and_chunks_change_no_bit(options):
    """Breaks repeatability: a pixel is summed by one worker, in the order of the tiles."""
    s = sky.scene(6, **SMALL, masks="soft", sip=True)
    run = functools.partial(
        zetwopass.second_pass, s.tiles, s.wcs, s.output_wcs, s.coverage, masks=s.masks, **SIGMA
    )
    want, got = run(), run(**options)
    assert [a.tobytes() for a in got[:5]] == [a.tobytes() for a in want[:5]]
