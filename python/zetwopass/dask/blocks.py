"""The blocks of a mosaic, each made by a task when it is wanted."""

from __future__ import annotations

import numpy as np
from dask import array as da
from dask.highlevelgraph import HighLevelGraph

from .._engine import checks
from . import groups, tasks
from .sent import Sent

_SIDES = (8192, 4096, 2048, 1024, 512)  # output pixels of a block, of which the largest is chosen


def cut(
    chunks: int | tuple[int, int] | None,
    shape: tuple[int, int],
    boxes: np.ndarray,
    sent: Sent,
    task_bytes: int,
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the heights and widths of the mosaic's blocks."""
    if chunks is not None:
        height, width = (chunks, chunks) if np.ndim(chunks) == 0 else chunks
        checks.integer("chunks[0]", height, 1, 2**31)
        checks.integer("chunks[1]", width, 1, 2**31)
        return da.core.normalize_chunks((height, width), shape)
    sizes = sent.sizes()
    for side in _SIDES:
        found = da.core.normalize_chunks((side, side), shape)
        here = groups.blocks_of(boxes, *found).ravel()
        if max(sizes[block].sum() if block else 0 for block in here) <= task_bytes:
            break
    return found


def mosaic(
    sent: Sent,
    boxes: np.ndarray,
    values: dict[str, np.ndarray],
    shift: int,
    sizes: tuple[tuple[int, ...], tuple[int, ...]],
    feather: int | None,
) -> da.Array:
    """Return the mosaic [H, W, C+1], the last channel its coverage, in blocks."""
    lower, right = (np.cumsum(along) for along in sizes)
    name = f"mosaic-{sent.token}"
    layer, calls = {}, []
    for (row, col), tiles in np.ndenumerate(groups.blocks_of(boxes, *sizes)):
        y1, x1 = int(lower[row]), int(right[col])
        window = (y1 - sizes[0][row], x1 - sizes[1][col], y1, x1)
        some, *rest = sent.some(tiles)
        ours = {key: value[some.numbers] for key, value in values.items()} | {"feather": feather}
        calls.append(sent.task(tasks.coadd, f"{row}-{col}", some, window, ours, shift, *rest))
        layer[name, row, col, 0] = calls[-1].key
    graph = HighLevelGraph.from_collections(name, layer, dependencies=calls)
    return da.Array(graph, name, (*sizes, (sent.channels + 1,)), np.float32)
