"""One celestial WCS, read, checked and evaluated: pixels to the sky and back.

Pixels are (n,2) arrays of x, y, 0-based with centres on integers; the sky is (n,2) longitude and
latitude in degrees, in this order whatever the order of the WCS's axes. NaN means: not there;
infinities are what astropy has found.
"""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from astropy.coordinates import BaseCoordinateFrame
from astropy.io import fits
from astropy.wcs import WCS
from astropy.wcs.utils import wcs_to_celestial_frame

from ._frames import turn
from ._parts import Parts, parts_of
from .errors import WCSError

# Even reading a WCS writes to it (astropy swaps NaN and "undefined" in the C structure and lets
# wcslib fill in defaults), so threads that share one get wrong pixels: astropy issues 16244 and
# 16245. Everything here works on copies, which are made one at a time.
_copying = threading.Lock()

Function = Callable[[np.ndarray], np.ndarray]

CHUNK = 1 << 16  # pixels evaluated at a time, which bounds temporaries to some tens of MB
_NEWTON_STEPS = 12
_CONVERGED = 1e-6  # pixels moved by the last Newton step; what remains is ~1e-4 of it or less
_NEAR = 5e-4  # pixels within which Newton's solution is that of astropy, made exact


@dataclass(frozen=True, eq=False)
class Sky:
    """A private copy of a 2-D celestial WCS and the frame that it is in."""

    wcs: WCS
    frame: BaseCoordinateFrame

    @property
    def axes(self) -> list[int]:
        """The WCS's axes of longitude and latitude: [1, 0] where the latitude comes first."""
        return [self.wcs.wcs.lng, self.wcs.wcs.lat]

    @cached_property
    def parts(self) -> Parts:
        """What the WCS consists of."""
        return parts_of(self.wcs)

    @property
    def is_distorted(self) -> bool:
        """Whether SIP polynomials or tables come before the linear part of the WCS."""
        return self.wcs.sip is not None or self.parts.tables

    def world(self, pixels: np.ndarray) -> np.ndarray:
        """Return longitude and latitude, degrees, of pixels."""
        return self._where_finite(self._world, pixels)

    def pixel(self, lonlat: np.ndarray) -> np.ndarray:
        """Return the pixels of longitudes and latitudes in degrees.

        With distortions the inverse is exact to 1e-9 pixels where Newton's method converges, and
        astropy's own answer elsewhere. Under lookup tables, which may have several solutions or
        none, it is astropy's answer, made exact where that is near.
        """
        return self._where_finite(self._pixel, lonlat)

    def _world(self, pixels: np.ndarray) -> np.ndarray:
        return self.wcs.all_pix2world(pixels, 0)[:, self.axes]

    def _pixel(self, lonlat: np.ndarray) -> np.ndarray:
        world = np.empty_like(lonlat)
        world[:, self.axes] = lonlat
        linear = self.wcs.wcs_world2pix(world, 0)
        return self._undistorted(linear, world) if self.is_distorted else linear

    def _where_finite(self, function: Function, points: np.ndarray) -> np.ndarray:
        ends = np.full(points.shape, np.nan)
        fine = _both(np.isfinite(points))
        some = slice(None) if fine.all() else fine  # as nearly always: no copies then
        if fine.any():
            with np.errstate(all="ignore"):
                ends[some] = function(points[some])
        unknown = np.isnan(ends)
        ends[unknown[:, 0] | unknown[:, 1]] = np.nan
        return ends

    def _undistorted(self, linear: np.ndarray, world: np.ndarray) -> np.ndarray:
        """Solve pix2foc(p) = linear for p by Newton's method, the slopes taken over one pixel."""
        # astropy stops at 1e-4 pixels and, told to be quiet, returns its best where it fails.
        first = self.wcs.all_world2pix(world, 0, quiet=True) if self.parts.tables else linear
        pixels = first.copy()
        todo = np.flatnonzero(_both(np.isfinite(first) & np.isfinite(linear)))
        for _ in range(_NEWTON_STEPS):
            if todo.size == 0:
                break
            p = pixels[todo]
            at = self.wcs.pix2foc(p, 0)
            along_x = self.wcs.pix2foc(p + [1, 0], 0) - at
            along_y = self.wcs.pix2foc(p + [0, 1], 0) - at
            miss = linear[todo] - at
            det = along_x[:, 0] * along_y[:, 1] - along_x[:, 1] * along_y[:, 0]
            dx = (miss[:, 0] * along_y[:, 1] - miss[:, 1] * along_y[:, 0]) / det
            dy = (along_x[:, 0] * miss[:, 1] - along_x[:, 1] * miss[:, 0]) / det
            step = np.stack([dx, dy], axis=-1)
            pixels[todo] += step
            todo = todo[~_both(np.abs(step) < _CONVERGED)]
        if self.parts.tables:
            other = ~_both(np.abs(pixels - first) < _NEAR)
            other[todo] = True
            pixels[other] = first[other]
        elif todo.size:
            pixels[todo] = self.wcs.all_world2pix(world[todo], 0, quiet=True)
        return pixels


def _both(pairs: np.ndarray) -> np.ndarray:
    """Return where both of (n,2) are true; ``all(axis=1)`` takes ten times as long."""
    return pairs[:, 0] & pairs[:, 1]


def read(name: str, wcs: WCS | fits.Header | Sky) -> Sky:
    """Check and copy a WCS; a header is read first, and what was read already is taken as it is.

    Raises
    ------
    WCSError
        What came is no WCS, has not exactly two celestial axes, or wcslib refuses it. The message
        begins with `name`.
    """
    if isinstance(wcs, Sky):
        return wcs
    try:
        with _copying:
            copy = _of_header(wcs) if isinstance(wcs, fits.Header) else _copy(name, wcs)
        if copy.naxis != 2:
            raise WCSError(f"{name} has {copy.naxis} axes, want 2; try {name}.celestial")
        copy.wcs.set()
        if copy.wcs.lng < 0 or copy.wcs.lat < 0:
            raise WCSError(f"{name} has the axes {list(copy.wcs.ctype)}, want a celestial pair")
        scale = copy.wcs.get_cdelt()[:, None] * copy.wcs.get_pc()
        if not all(np.isfinite(n).all() for n in (copy.wcs.crval, copy.wcs.crpix, scale)):
            raise WCSError(f"{name} has a CRVAL, CRPIX or scale that is not finite")
        if np.linalg.matrix_rank(scale) < 2:
            raise WCSError(f"{name} has a singular matrix {scale.tolist()}")
        return Sky(copy, wcs_to_celestial_frame(copy))
    except (WCSError, MemoryError):
        raise
    except Exception as err:  # astropy and wcslib raise many kinds, all meaning the same here
        raise WCSError(f"{name} can't be read: {err}") from err


def _copy(name: str, wcs: WCS) -> WCS:
    if not isinstance(wcs, WCS):
        raise WCSError(f"{name} is a {type(wcs).__name__}, want an astropy.wcs.WCS")
    return wcs.deepcopy()


def _of_header(header: fits.Header) -> WCS:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # cards that wcslib mends, deprecated spellings
        return WCS(header)


def transfer(source: Sky, target: Sky, pixels: np.ndarray) -> np.ndarray:
    """Return the pixels of `target` that show the same sky as (n,2) `pixels` of `source`.

    NaN where the sky is not in `target`, or where the way back ends more than a pixel away from
    the start, or nowhere at all, at infinity (another turn around the sky, a false solution). A way
    back that is not known, NaN, does not count against a pixel: all as in reproject.
    """
    if len(pixels) > CHUNK:
        parts = np.array_split(pixels, -(-len(pixels) // CHUNK))
        return np.concatenate([transfer(source, target, part) for part in parts])
    ends = target.pixel(turn(source.frame, target.frame)(source.world(pixels)))
    back = source.pixel(turn(target.frame, source.frame)(target.world(ends)))
    lost = (np.abs(back - pixels) > 1) | ~np.isfinite(ends)
    ends[lost[:, 0] | lost[:, 1]] = np.nan
    return ends
