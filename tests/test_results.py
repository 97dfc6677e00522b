"""What the Python API returns, and what changes nothing about it."""

import numpy as np
import pytest

import small
import zetwopass
from dropin import same


def test_a_call_returns_all_its_results():
    # Without it a field of the result may be another one's.
    found = zetwopass.second_pass(**small.mosaic(), sigma=0)
    assert [a.shape for a in found[:5]] == [(44, 90, 3), (44, 90), (2,), (2, 3), (2,)]
    assert [a.dtype for a in found[:5]] == ["f4", "f4", "f8", "f8", "i4"]
    assert found.coverage.max() == 2
    assert found.groups.tolist() == [0, 0]
    assert np.allclose(found.offsets[1], 50, atol=3)
    assert np.nanmedian(found.mosaic) == pytest.approx(150, abs=3)


def test_mono_tiles_keep_a_channel_axis():
    # Without it mono and colour mosaics need two ways to be used.
    arguments = small.mosaic(1)
    cube = zetwopass.second_pass(**arguments)
    arguments["tiles"] = [tile[..., 0] for tile in arguments["tiles"]]
    assert cube.mosaic.shape == (44, 90, 1)
    assert same(cube, zetwopass.second_pass(**arguments))


def test_results_go_to_the_arrays_that_are_given():
    # Without it a mosaic of gigabytes is held twice.
    out = np.full((44, 90, 3), 7, "f4"), np.full((44, 90), 7, "f4")
    found = zetwopass.second_pass(**small.mosaic(), out=out)
    assert found.mosaic is out[0] and found.coverage is out[1]
    assert same(found, zetwopass.second_pass(**small.mosaic()))


def test_inputs_stay_as_they_are():
    # Without it the first pass is lost.
    arguments = small.mosaic()
    before = [a.copy() for a in (*arguments["tiles"], arguments["coverage"])]
    zetwopass.second_pass(**arguments, masks=small.masks())
    assert same(before, (*arguments["tiles"], arguments["coverage"]))


@pytest.mark.parametrize("shape", [(30, 60), (60, 120), (30, 120)])
def test_the_mosaic_may_be_smaller_or_larger_than_the_coverage(shape):
    # Without it tiles are cut at the wrong grid.
    whole = zetwopass.second_pass(**small.mosaic())
    found = zetwopass.second_pass(**small.mosaic(), shape_out=shape)
    h, w = min(shape[0], 44), min(shape[1], 90)
    assert found.mosaic.shape == (*shape, 3)
    assert same([found.coverage[:h, :w], found.gains], [whole.coverage[:h, :w], whole.gains])


def test_the_stages_give_what_the_whole_gives():
    # Without it a stage on its own follows other rules.
    arguments = small.mosaic() | {"sigma": 5}
    whole = zetwopass.second_pass(**arguments, masks=small.masks())
    gains = zetwopass.tile_gains(**arguments, masks=small.masks())
    assert np.array_equal(whole.gains, gains)
    assert zetwopass.blur_coverage(arguments["coverage"], sigma=0)[0, 0] == 2


def test_weights_and_masks_make_the_coverage():
    # Without it masked pixels enter the mosaic.
    masks = small.masks()
    found = zetwopass.second_pass(**small.mosaic(), masks=masks, tile_weights=[0.5, 2])
    assert found.coverage.max() == pytest.approx(2.5)
    assert found.coverage[12, 22] == 0 and np.isnan(found.mosaic[12, 22]).all()
    old = zetwopass.second_pass(**small.mosaic(), masks=masks, profile="v4.2")
    assert old.coverage.max() == 2 and old.mosaic[0, 0, 0] == 0


def test_a_threshold_of_0_is_not_the_default():
    # Without it nobody can switch the threshold off.
    arguments = small.mosaic() | {"sigma": 5}
    arguments["coverage"] = arguments["coverage"] / 2 - np.float32(0.4)
    default, none = (zetwopass.tile_gains(**arguments, threshold=t) for t in (None, 0))
    assert default.tolist() == [1, 1]
    assert (none != 1).all()


INF = float("inf")


@pytest.mark.parametrize(
    ("clip", "same_as"),
    [((0.85, INF), (0.85, 2)), ((-INF, 1.18), (0.5, 1.18)), ((-INF, INF), (0.5, 2))],
)
@pytest.mark.parametrize("profile", ["v4.5", "v4.2"])
def test_a_clip_may_have_no_bound(clip, same_as, profile):
    # Without it a gain can't be bounded on one side alone: scales are in [0.5, 2] anyway.
    arguments = small.mosaic() | {"sigma": 5, "profile": profile}
    rare = np.random.default_rng(4).random(small.CANVAS) < 0.2
    left = np.arange(small.CANVAS[1]) < 45  # of high gains; of low ones to the right
    arguments["coverage"] = np.where(rare == left, 40, 4).astype("f4")
    free = zetwopass.tile_gains(**arguments, gain_clip=(0, 9))
    assert free[0] > 1.18 and free[1] < 0.85
    want = zetwopass.second_pass(**arguments, gain_clip=same_as)
    assert same(zetwopass.second_pass(**arguments, gain_clip=clip), want)
    assert np.array_equal(zetwopass.tile_gains(**arguments, gain_clip=clip), want.gains)


def test_an_infinite_threshold_leaves_gains_of_1():
    # Without it gains can't be switched off by the threshold, as they can in ZeMosaic.
    gains = zetwopass.tile_gains(**small.mosaic(), sigma=5, threshold=INF, gain_clip=(0.5, 0.9))
    assert gains.tolist() == [1, 1]


def test_workers_and_chunks_change_no_bit():
    # Without it a mosaic can't be made again on another machine.
    first = zetwopass.second_pass(**small.mosaic(), workers=1)
    for changes in ({"workers": 3}, {"rows_per_chunk": 1}, {"rows_per_chunk": 7, "workers": 2}):
        assert same(first, zetwopass.second_pass(**small.mosaic(), **changes))


def test_a_plan_keeps_to_rows_and_bytes():
    # Without it the memory is not known before it is taken.
    found = zetwopass.plan(**small.mosaic(), rows_per_chunk=8, workers=1)
    assert (found.workers, found.rows_per_chunk, found.chunk_total) == (1, 8, 6)
    assert 0 < found.chunk_bytes <= found.bytes
    tight = zetwopass.plan(**small.mosaic(), max_chunk_bytes=found.bytes)
    assert tight.bytes <= found.bytes
