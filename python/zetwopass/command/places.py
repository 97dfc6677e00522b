"""Where an image lies on the sky."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from astropy.wcs import WCS


class Place(NamedTuple):
    """Where an image lies on the sky.

    Attributes
    ----------
    frame, projection
        Such as ``'icrs'`` and ``'TAN'``.
    centre
        Longitude and latitude of the image's centre in the frame, degrees.
    scale
        Columns' and rows' size there, arcseconds.
    rotation
        Position angle of the direction of rising rows, degrees east of north, -180 to 180.
    mirrored
        Whether east is right of north.
    """

    frame: str
    projection: str
    centre: tuple[float, float]
    scale: tuple[float, float]
    rotation: float
    mirrored: bool


def place_of(wcs: WCS, shape: tuple[int, int]) -> Place:
    """Return where an image of rows and columns lies by its celestial WCS."""
    from astropy.wcs.utils import proj_plane_pixel_scales

    x, y = (shape[1] - 1) / 2, (shape[0] - 1) / 2
    centre, up = wcs.pixel_to_world(x, y), wcs.pixel_to_world(x, y + 1)
    longitude, latitude = centre.spherical.lon.deg, centre.spherical.lat.deg
    return Place(
        centre.frame.name,
        wcs.wcs.ctype[0][5:8],
        (float(longitude), float(latitude)),
        tuple(float(scale) * 3600 for scale in proj_plane_pixel_scales(wcs)),
        float(centre.position_angle(up).wrap_at("180d").deg),
        bool(np.linalg.det(wcs.pixel_scale_matrix) > 0),
    )


def sky(place: Place) -> str:
    """Return where an image lies, in words."""
    across, up = place.scale
    same = abs(across - up) < 5e-4 * up
    scale = f'{up:.4g}"' if same else f'{across:.4g}" x {up:.4g}"'
    turned = f"{place.rotation:+.2f} deg".replace("-0.00", "+0.00")
    mirrored = ", mirrored" if place.mirrored else ""
    longitude, latitude = place.centre
    return (
        f"{longitude:.5f} {latitude:+.5f} {place.frame}, {place.projection}, {scale} a pixel,"
        f" turned {turned}{mirrored}"
    )
