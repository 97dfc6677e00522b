"""Which tiles go to which task, so that few tiles move and no task holds too many at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np


def groups_of(boxes: np.ndarray, sizes: np.ndarray, most: int) -> list[np.ndarray]:
    """Return tiles on the output that lie together, of at most so many bytes, or one.

    Parameters
    ----------
    boxes
        Integers [T, 4], y0, x0, y1, x1.
    sizes
        [T], bytes.
    most
        Bytes of a group.
    """
    centres = (boxes[:, :2] + boxes[:, 2:]) / 2

    def halves(tiles: np.ndarray) -> Iterator[np.ndarray]:
        if len(tiles) <= 1 or sizes[tiles].sum() <= most:
            yield tiles
            return
        axis = int(np.argmax(np.ptp(centres[tiles], axis=0)))
        tiles = tiles[np.argsort(centres[tiles, axis], kind="stable")]
        for half in (tiles[: len(tiles) // 2], tiles[len(tiles) // 2 :]):
            yield from halves(half)

    seen = np.flatnonzero(boxes[:, 0] < boxes[:, 2])
    return [np.sort(group) for group in halves(seen) if len(group)]


def pair_tasks(
    pairs: np.ndarray, groups: list[np.ndarray], sizes: np.ndarray, most: int
) -> list[np.ndarray]:
    """Return the pairs [P, 2] of each task, by i, then j.

    A task has the pairs of a group, those with its neighbours, and those of the neighbours that
    are there for that: so a tile is wanted by few tasks but its group's. It is cut where its tiles
    take more than ``most`` bytes.
    """
    owner = np.zeros(len(sizes), np.int64)
    for number, group in enumerate(groups):
        owner[group] = number
    first = owner[pairs].min(axis=1) if len(pairs) else np.zeros(0, np.int64)
    order = np.argsort(first, kind="stable")
    starts = np.searchsorted(first[order], np.arange(len(groups) + 1))
    numbers = {tuple(pair): k for k, pair in enumerate(pairs.tolist())}
    partners: dict[int, list[int]] = {}
    for i, j in pairs.tolist():
        partners.setdefault(i, []).append(j)
    left = np.ones(len(pairs), bool)
    tasks: list[np.ndarray] = []
    for number in range(len(groups)):
        own = [k for k in order[starts[number] : starts[number + 1]].tolist() if left[k]]
        guests = set(pairs[own].ravel().tolist())
        for i in guests:
            own += [
                numbers[i, j]
                for j in partners.get(i, ())
                if j in guests and owner[i] != owner[j] and first[numbers[i, j]] > number
            ]
        own = [k for k in own if left[k]]
        left[own] = False
        tasks += [pairs[sorted(some)] for some in _cut(own, pairs, sizes, most)]
    return tasks


def blocks_of(boxes: np.ndarray, rows: Iterable[int], cols: Iterable[int]) -> np.ndarray:
    """Return the tiles, lists in ascending order, that meet each block of an output.

    ``rows`` and ``cols`` are the blocks' heights and widths; the result is of objects [m, n].
    """
    lower, right = np.cumsum(list(rows)), np.cumsum(list(cols))
    found = np.empty((len(lower), len(right)), object)
    for place in np.ndindex(found.shape):
        found[place] = []
    for tile, (y0, x0, y1, x1) in enumerate(boxes.tolist()):
        if y0 >= y1:
            continue
        top, left = np.searchsorted(lower, y0, "right"), np.searchsorted(right, x0, "right")
        bottom, end = np.searchsorted(lower, y1), np.searchsorted(right, x1)
        for place in np.ndindex(bottom - top + 1, end - left + 1):
            found[top + place[0], left + place[1]].append(tile)
    return found


def _cut(own: list[int], pairs: np.ndarray, sizes: np.ndarray, most: int) -> Iterator[list[int]]:
    """Yield pairs in turn, as many at a time as their tiles' bytes admit, one at least."""
    some: list[int] = []
    here: set[int] = set()
    for k in own:
        more = here | set(pairs[k].tolist())
        if some and sizes[list(more)].sum() > most:
            yield some
            some, more = [], set(pairs[k].tolist())
        some.append(k)
        here = more
    if some:
        yield some
