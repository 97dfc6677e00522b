"""Tangent planes (TAN without distortions): output pixel to tile pixel is a homography.

A pixel (x, y) of a tangent plane looks along the vector ::

    direction ~ basis @ linear @ (x, y, 1),   basis = [east north centre],
    linear = [[A, -A crpix], [0, 0, 1]],      A = CD in radians, turned by LONPOLE - 180 degrees

(Calabretta & Greisen 2002, A&A 395, 1077, sections 2 and 5.1.3), so that a plane seen from
another one is ``linear_tile^-1 @ basis_tile^T @ Q @ basis_output @ linear_output`` with Q the
rotation between their frames.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from .frames import rotation, unit_vectors
from .sky import Sky

Box = tuple[int, int, int, int]


@dataclass(frozen=True, eq=False)
class Plane:
    """A tangent plane: (3,3) matrices, of which `to_linear` is the inverse of `linear`."""

    basis: np.ndarray
    linear: np.ndarray
    to_linear: np.ndarray


def plane_of(sky: Sky, shape: tuple[int, int]) -> Plane | None:
    """Return the tangent plane that a WCS is, or None if it is anything else.

    The matrices are held against wcslib on pixels all over an image of `shape` (h, w), so that
    whatever else the WCS has (PV terms, an odd LATPOLE) shows up and gives None.
    """
    if shape not in sky.planes:
        sky.planes[shape] = _found_plane(sky, shape)
    return sky.planes[shape]


_OVER_IMAGE = np.array([[x, y] for x in (0, 0.47, 1) for y in (0, 0.53, 1)])


def _found_plane(sky: Sky, shape: tuple[int, int]) -> Plane | None:
    if sky.is_distorted or sky.parts.native or sky.wcs.wcs.ctype[sky.wcs.wcs.lng][5:8] != "TAN":
        return None
    plane = _plane(sky)
    pixels = _OVER_IMAGE * shape[::-1] - 0.5
    look = plane.basis @ plane.linear
    looks = pixels @ look[:, :2].T + look[:, 2]
    looks /= np.sqrt((looks * looks).sum(axis=1))[:, None]
    world = sky.wcs.wcs.p2s(pixels, 0)["world"][:, sky.axes]
    error = np.abs(looks - unit_vectors(world)).max()
    (a, b), (c, d) = plane.linear[:2, :2].tolist()
    # 1e-9 pixels, plus the rounding of angles that are told in degrees.
    agrees = error <= 1e-9 * math.sqrt(abs(a * d - b * c)) + 1e-14
    return plane if agrees else None


def homography(tile: Sky, tile_plane: Plane, output: Sky, output_plane: Plane) -> np.ndarray | None:
    """Return the (3,3) matrix from output pixels to tile pixels.

    None if the frames do not differ by a constant rotation.
    """
    between = rotation(output.frame, tile.frame)
    if between is None:
        return None
    turned = tile_plane.basis.T @ between @ output_plane.basis
    if np.array_equal(between, np.eye(3)) and np.array_equal(tile_plane.basis, output_plane.basis):
        turned = np.eye(3)  # one plane, exactly: small pixels lie on one grid to rounding, too
    return tile_plane.to_linear @ turned @ output_plane.linear


def apply(matrix: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return positions [..., 2] of pixels under a homography; NaN behind the plane (W <= 0)."""
    x, y = np.broadcast_arrays(np.asarray(x, float), np.asarray(y, float))
    across, up, depth = (row[0] * x + row[1] * y + row[2] for row in matrix)
    depth = np.where(depth > 0, depth, np.nan)
    return np.stack([across / depth, up / depth], axis=-1)


def plane_box(matrix: np.ndarray, tile_shape: tuple[int, int], canvas: tuple[int, int]) -> Box:
    """Return the box [x0, y0, x1, y1) of output pixels that the tile may cover; may be empty.

    Straight lines stay straight, so the corners bound the tile, as long as all of it is in front
    of the output's plane; otherwise the box is the canvas, or empty if none of it is.
    """
    bottom, right = tile_shape[0] - 0.5, tile_shape[1] - 0.5
    corners = np.array([[-0.5, -0.5, right, right], [-0.5, bottom, -0.5, bottom], [1.0] * 4])
    across, up, depth = np.linalg.inv(matrix) @ corners
    if depth.max() <= 0:
        return 0, 0, 0, 0
    if not depth.min() > 0:
        return 0, 0, canvas[1], canvas[0]
    return box_around(across / depth, up / depth, 1.0, canvas)


def box_around(x: np.ndarray, y: np.ndarray, margin: float, canvas: tuple[int, int]) -> Box:
    """Return the pixels within `margin` of the extremes of x and y, cut to the canvas."""
    height, width = canvas
    x0, x1 = _edges(x, margin, width)
    y0, y1 = _edges(y, margin, height)
    return x0, y0, x1, y1


def _edges(at: np.ndarray, margin: float, size: int) -> tuple[int, int]:
    low, high = float(at.min()) + 0.5 - margin, float(at.max()) + 0.5 + margin
    return math.floor(min(max(low, 0), size)), math.ceil(min(max(high, 0), size))


def _plane(sky: Sky) -> Plane:
    prm = sky.wcs.wcs
    scale = np.radians(prm.get_cdelt()[:, None] * prm.get_pc())[sky.axes].tolist()
    angle = math.radians(prm.lonpole - 180)
    cos, sin = math.cos(angle), math.sin(angle)
    (a, b), (c, d) = scale
    a, b, c, d = cos * a + sin * c, cos * b + sin * d, cos * c - sin * a, cos * d - sin * b
    x, y = (prm.crpix - 1).tolist()
    linear = [[a, b, -a * x - b * y], [c, d, -c * x - d * y], [0, 0, 1]]
    det = a * d - b * c
    to_linear = [[d / det, -b / det, x], [-c / det, a / det, y], [0, 0, 1]]

    lon, lat = np.radians(prm.crval[sky.axes]).tolist()
    east = -math.sin(lon), math.cos(lon), 0.0
    centre = math.cos(lat) * math.cos(lon), math.cos(lat) * math.sin(lon), math.sin(lat)
    north = -math.sin(lat) * math.cos(lon), -math.sin(lat) * math.sin(lon), math.cos(lat)
    basis = np.array([east, north, centre]).T
    return Plane(basis, np.array(linear), np.array(to_linear))
