"""Which tiles go where, so that each moves at most twice and no task holds too many at a time.

A mosaic is cut into bands, from side to side and none narrower than the largest tile: no tile meets
more than two. All that is done with a band is done in one place, to which come the tiles that meet
it, in bundles.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np


class Plan(NamedTuple):
    """Bands of a mosaic, and T tiles in bundles.

    Attributes
    ----------
    axis
        0 where bands lie one below the other, 1 side by side.
    ends
        Output pixels [N] along that axis, at which bands end.
    bundles
        The tiles of each bundle, ascending.
    bands
        Integers, the band of each bundle.
    first
        Integers [T], the first band of each tile.
    places
        Integers [T, 2], the bundle of each tile in its first band and in the next, or -1.
    """

    axis: int
    ends: np.ndarray
    bundles: list[np.ndarray]
    bands: np.ndarray
    first: np.ndarray
    places: np.ndarray

    def bands_at(self, pixels: np.ndarray) -> np.ndarray:
        """Return the bands of output pixels along the axis."""
        return np.minimum(np.searchsorted(self.ends, pixels, "right"), len(self.ends) - 1)

    def bundles_of(self, tiles: np.ndarray, bands: np.ndarray) -> np.ndarray:
        """Return the bundles in which tiles are in bands that they meet."""
        return self.places[tiles, bands - self.first[tiles]]


def most_bands(boxes: np.ndarray, shape: tuple[int, int], count: int) -> tuple[int, int]:
    """Return the axis along which a mosaic has more bands, and how many, ``count`` at most."""
    largest = np.maximum((boxes[:, 2:] - boxes[:, :2]).max(axis=0, initial=1), 1)
    room = np.array(shape) // largest
    axis = int(np.argmax(room))
    return axis, max(1, min(count, int(room[axis])))


def planned(
    boxes: np.ndarray, sizes: np.ndarray, ends: np.ndarray, axis: int, count: int, most: int
) -> Plan:
    """Return bands of tiles of like bytes, ``count`` at most, and the tiles' bundles.

    Parameters
    ----------
    boxes
        Integers [T, 4], y0, x0, y1, x1.
    sizes
        [T], bytes.
    ends
        Integers, where blocks end along the axis: bands do so only there.
    axis
        As in `Plan`.
    most
        Bytes of a bundle, which has one tile at least.
    """
    ends = _bands(boxes[:, [axis, axis + 2]], sizes, np.asarray(ends), count)
    starts = np.concatenate([[0], ends[:-1]])
    seen = boxes[:, 0] < boxes[:, 2]
    plan = Plan(axis, ends, [], np.zeros(0, int), np.zeros(0, int), np.full((len(boxes), 2), -1))
    first = plan.bands_at(boxes[:, axis])
    bands = []
    for band, start in enumerate(starts):
        last = band == len(ends) - 1
        here = seen & (start < boxes[:, axis + 2]) & (last | (boxes[:, axis] < ends[band]))
        for tiles in groups_of(boxes, sizes, most, np.flatnonzero(here)):
            plan.places[tiles, band - first[tiles]] = len(plan.bundles)
            plan.bundles.append(tiles)
            bands.append(band)
    return plan._replace(bands=np.array(bands, int), first=first)


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
    """Return the bundles of each task, all of one band, and its pairs [P, 2], by i, then j.

    A pair belongs to the band in which the pixels begin that its tiles have in common, where both
    are; there to the first of their bundles. A task takes more bundles of pairs as long as their
    tiles have ``most`` bytes at most; it has those of one pair at least.
    """
    if not len(pairs):
        return []
    i, j = pairs.T
    bands = plan.bands_at(np.maximum(boxes[i, plan.axis], boxes[j, plan.axis]))
    ours = np.stack([plan.bundles_of(i, bands), plan.bundles_of(j, bands)])
    low, high = ours.min(axis=0), ours.max(axis=0)
    order = np.lexsort((high, low))
    low, high = low[order], high[order]
    starts = np.flatnonzero(np.diff(low, prepend=-1) | np.diff(high, prepend=-1))
    weights = np.array([sizes[tiles].sum() for tiles in plan.bundles])
    tasks: list[tuple[list[int], list[np.ndarray]]] = []
    for start, some in zip(starts, np.split(order, starts[1:]), strict=True):
        a, b = int(low[start]), int(high[start])
        held = tasks[-1][0] if tasks else [-1]
        if held[0] != a or (b not in held and weights[[*held, b]].sum() > most):
            tasks.append(([a], []))
        held, parts = tasks[-1]
        if b not in held:
            held.append(b)
        parts.append(some)
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


def _bands(spans: np.ndarray, sizes: np.ndarray, ends: np.ndarray, count: int) -> np.ndarray:
    """Return where bands end, of those that are none narrower than the largest tile."""
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
