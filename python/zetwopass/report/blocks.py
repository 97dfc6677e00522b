"""Images far smaller than they are: means of square blocks, read a band of rows at a time."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from astropy.io import fits
from astropy.wcs import WCS, Sip

from .._inputs import files

BAND = 1 << 22  # samples read at a time


class Box(NamedTuple):
    """Pixels x0 <= x < x1, y0 <= y < y1."""

    x0: int
    y0: int
    x1: int
    y1: int

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.y1 - self.y0, self.x1 - self.x0


def means(hdu: fits.ImageHDU, size: int, box: Box | None = None) -> np.ndarray:
    """Return the means of blocks of ``size`` x ``size`` pixels of a box, float32 [C, h, w].

    The box is the whole image by default. The last blocks may be of fewer pixels. What is not
    finite does not count, and where that is more than half of a block, its mean is NaN.
    """
    height, width, channels = files.layout(hdu.shape)
    box = box or Box(0, 0, width, height)
    rows, cols = (-(-n // size) for n in box.shape)
    out = np.empty((channels, rows, cols), np.float32)
    step = max(1, BAND // (channels * size * width))  # rows of blocks
    for row in range(0, rows, step):
        y0 = box.y0 + row * size
        y1 = min(y0 + step * size, box.y1)
        band = pixels(hdu, box._replace(y0=y0, y1=y1))
        out[:, row : row + step] = _means(band, size)
    return out


def pixels(hdu: fits.ImageHDU, box: Box) -> np.ndarray:
    """Return a box [C, h, w] of whole rows, cut afterwards: else each row is sought in the file."""
    height, width, channels = files.layout(hdu.shape)
    first = (0,) * max(0, len(hdu.shape) - 3)
    rows = slice(box.y0, box.y1)
    if len(hdu.shape) == 2:
        band = hdu.section[rows][None]
    elif hdu.shape[-3:] == (channels, height, width):
        band = hdu.section[(*first, slice(None), rows)]
    else:
        band = np.moveaxis(hdu.section[(*first, rows)], -1, 0)
    return np.asarray(band[..., box.x0 : box.x1], np.float32)


def _means(band: np.ndarray, size: int) -> np.ndarray:
    if size == 1:
        return np.where(np.isfinite(band), band, np.float32(np.nan))
    channels, height, width = band.shape
    rows, cols = -(-height // size), -(-width // size)
    padded = np.zeros((channels, rows * size, cols * size), np.float32)
    known = np.zeros(padded.shape, bool)
    known[:, :height, :width] = np.isfinite(band)
    np.copyto(padded[:, :height, :width], band, where=known[:, :height, :width])
    blocks = (channels, rows, size, cols, size)
    count = known.reshape(blocks).sum(axis=(2, 4), dtype=np.float32)
    full = np.outer(_sizes(height, size), _sizes(width, size))
    with np.errstate(invalid="ignore", divide="ignore"):
        found = padded.reshape(blocks).sum(axis=4).sum(axis=2) / count
    return np.where(2 * count >= full, found, np.float32(np.nan))


def _sizes(length: int, size: int) -> np.ndarray:
    """Return how many pixels each block has along an axis."""
    starts = np.arange(0, length, size)
    return np.minimum(starts + size, length) - starts


def wcs_of(wcs: WCS, size: float, box: Box | None = None) -> WCS:
    """Return the WCS of `means`, or of blocks that are no whole number of pixels.

    astropy's slices with steps leave the polynomials of SIP as they are. Lookup tables are left
    out: what they move is less than a block.
    """
    out = wcs.deepcopy()
    out.cpdis1 = out.cpdis2 = out.det2im1 = out.det2im2 = None
    origin = np.array((box.x0, box.y0) if box else (0, 0))
    out.wcs.crpix = (wcs.wcs.crpix - origin - 0.5) / size + 0.5
    if wcs.wcs.has_cd():
        out.wcs.cd = wcs.wcs.cd * size
    else:
        out.wcs.cdelt = wcs.wcs.cdelt * size
    if wcs.sip is not None:
        bends = [_scaled(wcs.sip.a, size), _scaled(wcs.sip.b, size), None, None]
        out.sip = Sip(*bends, (wcs.sip.crpix - origin - 0.5) / size + 0.5)
    out.wcs.set()
    return out


def _scaled(terms: np.ndarray | None, size: float) -> np.ndarray | None:
    """Return SIP's coefficients of u^p v^q for blocks, whose u and v are ``size`` times smaller."""
    if terms is None:
        return None
    p, q = np.indices(terms.shape)
    return terms * float(size) ** (p + q - 1)
