"""The steps between tiles that overlap, and the backgrounds that level them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from .._engine import Job, calls, checks, library, limited, solve_offsets
from ..api import Image
from ..errors import ArgumentError, ArgumentTypeError
from .places import boxes, job_tiles_of, settings_of, vector

if TYPE_CHECKING:
    from .._sky import PixelMap


def overlapping_pairs(maps: Sequence[PixelMap | None], shape_out: tuple[int, int]) -> np.ndarray:
    """Return the pairs of tiles i < j whose boxes have output pixels in common, by i, then j.

    Parameters
    ----------
    maps
        [T], of `pixel_maps`.
    shape_out
        Rows and columns of the mosaic.

    Returns
    -------
    ndarray
        int64 [P, 2].
    """
    top, left, bottom, right = boxes(maps, shape_out).T
    order = np.argsort(top, kind="stable")
    order = order[top[order] < bottom[order]]
    found = [np.zeros((0, 2), np.int64)]
    ends = np.searchsorted(top[order], bottom[order])
    for k, (i, end) in enumerate(zip(order, ends, strict=True)):
        others = order[k + 1 : end]
        meet = (left[others] < right[i]) & (left[i] < right[others])
        others = others[meet & (left[others] < right[others]) & (left[i] < right[i])]
        found.append(np.stack([np.minimum(i, others), np.maximum(i, others)], axis=-1))
    pairs = np.concatenate(found)
    return pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]


@limited
def pair_medians(
    tiles: Sequence[Image],
    maps: Sequence[PixelMap | None],
    pairs: np.ndarray,
    shape_out: tuple[int, int],
    *,
    gains: np.ndarray,
    masks: Sequence[Image | None] | None = None,
    profile: str = "v4.5",
    channels: int | None = None,
    workers: int | None = None,
    max_chunk_bytes: int | None = None,
) -> np.ndarray:
    """Return the steps between given pairs of tiles.

    Parameters
    ----------
    tiles, masks, profile
        As in `second_pass`: those that the pairs name are enough, and some may have no partner.
    maps
        [T], of `pixel_maps`.
    pairs
        Integers [P, 2]: tiles i < j, by i, then j, none twice.
    shape_out
        Rows and columns of the mosaic.
    gains
        [T], factors of the tiles.
    channels
        C of the steps; those of the first tile by default.
    workers, max_chunk_bytes
        As in `second_pass`.

    Returns
    -------
    ndarray
        Those that have common pixels, as `zetwopass.SecondPass`'s.

    Raises
    ------
    ArgumentError, FileError, HDUError, BudgetError, LimitError
        As in `second_pass`.
    """
    given, job_tiles = job_tiles_of(tiles, maps, masks, None, profile)
    row0, col0, *shape = _around(boxes(maps, shape_out))
    settings = settings_of(profile, workers, max_chunk_bytes)
    if channels is None:
        channels = checks.channels(given)
    channels = checks.integer("channels", channels, 1, checks.MAX_CHANNELS)
    job = Job(settings, job_tiles, mosaic_shape=(*shape, channels))
    job.gains[:] = vector("gains", gains, (len(given),))
    job.begin_at(row0, col0)
    job.want_pairs(_wanted(pairs))
    calls.run("ztp_match_backgrounds", job)
    return job.pairs


@limited
def offsets_from_pairs(pairs: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the backgrounds to subtract from tiles, from the steps between them.

    Parameters
    ----------
    pairs
        What `pair_medians` has found, of several calls too, in any order: structured [P], with
        ``i`` < ``j``, ``pixels`` and ``step`` [C], NaN where there is none.
    count
        Of the tiles, T.

    Returns
    -------
    offsets : ndarray
        float64 [T, C].
    groups : ndarray
        int32 [T]: tiles with the same number are tied by pairs in the first channel.

    Raises
    ------
    ArgumentError
        What came are no such pairs, or one came twice.
    LimitError
        As in `second_pass`.

    Examples
    --------
    Tile 1 is brighter than tile 0 by 3, and nothing ties tile 2 to them:

    >>> import numpy as np
    >>> import zetwopass
    >>> kind = [("i", int), ("j", int), ("pixels", int), ("step", float, (1,))]
    >>> pairs = np.array([(0, 1, 800, [-3])], kind)
    >>> offsets, groups = zetwopass.offsets_from_pairs(pairs, 3)
    >>> offsets.ravel().tolist(), groups.tolist()
    ([-1.5, 1.5, 0.0], [0, 0, 1])
    """
    names = getattr(getattr(pairs, "dtype", None), "names", None) or ()
    if not {"i", "j", "pixels", "step"} <= set(names) or pairs.ndim != 1:
        raise ArgumentTypeError("pairs is no structured array, want that of pair_medians")
    kind = pairs.dtype["step"]
    if len(kind.shape) != 1 or not 1 <= kind.shape[0] <= checks.MAX_CHANNELS:
        raise ArgumentError(f"pairs has steps of shape {list(kind.shape)}, want [C], C from 1 to 4")
    library()
    return solve_offsets(pairs, checks.integer("count", count, 1, 2**20))


def _around(places: np.ndarray) -> tuple[int, int, int, int]:
    """Return the first row and column, and the rows and columns, that hold all boxes."""
    seen = places[places[:, 0] < places[:, 2]]
    if not len(seen):
        return 0, 0, 1, 1
    top, left = seen[:, :2].min(axis=0).tolist()
    bottom, right = seen[:, 2:].max(axis=0).tolist()
    return top, left, bottom - top, right - left


def _wanted(pairs: np.ndarray) -> np.ndarray:
    try:
        found = np.asarray(pairs)
    except ValueError as err:
        raise ArgumentError(f"pairs is no array, want integers [P, 2]: {err}") from None
    if found.dtype.kind not in "iu" or found.ndim != 2 or found.shape[1] != 2:
        kind = f"{found.dtype.name} {list(found.shape)}"
        raise ArgumentError(f"pairs is {kind}, want integers [P, 2]")
    return np.ascontiguousarray(found, np.int64)
