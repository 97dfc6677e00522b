"""The blocks of a mosaic, each made by a task when it is wanted."""

from __future__ import annotations

import numpy as np
from dask import array as da

from .._engine import checks
from . import groups, tasks
from .cluster import Graph
from .sent import Bundles

_SIDES = (8192, 4096, 2048, 1024, 512)  # output pixels of a block at most, the largest that does
_LARGE = 2048  # above which blocks are large only if all threads have some


def cut(
    chunks: int | tuple[int, int] | None,
    shape: tuple[int, int],
    boxes: np.ndarray,
    sizes: np.ndarray,
    task_bytes: int,
    cells: tuple[int, int],
    threads: int,
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return heights and widths of the blocks, of which rows and columns of cells consist."""
    if chunks is not None:
        height, width = (chunks, chunks) if np.ndim(chunks) == 0 else chunks
        checks.integer("chunks[0]", height, 1, 2**31)
        checks.integer("chunks[1]", width, 1, 2**31)
        return da.core.normalize_chunks((height, width), shape)
    for side in _SIDES:
        parts = [n * -(-whole // (n * side)) for n, whole in zip(cells, shape, strict=True)]
        if side > _LARGE and np.prod(parts) < 2 * threads:
            continue
        like = tuple(-(-whole // n) for n, whole in zip(parts, shape, strict=True))
        found = da.core.normalize_chunks(like, shape)
        here = groups.blocks_of(boxes, *found).ravel()
        if max(sizes[block].sum() if block else 0 for block in here) <= task_bytes:
            break
    return found


def mosaic(
    bundles: Bundles,
    boxes: np.ndarray,
    values: dict[str, np.ndarray],
    shift: int,
    sizes: tuple[tuple[int, ...], tuple[int, ...]],
    feather: int | None,
) -> da.Array:
    """Return the mosaic [H, W, C+1], the last channel its coverage, in blocks."""
    sent, plan = bundles.sent, bundles.plan
    graph = Graph(sent.token)
    keys = bundles.keys(graph)
    ends = [np.cumsum(along) for along in sizes]
    for place, tiles in np.ndenumerate(groups.blocks_of(boxes, *sizes)):
        y1, x1 = (int(end[k]) for end, k in zip(ends, place, strict=True))
        window = (y1 - sizes[0][place[0]], x1 - sizes[1][place[1]], y1, x1)
        cell = plan.at(np.array([window[:2]]))
        here = np.unique(plan.bundles_of(np.array(tiles, int), cell))
        ours = {key: value[tiles] for key, value in values.items()} | {"feather": feather}
        some = [keys[k] for k in here]
        graph.add(tasks.coadd, (*place, 0), some, sent.some(tiles), window, ours, shift)
    name = graph.name(tasks.coadd)
    return da.Array(graph.made(cull=False), name, (*sizes, (sent.channels + 1,)), np.float32)
