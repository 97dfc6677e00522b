"""Which tiles go where, so that each moves at most twice and no task holds too many at a time.

A mosaic is cut into bands, from side to side and none narrower than the largest tile: no tile meets
more than two. All that is done with a band is done in one place, to which come the tiles that meet
it, in bundles. Where there are more places than bands, both axes are cut, into cells, of which the
tiles at a corner meet four.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np


class Plan(NamedTuple):
    """Cells of a mosaic, row by row, and T tiles in bundles.

    Attributes
    ----------
    ends
        Of both axes the output pixels at which cells end.
    bundles
        The tiles of each bundle, ascending.
    cells
        Integers, the cell of each bundle.
    first
        Integers [T, 2], the first row and column of cells that each tile meets.
    places
        Integers [T, 2, 2], the bundle of each tile in those cells and in the next rows and columns
        of them, or -1.
    """

    ends: tuple[np.ndarray, np.ndarray]
    bundles: list[np.ndarray]
    cells: np.ndarray
    first: np.ndarray
    places: np.ndarray

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of cells."""
        return len(self.ends[0]), len(self.ends[1])

    def at(self, pixels: np.ndarray) -> np.ndarray:
        """Return the rows and columns of cells in which output pixels [N, 2] are."""
        each = [np.searchsorted(end, pixels[:, k], "right") for k, end in enumerate(self.ends)]
        return np.minimum(np.stack(each, axis=-1), np.array(self.shape) - 1)

    def bundles_of(self, tiles: np.ndarray, at: np.ndarray) -> np.ndarray:
        """Return the bundles in which tiles are in cells that they meet, by row and column."""
        down, right = (at - self.first[tiles]).T
        return self.places[tiles, down, right]


def cells_of(boxes: np.ndarray, shape: tuple[int, int], count: int) -> tuple[int, int]:
    """Return rows and columns of so many cells at most: bands, as far as there is room for them."""
    largest = np.maximum((boxes[:, 2:] - boxes[:, :2]).max(axis=0, initial=1), 1)
    rows, cols = np.maximum(np.array(shape) // largest, 1).tolist()
    if count <= max(rows, cols):
        return (count, 1) if rows >= cols else (1, count)
    down = min(max(1, round(np.sqrt(count * rows / cols))), rows)
    return down, min(cols, count // down)


def planned(
    boxes: np.ndarray,
    sizes: np.ndarray,
    ends: tuple[np.ndarray, np.ndarray],
    cells: tuple[int, int],
    most: int,
) -> Plan:
    """Return cells with tiles of like bytes, as many as are told at most, and the tiles' bundles.

    Parameters
    ----------
    boxes
        Integers [T, 4], y0, x0, y1, x1.
    sizes
        [T], bytes.
    ends
        Integers, where blocks end along both axes: cells do so only there.
    most
        Bytes of a bundle, which has one tile at least.
    """
    cuts = [
        _cut(boxes[:, [axis, axis + 2]], sizes, np.asarray(ends[axis]), cells[axis])
        for axis in (0, 1)
    ]
    places = np.full((len(boxes), 2, 2), -1)
    plan = Plan((cuts[0], cuts[1]), [], np.zeros(0, int), np.zeros((0, 2), int), places)
    first, last = plan.at(boxes[:, :2]), plan.at(boxes[:, 2:] - 1)
    seen = boxes[:, 0] < boxes[:, 2]
    numbers: list[int] = []
    met: dict[tuple[int, int], list[np.ndarray]] = {}
    for step in np.ndindex(2, 2):
        there = np.flatnonzero(seen & (first + step <= last).all(axis=1))
        if not len(there):
            continue
        at = first[there] + step
        order = np.lexsort((at[:, 1], at[:, 0]))
        there, at = there[order], at[order]
        starts = np.flatnonzero(np.diff(at, axis=0, prepend=-1).any(axis=1))
        for start, tiles in zip(starts, np.split(there, starts[1:]), strict=True):
            met.setdefault((int(at[start, 0]), int(at[start, 1])), []).append(tiles)
    for (row, col), tiles in sorted(met.items()):
        for some in groups_of(boxes, sizes, most, np.concatenate(tiles)):
            places[some, row - first[some, 0], col - first[some, 1]] = len(plan.bundles)
            plan.bundles.append(some)
            numbers.append(row * plan.shape[1] + col)
    return plan._replace(cells=np.array(numbers, int), first=first)


def groups_of(
    boxes: np.ndarray, sizes: np.ndarray, most: int, tiles: np.ndarray | None = None
) -> list[np.ndarray]:
    """Return tiles, or all that are on the output, that lie together, of so many bytes, or one."""
    centres = (boxes[:, :2] + boxes[:, 2:]) / 2

    def halves(tiles: np.ndarray) -> Iterator[np.ndarray]:
        if len(tiles) <= 1 or sizes[tiles].sum() <= most:
            yield tiles
            return
        axis = int(np.argmax(np.ptp(centres[tiles], axis=0)))
        tiles = tiles[np.argsort(centres[tiles, axis], kind="stable")]
        for half in (tiles[: len(tiles) // 2], tiles[len(tiles) // 2 :]):
            yield from halves(half)

    tiles = np.flatnonzero(boxes[:, 0] < boxes[:, 2]) if tiles is None else tiles
    return [np.sort(group) for group in halves(tiles) if len(group)]


def pair_tasks(
    pairs: np.ndarray, boxes: np.ndarray, plan: Plan, sizes: np.ndarray, most: int
) -> list[tuple[list[int], np.ndarray]]:
    """Return the bundles of each task, all of one cell, and its pairs [P, 2], by i, then j.

    A pair belongs to the cell in which the pixels begin that its tiles have in common, where both
    are. A task takes the pairs of more and more bundles as long as their tiles have ``most`` bytes
    at most; it has those of two bundles at least.
    """
    if not len(pairs):
        return []
    i, j = pairs.T
    cells = plan.at(np.maximum(boxes[i, :2], boxes[j, :2]))
    ours = np.stack([plan.bundles_of(i, cells), plan.bundles_of(j, cells)])
    low, high = ours.min(axis=0), ours.max(axis=0)
    order = np.lexsort((high, low))
    low, high = low[order], high[order]
    starts = np.flatnonzero(np.diff(low, prepend=-1) | np.diff(high, prepend=-1))
    weights = np.array([sizes[tiles].sum() for tiles in plan.bundles])
    tasks: list[tuple[list[int], list[np.ndarray]]] = []
    for start, some in zip(starts, np.split(order, starts[1:]), strict=True):
        a, b = int(low[start]), int(high[start])
        more = sorted({a, b}.union(tasks[-1][0] if tasks else ()))
        if not tasks or len(set(plan.cells[more])) > 1 or weights[more].sum() > most:
            tasks.append(([], []))
            more = sorted({a, b})
        tasks[-1][0][:] = more
        tasks[-1][1].append(some)
    return [(held, pairs[np.sort(np.concatenate(parts))]) for held, parts in tasks]


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


def _cut(spans: np.ndarray, sizes: np.ndarray, ends: np.ndarray, count: int) -> np.ndarray:
    """Return where cells end along an axis, none narrower than the largest tile."""
    largest = (spans[:, 1] - spans[:, 0]).max(initial=1)
    order = np.argsort(spans.sum(axis=1), kind="stable")
    before = np.concatenate([[0], np.cumsum(sizes[order])])
    until = before[np.searchsorted(spans[order].sum(axis=1), 2 * ends)]  # bytes of the tiles
    found: list[int] = []
    start = 0
    for end, done in zip(ends[:-1].tolist(), until, strict=False):
        wanted = before[-1] * (len(found) + 1) / count
        if done >= wanted and min(end - start, ends[-1] - end) >= largest:
            found.append(end)
            start = end
        if len(found) == count - 1:
            break
    return np.array([*found, ends[-1]])
