"""Pixel maps: where each output pixel lies in a tile, so that the core never sees a WCS."""

from __future__ import annotations

import operator
from dataclasses import dataclass, replace

import numpy as np
from astropy.io import fits
from astropy.wcs import WCS

from ..errors import ArgumentError, WCSError, reading
from . import gridmap, tangent
from .sky import Sky, read
from .tangent import Box

Shape = tuple[int, int]


@dataclass(frozen=True, eq=False)
class PixelMap:
    """The position (u, v) in a tile of each output pixel (x, y) of a box.

    Pixels are 0-based with their centres on integers. Exactly one of `plane`, `grid` and
    `positions` is set.

    Attributes
    ----------
    box
        x0, y0, x1, y1, half-open: holds every output pixel that lies in the tile.
    plane
        (3,3) float64: (X, Y, W) = plane @ (x, y, 1), u = X/W, v = Y/W; not in the tile where
        W <= 0.
    grid
        (ny,nx,2) float64, ny and nx at least 4: u, v at the nodes x = origin[0] + i*step[0],
        y = origin[1] + j*step[1], which span the box from its first to its last pixel. Between
        them see `grid_positions`.
    origin, step
        Output pixels x, y of the first node of `grid`, and between its nodes.
    positions
        (y1-y0, x1-x0, 2) float64: u, v of every pixel of the box; NaN is not in the tile.
    """

    box: Box
    plane: np.ndarray | None = None
    grid: np.ndarray | None = None
    origin: tuple[float, float] = (0.0, 0.0)
    step: tuple[float, float] = (1.0, 1.0)
    positions: np.ndarray | None = None


def pixel_map(
    tile_wcs: WCS,
    tile_shape: Shape,
    output_wcs: WCS | fits.Header | Sky,
    output_shape: Shape,
    *,
    bound: float = 1e-5,
    name: str = "tile_wcs",
) -> PixelMap | None:
    """Return the map from output pixels to the pixels of one tile.

    Tangent planes whose frames differ by a rotation give a homography, exact to rounding;
    other pairs a grid of astropy's positions, fine enough for `bound`; and where no grid can
    do (the sky is cut or ends inside the box) all positions.

    Parameters
    ----------
    tile_wcs, output_wcs
        Celestial, two axes. They are copied and stay as they are, so that several threads may
        pass the same objects, as long as nobody else uses them meanwhile. An output for many
        tiles is best read once, by `read`.
    tile_shape, output_shape
        Rows and columns.
    bound
        Largest error of a grid, tile pixels.
    name
        What messages call the tile's WCS.

    Returns
    -------
    PixelMap or None
        None if no output pixel lies in the tile.

    Raises
    ------
    WCSError
        A WCS can't be read or evaluated.
    ArgumentError
        A shape or the bound makes no sense.
    """
    tile_shape, canvas = _shape("tile_shape", tile_shape), _shape("output_shape", output_shape)
    if not bound > 0:
        raise ArgumentError(f"bound = {bound}, want tile pixels above 0")
    output, tile = read("output_wcs", output_wcs), read(name, tile_wcs)
    if 0 in tile_shape or 0 in canvas:
        return None
    with reading(name, WCSError, "can't be evaluated on the output"):
        matrix = _homography(tile, tile_shape, output, canvas)
        if matrix is not None:
            box = tangent.plane_box(matrix, tile_shape, canvas)
            return None if _empty(box) else PixelMap(box, plane=matrix)
        box = gridmap.sky_box(tile, output, tile_shape, canvas)
        return None if _empty(box) else _sky_map(tile, tile_shape, output, box, bound)


def moved(pixels: PixelMap | None, x0: int, y0: int) -> PixelMap | None:
    """Return the map from an output that begins at the pixel (x0, y0) of the map's output."""
    if pixels is None:
        return None
    left, top, right, bottom = pixels.box
    plane = pixels.plane
    if plane is not None:
        plane = plane @ np.array([[1.0, 0.0, x0], [0.0, 1.0, y0], [0.0, 0.0, 1.0]])
    return replace(
        pixels,
        box=(left - x0, top - y0, right - x0, bottom - y0),
        plane=plane,
        origin=(pixels.origin[0] - x0, pixels.origin[1] - y0),
    )


def plane_positions(pixels: PixelMap, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return u, v [..., 2] at output pixels x, y, which broadcast, of a map with a plane.

    NaN where W <= 0.
    """
    return tangent.apply(pixels.plane, x, y)


def grid_positions(pixels: PixelMap, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return u, v [..., 2] at output pixels x, y, which broadcast, of a map with a grid.

    Along each axis, with t = (x - origin) / step and n nodes: the cell c = clamp(floor(t), 0, n-2),
    the stencil starts at s = clamp(c-1, 0, n-4), and a cubic goes through the nodes s .. s+3.
    """
    return gridmap.interpolate((pixels.grid, pixels.origin, pixels.step), x, y)


def _shape(name: str, shape: Shape) -> Shape:
    try:
        height, width = (operator.index(n) for n in shape)
    except (TypeError, ValueError) as err:
        raise ArgumentError(f"{name} = {shape!r}, want rows and columns") from err
    if height < 0 or width < 0:
        raise ArgumentError(f"{name} = {shape!r}, want no negative number")
    return height, width


def _empty(box: Box) -> bool:
    return box[0] >= box[2] or box[1] >= box[3]


def _homography(tile: Sky, tile_shape: Shape, output: Sky, canvas: Shape) -> np.ndarray | None:
    tile_plane = tangent.plane_of(tile, tile_shape)
    output_plane = tile_plane and tangent.plane_of(output, canvas)
    if output_plane is None:
        return None
    return tangent.homography(tile, tile_plane, output, output_plane)


def _sky_map(tile: Sky, tile_shape: Shape, output: Sky, box: Box, bound: float) -> PixelMap | None:
    grid = gridmap.grid_of(tile, output, box, bound)
    if grid is not None:
        nodes, origin, step = grid
        return PixelMap(box, grid=nodes, origin=origin, step=step)
    found = gridmap.positions_of(tile, output, tile_shape, box)
    if found is None:
        return None
    box, positions = found
    return PixelMap(box, positions=positions)
