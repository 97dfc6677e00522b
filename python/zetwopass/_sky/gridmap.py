"""Pixel maps of WCS pairs that are no two tangent planes: a box, then a grid or all positions."""

from __future__ import annotations

from math import ceil, log2

import numpy as np

from .frames import turn, unit_vectors
from .sky import CHUNK, Sky, transfer
from .tangent import Box, box_around

_FIRST_STEP = 64  # output pixels between the nodes of the coarsest grid
_LAST_STEP = 4  # below it a grid saves too little over all positions
_LEAST_SIDE = 8  # pixels; a narrower box gets all positions

# nodes [ny,nx,2], origin (x, y), step (x, y)
Grid = tuple[np.ndarray, tuple[float, float], tuple[float, float]]


def sky_box(tile: Sky, output: Sky, tile_shape: tuple[int, int], canvas: tuple[int, int]) -> Box:
    """Return the box [x0, y0, x1, y1) of output pixels that the tile may cover; may be empty.

    A lattice over the tile, edges and inside, goes to the output. Between its points a smooth
    curve overshoots by an eighth of its second difference; the margin is the whole of it, in both
    directions, which also opens the box to the canvas where the sky is cut (a wrap, a pole). What
    lookup tables shift between the points is their reach at most.
    """
    height, width = tile_shape
    count = 33
    u, v = np.meshgrid(
        np.linspace(-0.5, width - 0.5, count), np.linspace(-0.5, height - 0.5, count)
    )
    lattice = np.stack([u, v], axis=-1).reshape(-1, 2)
    ends = transfer(tile, output, lattice).reshape(count, count, 2)
    if not np.isfinite(ends).all():
        return _box_in_sight(tile, output, lattice, canvas)
    margin = 2.0 + sum(np.abs(np.diff(ends, n=2, axis=axis)).max() for axis in (0, 1))
    if tile.parts.reach or output.parts.reach:
        steps = [np.abs(np.diff(ends, axis=axis)).max() for axis in (0, 1)]
        scale = (count - 1) * max(steps[0] / height, steps[1] / width)  # output px a tile px
        margin += 2 * (tile.parts.reach * scale + output.parts.reach)
    return box_around(ends[..., 0], ends[..., 1], margin, canvas)


def _box_in_sight(tile: Sky, output: Sky, lattice: np.ndarray, canvas: tuple[int, int]) -> Box:
    """Return the box of output pixels that look into the cap of sky around the tile's lattice.

    It needs no inverse of the output's WCS, so it also holds where the tile is partly or wholly
    out of the output's reach. The whole canvas if either image has pixels without a sky, or tables
    that shift what is between the lattice's points.
    """
    height, width = canvas
    if tile.parts.tables or output.parts.tables:
        return 0, 0, width, height
    looks = unit_vectors(turn(tile.frame, output.frame)(tile.world(lattice)))
    x = np.linspace(-0.5, width - 0.5, min(width, 256) + 1)
    y = np.linspace(-0.5, height - 0.5, min(height, 256) + 1)
    pixels = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    views = unit_vectors(output.world(pixels)).reshape(len(y), len(x), 3)
    middle = looks.mean(axis=0)
    if not (np.isfinite(looks).all() and np.isfinite(views).all() and np.any(middle)):
        return 0, 0, width, height

    middle /= np.linalg.norm(middle)
    side = int(len(lattice) ** 0.5)
    radius = _angle(looks, middle).max() + _largest_gap(looks.reshape(side, side, 3))
    near = _angle(views, middle) <= radius + 2 * _largest_gap(views)
    if not near.any():
        return 0, 0, 0, 0
    rows, cols = np.nonzero(near)
    return box_around(x[cols], y[rows], 1 + max(x[1] - x[0], y[1] - y[0]), canvas)


def _angle(vectors: np.ndarray, other: np.ndarray) -> np.ndarray:
    return 2 * np.arcsin(np.minimum(np.linalg.norm(vectors - other, axis=-1) / 2, 1))


def _largest_gap(vectors: np.ndarray) -> float:
    """Return the largest angle between neighbours of a lattice [ny,nx,3], summed over x and y."""
    return _angle(vectors[1:], vectors[:-1]).max() + _angle(vectors[:, 1:], vectors[:, :-1]).max()


def interpolate(grid: Grid, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return positions [..., 2] at output pixels by the cubic that `maps.grid_positions` states."""
    nodes, origin, step = grid
    first_col, across = _stencil(x, origin[0], step[0], nodes.shape[1])
    first_row, up = _stencil(y, origin[1], step[1], nodes.shape[0])
    along = sum(across[i][..., None] * nodes[:, first_col + i] for i in range(4))
    each_x = np.indices(np.shape(x), sparse=True)
    return sum(up[j][..., None] * along[(first_row + j, *each_x)] for j in range(4))


def _stencil(
    x: np.ndarray, origin: float, step: float, count: int
) -> tuple[np.ndarray, list[np.ndarray]]:
    """Return the first node of each stencil and the weights of its four nodes."""
    t = (np.asarray(x, float) - origin) / step
    cell = np.clip(np.floor(t).astype(np.intp), 0, count - 2)
    first = np.clip(cell - 1, 0, count - 4)
    a = t - first
    b, c, d = a - 1, a - 2, a - 3
    return first, [-b * c * d / 6, a * c * d / 2, -a * b * d / 2, a * b * c / 6]


def grid_of(tile: Sky, output: Sky, box: Box, bound: float) -> Grid | None:
    """Return the coarsest grid of halved steps whose error is below `bound` tile pixels.

    Each grid is measured against the one of half its step, which holds its cells' centres and the
    middles of their edges, and on some pixels at random. That measures functions that are smooth:
    a polynomial of degree d that is small at d²/2 points along a line is small between them
    (Coppersmith & Rivlin 1992, SIAM J. Math. Anal. 23, 970), and a line along which the sky is cut
    leaves the box somewhere, over one of its border's pixels. None for what is rough, if a point
    has no position (the far side, the end of a map), if the steps get too small, or if it is plain
    that they will.
    """
    x0, y0, x1, y1 = box
    if min(x1 - x0, y1 - y0) < _LEAST_SIDE or tile.parts.rough or output.parts.rough:
        return None
    least = max(3, ceil(max(tile.parts.degree, output.parts.degree) ** 2 / 4))
    cells = tuple(max(least, ceil((side - 1) / _FIRST_STEP)) for side in (x1 - x0, y1 - y0))
    low, high = (x0, y0), (x1 - 1, y1 - 1)
    anywhere = np.random.default_rng(0).uniform(low, high, (64, 2))
    if tile.parts.cut:
        anywhere = np.concatenate([anywhere, _border(box)])
    checks = transfer(output, tile, anywhere)
    nodes = transfer(output, tile, _lattice(box, cells)).reshape(cells[1] + 1, cells[0] + 1, 2)
    while np.isfinite(nodes).all() and np.isfinite(checks).all():
        step = tuple((h - a) / n for h, a, n in zip(high, low, cells, strict=True))
        grid = nodes, (float(x0), float(y0)), step
        cells = tuple(2 * n for n in cells)
        lattice = _lattice(box, cells).reshape(cells[1] + 1, cells[0] + 1, 2)
        finer = transfer(output, tile, lattice.reshape(-1, 2)).reshape(lattice.shape)
        between = interpolate(grid, lattice[:1, :, 0], lattice[:, :1, 1])
        elsewhere = interpolate(grid, anywhere[:, 0], anywhere[:, 1])
        error = np.max([np.abs(between - finer).max(), np.abs(elsewhere - checks).max()])
        if error <= 0.8 * bound:  # in a border cell the largest error is 7 % above the centre's
            return grid
        # The error of a cubic falls by 16 for each halving; 4 allows for a slow start.
        if not error <= 4 * bound * 16.0 ** log2(min(step) / _LAST_STEP):
            return None
        nodes = finer
    return None


def _border(box: Box) -> np.ndarray:
    """Return the (n,2) pixels along the box's border."""
    x0, y0, x1, y1 = box
    x, y = np.arange(x0, x1, dtype=float), np.arange(y0, y1, dtype=float)
    rows = [np.stack([x, np.full_like(x, edge)], axis=-1) for edge in (y0, y1 - 1)]
    columns = [np.stack([np.full_like(y, edge), y], axis=-1) for edge in (x0, x1 - 1)]
    return np.concatenate(rows + columns)


def _lattice(box: Box, cells: tuple[int, int]) -> np.ndarray:
    """Return the (n,2) corners of equal cells that span the box from first to last pixel."""
    x = np.linspace(box[0], box[2] - 1, cells[0] + 1)
    y = np.linspace(box[1], box[3] - 1, cells[1] + 1)
    return np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)


def positions_of(
    tile: Sky, output: Sky, tile_shape: tuple[int, int], box: Box
) -> tuple[Box, np.ndarray] | None:
    """Return the position of every pixel of the box, and the box cut to those in the tile.

    NaN more than a pixel outside of the tile. None if no pixel is left.
    """
    x0, y0, x1, y1 = box
    height, width = tile_shape
    x = np.arange(x0, x1, dtype=float)
    kept: dict[int, np.ndarray] = {}
    rows = max(1, CHUNK // (x1 - x0))
    for top in range(y0, y1, rows):
        y = np.arange(top, min(top + rows, y1), dtype=float)
        pixels = np.stack(np.meshgrid(x, y), axis=-1)
        ends = transfer(output, tile, pixels.reshape(-1, 2)).reshape(pixels.shape)
        beyond = (ends < -1.5) | (ends > [width + 0.5, height + 0.5])
        ends[beyond.any(axis=-1)] = np.nan
        if np.isfinite(ends).any():
            kept[top] = ends
    if not kept:
        return None
    return _trimmed(kept, x0)


def _trimmed(kept: dict[int, np.ndarray], x0: int) -> tuple[Box, np.ndarray]:
    """Join chunks of rows, keyed by their first row, and cut all-NaN borders off."""
    first, last = min(kept), max(kept)
    used = np.zeros(next(iter(kept.values())).shape[1], bool)
    for ends in kept.values():
        used |= np.isfinite(ends[..., 0]).any(axis=0)
    left, right = np.flatnonzero(used)[[0, -1]]
    first += int(np.flatnonzero(np.isfinite(kept[first][..., 0]).any(axis=1))[0])
    last += int(np.flatnonzero(np.isfinite(kept[last][..., 0]).any(axis=1))[-1])
    joined = np.full((last - first + 1, right - left + 1, 2), np.nan)
    for top, ends in kept.items():
        begin, end = max(top, first), min(top + len(ends), last + 1)
        joined[begin - first : end - first] = ends[begin - top : end - top, left : right + 1]
    return (x0 + int(left), first, x0 + int(right) + 1, last + 1), joined
