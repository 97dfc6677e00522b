"""Tasks share all pairs between them, hold what they may, and want each tile seldom."""

import numpy as np
import pytest

import zetwopass

pytest.importorskip("dask.array")

from zetwopass.dask import groups  # noqa: E402


def grid(rows, cols, side=100, step=80):
    """Return boxes y0, x0, y1, x1 of tiles in rows and columns that overlap, in random order."""
    y, x = np.mgrid[:rows, :cols].reshape(2, -1) * step
    boxes = np.stack([y, x, y + side, x + side], axis=-1)
    return np.random.default_rng(rows).permutation(boxes)


def pairs_of(boxes):
    """Return the pairs of boxes that overlap, found one by one."""
    return np.array(
        [
            (i, j)
            for i, a in enumerate(boxes)
            for j, b in enumerate(boxes)
            if i < j and (np.maximum(a[:2], b[:2]) < np.minimum(a[2:], b[2:])).all()
        ]
    ).reshape(-1, 2)


def plan_of(boxes, count, most, block=37):
    """Return cells and bundles of tiles of one byte each."""
    shape = tuple(boxes[:, 2:].max(axis=0).tolist())
    cells = groups.cells_of(boxes, shape, count)
    ends = tuple(np.minimum(np.arange(block, n + block, block), n) for n in shape)
    return groups.planned(boxes, np.ones(len(boxes), int), ends, cells, most)


@pytest.mark.parametrize(
    ("count", "cells", "times"),
    [(1, (1, 1), 1), (3, (1, 3), 2), (10, (1, 9), 2), (12, (3, 4), 4), (1000, (6, 9), 4)],
)
@pytest.mark.parametrize("most", [1, 6, 10**6])
def test_every_tile_is_in_one_bundle_of_each_cell_that_it_meets(count, cells, times, most):
    # Without it a tile moves more than twice, where there are bands: a bundle stays where it is.
    boxes = grid(9, 13)
    plan = plan_of(boxes, count, most)
    assert plan.shape == cells
    found = np.bincount(np.concatenate(plan.bundles), minlength=len(boxes))
    assert found.min() == 1 and found.max() == times
    lower, right = plan.ends
    for tiles, cell in zip(plan.bundles, plan.cells, strict=True):
        row, col = divmod(cell, cells[1])
        assert len(tiles) <= most and tiles.tolist() == sorted(tiles.tolist())
        assert (boxes[tiles, :2] < [lower[row], right[col]]).all()
        start = [lower[row - 1] if row else 0, right[col - 1] if col else 0]
        assert (boxes[tiles, 2:] > start).all()


def test_cells_have_like_shares_of_the_tiles():
    # Without it one machine works while the others have done.
    plan = plan_of(grid(6, 60), 5, 10**6)
    shares = [len(tiles) for tiles in plan.bundles]
    assert len(shares) == 5 and max(shares) < 1.5 * min(shares)


@pytest.mark.parametrize("count", [1, 3, 9, 1000])
@pytest.mark.parametrize("most", [1, 8, 40, 10**6])
def test_every_pair_is_in_one_task_which_holds_what_it_may(most, count):
    # Without it a pair is missed, or counted twice, or a worker runs out of memory.
    boxes = grid(9, 7)
    pairs, sizes = pairs_of(boxes), np.ones(len(boxes), int)
    plan = plan_of(boxes, count, max(1, most // 4))
    tasks = groups.pair_tasks(pairs, boxes, plan, sizes, most)
    every = np.concatenate([some for _, some in tasks])
    assert sorted(map(tuple, every.tolist())) == list(map(tuple, pairs.tolist()))
    for bundles, some in tasks:
        assert some.tolist() == sorted(some.tolist())
        assert len(np.unique(plan.cells[bundles])) == 1 and bundles == sorted(bundles)
        held = np.concatenate([plan.bundles[b] for b in bundles])
        assert set(some.ravel().tolist()) <= set(held.tolist())
        assert len(held) <= most or len(bundles) <= 2


def test_tiles_that_are_off_belong_to_no_group():
    # Without it a task is made for what nobody can see.
    boxes = np.concatenate([grid(2, 2), np.zeros((2, 4), int)])
    assert sorted(np.concatenate(groups.groups_of(boxes, np.ones(6), 2)).tolist()) == [0, 1, 2, 3]
    assert groups.groups_of(boxes[4:], np.ones(2), 2) == []
    plan = plan_of(boxes, 2, 2)
    assert (plan.places[4:] == -1).all()
    assert groups.pair_tasks(np.zeros((0, 2), int), boxes, plan, np.ones(6), 2) == []


def test_blocks_list_the_tiles_that_meet_them():
    # Without it a tile is missing along the border of a block.
    boxes = np.concatenate([grid(5, 4), np.zeros((1, 4), int)])
    rows, cols = (80, 1, 150, 189), (200, 140)
    found = groups.blocks_of(boxes, rows, cols)
    lower, right = np.cumsum(rows), np.cumsum(cols)
    for (row, col), tiles in np.ndenumerate(found):
        start = np.array([lower[row] - rows[row], right[col] - cols[col]])
        end = np.array([lower[row], right[col]])
        meet = (np.maximum(boxes[:, :2], start) < np.minimum(boxes[:, 2:], end)).all(axis=1)
        assert tiles == np.flatnonzero(meet).tolist()


def test_groups_are_numbered_by_their_first_tiles():
    # Without it two machines call the same group by different numbers.
    pairs = np.zeros(2, [("i", int), ("j", int), ("pixels", int), ("step", float, (1,))])
    pairs["i"], pairs["j"] = [2, 0], [3, 4]
    assert zetwopass.offsets_from_pairs(pairs, 5)[1].tolist() == [0, 1, 2, 2, 0]
