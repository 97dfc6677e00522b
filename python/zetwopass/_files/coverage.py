"""The coverage of a first pass, where it is given: an array, or an image in a file."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from astropy.io import fits

from .._engine import buffers
from ..errors import ArgumentError, ArgumentTypeError, HDUError, reading
from .selection import Index

_BAND = 1 << 22  # pixels read at a time


class Given(NamedTuple):
    """A coverage that is given: an array, or where it stands."""

    array: np.ndarray | None
    path: str = ""
    hdu: Index | None = None

    @property
    def words(self) -> str:
        """Where it comes from, for people."""
        return "the array given" if self.array is not None else os.path.basename(self.path)

    def key(self) -> list:
        """Return what tells it from others: of an array its samples' digest."""
        if self.array is None:
            found = os.stat(self.path)
            return [os.path.realpath(self.path), self.hdu, found.st_size, found.st_mtime_ns]
        digest = hashlib.blake2b(digest_size=16)
        for row in self.array:
            digest.update(np.ascontiguousarray(row))
        return [digest.hexdigest()]

    def fill(self, out: np.ndarray, report: Callable[[int], None]) -> None:
        """Read the file's image into float32 [H, W]; ``report`` is told how many rows are there.

        Raises
        ------
        FileError, HDUError, ArgumentError
            It can't be read, is not there, or has another shape.
        """
        with reading(f"coverage: {self.path}"), fits.open(self.path, memmap=False) as hdus:
            hdu = _image(hdus, self.hdu, self.path)
            found = tuple(n for n in hdu.shape if n > 1 or len(hdu.shape) == 2)
            if found != out.shape:
                raise ArgumentError(
                    f"coverage: {self.path} has shape {list(hdu.shape)}, want {list(out.shape)}, "
                    "as the mosaic"
                )
            before = (0,) * (len(hdu.shape) - 2)
            step = max(1, _BAND // out.shape[1])
            for row in range(0, out.shape[0], step):
                rows = slice(row, min(row + step, out.shape[0]))
                out[rows] = hdu.section[(*before, rows, slice(None))]
                report(rows.stop)


def given(coverage: object, shape: tuple[int, int]) -> Given | None:
    """Return a coverage that is given, checked as far as that is cheap; None for none.

    Raises
    ------
    ArgumentError
        It is no array float32 [H, W] of the mosaic's shape, and no file.
    """
    if coverage is None:
        return None
    if isinstance(coverage, np.ndarray):
        buffers.plane("coverage", coverage, shape)
        return Given(coverage)
    path, hdu = coverage if isinstance(coverage, tuple) and len(coverage) == 2 else (coverage, None)
    if not isinstance(path, (str, os.PathLike)):
        raise ArgumentTypeError(
            f"coverage is a {type(path).__name__}, want a float32 array, a path or (path, hdu)"
        )
    with reading(f"coverage: {os.fspath(path)}"):
        os.stat(path)
    return Given(None, os.fspath(path), hdu)


def _image(hdus: fits.HDUList, index: Index | None, path: str) -> object:
    """Return the HDU that is asked for or, without that, COVERAGE or the first image."""
    try:
        if index is None:
            index = "COVERAGE" if "COVERAGE" in hdus else next(
                i for i, hdu in enumerate(hdus) if hdu.is_image and hdu.shape
            )  # fmt: skip
        hdu = hdus[index]
    except (LookupError, TypeError, StopIteration):
        what = "no image" if index is None else f"no HDU {index!r}"
        raise HDUError(f"coverage: {path} has {what}") from None
    if not (hdu.is_image and len(hdu.shape) >= 2):
        raise HDUError(f"coverage: {path} has no image in its HDU {index!r}")
    return hdu
