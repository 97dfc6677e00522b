"""The second pass by tasks of dask: gains, pairs, then a mosaic that is made when it is wanted."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from .. import parts
from .._engine import checks
from .._inputs import common_grid, files, maps_of, ranges, warn_unseen
from ..api import GAIN_CLIP, SIGMA
from ..errors import MissingPackageError
from ..stages import blur_coverage

try:
    from dask import array as da
except ImportError as err:
    raise MissingPackageError(f"zetwopass.dask wants dask, zetwopass[dask]: {err}") from err

from . import blocks, groups, tasks
from .sent import Sent, computed, threads
from .tiles import handed

if TYPE_CHECKING:
    from astropy.io import fits
    from astropy.wcs import WCS


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
    task_bytes: int = 2**28,
    workers: int = 1,
) -> LazyPass:
    """Find gains and offsets of tiles by tasks of dask, and return the mosaic that they make.

    Tasks run on the cluster whose client is the current one, or, without one, on threads of this
    process. The call returns when gains and offsets are known; the blocks of the mosaic are made
    when they are computed or stored. All has the bits of `zetwopass.second_pass` on the CPU.
    Gains go by the names ``gains``, medians ``pairs``, blocks ``coadd`` on a dashboard.

    A tile is wanted by the tasks of its own group of tiles and, at the group's edge, by a
    neighbour's; then by the blocks of the mosaic on which it lies. dask runs a task where most of
    its tiles are. Tiles that take time to make, or to read, are best persisted before.

    Parameters
    ----------
    tiles
        Of T tiles each an array of dask, zarr or NumPy, float32 [h, w] or [h, w, C]; the path of a
        zarr store; or the path of a FITS file, or ``(path, HDU)``, that all workers see, of which
        nothing goes through dask. An array of NumPy goes with the tasks, from this process.
    tiles_wcs, output_wcs, shape_out, sigma, gain_clip, tile_weights, profile, threshold, feather
        As in `zetwopass.second_pass`; ``tiles_wcs`` is None only of FITS files.
    coverage
        [Hc, Wc], how many tiles the first pass had on each output pixel: an array of NumPy, dask or
        zarr, or a FITS file. It is blurred here, whole, which takes 8 bytes a pixel and threads of
        this process; windows of both go with the tasks of the gains.
    masks
        Per tile [h, w], of the same kinds as tiles, or None for ones.
    chunks
        Rows and columns of the mosaic's blocks, or one number for both; by default from 8192 down
        to 512, so that the tiles of a block take ``task_bytes`` at most.
    task_bytes
        About how many bytes of tiles a task of the gains and medians may hold; two tiles at least.
    workers
        Threads of a task.

    Returns
    -------
    LazyPass
        The mosaic and its coverage as dask's arrays; gains, offsets, groups and pairs.

    Raises
    ------
    ArgumentError, FileError, HDUError, WCSError
        As in `zetwopass.second_pass`; those of a task, too, which name the tile.
    MissingPackageError
        At the import: dask is not installed.

    Warns
    -----
    RangeWarning, TileWarning
        As in `zetwopass.second_pass`.
    """
    token = uuid.uuid4().hex
    images, skies, mask_images = handed(tiles, tiles_wcs, masks, token)
    first = _plane(coverage)
    shape = first.shape if shape_out is None else checks.shape("shape_out", shape_out)
    task_bytes = checks.integer("task_bytes", task_bytes, 1, 2**62)
    workers = checks.integer("workers", workers, 1, checks.MAX_WORKERS)
    numbers = {"gain_clip": gain_clip, "threshold": threshold}
    checks.settings(profile=profile, sigma=sigma, feather=feather, **numbers)
    weights = checks.weights(tile_weights, len(images), profile)
    weights, shift = ranges.tile_weights(weights)
    grid = common_grid(shape, first.shape)
    maps = maps_of([image.shape[:2] for image in images], skies, output_wcs, grid)
    sent = Sent(images, mask_images, maps, profile, workers, token)
    blurred = blur_coverage(first, sigma=sigma, profile=profile, device="cpu")

    factors = np.ones(len(images))
    work = sent.groups(parts.boxes(maps, first.shape), task_bytes)
    for group, found in _gains(sent, work, first, blurred, numbers):
        factors[group] = found
    boxes = parts.boxes(maps, shape)
    work = sent.groups(boxes, task_bytes)
    found = _pairs(sent, work, shape, factors, task_bytes)
    offsets, tied = parts.offsets_from_pairs(found, len(images))
    unseen = ~_shown(sent, work, boxes, found)
    tied[unseen] = -1
    tied[~unseen] = _renumbered(tied[~unseen])
    if shift:
        ranges.restore_coverage(np.empty(0, np.float32), shift, stacklevel=2)
    warn_unseen(np.flatnonzero(unseen).tolist(), stacklevel=2)
    values = {"gains": factors, "offsets": offsets}
    if profile == "v4.5":
        values["tile_weights"] = np.array(weights)
    cut = blocks.cut(chunks, shape, boxes, sent, task_bytes)
    both = blocks.mosaic(sent, boxes, values, shift, cut, feather)
    return LazyPass(both[..., :-1], both[..., -1], factors, offsets, tied, found)


def _plane(coverage: object) -> np.ndarray:
    """Return the coverage of the first pass [H, W], which is computed if it is dask's."""
    if not files.is_file(coverage) and not isinstance(coverage, np.ndarray):
        coverage = np.asarray(coverage)
    return files.plane("coverage", coverage)


def _gains(
    sent: Sent, work: list[np.ndarray], first: np.ndarray, blurred: np.ndarray, numbers: dict
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield the groups of tiles with their gains.

    As many at a time as run: what goes with a task is in a worker's memory from the start.
    """
    boxes = parts.boxes(sent.maps, first.shape)
    at_a_time = threads()
    for start in range(0, len(work), at_a_time):
        calls = []
        for k, group in enumerate(work[start : start + at_a_time], start):
            some, maps, _, masks = sent.some(group)
            y0, x0 = boxes[group, :2].min(axis=0).tolist()
            y1, x1 = boxes[group, 2:].max(axis=0).tolist()
            windows = tuple(plane[y0:y1, x0:x1].copy() for plane in (first, blurred))
            calls.append(sent.task(tasks.gains, k, some, windows, (y0, x0), numbers, maps, masks))
        yield from zip(work[start : start + at_a_time], computed(calls), strict=True)


def _pairs(
    sent: Sent,
    work: list[np.ndarray],
    shape: tuple[int, int],
    factors: np.ndarray,
    task_bytes: int,
) -> np.ndarray:
    """Return the steps between tiles, by i, then j."""
    wanted = parts.overlapping_pairs(sent.maps, shape)
    calls = []
    for k, some_pairs in enumerate(groups.pair_tasks(wanted, work, sent.sizes(), task_bytes)):
        some, *rest = sent.some(np.unique(some_pairs))
        factor = factors[some.numbers]
        calls.append(sent.task(tasks.pairs, k, some, some_pairs, shape, factor, *rest))
    kind = [("i", "i8"), ("j", "i8"), ("pixels", "i8"), ("step", "f8", (sent.channels,))]
    found = np.concatenate([np.zeros(0, kind), *computed(calls)])
    return found[np.lexsort((found["j"], found["i"]))]


def _shown(sent: Sent, work: list[np.ndarray], boxes: np.ndarray, found: np.ndarray) -> np.ndarray:
    """Return which tiles give the first channel a pixel: in a pair, or if one is looked for."""
    shown = np.zeros(len(boxes), bool)
    common = found[~np.isnan(found["step"][:, 0])]
    shown[common["i"]] = shown[common["j"]] = True
    alone = [group[~shown[group]] for group in work]
    alone = [group for group in alone if len(group)]
    calls = []
    for k, group in enumerate(alone):
        some, *rest = sent.some(group)
        calls.append(sent.task(tasks.shown, k, some, boxes[group], *rest))
    for group, seen in zip(alone, computed(calls), strict=True):
        shown[group] = seen
    return shown


def _renumbered(numbers: np.ndarray) -> np.ndarray:
    """Return numbers of groups in the order of their first tiles."""
    _, first, each = np.unique(numbers, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[each]
