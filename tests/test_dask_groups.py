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


@pytest.mark.parametrize("most", [1, 8, 40, 10**6])
def test_every_pair_is_in_one_task_which_holds_what_it_may(most):
    # Without it a pair is missed, or counted twice, or a worker runs out of memory.
    boxes = grid(9, 7)
    pairs, sizes = pairs_of(boxes), np.ones(len(boxes), int)
    found = groups.groups_of(boxes, sizes, max(1, most // 2))
    assert sorted(np.concatenate(found).tolist()) == list(range(len(boxes)))
    tasks = groups.pair_tasks(pairs, found, sizes, most)
    assert sorted(map(tuple, np.concatenate(tasks).tolist())) == list(map(tuple, pairs.tolist()))
    for task in tasks:
        assert len(np.unique(task)) <= max(most, 2)
        assert task.tolist() == sorted(task.tolist())


def test_few_tiles_of_a_grid_are_wanted_beyond_their_group():
    # Without it tiles travel between machines more often than it takes to compare them.
    boxes = grid(24, 24)
    pairs, sizes = pairs_of(boxes), np.ones(len(boxes), int)
    found = groups.groups_of(boxes, sizes, 36)
    tasks = groups.pair_tasks(pairs, found, sizes, 72)
    uses = np.bincount(np.concatenate([np.unique(task) for task in tasks]), minlength=len(boxes))
    assert uses.min() == 1 and uses.mean() < 1.3 and (uses > 2).mean() < 0.05


def test_tiles_that_are_off_belong_to_no_group():
    # Without it a task is made for what nobody can see.
    boxes = np.concatenate([grid(2, 2), np.zeros((2, 4), int)])
    assert sorted(np.concatenate(groups.groups_of(boxes, np.ones(6), 2)).tolist()) == [0, 1, 2, 3]
    assert groups.groups_of(boxes[4:], np.ones(2), 2) == []
    assert groups.pair_tasks(np.zeros((0, 2), int), [], np.ones(2), 2) == []


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
