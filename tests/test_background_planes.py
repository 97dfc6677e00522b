"""Claim: slopes are subtracted as far as overlaps prove them, and no further."""

from __future__ import annotations

import functools

import numpy as np
import pytest
from astropy.io import fits
from astropy.wcs import WCS

import sky
import zetwopass
from slow_planes import Field, Scene, nebula, planes

SKY = WCS({"CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CDELT1": -1e-3, "CDELT2": 1e-3})


def matched(scene, background, tiles=None, **options):
    """Run the second pass on a scene, with gains of 1."""
    tiles_wcs = [SKY[y:, x:] for y, x in scene.corners]
    coverage = np.ones(scene.sky.shape, "f4")
    options = {"sigma": 2, "gain_clip": (1, 1), "device": "cpu"} | options
    tiles = scene.tiles if tiles is None else tiles
    return zetwopass.second_pass(tiles, tiles_wcs, SKY, coverage, background=background, **options)


def backgrounds(found, scene):
    return planes(found.offsets[:, 0], found.slopes[:, 0], scene.sky.shape)


@functools.cache
def errors(seeds=4, **injected):
    """Return the rms over seeds of the mosaic's error with constants, planes and plain planes."""
    squares = []
    for seed in range(seeds):
        scene = Scene.of(seed, **injected)
        ways = [backgrounds(matched(scene, way), scene) for way in ("constant", "plane")]
        squares.append([scene.error(b) ** 2 for b in (*ways, scene.field().plain(3))])
    return np.sqrt(np.mean(squares, axis=0))


def test_constants_stay_the_constants():
    # Without it the option would spoil mosaics whose tiles differ by levels alone.
    constants, found, plain = errors()
    assert found <= 1.1 * constants
    assert plain > 1.75 * constants  # so there was something to spoil


@pytest.mark.parametrize("size", [1.0, 3.0])
def test_curved_backgrounds_are_no_worse_than_with_constants(size):
    # Without it what is no plane would be taken for one where no overlap looks.
    constants, found, plain = errors(quadratics=size)
    assert found <= 1.1 * constants
    assert plain > 2 * constants


@pytest.mark.parametrize("size", [0.3, 2.0])
def test_planes_are_found_as_plain_least_squares_does(size):
    # Without it the damping would take what the option is for.
    # Of many mosaics: the plane that all tiles have in common, which is most of what is left, is
    # nobody's, and smaller by chance now with the one and now with the other.
    constants, found, plain = errors(seeds=16, planes=size)
    assert found <= 1.2 * plain
    assert found < constants


@functools.cache
def injected_planes():
    """Return a scene with planes and what is found of it, for noises of their own."""
    scenes = [Scene.of(3, 4, 3, (120, 150), 24, planes=2, noise_seed=n) for n in range(6)]
    return [(scene, matched(scene, "plane")) for scene in scenes]


def test_slopes_are_found_within_their_error_bars():
    # Without it the slopes would be of stars, the nebula or the damping.
    wrong = []
    for scene, found in injected_planes():
        edge = scene.injected
        rise = [(edge[:, 0, -1] - edge[:, 0, 0]) / 149, (edge[:, -1, 0] - edge[:, 0, 0]) / 119]
        off = found.slopes[:, 0] - np.transpose(rise)
        wrong.append(off - off.mean(axis=0))  # what all have in common is sky
    bars = np.sqrt(np.mean(np.var(wrong, axis=0, ddof=1), axis=0))
    assert (np.abs(wrong) < 5 * bars).all(), np.abs(wrong).max(axis=(0, 1)) / bars
    assert (bars < 0.25 * np.abs(rise).mean(axis=1)).all(), bars


def test_the_nebula_keeps_its_light():
    # Without it planes could eat what they should leave, as meshes do.
    kept = []
    for scene, found in injected_planes():
        left = scene.left(backgrounds(found, scene))
        cols, rows = Field(left[None]).xy
        basis = np.stack([np.ones(left.size), cols.ravel(), rows.ravel()], axis=-1)
        left = left - (basis @ np.linalg.lstsq(basis, left.ravel(), rcond=None)[0]).reshape(
            left.shape
        )
        light = nebula(left.shape)
        bright = light > 250
        assert 0.25 < bright.mean() < 0.4
        kept.append((left[bright] - np.median(left[~bright])).sum() / light[bright].sum())
    assert np.abs(kept).max() < 1e-3, kept


def test_a_chain_of_100_tiles_has_its_constants():
    # Without it slopes that nothing tests would add up: plain planes drift by hundreds.
    scene = Scene.of(1, 100, 1, (40, 50), 10, quadratics=1, noise=0.3)
    found, constants = (matched(scene, way) for way in ("plane", "constant"))
    assert np.array_equal(found.offsets, constants.offsets)
    assert np.array_equal(found.mosaic, constants.mosaic, equal_nan=True)
    assert np.isinf(found.damping).all() and np.isnan(found.left_out).all()
    assert scene.error(scene.field().plain(3)) > 100 * scene.error(backgrounds(found, scene))


@pytest.mark.parametrize("injected", [{}, {"planes": 1.0}, {"quadratics": 1.0}])
def test_a_double_chain_of_100_tiles_drifts_no_more_than_levels_do(injected):
    # Without it small slopes, each within its error, would add up along a strip.
    squares = []
    for seed in range(2):
        scene = Scene.of(seed, 50, 2, (40, 50), 10, noise=0.3, **injected)
        ways = [backgrounds(matched(scene, way), scene) for way in ("constant", "plane")]
        squares.append([scene.error(b) ** 2 for b in ways])
    constants, found = np.sqrt(np.mean(squares, axis=0))
    assert found <= 1.1 * constants


def test_a_tile_that_one_overlap_holds_has_the_slope_of_a_constant():
    # Without it it would fly away at its far end.
    scene = Scene.of(5, planes=2)
    far = scene.corners[-1][1] + 90
    wide = np.pad(scene.sky, ((0, 0), (0, 90)), mode="edge")
    tile = (wide[-50:, far : far + 100] + 7).astype("f4")  # beside the last one alone
    corners = [*scene.corners, (len(wide) - 50, far)]
    found = matched(Scene([*scene.tiles, tile], corners, wide, scene.injected), "plane")
    assert np.isfinite(found.damping[:-1]).all()
    assert np.isinf(found.damping[-1]).all()
    assert (found.slopes[-1] == 0).all()
    assert found.groups[-1] == 0
    y, x = len(wide) - 25, far + 5  # in the overlap, whose level is one
    last = found.offsets[-2, 0] + found.slopes[-2, 0] @ (x, y)
    assert abs(found.pairs["step"][-1, 0] - (last - found.offsets[-1, 0])) < 0.2


@functools.cache
def m17():
    """Return the real tiles on the mosaic's grid, and what is found of them by both ways."""
    scene = sky.m17()
    alone = [
        zetwopass.reproject_and_coadd(
            [(tile[..., 0], wcs)], scene.output_wcs, scene.shape_out, blank_pixel_value=np.nan
        )[0]
        for tile, wcs in zip(scene.tiles, scene.wcs, strict=True)
    ]
    ways = [
        zetwopass.second_pass(
            scene.tiles, scene.wcs, scene.output_wcs, scene.coverage, background=way
        )
        for way in ("constant", "plane")
    ]
    return Field(np.array(alone)), *ways


def steps(field, found):
    """Return the median step of each overlap."""
    left = field.images - planes(found.offsets[:, 0], found.slopes[:, 0], field.images.shape[1:])
    return np.array([np.median((left[i] - left[j])[both]) for i, j, both in field.overlaps()])


def test_real_tiles_have_smaller_steps():
    # Without it the option would be one for simulations.
    field, constants, found = m17()
    before, after = np.abs(steps(field, constants)), np.abs(steps(field, found))
    assert np.sqrt(np.mean(after**2)) <= 0.2
    # A step of 0.03 DN, which is nothing by chance, is one of 0.05 then: a median of 18,000
    # differences is uncertain by 0.012.
    assert (after <= before + 0.025).all(), np.stack([before, after])
    assert (after < before).sum() == 12


def test_real_overlaps_that_are_left_out_are_told_better_than_by_constants_or_planes():
    # Without it the smaller steps could be made up.
    field, constants, found = m17()
    told = {"constant": [], "plain": []}
    overlaps = field.overlaps()
    for n, (i, j, both) in enumerate(overlaps):
        rest = overlaps[:n] + overlaps[n + 1 :]
        for way, terms in (("constant", 1), ("plain", 3)):
            left = (field.images - field.plain(terms, rest))[[i, j]]
            told[way].append(np.median((left[0] - left[1])[both]))
    best = min(np.sqrt(np.mean(np.square(errors))) for errors in told.values())
    assert np.isfinite(found.damping).all()
    assert found.left_out[0, 0, 1] <= best  # that of the median and of the blocks along it
    assert found.left_out[0, 0, 1] < 0.5 * found.left_out[0, 0, 0]


def test_real_tiles_keep_the_large_scale_of_the_constants():
    # Without it a gradient over all the mosaic would depend on the option.
    field, constants, found = m17()
    cols, rows = field.xy
    with np.errstate(invalid="ignore"):
        change = (found.mosaic - constants.mosaic)[..., 0]
    known = np.isfinite(change)
    basis = np.stack([np.ones(known.sum()), cols[known], rows[known]], axis=-1)
    plane = np.linalg.lstsq(basis, change[known], rcond=None)[0]
    assert 1000 * np.hypot(*plane[1:]) <= 0.2


def test_files_and_chunks_give_the_same_bits(tmp_path):
    # Without it a mosaic would depend on where its tiles are.
    scene = Scene.of(2, planes=2)
    paths = [str(tmp_path / f"{t}.fits") for t in range(len(scene.tiles))]
    for path, tile in zip(paths, scene.tiles, strict=True):
        fits.writeto(path, tile)
    whole = matched(scene, "plane")
    for found in (
        matched(scene, "plane", tiles=paths),
        matched(scene, "plane", workers=3, rows_per_chunk=7),
    ):
        assert np.isfinite(found.damping).all()
        for name in ("mosaic", "offsets", "slopes", "damping", "left_out"):
            assert np.array_equal(getattr(found, name), getattr(whole, name), equal_nan=True), name


def test_images_of_reproject_are_matched_by_planes():
    # Without it the call of reproject would have another background than the second pass.
    scene = Scene.of(2, planes=2)
    images = [(t, SKY[y:, x:]) for t, (y, x) in zip(scene.tiles, scene.corners, strict=True)]
    for cubes in (False, True):
        given = [(np.stack([t, t]), w) for t, w in images] if cubes else images
        array, _ = zetwopass.reproject_and_coadd(
            given, SKY, scene.sky.shape, match_background="plane"
        )
        found = matched(scene, "plane").mosaic[..., 0]
        # Of two planes alike there are twice as many differences, of the same medians.
        assert np.allclose(array, found, rtol=0, atol=1e-3)


def test_a_gpu_leaves_planes_to_the_cpu():
    # Without it a GPU would subtract constants.
    scene = Scene.of(2, planes=2)
    with pytest.warns(zetwopass.DeviceWarning):
        found = matched(scene, "plane", device="gpu")
    assert found.device == "cpu"
    assert np.array_equal(found.mosaic, matched(scene, "plane").mosaic)


def test_words_that_are_no_backgrounds_are_refused():
    # Without it a slip of the pen would be the default.
    scene = Scene.of(2, 2, 2)
    with pytest.raises(zetwopass.ArgumentError, match="background = 'planes', want 'constant' or"):
        matched(scene, "planes")
    images = [(t, SKY[y:, x:]) for t, (y, x) in zip(scene.tiles, scene.corners, strict=True)]
    for options, said in (
        ({"match_background": "tilt"}, "match_background = 'tilt', want True, False or 'plane'"),
        ({"match_background": "plane", "background_reference": 0}, "it is for constants"),
        ({"match_background": "plane", "return_type": "dask"}, "together with match_background"),
    ):
        with pytest.raises(zetwopass.ArgumentError, match=said):
            zetwopass.reproject_and_coadd(images, SKY, scene.sky.shape, **options)
