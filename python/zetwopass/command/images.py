"""Images of FITS files, read a few rows at a time."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np

from .._inputs import files
from ..errors import FileError, MissingFileError, reading
from .places import Place, place_of

if TYPE_CHECKING:
    from astropy.io import fits
    from astropy.wcs import WCS

_BAND_BYTES = 16 << 20  # of rows that are read at once


class Image:
    """The first image of a file: rows and columns ``shape``, and ``channels``.

    Three axes of a file are channels, rows and columns, or rows, columns and channels where the
    library reads them so.
    """

    def __init__(self, path: str, hdus: fits.HDUList) -> None:
        self.path, self.hdus = path, hdus
        self.hdu = self._first()
        shape = self.hdu.shape
        if len(shape) not in (2, 3) or 0 in shape:
            raise FileError(f"{path} has an image {list(shape)}, want [H,W], [C,H,W] or [H,W,C]")
        self._last = len(shape) == 3 and files.layout(shape) == shape
        self._planar = len(shape) == 3 and not self._last
        self.shape = shape[:2] if self._last else shape[-2:]
        self.channels = shape[2] if self._last else shape[0] if self._planar else 1

    @property
    def header(self) -> fits.Header:
        """The header of the image's HDU."""
        return self.hdu.header

    def bands(self, step: int = 1) -> Iterator[tuple[int, int]]:
        """Yield first and last row (and one) of bands that fit the memory, multiples of step."""
        rows = max(1, _BAND_BYTES // (8 * self.shape[1] * step)) * step
        for first in range(0, self.shape[0], rows):
            yield first, min(first + rows, self.shape[0])

    def rows(self, channel: int, first: int, last: int) -> np.ndarray:
        """Return rows of a channel, float64 [last - first, W]."""
        if self._last:
            where = np.s_[first:last, :, channel]
        else:
            where = np.s_[channel, first:last] if self._planar else np.s_[first:last]
        return self._read(self.hdu, where)

    def coverage(self) -> Image | None:
        """Return the COVERAGE of a mosaic, or None."""
        if "COVERAGE" not in self.hdus or self.hdus["COVERAGE"].shape != tuple(self.shape):
            return None
        found = object.__new__(Image)
        found.__dict__ |= self.__dict__
        found.hdu, found.channels = self.hdus["COVERAGE"], 1
        found._last = found._planar = False
        return found

    def wcs(self) -> WCS | None:
        """Return the celestial WCS, or None where there is none."""
        from .. import _sky

        wcs = _sky.celestial(f"WCS of {self.path}", self.header, self.hdus)
        return wcs if wcs.has_celestial else None

    def place(self) -> Place | None:
        """Return where the image lies, or None where it has no celestial WCS."""
        wcs = self.wcs()
        if wcs is None:
            return None
        with reading(f"WCS of {self.path}"):
            return place_of(wcs, self.shape)

    def _first(self) -> fits.ImageHDU:
        for hdu in self.hdus:
            if hdu.is_image and hdu.shape:
                return hdu
        raise FileError(f"{self.path} has no image")

    def _read(self, hdu: fits.ImageHDU, where: tuple[slice, ...]) -> np.ndarray:
        with reading(f"image of {self.path}"):
            return np.asarray(hdu.section[where], np.float64)


@contextmanager
def opened(path: str) -> Iterator[Image]:
    """Open a FITS file and yield its first image.

    Raises
    ------
    FileError, MissingFileError
        The file is not there or damaged, or holds no image.
    """
    from astropy.io import fits

    if not os.path.exists(path):
        raise MissingFileError(f"there is no file {path}")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with reading(path):
            hdus = fits.open(path, memmap=False)
        with hdus:
            with reading(path):
                len(hdus)  # all headers
            yield Image(path, hdus)
