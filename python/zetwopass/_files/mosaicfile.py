"""The FITS file of a mosaic: its parts' places, written piece by piece."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from astropy.io import fits

from ..errors import writing
from .workspace import allocate

_BLOCK = 2880  # bytes, of which FITS files consist
_SAMPLE = 4  # bytes of a float32
_ROW = 200  # bytes of a tile or a pair in the tables, about


class MosaicFile:
    """A mosaic [C, H, W], or [H, W] of one channel, and COVERAGE [H, W], both float32.

    Attributes
    ----------
    path
        The file.
    mosaic_at, coverage_at
        Their first bytes; samples are big-endian, without gaps.
    bytes
        Of both, with their headers.
    """

    def __init__(
        self, path: Path, shape: tuple[int, int, int], wcs: fits.Header, cards: Sequence[fits.Card]
    ) -> None:
        height, width, channels = shape
        self.path = path
        self._axes = (height, width) if channels == 1 else (channels, height, width)
        self._wcs = wcs
        self._head = self._primary(cards)
        coverage = fits.ImageHDU(_zeros((height, width)), wcs, name="COVERAGE")
        self._coverage_head = _text(coverage)
        self.mosaic_at = len(self._head)
        end = self.mosaic_at + _whole(_SAMPLE * height * width * channels)
        self.coverage_at = end + len(self._coverage_head)
        self.bytes = self.coverage_at + _whole(_SAMPLE * height * width)

    def begin(self) -> bool:
        """Write the headers, and take the room of all pixels; say whether it was taken already.

        Then the pixels that are there stay.
        """
        whole = self.path.exists() and self.path.stat().st_size >= self.bytes
        allocate(self.path, self.bytes)
        self._write(0, self._head)
        self._write(self.coverage_at - len(self._coverage_head), self._coverage_head)
        return whole

    def finish(self, cards: Sequence[fits.Card], tables: Sequence[fits.BinTableHDU]) -> None:
        """Write the final cards, as many as at first, and the tables behind the pixels."""
        head = self._primary(cards)
        if len(head) != len(self._head):
            raise AssertionError(f"a header of {len(head)} bytes in place of {len(self._head)}")
        self._write(0, head)
        with (
            writing(f"the output {self.path}"),
            fits.open(self.path, mode="append", memmap=False, output_verify="exception") as hdus,
        ):
            hdus.extend(tables)

    def _primary(self, cards: Sequence[fits.Card]) -> bytes:
        header = self._wcs.copy()
        header.extend(cards)
        return _text(fits.PrimaryHDU(_zeros(self._axes), header))

    def _write(self, offset: int, text: bytes) -> None:
        with writing(f"the output {self.path}"), open(self.path, "r+b") as file:
            file.seek(offset)
            file.write(text)


def file_bytes(shape: tuple[int, int, int], tiles: int, pairs: int) -> int:
    """Return the bytes of the whole file, about: with tables and headers."""
    height, width, channels = shape
    return _SAMPLE * height * width * (channels + 1) + _ROW * (tiles + pairs) + 20 * _BLOCK


def _text(hdu: fits.PrimaryHDU | fits.ImageHDU) -> bytes:
    """Return a header as it stands in the file, after astropy has found nothing wrong with it."""
    hdu.verify("exception")
    return hdu.header.tostring().encode("ascii")


def _zeros(shape: tuple[int, ...]) -> np.ndarray:
    """Return an array that takes no memory."""
    return np.broadcast_to(np.zeros((), ">f4"), shape)


def _whole(size: int) -> int:
    return -(-size // _BLOCK) * _BLOCK
