"""A lazy mosaic's blocks into a FITS file, as they are made."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import dask
import numpy as np
from astropy.io import fits

from .._files import MosaicFile, grid_of, replacing, target_path

if TYPE_CHECKING:
    from astropy.wcs import WCS

    from .passing import LazyPass

_BYTES = 2**30  # of blocks that are asked for at a time


def write_mosaic(
    lazy: LazyPass,
    output: str | os.PathLike,
    output_wcs: WCS | fits.Header,
    *,
    overwrite: bool = False,
) -> None:
    """Make a mosaic and its coverage, and write them to a FITS file from this process.

    Blocks come here, 1 GiB of them at a time or one, and into the file, which has its name when all
    of it is there. The file is that of `zetwopass.assemble` without its tables.

    Parameters
    ----------
    lazy
        What `second_pass` has returned.
    output
        The file: the mosaic float32 [C, H, W], or [H, W] of one channel, and the HDU ``COVERAGE``.
    output_wcs
        That of the mosaic.
    overwrite
        Whether a file that is there already is replaced.

    Raises
    ------
    ArgumentError, WCSError
        As of `zetwopass.assemble`.
    NoRoomError, WriteError
        The file can't be written.
    """
    height, width, channels = lazy.mosaic.shape
    target = target_path(output, overwrite=overwrite)
    like = output_wcs.copy() if isinstance(output_wcs, fits.Header) else output_wcs.deepcopy()
    if isinstance(like, fits.Header):
        like["NAXIS1"], like["NAXIS2"] = width, height
    else:
        like.array_shape = (height, width)
    cards = grid_of([], like).cards
    with replacing(target) as partial:
        file = MosaicFile(partial, (height, width, channels), cards, [])
        file.begin()
        mosaic = np.memmap(partial, ">f4", "r+", file.mosaic_at, (channels, height, width))
        coverage = np.memmap(partial, ">f4", "r+", file.coverage_at, (height, width))
        for rows, cols, pixels, weights in _made(lazy):
            mosaic[:, rows, cols] = np.moveaxis(pixels, 2, 0)
            coverage[rows, cols] = weights
        for plane in (mosaic, coverage):
            plane.flush()
        del mosaic, coverage, plane  # a file that is mapped can't be renamed on Windows


def _made(lazy: LazyPass) -> Iterator[tuple[slice, slice, np.ndarray, np.ndarray]]:
    """Yield where blocks lie, and their mosaic and coverage."""
    heights, widths = lazy.coverage.chunks
    lower, right = np.cumsum(heights).tolist(), np.cumsum(widths).tolist()
    each = 4 * max(heights) * max(widths) * (lazy.mosaic.shape[2] + 1)
    places = list(np.ndindex(len(heights), len(widths)))
    at_a_time = max(1, _BYTES // each)
    for start in range(0, len(places), at_a_time):
        some = places[start : start + at_a_time]
        blocks = [(lazy.mosaic.blocks[place], lazy.coverage.blocks[place]) for place in some]
        for (row, col), (pixels, weights) in zip(some, dask.compute(*blocks), strict=True):
            rows = slice(lower[row] - heights[row], lower[row])
            cols = slice(right[col] - widths[col], right[col])
            yield rows, cols, pixels, weights
