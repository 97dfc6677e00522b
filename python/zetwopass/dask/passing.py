"""The second pass by tasks of dask: gains, pairs, then a mosaic that is made when it is wanted."""

from __future__ import annotations

import os
import uuid
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from dask import array as da

from .. import parts
from .._engine import checks
from .._inputs import common_grid, maps_of, ranges, warn_unseen
from ..api import GAIN_CLIP, SIGMA
from . import blocks, groups, tasks
from .cluster import Cluster, Graph, Key
from .coverage import Planes, planes
from .sent import Bundles, Sent
from .tiles import handed

if TYPE_CHECKING:
    from astropy.io import fits
    from astropy.wcs import WCS


_GAIN_BYTES = 12  # of a tile's pixel in a task of gains: coverage, blurred coverage and mask


class LazyPass(NamedTuple):
    """What a second pass of T tiles of C channels makes, or will make where it is dask's.

    Attributes
    ----------
    mosaic
        dask array of float32 [H, W, C], in blocks of the mosaic.
    coverage
        dask array of float32 [H, W], the sum of the weights, in the same blocks.
    gains, offsets, groups, pairs
        As those of `zetwopass.SecondPass`.
    """

    mosaic: da.Array
    coverage: da.Array
    gains: np.ndarray
    offsets: np.ndarray
    groups: np.ndarray
    pairs: np.ndarray


def second_pass(
    tiles: Sequence,
    tiles_wcs: Sequence[WCS] | None,
    output_wcs: WCS | fits.Header,
    coverage: object,
    *,
    shape_out: tuple[int, int] | None = None,
    sigma: int = SIGMA,
    gain_clip: tuple[float, float] = GAIN_CLIP,
    masks: Sequence | None = None,
    tile_weights: Sequence[float] | None = None,
    profile: str = "v4.5",
    threshold: float | None = None,
    feather: int | None = None,
    chunks: int | tuple[int, int] | None = None,
    task_bytes: int = 2**30,
    workers: int = 1,
    scratch: str | os.PathLike | None = None,
) -> LazyPass:
    """Find gains and offsets of tiles by tasks of dask, and return the mosaic that they make.

    Tasks run on the cluster whose client is the current one, or, without one, on threads of this
    process. The call returns when gains and offsets are known; the blocks of the mosaic are made
    when they are computed or stored, with the same client. All has the bits of
    `zetwopass.second_pass` on the CPU. On a dashboard the tasks are called ``gains``, ``tiles``,
    ``pairs`` and ``coadd``.

    Each worker has a band of the mosaic, none narrower than the largest tile, so that a tile meets
    two at most. It goes to the workers of its bands, in a bundle, and stays there, in memory or
    where the worker spills it, until the mosaic is let go: it moves at most twice, for medians and
    blocks together. (dask's work stealing can send a block's bundles to a worker that is idle; with
    ``distributed.scheduler.work-stealing: false`` it doesn't. A mask moves once more, for the
    gains.) Where there are more workers than bands, as many as the mosaic is large tiles long, each
    has a cell in the place of a band, and a tile at a corner of cells moves up to four times.

    Parameters
    ----------
    tiles
        Of T tiles each an array of dask, zarr or NumPy, float32 [h, w] or [h, w, C]; the path of a
        zarr store; or the path of a FITS file, or ``(path, HDU)``, that all workers see, and those
        of its bands read, each once. An array of NumPy goes with the tasks, from this process.
    tiles_wcs, output_wcs, shape_out, sigma, gain_clip, tile_weights, profile, threshold, feather
        As in `zetwopass.second_pass`; ``tiles_wcs`` is None only of FITS files.
    coverage
        [Hc, Wc], how many tiles the first pass had on each output pixel: an array of NumPy, dask or
        zarr, a zarr store, or a FITS file. It is blurred here, whole, by threads of this process,
        which with the coverage takes 8 bytes a pixel of ``scratch`` or, without that, of memory.
    masks
        Per tile [h, w], of the same kinds as tiles, or None for ones.
    chunks
        Rows and columns of the mosaic's blocks, or one number for both; by default up to 8192, or
        down to 512, so that the tiles of a block take ``task_bytes`` at most and threads have work.
    task_bytes
        About how many bytes of tiles and of coverage a task may hold, though two bundles of tiles
        at least, which are a quarter of it each. A worker wants room for twice as much per thread.
    workers
        Threads of a task.
    scratch
        A folder that all workers see, for the coverage and its blur as files of 4 bytes a pixel
        each, from which the tasks of the gains read; without it windows of both go with these
        tasks. The files stay: a worker that is lost may have to be replaced.

    Returns
    -------
    LazyPass
        The mosaic and its coverage as dask's arrays; gains, offsets, groups and pairs.

    Raises
    ------
    ArgumentError, FileError, HDUError, WCSError
        As in `zetwopass.second_pass`; those of a task, too, which name the tile.
    WriteError, NoRoomError
        ``scratch`` can't be written to.
    MissingPackageError
        At the import: dask is not installed.

    Warns
    -----
    RangeWarning, TileWarning
        As in `zetwopass.second_pass`.
    """
    token = uuid.uuid4().hex
    images, skies, mask_images = handed(tiles, tiles_wcs, masks, token)
    task_bytes = checks.integer("task_bytes", task_bytes, 1, 2**62)
    workers = checks.integer("workers", workers, 1, checks.MAX_WORKERS)
    numbers = {"gain_clip": gain_clip, "threshold": threshold}
    checks.settings(profile=profile, sigma=sigma, feather=feather, **numbers)
    weights = checks.weights(tile_weights, len(images), profile)
    weights, shift = ranges.tile_weights(weights)
    seen = planes(coverage, scratch, token, sigma=sigma, profile=profile)
    covered = seen.first.shape
    shape = covered if shape_out is None else checks.shape("shape_out", shape_out)
    grid = common_grid(shape, covered)
    maps = maps_of([image.shape[:2] for image in images], skies, output_wcs, grid)
    sent = Sent(images, mask_images, maps, profile, workers, token)
    boxes, sizes = parts.boxes(maps, shape), sent.sizes()
    cluster = Cluster()
    share = min(task_bytes, int(sizes.sum()) // max(2, cluster.threads))  # all threads have work
    there = len(cluster.workers), cluster.threads
    cut, plan = planned(boxes, sizes, shape, chunks, (task_bytes, share), *there)

    factors = _gains(cluster, sent, seen, numbers, task_bytes)
    homes = cluster.homes(plan, [image.key for image in images], sizes)
    bundles = Bundles(sent, plan, homes)
    found, bundles = _pairs(cluster, bundles, boxes, shape, factors, share)
    offsets, tied = parts.offsets_from_pairs(found, len(images))
    unseen = ~_shown(cluster, bundles, boxes, found)
    tied[unseen] = -1
    tied[~unseen] = _renumbered(tied[~unseen])
    if shift:
        ranges.restore_coverage(np.empty(0, np.float32), shift, stacklevel=2)
    warn_unseen(np.flatnonzero(unseen).tolist(), stacklevel=2)
    values = {"gains": factors, "offsets": offsets}
    if profile == "v4.5":
        values["tile_weights"] = np.array(weights)
    both = blocks.mosaic(bundles, boxes, values, shift, cut, feather)
    return LazyPass(both[..., :-1], both[..., -1], factors, offsets, tied, found)


def planned(
    boxes: np.ndarray,
    sizes: np.ndarray,
    shape: tuple[int, int],
    chunks: int | tuple[int, int] | None,
    task_bytes: tuple[int, int],
    workers: int,
    threads: int,
) -> tuple[tuple[tuple[int, ...], tuple[int, ...]], groups.Plan]:
    """Return heights and widths of the mosaic's blocks, and which tiles go where.

    ``task_bytes`` are those of a block's task, and of one of medians, of four bundles at most.
    """
    cells = groups.cells_of(boxes, shape, workers)
    cut = blocks.cut(chunks, shape, boxes, sizes, task_bytes[0], cells, threads)
    ends = np.cumsum(cut[0]), np.cumsum(cut[1])
    return cut, groups.planned(boxes, sizes, ends, cells, task_bytes[1] // 4)


def gain_groups(boxes: np.ndarray, task_bytes: int) -> list[np.ndarray]:
    """Return the tiles of each task of gains, by their boxes on the coverage."""
    areas = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)
    return groups.groups_of(boxes, _GAIN_BYTES * areas, task_bytes)


def pair_graph(
    bundles: Bundles,
    boxes: np.ndarray,
    shape: tuple[int, int],
    factors: np.ndarray,
    task_bytes: int,
) -> tuple[Graph, list[Key], list[Key]]:
    """Return a graph, its tasks of medians, and what stands for its bundles."""
    sent, plan, homes = bundles.sent, bundles.plan, bundles.homes
    graph = Graph(sent.token)
    keys = bundles.keys(graph)
    calls = []
    wanted = parts.overlapping_pairs(sent.maps, shape)
    work = groups.pair_tasks(wanted, boxes, plan, sent.sizes(), task_bytes)
    for k, (here, some) in enumerate(work):
        ours, home = [keys[b] for b in here], homes[plan.cells[here[0]]]
        factor = factors[np.unique(some)]
        calls.append(graph.add(tasks.pairs, (k,), ours, some, shape, factor, home=home))
    return graph, calls, keys


def _gains(
    cluster: Cluster, sent: Sent, seen: Planes, numbers: dict, task_bytes: int
) -> np.ndarray:
    """Return the gains of all tiles, by tasks of those that lie together.

    As many at a time as run, where windows go with them: a worker has these in memory from the
    start.
    """
    factors = np.ones(len(sent.images))
    boxes = parts.boxes(sent.maps, seen.first.shape)
    work = gain_groups(boxes, task_bytes)
    at_a_time = len(work) if seen.paths else cluster.threads
    for start in range(0, len(work), max(1, at_a_time)):
        some = work[start : start + at_a_time]
        graph = Graph(sent.token)
        keys = []
        for k, tiles in enumerate(some, start):
            y0, x0 = boxes[tiles, :2].min(axis=0).tolist()
            y1, x1 = boxes[tiles, 2:].max(axis=0).tolist()
            maps, masks = sent.maps_of(graph, tiles), sent.masks_of(graph, tiles)
            windows = seen.windows((y0, x0, y1, x1))
            told = sent.some(tiles)
            keys.append(graph.add(tasks.gains, (k,), told, *windows, numbers, maps, masks))
        for tiles, found in zip(some, cluster.compute(graph, keys), strict=True):
            factors[tiles] = found
    return factors


def _pairs(
    cluster: Cluster,
    bundles: Bundles,
    boxes: np.ndarray,
    shape: tuple[int, int],
    factors: np.ndarray,
    task_bytes: int,
) -> tuple[np.ndarray, Bundles]:
    """Return the steps between tiles, by i, then j, and the bundles, held where they are."""
    graph, calls, keys = pair_graph(bundles, boxes, shape, factors, task_bytes)
    steps, held = cluster.compute_and_hold(graph, calls, keys)
    channels = bundles.sent.channels
    kind = [("i", "i8"), ("j", "i8"), ("pixels", "i8"), ("step", "f8", (channels,))]
    found = np.concatenate([np.zeros(0, kind), *steps])
    return found[np.lexsort((found["j"], found["i"]))], bundles._replace(held=held)


def _shown(cluster: Cluster, bundles: Bundles, boxes: np.ndarray, found: np.ndarray) -> np.ndarray:
    """Return which tiles give the first channel a pixel: in a pair, or if one is looked for."""
    shown = np.zeros(len(boxes), bool)
    common = found[~np.isnan(found["step"][:, 0])]
    shown[common["i"]] = shown[common["j"]] = True
    alone = np.flatnonzero(~shown & (bundles.plan.places[:, 0, 0] >= 0))
    if not len(alone):
        return shown
    graph = Graph(bundles.sent.token)
    keys = bundles.keys(graph)
    places = bundles.plan.places[alone, 0, 0]
    work = {int(k): alone[places == k] for k in np.unique(places)}
    calls = [
        graph.add(tasks.shown, (k,), keys[k], tiles, boxes[tiles]) for k, tiles in work.items()
    ]
    for tiles, seen in zip(work.values(), cluster.compute(graph, calls), strict=True):
        shown[tiles] = seen
    return shown


def _renumbered(numbers: np.ndarray) -> np.ndarray:
    """Return numbers of groups in the order of their first tiles."""
    _, first, each = np.unique(numbers, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[each]
