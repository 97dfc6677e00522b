"""The drop-in takes the tiles' own coverage in all forms that the replaced function takes."""

import numpy as np
import pytest

import small
from dropin import run, same


def test_missing_masks_count_in_full_beside_weights():
    # Without it a tile without a mask is lost.
    maps, full = small.masks(), np.ones(small.SHAPE, "f4")
    weights = [1.0, 1.0]
    want = run(tiles_coverage=[maps[0], full], tile_weights=weights)
    for given in ([maps[0], None], maps[:1]):
        assert same(run(tiles_coverage=given, tile_weights=weights), want)


MASKS = {
    "[1, h, w]": (lambda m: m[None], True, False),
    "[h, w, 1]": (lambda m: m[..., None], True, True),
    "[h, w, 3]": (lambda m: np.stack([m] * 3, axis=-1), False, True),
    "flat": (np.ravel, True, False),
    "of another size": (lambda m: m[:5], False, False),
    "0 to 255": (lambda m: (m * 255).astype("u1"), True, True),
    "with NaN for 0": (lambda m: np.where(m > 0, m, np.nan), True, True),
}


@pytest.mark.parametrize("form", MASKS)
def test_forms_of_masks_count_where_the_original_counts_them(form):
    # Without it masked pixels enter a gain or the mosaic that the original leaves out.
    change, in_gain, in_coadd = MASKS[form]
    maps = small.masks()
    gain_only = run(tiles_coverage=maps)[2] if in_gain else run()[2]
    found = run(tiles_coverage=[change(m) for m in maps])
    want = run(tiles_coverage=maps)[1] if in_coadd else run()[1]
    assert np.array_equal(found[2], gain_only)
    assert np.array_equal(found[1], want)


def test_negative_masks_are_out_of_the_coadd():
    # Without it a mask of -1 and 1 means 1 everywhere.
    maps = small.masks()
    signed = run(tiles_coverage=[np.where(m > 0, m, -1) for m in maps])
    assert same(signed[1:2], run(tiles_coverage=maps)[1:2])


def test_a_transposed_mask_is_reshaped_for_the_gain_and_ignored_in_the_coadd():
    # Without it the answer is not the original's, odd as that is.
    maps = [m.T for m in small.masks()]
    found = run(tiles_coverage=maps)
    assert np.array_equal(found[2], run(tiles_coverage=[m.reshape(40, 60) for m in maps])[2])
    assert np.array_equal(found[1], run()[1])


def test_a_faint_mask_counts_in_the_coadd_only():
    # Without it faint coverage is lost, or gives a gain.
    found = run(tiles_coverage=[np.full(small.SHAPE, 5e-4, "f4")] * 2)
    assert found[2].tolist() == [1, 1]
    assert same(found[1:2], run()[1:2])


def test_an_infinite_mask_counts_in_the_coadd_only():
    # Without it infinities become holes, or count in the gain.
    found = run(tiles_coverage=[np.full(small.SHAPE, np.inf, "f4")] * 2)
    assert found[2].tolist() == [1, 1]
    assert same(found[1:2], run()[1:2])
