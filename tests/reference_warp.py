"""Section 3 of MATHS.md for the slow twin: positions from astropy, values from four neighbours."""

import warnings
from dataclasses import dataclass

import numpy as np
from astropy.wcs.utils import pixel_to_pixel

EDGE = 1e-7  # px: positions this close to a footprint's edge count as inside
PLANE_SLACK, SLACK = 1e-9, 1e-5  # px: errors of positions between tangent planes, of all others


@dataclass
class Placed:
    """Where the output pixels of one box lie in a tile: ``u, v`` float64 [h, w], NaN = nowhere."""

    box: tuple[int, int, int, int]
    u: np.ndarray
    v: np.ndarray


def place(tiles, tiles_wcs, output_wcs, shape) -> list[Placed | None]:
    """Return the position of every tile; None for one that has no pixel or no usable WCS."""
    out = []
    for tile, wcs in zip(tiles, tiles_wcs, strict=True):
        spot = None
        if tile is not None and wcs is not None and np.size(tile) > 0:
            try:
                box = tile_box(wcs, output_wcs, np.shape(tile)[:2], shape)
                if box:
                    slack = PLANE_SLACK if is_plane(wcs) and is_plane(output_wcs) else SLACK
                    found = positions(wcs, output_wcs, shape, box=box)
                    spot = Placed(box, *(on_lines(p, slack) for p in found))
            except Exception as error:  # noqa: BLE001 - whatever a WCS may raise
                warnings.warn(f"tile {len(out)} is left out: {error}", stacklevel=2)
        out.append(spot)
    return out


def tile_box(tile_wcs, output_wcs, tile_shape, shape) -> tuple[int, int, int, int] | None:
    """Return the output box that holds the tile with a pixel to spare, from all its edge pixels."""
    h, w = tile_shape
    u, v = np.linspace(-0.5, w - 0.5, w + 1), np.linspace(-0.5, h - 0.5, h + 1)
    edge_u = np.concatenate([u, u, np.full(h + 1, -0.5), np.full(h + 1, w - 0.5)])
    edge_v = np.concatenate([np.full(w + 1, -0.5), np.full(w + 1, h - 0.5), v, v])
    x, y = pixel_to_pixel(tile_wcs, output_wcs, edge_u, edge_v)
    height, width = shape
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        return 0, height, 0, width
    y0, y1 = max(0, int(np.floor(y.min())) - 1), min(height, int(np.ceil(y.max())) + 2)
    x0, x1 = max(0, int(np.floor(x.min())) - 1), min(width, int(np.ceil(x.max())) + 2)
    return (y0, y1, x0, x1) if y0 < y1 and x0 < x1 else None


def positions(tile_wcs, output_wcs, shape, *, box=None) -> tuple[np.ndarray, np.ndarray]:
    """Return where the output's pixels lie in the tile: u, v float64 [H, W] (of ``box`` if given).

    A position that does not lead back to its pixel within 1 px is NaN.
    """
    y0, y1, x0, x1 = box or (0, shape[0], 0, shape[1])
    y, x = np.mgrid[y0:y1, x0:x1].astype(np.float64)
    u, v = pixel_to_pixel(output_wcs, tile_wcs, x, y)
    back_x, back_y = pixel_to_pixel(tile_wcs, output_wcs, u, v)
    lost = (np.abs(back_x - x) > 1) | (np.abs(back_y - y) > 1)
    return np.where(lost, np.nan, u), np.where(lost, np.nan, v)


def is_plane(wcs) -> bool:
    """Whether a WCS is a tangent plane and nothing else."""
    return wcs.sip is None and wcs.wcs.ctype[0].endswith("-TAN")


def on_lines(position: np.ndarray, slack: float) -> np.ndarray:
    """Return positions, whole numbers where they are that but for ``slack``."""
    whole = np.round(position)
    with np.errstate(invalid="ignore"):
        return np.where(np.abs(position - whole) <= slack, whole, position)


def warp(plane: np.ndarray, u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Return the bilinear values of ``plane`` [h, w] at (u, v), float64, NaN outside of it.

    NaN in any of the four neighbours gives NaN; but on a line of pixel centres the pixels on its
    other side have no say.
    """
    h, w = plane.shape
    inside = (u >= -0.5 - EDGE) & (u <= w - 0.5 + EDGE)
    inside &= (v >= -0.5 - EDGE) & (v <= h - 0.5 + EDGE)
    left, right, fx = _stencil(np.where(inside, u, 0), w)
    low, high, fy = _stencil(np.where(inside, v, 0), h)
    data = np.asarray(plane, np.float64)
    on_x, on_y = u == np.round(u), v == np.round(v)

    def part(row, along_y, column, along_x):
        mute = (on_x & (along_x == 0)) | (on_y & (along_y == 0))
        with np.errstate(invalid="ignore"):
            return np.where(mute, 0, data[row, column] * along_y * along_x)

    value = part(low, 1 - fy, left, 1 - fx) + part(low, 1 - fy, right, fx)
    value += part(high, fy, left, 1 - fx) + part(high, fy, right, fx)
    return np.where(inside, value, np.nan)


def _stencil(position, size):
    position = np.clip(position, 0, size - 1)
    first = np.minimum(position.astype(np.intp), max(size - 2, 0))
    return first, np.minimum(first + 1, size - 1), position - first


def cut(grid: np.ndarray, box) -> np.ndarray:
    """Return the view of ``grid`` [H, W] inside the box."""
    y0, y1, x0, x1 = box
    return grid[y0:y1, x0:x1]
