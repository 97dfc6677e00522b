"""What the second pass and the assembly of files return."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from .._engine import Plan

if TYPE_CHECKING:
    from astropy.wcs import WCS

    from ..errors import DeviceError


class SecondPass(NamedTuple):
    """What the second pass makes of T tiles of C channels.

    Attributes
    ----------
    mosaic
        float32 [H, W, C].
    coverage
        float32 [H, W], the sum of the weights.
    gains
        float64 [T], factors of the tiles.
    offsets
        float64 [T, C], backgrounds subtracted from the tiles after the gains.
    groups
        int32 [T]: tiles with the same number are tied by overlaps, -1 shows nothing. Between
        groups the background is not matched.
    device
        What has computed: ``'cpu'``; ``'hybrid'``, both; or ``'gpu'``, which has then added up
        all rows of the mosaic.
    device_error
        Why a GPU that was asked for was not used, or why it failed midway, when the CPU has done
        all of the work; None where there is nothing to say.
    pairs
        Structured [P], of each pair of tiles with common pixels, by ``i``, then ``j``: their
        numbers ``i`` and ``j``; how many ``pixels`` both show; and ``step`` [C], the median of tile
        i less tile j after the gains, which the offsets are to level, NaN where there is none.
    slopes
        float64 [T, C, 2]: what the background rises by from an output column to the next, and from
        a row to the next. With them ``offsets`` is the background of pixel (0, 0) of the mosaic.
        All 0 where the background is ``'constant'``.
    damping
        float64 [T, C]: by how much slopes were damped; infinite where the background is a constant.
    left_out
        float64 [T, C, 2]: root mean square of what overlaps of the tile's part of the mosaic differ
        by from what all others tell of them, by constants and by what was taken; NaN where no loop
        of overlaps lets one be told, and where the background is ``'constant'``.
    """

    mosaic: np.ndarray
    coverage: np.ndarray
    gains: np.ndarray
    offsets: np.ndarray
    groups: np.ndarray
    device: str
    device_error: DeviceError | None
    pairs: np.ndarray
    slopes: np.ndarray
    damping: np.ndarray
    left_out: np.ndarray


class Assembly(NamedTuple):
    """What `assemble` makes of T tiles of C channels.

    Attributes
    ----------
    path
        Of the mosaic's FITS file.
    gains, offsets, groups, pairs
        As in `SecondPass`.
    tiles
        The names of the tiles' files, with the HDU where that was asked for.
    plan
        Threads, chunks and bytes.
    seconds
        Wall time of the stages, those of a call that was cut off too.
    device, device_error, slopes, damping, left_out
        As in `SecondPass`.
    """

    path: Path
    gains: np.ndarray
    offsets: np.ndarray
    groups: np.ndarray
    pairs: np.ndarray
    tiles: list[str]
    plan: Plan
    seconds: dict[str, float]
    device: str
    device_error: DeviceError | None
    slopes: np.ndarray
    damping: np.ndarray
    left_out: np.ndarray


class AssemblyPlan(NamedTuple):
    """What `assemble` would make, and what it would take.

    Attributes
    ----------
    tiles
        The names of the tiles' files.
    shape, wcs
        Rows, columns and channels of the mosaic, and its WCS.
    plan
        Threads, chunks, and bytes of memory.
    read_bytes
        That are read from the tiles' files, as float32, about.
    written_bytes
        Of the mosaic's file, about.
    scratch_bytes, free_bytes
        On the disk beside it, until the gains are known; and what the disk has.
    unseen
        The names of tiles that lie off the grid, or whose WCS has no way there and back.
    """

    tiles: list[str]
    shape: tuple[int, int, int]
    wcs: WCS
    plan: Plan
    read_bytes: int
    written_bytes: int
    scratch_bytes: int
    free_bytes: int
    unseen: list[str]
