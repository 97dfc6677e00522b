"""Celestial frames of WCS objects, and how longitudes and latitudes turn from one to another.

ICRS, FK5 of any equinox and Galactic differ by constant rotations, which are taken once from
astropy and kept. Everything else (FK4 with its E-terms, ITRS, ...) goes through SkyCoord.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache

import numpy as np
from astropy import units
from astropy.coordinates import FK5, ICRS, BaseCoordinateFrame, Galactic, SkyCoord
from astropy.wcs import WCS
from astropy.wcs.utils import wcs_to_celestial_frame

Turn = Callable[[np.ndarray], np.ndarray]


def frame_of(wcs: WCS) -> BaseCoordinateFrame:
    """Return the frame of a celestial WCS; those of the usual axes are kept, as they cost time."""
    prm = wcs.wcs
    axes = prm.ctype[prm.lng][:4], prm.ctype[prm.lat][:4]
    if axes not in (("RA--", "DEC-"), ("GLON", "GLAT")):
        return wcs_to_celestial_frame(wcs)
    equinox = None if math.isnan(prm.equinox) else float(prm.equinox)
    return _usual_frame(*axes, prm.radesys, equinox)


@lru_cache(maxsize=256)
def _usual_frame(lon: str, lat: str, radesys: str, equinox: float | None) -> BaseCoordinateFrame:
    wcs = WCS(naxis=2)
    wcs.wcs.ctype = f"{lon}-TAN", f"{lat}-TAN"
    wcs.wcs.radesys = radesys
    if equinox is not None:
        wcs.wcs.equinox = equinox
    return wcs_to_celestial_frame(wcs)


def turn(source: BaseCoordinateFrame, target: BaseCoordinateFrame) -> Turn:
    """Return the function from (n,2) longitude, latitude in `source` to those in `target`, degrees.

    Between equal frames it returns its argument itself.
    """
    matrix = rotation(source, target)
    if matrix is not None:
        if np.array_equal(matrix, np.eye(3)):
            return lambda lonlat: lonlat
        return lambda lonlat: lonlat_of(unit_vectors(lonlat) @ matrix.T)
    if source.is_equivalent_frame(target):
        return lambda lonlat: lonlat

    def through_astropy(lonlat: np.ndarray) -> np.ndarray:
        sky = SkyCoord(lonlat[:, 0], lonlat[:, 1], unit=units.deg, frame=source)
        ends = sky.transform_to(target).spherical
        return np.stack([ends.lon.to_value(units.deg), ends.lat.to_value(units.deg)], axis=-1)

    return through_astropy


def rotation(source: BaseCoordinateFrame, target: BaseCoordinateFrame) -> np.ndarray | None:
    """Return the (3,3) matrix that turns unit vectors of `source` into those of `target`.

    None where the frames do not differ by a constant rotation.
    """
    first, second = _name(source), _name(target)
    return None if first is None or second is None else _rotation(first, second)


def unit_vectors(lonlat: np.ndarray) -> np.ndarray:
    """Return the (n,3) unit vectors of (n,2) longitudes and latitudes in degrees."""
    lon, lat = np.radians(lonlat).T
    return np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], axis=-1)


def lonlat_of(vectors: np.ndarray) -> np.ndarray:
    """Return the (n,2) longitudes in (-180, 180] and latitudes, degrees, of (n,3) vectors."""
    x, y, z = vectors.T
    return np.degrees(np.stack([np.arctan2(y, x), np.arctan2(z, np.hypot(x, y))], axis=-1))


Name = tuple[type[BaseCoordinateFrame], float | None]


def _name(frame: BaseCoordinateFrame) -> Name | None:
    """Name a frame that differs from ICRS by a constant rotation: its type and Julian equinox."""
    if type(frame) in (ICRS, Galactic):
        return type(frame), None
    if type(frame) is FK5:
        return FK5, float(frame.equinox.jyear)
    return None


@lru_cache(maxsize=256)
def _rotation(first: Name, second: Name) -> np.ndarray:
    if first == second:
        return np.eye(3)
    axes = SkyCoord([0, 90, 0], [0, 0, 90], unit=units.deg, frame=_frame(first))
    matrix = axes.transform_to(_frame(second)).cartesian.xyz.value.copy()
    matrix.setflags(write=False)
    return matrix


def _frame(name: Name) -> BaseCoordinateFrame:
    kind, equinox = name
    return kind() if equinox is None else kind(equinox=f"J{equinox!r}")
