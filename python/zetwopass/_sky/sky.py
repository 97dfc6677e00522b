"""One celestial WCS, read, checked and evaluated: pixels to the sky and back.

Pixels are (n,2) arrays of x, y, 0-based with centres on integers; the sky is (n,2) longitude and
latitude in degrees, in this order whatever the order of the WCS's axes. NaN means: not there;
infinities are what astropy has found.
"""

from __future__ import annotations

import math
import threading
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from astropy.coordinates import BaseCoordinateFrame
from astropy.io import fits
from astropy.wcs import WCS, Sip
from astropy.wcs.wcsapi import BaseHighLevelWCS, SlicedLowLevelWCS

from ..errors import WCSError, WCSTypeError, reading
from .frames import frame_of, turn
from .parts import Parts, parts_of

# Even reading a WCS writes to it (astropy swaps NaN and "undefined" in the C structure and lets
# wcslib fill in defaults), so threads that share one get wrong pixels: astropy issues 16244 and
# 16245. Everything here works on copies, which are made one at a time.
_copying = threading.Lock()

Function = Callable[[np.ndarray], np.ndarray]

CHUNK = 1 << 16  # pixels evaluated at a time, which bounds temporaries to some tens of MB
_NEWTON_STEPS = 12
_CONVERGED = 1e-6  # pixels moved by the last Newton step; what remains is ~1e-4 of it or less
_RANK = 4 * np.finfo(float).eps  # of a matrix whose largest number is 1: a determinant of 0
_NEAR = 5e-4  # pixels within which Newton's solution is that of astropy, made exact


@dataclass(frozen=True, eq=False)
class Sky:
    """A private copy of a 2-D celestial WCS and the frame that it is in."""

    wcs: WCS
    frame: BaseCoordinateFrame
    planes: dict = field(default_factory=dict)  # what `tangent.plane_of` has found, by shape

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


def read(name: str, wcs: object) -> Sky:
    """Check and copy what `private_copy` takes, or a `Sky`, which is taken as it is.

    Raises
    ------
    WCSError
        What came is no WCS, has not exactly two celestial axes, or wcslib refuses it. The message
        begins with `name`.
    """
    if isinstance(wcs, Sky):
        return wcs
    copy = private_copy(name, wcs)
    with reading(name, WCSError):
        _check(name, copy, "use " + _celestial_part(wcs))
        return Sky(copy, frame_of(copy))


def private_copy(
    name: str, wcs: object, hdus: fits.HDUList | None = None, naxis: int | None = None
) -> WCS:
    """Return a copy of an astropy WCS, of one inside of astropy's wrappers, or of a header's.

    Lookup tables that a header speaks of are read from `hdus`; `naxis` are its first axes that
    count, all by default.
    """
    with reading(name, WCSError), _copying:
        if isinstance(wcs, fits.Header):
            return _of_header(wcs, hdus, naxis)
        return _unwrapped(name, wcs)


def celestial(name: str, header: fits.Header, hdus: fits.HDUList | None = None) -> WCS:
    """Return the celestial axes of a header, which may have others; all axes where none are.

    They are its first two where those are celestial: with SIP astropy reads no more than two.
    """
    wcs = private_copy(name, header, hdus, naxis=2 if header.get("NAXIS", 0) > 2 else None)
    if not wcs.has_celestial:
        wcs = private_copy(name, header, hdus)
    with reading(name, WCSError):
        return wcs.celestial if wcs.naxis > 2 and wcs.has_celestial else wcs


def is_celestial(wcs: WCS) -> bool:
    """Whether a WCS has two axes, longitude and latitude."""
    return wcs.naxis == 2 and wcs.has_celestial


def same(first: Sky, second: Sky) -> bool:
    """Whether pixels of both are the same by their numbers; False where tables make it unsure."""
    if _tables(first.wcs) or _tables(second.wcs):
        return False
    if not first.frame.is_equivalent_frame(second.frame):
        return False
    ancillary = 1  # wcslib's WCSCOMPARE_ANCILLARY: dates and the like may differ
    sips = (first.wcs.sip, second.wcs.sip)
    if not first.wcs.wcs.compare(second.wcs.wcs, ancillary):
        return False
    return all(
        np.array_equal(*(getattr(sip, part, None) for sip in sips)) for part in ("a", "b", "crpix")
    )


def _of_header(header: fits.Header, hdus: fits.HDUList | None, naxis: int | None) -> WCS:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # cards that wcslib mends, deprecated spellings
        return WCS(header, fobj=hdus, naxis=naxis)


def _unwrapped(name: str, wcs: object) -> WCS:
    if isinstance(wcs, WCS):
        return wcs.deepcopy()
    if isinstance(wcs, SlicedLowLevelWCS):
        return _sliced(_unwrapped(name, wcs._wcs), wcs._slices_pixel)
    inside = wcs.low_level_wcs if isinstance(wcs, BaseHighLevelWCS) else wcs
    if inside is wcs:
        raise WCSTypeError(
            f"{name} is a {type(wcs).__name__}, want an astropy.wcs.WCS, a header, or a wrapper of "
            "astropy.wcs.wcsapi around a WCS"
        )
    return _unwrapped(name, inside)


def _sliced(wcs: WCS, slices: list[slice | int]) -> WCS:
    """Return a WCS, which may be changed, without the pixels before and beside slices in x, y..."""
    for axis, part in enumerate(slices):
        start = getattr(part, "start", None) or 0
        wcs.wcs.crpix[axis] -= start
        for table in _tables(wcs) if axis < 2 else ():
            table.crval[axis] -= start
    if wcs.sip is not None:
        shift = [getattr(part, "start", None) or 0 for part in slices[:2]]
        sip = wcs.sip
        wcs.sip = Sip(sip.a, sip.b, sip.ap, sip.bp, sip.crpix - shift)
    kept = [axis + 1 for axis, part in enumerate(slices) if isinstance(part, slice)]
    return wcs if len(kept) == len(slices) else wcs.sub(kept)


def _tables(wcs: WCS) -> list:
    tables = (wcs.cpdis1, wcs.cpdis2, wcs.det2im1, wcs.det2im2)
    return [table for table in tables if table is not None]


def _celestial_part(wcs: object) -> str:
    """Say how to get the celestial pair of axes out of a WCS with more of them."""
    if isinstance(wcs, fits.Header):
        return "astropy.wcs.WCS(header).sub(['celestial'])"
    return "its .celestial" if isinstance(wcs, WCS) else "the .celestial of the WCS inside"


def _check(name: str, wcs: WCS, remedy: str) -> None:
    if wcs.naxis != 2:
        raise WCSError(f"{name} has {wcs.naxis} axes, want 2; {remedy}")
    wcs.wcs.set()
    if wcs.wcs.lng < 0 or wcs.wcs.lat < 0:
        raise WCSError(f"{name} has the axes {list(wcs.wcs.ctype)}, want a celestial pair")
    scale = wcs.wcs.get_cdelt()[:, None] * wcs.wcs.get_pc()
    (a, b), (c, d) = scale.tolist()
    if not all(map(math.isfinite, (a, b, c, d, *wcs.wcs.crval.tolist(), *wcs.wcs.crpix.tolist()))):
        raise WCSError(f"{name} has a CRVAL, CRPIX or scale that is not finite")
    largest = max(map(abs, (a, b, c, d)))
    # The smaller singular value is at most this over the larger one.
    if largest == 0 or abs((a / largest) * (d / largest) - (b / largest) * (c / largest)) < _RANK:
        raise WCSError(f"{name} has a singular matrix {scale.tolist()}")


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
