"""Tiles, masks and coverage in files give the bits that arrays give."""

import os

import numpy as np
import pytest
from astropy.io import fits

import sky
import small
import tile_forms
import zetwopass


def assert_same_bits(found, wanted):
    for name in ("mosaic", "coverage", "gains", "offsets", "groups"):
        first, second = getattr(found, name), getattr(wanted, name)
        assert first.tobytes() == second.tobytes(), name
    assert found.pairs.tobytes() == wanted.pairs.tobytes()


@pytest.mark.parametrize("form", tile_forms.FORMS)
def test_files_of_every_form_give_the_bits_of_the_arrays_that_astropy_reads(tmp_path, form):
    # Without it a tile from a file is another tile.
    files, arrays = tile_forms.mosaic(tmp_path, form)
    assert_same_bits(
        zetwopass.second_pass(**files, sigma=5), zetwopass.second_pass(**arrays, sigma=5)
    )


def test_planes_with_sip_lie_where_an_array_with_sip_does(tmp_path):
    # Without it tiles that assemble takes are refused here: astropy has SIP of two axes alone.
    given, wcs = small.mosaic(), sky.tile_wcs(sky.CENTRE, small.SHAPE, sip=True)
    tile, rest = given["tiles"][0], (given["output_wcs"], given["coverage"])
    path = tmp_path / "tile.fits"
    fits.writeto(path, tile_forms.planar(tile), wcs.to_header(relax=True))
    assert_same_bits(
        zetwopass.second_pass([path], None, *rest, sigma=5),
        zetwopass.second_pass([tile], [wcs], *rest, sigma=5),
    )


def test_files_and_arrays_may_be_mixed(tmp_path):
    # Without it a program has to write the one tile to disk that it has in memory.
    files, arrays = tile_forms.mosaic(tmp_path)
    mixed = arrays | {"tiles": [files["tiles"][0], arrays["tiles"][1]]}
    assert_same_bits(
        zetwopass.second_pass(**mixed, sigma=5), zetwopass.second_pass(**arrays, sigma=5)
    )


@pytest.mark.parametrize("profile", ["v4.5", "v4.2"])
def test_masks_in_files_give_the_bits_of_arrays(tmp_path, profile):
    # Without it pixels that are blank count in gains and mosaic.
    files, arrays = tile_forms.mosaic(tmp_path)
    masks = small.masks()
    entries = [tile_forms.saved(tmp_path / f"mask{t}.fits", mask) for t, mask in enumerate(masks)]
    wanted = zetwopass.second_pass(**arrays, masks=masks, profile=profile, sigma=5)
    assert_same_bits(
        zetwopass.second_pass(**files, masks=entries, profile=profile, sigma=5), wanted
    )
    mixed = [entries[0], masks[1]]
    assert_same_bits(zetwopass.second_pass(**arrays, masks=mixed, profile=profile, sigma=5), wanted)


def test_the_alpha_of_a_master_tile_is_its_mask(tmp_path):
    # Without it ZeMosaic's master tiles, which save NaN as 0, have black borders.
    files, arrays = tile_forms.mosaic(tmp_path)
    alphas = [np.where(mask > 0, 255, 0).astype("u1") for mask in small.masks()]
    for path, alpha in zip(files["tiles"], alphas, strict=True):
        fits.append(path, alpha, fits.Header({"EXTNAME": "ALPHA"}))
    found = zetwopass.second_pass(
        **files, masks=[(path, "ALPHA") for path in files["tiles"]], sigma=5
    )
    alphas = [alpha.astype("f4") for alpha in alphas]
    assert_same_bits(found, zetwopass.second_pass(**arrays, masks=alphas, sigma=5))


@pytest.mark.parametrize("dtype", ["u1", "i4", "f4", "f8"])
def test_a_coverage_file_gives_the_bits_of_the_array(tmp_path, dtype):
    # Without it the gains come from another coverage.
    _, arrays = tile_forms.mosaic(tmp_path)
    path = tmp_path / "coverage.fits"
    fits.HDUList(
        [fits.PrimaryHDU(), fits.ImageHDU(arrays["coverage"].astype(dtype)[np.newaxis], name="COV")]
    ).writeto(path)
    item = (path, "COV")
    wanted = zetwopass.second_pass(**arrays, sigma=5)
    changed = arrays | {"coverage": item}
    assert_same_bits(zetwopass.second_pass(**changed, sigma=5), wanted)
    assert zetwopass.plan(**changed, sigma=5) == zetwopass.plan(**arrays, sigma=5)
    np.testing.assert_array_equal(zetwopass.tile_gains(**changed, sigma=5), wanted.gains)
    np.testing.assert_array_equal(
        zetwopass.blur_coverage(item, sigma=5), zetwopass.blur_coverage(arrays["coverage"], sigma=5)
    )


def test_the_gains_of_tiles_in_files_are_those_of_arrays(tmp_path):
    # Without it a stage by itself knows arrays alone.
    files, arrays = tile_forms.mosaic(tmp_path)
    found, wanted = (zetwopass.tile_gains(**given, sigma=5) for given in (files, arrays))
    np.testing.assert_array_equal(found, wanted)


def test_a_path_may_be_any_path_object(tmp_path):
    # Without it pathlib's paths have to be turned into strings.
    files, arrays = tile_forms.mosaic(tmp_path)
    given = files | {"tiles": [tmp_path / os.path.basename(path) for path in files["tiles"]]}
    assert_same_bits(
        zetwopass.second_pass(**given, sigma=5), zetwopass.second_pass(**arrays, sigma=5)
    )


def deep(folder):
    """Return tiles that lie on each other along a canvas, in files and in arrays."""
    rng = np.random.default_rng(11)
    count, shape, step = 12, (64, 700), 150
    canvas = (70, step * count + 560)
    skies = [small.wcs_at(0.3, 1.2)[:, step * t :].to_header(relax=True) for t in range(count)]
    arrays = [rng.normal(100 + t, 5, (*shape, 3)).astype("f4") for t in range(count)]
    paths = [str(folder / f"{t}.fits") for t in range(count)]
    for path, array, header in zip(paths, arrays, skies, strict=True):
        fits.writeto(path, tile_forms.planar(array), header)
    common = {"output_wcs": small.wcs_at(0, 0), "coverage": np.full(canvas, 2, "f4"), "sigma": 5}
    files, arrays = {"tiles": paths, "tiles_wcs": None}, {"tiles": arrays, "tiles_wcs": skies}
    return common | files, common | arrays


def test_a_budget_for_some_columns_at_a_time_gives_the_same_bits(tmp_path):
    # Without it a mosaic whose tiles do not fit into memory can't be made, or is another one.
    files, arrays = deep(tmp_path)
    budget = {"workers": 1, "max_chunk_bytes": 4_500_000}
    planned = zetwopass.plan(**files, **budget)
    size = sum(array.nbytes for array in arrays["tiles"])
    assert planned.columns_per_chunk < files["coverage"].shape[1]
    assert planned.bytes <= budget["max_chunk_bytes"] < size <= planned.read_bytes <= 3 * size
    assert_same_bits(zetwopass.second_pass(**files, **budget), zetwopass.second_pass(**arrays))


def test_the_plan_of_files_tells_what_is_read(tmp_path):
    # Without it nobody knows before how long the disk will be busy.
    files, arrays = tile_forms.mosaic(tmp_path)
    size = sum(tile.nbytes for tile in arrays["tiles"])
    assert zetwopass.plan(**files).read_bytes == size
    assert zetwopass.plan(**arrays).read_bytes == 0


def test_pairs_are_what_the_offsets_level(tmp_path):
    # Without it nobody can say how large the steps between tiles were.
    _, arrays = tile_forms.mosaic(tmp_path)
    found = zetwopass.second_pass(**arrays, sigma=5)
    assert found.pairs.dtype.names == ("i", "j", "pixels", "step")
    assert found.pairs[["i", "j"]].tolist() == [(0, 1)]
    assert 0 < found.pairs["pixels"][0] < 40 * 60
    levelled = found.offsets[0] - found.offsets[1]
    np.testing.assert_allclose(found.pairs["step"][0], levelled, rtol=1e-12)
