"""The grid of the mosaic: one that is given, or the least that holds all tiles."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from astropy import units
from astropy.io import fits
from astropy.wcs import WCS

from .._engine import checks
from .._sky import Sky, is_celestial, private_copy, read
from ..errors import (
    ArgumentError,
    ArgumentTypeError,
    MissingPackageError,
    OptionError,
    WCSError,
    reading,
)
from .headers import TileHeader, placed

_FRAMES = ("icrs", "galactic", "fk5", "fk4")
_NOT_OF_A_GRID = ("DATE", "MJD", "TIME", "JD", "OBSGEO", "TSTART", "TSTOP", "TELAPSE", "XPOSURE")
_REMEDY = "install reproject, as in pip install 'zetwopass[files]', or give like="


class Grid(NamedTuple):
    """Rows and columns, the WCS by its cards, and as those are read again."""

    shape: tuple[int, int]
    cards: fits.Header
    sky: Sky

    def wcs(self) -> WCS:
        """Return a copy of the WCS, with the size."""
        wcs = self.sky.wcs.deepcopy()
        wcs.array_shape = self.shape
        return wcs


def grid_of(
    headers: Sequence[TileHeader],
    like: object = None,
    scale: float | None = None,
    frame: str | None = None,
    projection: str = "TAN",
) -> Grid:
    """Return the grid that ``like`` has or, without it, the one that reproject finds.

    Raises
    ------
    ArgumentError, WCSError
        What is given can't be used.
    MissingPackageError
        reproject is wanted and not installed.
    """
    if like is None:
        return _found(headers, scale, frame, projection)
    for name, value, usual in (
        ("scale", scale, None), ("frame", frame, None), ("projection", projection, "TAN")
    ):  # fmt: skip
        if value != usual:
            raise ArgumentError(f"{name} = {value!r} and like are given, want one of them")
    return _like(like)


def _found(
    headers: Sequence[TileHeader], scale: float | None, frame: str | None, projection: str
) -> Grid:
    if scale is not None:
        scale = checks.number("scale", scale)
        if scale <= 0:
            raise ArgumentError(f"scale = {scale}, want arcseconds a pixel, above 0")
    if frame is not None and (not isinstance(frame, str) or frame.lower() not in _FRAMES):
        raise OptionError(f"frame = {frame!r}, want one of {', '.join(_FRAMES)}")
    if not isinstance(projection, str) or len(projection) != 3:
        raise OptionError(f"projection = {projection!r}, want three letters, such as 'TAN'")
    try:
        from reproject.mosaicking import find_optimal_celestial_wcs
    except ImportError as err:
        raise MissingPackageError(f"the grid is found by reproject: {err}; {_REMEDY}") from err
    tiles = [(header.shape[:2], header.sky.wcs) for header in headers]
    with reading("the grid of all tiles", WCSError, "can't be found"):
        wcs, shape = find_optimal_celestial_wcs(
            tiles,
            frame=frame and frame.lower(),
            projection=projection.upper(),
            resolution=None if scale is None else scale * units.arcsec,
        )
    return _grid("the grid of all tiles", wcs, tuple(map(int, shape)))


def _like(like: object) -> Grid:
    if isinstance(like, (str, os.PathLike)):
        name = os.fspath(like)
        with reading(name), fits.open(like, memmap=False) as hdus:
            header = next((hdu.header for hdu in hdus if hdu.is_image and hdu.shape), None)
            if header is None:
                raise ArgumentError(f"like: {name} holds no image")
            return _grid(name, placed(name, header, hdus), _size(name, header))
    if isinstance(like, fits.Header):
        return _grid("like", placed("like", like), _size("like", like))
    wcs = private_copy("like", like)
    if not is_celestial(wcs):
        raise WCSError(f"like has {wcs.naxis} axes, want 2 celestial ones; use its .celestial")
    if wcs.array_shape is None:
        raise ArgumentError("like is a WCS without a size; set its array_shape, or give a header")
    return _grid("like", wcs, wcs.array_shape)


def _size(name: str, header: fits.Header) -> tuple[int, int]:
    try:
        return int(header["NAXIS2"]), int(header["NAXIS1"])
    except KeyError:
        raise ArgumentError(f"{name} has no size, want NAXIS1 and NAXIS2 in it") from None
    except (TypeError, ValueError):
        raise ArgumentTypeError(f"{name} has NAXIS1 and NAXIS2 that are no numbers") from None


def _grid(name: str, wcs: WCS, shape: Sequence[int]) -> Grid:
    """Return a grid whose WCS is what its cards say, to the last bit."""
    shape = checks.shape(f"the shape of {name}", shape)
    if any(table is not None for table in (wcs.cpdis1, wcs.cpdis2, wcs.det2im1, wcs.det2im2)):
        raise WCSError(f"the WCS of {name} has lookup tables, which a mosaic's header can't hold")
    with reading(f"the WCS of {name}", WCSError):
        cards = wcs.to_header(relax=True)
    for key in [key for key in cards if key.startswith(_NOT_OF_A_GRID)]:
        del cards[key]
    if any(np.isnan(wcs.wcs.crpix)):
        raise WCSError(f"the WCS of {name} has no reference pixel")
    return Grid(shape, cards, read(f"the WCS of {name}", cards))
