"""Tiles that fade out towards their edges, from every way in."""

import numpy as np
import pytest
from astropy.io import fits
from reproject import reproject_interp
from reproject.mosaicking import reproject_and_coadd as original

import judge
import reference
import reference_feather
import sky
import small
import zetwopass
from dropin import worker
from zetwopass import ArgumentError, BudgetError, DeviceWarning

SCENES = {
    "rgb": {},
    "NaN borders": {"channels": 1, "nan_borders": True},
    "masks, weights, SIP": {"masks": "soft", "weighted": True, "sip": True, "channels": 2},
    "holes, mixed frames and sizes": {"masks": "holes", "frames": "mixed", "sizes": "mixed"},
}


def inputs(s, **changes):
    """Return the arguments of ``second_pass`` for a scene."""
    return {
        "tiles": s.tiles,
        "tiles_wcs": s.wcs,
        "output_wcs": s.output_wcs,
        "coverage": s.coverage,
        "shape_out": s.shape_out,
        "masks": s.masks,
        "sigma": 9,
        "device": "cpu",
    } | changes


@pytest.mark.parametrize("profile", ["v4.5", "v4.2"])
@pytest.mark.parametrize("name", SCENES)
def test_a_feathered_mosaic_is_the_slow_twins(name, profile):
    # Without it weights fall otherwise than MATHS.md says, or their bounds don't hold.
    s = sky.scene(41, tiles=6, shape=(70, 110), **SCENES[name])
    weights = s.tile_weights if profile == "v4.5" else None
    for feather in (1, 13, 80):
        ours = zetwopass.second_pass(
            **inputs(s, tile_weights=weights, profile=profile, feather=feather)
        )
        slow = reference.second_pass(
            *(s.tiles, s.wcs, s.output_wcs, s.coverage, s.shape_out),
            **{"sigma": 9, "gain_clip": (0.85, 1.18), "masks": s.masks, "profile": profile},
            **{"tile_weights": weights, "feather": feather},
        )
        placed = reference.place(s.tiles, s.wcs, s.output_wcs, s.shape_out)
        case = judge.Case(s, profile, "SIP" in name, placed, slow, ours)
        assert judge.mosaic_excess(case) <= 1
        assert judge.pattern_faults(case) == 0


@pytest.mark.parametrize("combine", ["mean", "sum"])
def test_a_feather_is_reprojects_weight_of_these_distances(combine):
    # Without it a feather is something else than a weight: judged by another's code.
    s = sky.scene(43, tiles=5, shape=(60, 90), channels=1, nan_borders=True)
    images = [(tile[..., 0], wcs) for tile, wcs in zip(s.tiles, s.wcs, strict=True)]
    falls = [reference_feather.fall(~np.isnan(tile), 11) for tile, _ in images]
    where = {"output_projection": s.output_wcs, "shape_out": s.shape_out}
    how = {"combine_function": combine, "match_background": False}
    ours = zetwopass.reproject_and_coadd(images, **where, **how, feather=11)
    theirs = original(
        images, **where, **how, input_weights=falls, reproject_function=reproject_interp
    )
    for mine, wanted in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(mine, wanted, rtol=3e-7, atol=1e-7)


def test_planes_are_feathered_by_their_own_holes():
    # Without it what one plane lacks takes weight from the others.
    s = sky.scene(47, tiles=4, shape=(60, 90), channels=3)
    rng = np.random.default_rng(47)
    stacks = [np.ascontiguousarray(tile.transpose(2, 0, 1), np.float64) for tile in s.tiles]
    for stack in stacks:
        stack[rng.uniform(size=stack.shape) < 0.002] = np.nan
    weights = [rng.uniform(0.5, 2, stack.shape) * (stack > 0) for stack in stacks]

    def coadded(planes, **changes):
        entries = [(stack[planes], wcs) for stack, wcs in zip(stacks, s.wcs, strict=True)]
        given = [weight[planes] for weight in weights]
        return zetwopass.reproject_and_coadd(
            entries, s.output_wcs, s.shape_out, input_weights=given, feather=9, **changes
        )

    together = coadded(slice(None))
    alone = [coadded(n) for n in range(3)]
    chunks = coadded(slice(None), return_type="dask", block_sizes=(50, 70))
    for whole, *parts, lazy in zip(together, *alone, chunks, strict=True):
        np.testing.assert_array_equal(whole, np.stack(parts))
        np.testing.assert_allclose(whole, lazy.compute(), rtol=1e-9)  # maps begin elsewhere


def test_files_windows_and_budgets_give_the_same_bits(tmp_path):
    # Without it a mosaic depends on where its tiles lie, or takes more memory than it said.
    s = sky.scene(53, tiles=8, shape=(60, 90), masks="holes")
    arguments = inputs(s, feather=25)
    whole = zetwopass.second_pass(**arguments)
    paths, masks = [], []
    for t, (tile, mask) in enumerate(zip(s.tiles, s.masks, strict=True)):
        hdus = [fits.PrimaryHDU(tile), fits.ImageHDU(np.float32(mask), name="ALPHA")]
        fits.HDUList(hdus).writeto(tmp_path / f"{t}.fits")
        paths.append(tmp_path / f"{t}.fits")
        masks.append((paths[-1], "ALPHA"))
    del arguments["device"], arguments["masks"]
    with pytest.raises(BudgetError) as refused:
        zetwopass.plan(**arguments, max_chunk_bytes=1000)
    least = int(str(refused.value).rpartition("at least ")[2].split()[0])
    again = zetwopass.second_pass(
        **inputs(s, feather=25, tiles=paths, masks=masks, workers=3, max_chunk_bytes=3 * least)
    )
    np.testing.assert_array_equal(again.mosaic, whole.mosaic)
    np.testing.assert_array_equal(again.coverage, whole.coverage)
    maps = zetwopass.pixel_maps([t.shape[:2] for t in s.tiles], s.wcs, s.output_wcs, s.shape_out)
    part = zetwopass.coadd_window(
        *(s.tiles, maps, (20, 30, 75, 101)),
        **{"gains": whole.gains, "offsets": whole.offsets, "masks": s.masks, "feather": 25},
    )
    np.testing.assert_array_equal(part.mosaic, whole.mosaic[20:75, 30:101])
    np.testing.assert_array_equal(part.coverage, whole.coverage[20:75, 30:101])


def test_tasks_of_dask_feather_too():
    # Without it a cluster's mosaic is another one.
    pytest.importorskip("distributed")
    import zetwopass.dask

    s = sky.scene(59, tiles=6, shape=(60, 90), masks="soft")
    arguments = inputs(s, feather=17)
    whole = zetwopass.second_pass(**arguments)
    del arguments["device"]
    lazy = zetwopass.dask.second_pass(**arguments, chunks=(50, 64))
    np.testing.assert_array_equal(lazy.mosaic.compute(), whole.mosaic)
    np.testing.assert_array_equal(lazy.coverage.compute(), whole.coverage)


def test_an_installation_feathers_if_it_is_told_so():
    # Without it ZeMosaic can't have it, or has it unasked.
    plain, told = worker(), worker()
    zetwopass.install(plain)
    zetwopass.install(told, feather=12)
    wanted = small.mosaic()
    wanted |= {"sigma": 5, "gain_clip": (0.85, 1.18), "device": "cpu"}
    for module, feather in ((plain, None), (told, 12)):
        mosaic, coverage = module.run_second_pass_coverage_renorm(**small.drop_in())
        result = zetwopass.second_pass(**wanted, feather=feather)
        np.testing.assert_array_equal(mosaic, result.mosaic)
        np.testing.assert_array_equal(coverage, result.coverage)


def test_a_gpu_is_not_used_and_that_is_said():
    # Without it a user waits for what his GPU does not do.
    with pytest.warns(DeviceWarning):
        result = zetwopass.second_pass(**small.mosaic(), feather=5, device="gpu")
    assert result.device == "cpu"


@pytest.mark.parametrize("feather", [-1, 65537, 2.5, "wide", [3]])
def test_a_width_that_makes_no_sense_is_refused(feather):
    # Without it a typing error is another mosaic.
    with pytest.raises(ArgumentError, match=r"^feather = "):
        zetwopass.second_pass(**small.mosaic(), feather=feather)
    with pytest.raises(ArgumentError, match=r"^feather = "):
        zetwopass.install(worker(), feather=feather)


def test_what_a_coadd_can_not_feather_is_refused():
    # Without it a feather is left out in silence.
    arguments = small.mosaic(1)
    images = [
        (tile[..., 0], wcs)
        for tile, wcs in zip(arguments["tiles"], arguments["tiles_wcs"], strict=True)
    ]
    where = (arguments["output_wcs"], small.CANVAS)
    with pytest.raises(ArgumentError, match="feather = 3 and combine_function = 'min'"):
        zetwopass.reproject_and_coadd(images, *where, combine_function="min", feather=3)
    apart = [(np.ones((9, 9)), small.wcs_at(3, 3)), (np.ones((9, 9)), small.wcs_at(40, 3))]
    with pytest.raises(ArgumentError, match=r"input_weights\[0\] has a place of its own"):
        zetwopass.reproject_and_coadd(images, *where, input_weights=apart, feather=3)


def test_the_file_of_a_mosaic_tells_its_feather(tmp_path):
    # Without it nobody knows how a mosaic was made, or a resumed one mixes two.
    files = sorted(sky.M17.glob("*.fits.gz"))[:2]
    path = tmp_path / "mosaic.fits"
    zetwopass.assemble(files, path, feather=40)
    header = fits.getheader(path)
    assert header["ZTPFEATH"] == 40
    assert "weights: feathered over 40 pixels" in list(header["HISTORY"])
    zetwopass.assemble(files, path, overwrite=True)
    header = fits.getheader(path)
    assert "ZTPFEATH" not in header and "feathered" not in str(header["HISTORY"])
