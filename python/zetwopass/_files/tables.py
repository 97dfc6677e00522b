"""The tables of a mosaic's file: its tiles, and the steps where two of them overlap."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from astropy.io import fits

from .._engine import Job, Slopes, TileInput
from .headers import TileHeader


def tiles_table(
    headers: Sequence[TileHeader],
    tiles: Sequence[TileInput],
    job: Job,
    folder: Path,
) -> fits.BinTableHDU:
    """Return TILES, a row each: names as seen from the mosaic's folder, boxes half open.

    Of a job of planes there are SLOPE, x before y, DAMPING and LEFT_OUT of each channel, too.
    """
    names = [_ascii(_seen_from(folder, header.path)) for header in headers]
    dates, filters = (
        [str(header.cards.get(key, "")) for header in headers] for key in ("DATE-OBS", "FILTER")
    )
    box = [(0, 0, 0, 0) if tile.map is None else tile.map.box for tile in tiles]
    columns = [
        fits.Column("NAME", _letters(names), array=names),
        fits.Column("HDU", "J", array=[header.hdu for header in headers]),
        fits.Column("GAIN", "D", array=job.gains),
        fits.Column("OFFSET", f"{job.offsets.shape[1]}D", array=job.offsets),
        fits.Column("GROUP", "J", array=job.groups),
        fits.Column("WEIGHT", "D", array=[tile.weight_scale for tile in tiles]),
    ]
    for name, edge in zip(("X0", "Y0", "X1", "Y1"), np.transpose(box), strict=True):
        columns.append(fits.Column(name, "J", unit="pix", array=edge))
    if job.planes.wanted:
        columns += _planes(job.planes.result)
    times = [np.nan if header.exposure is None else header.exposure for header in headers]
    columns += [
        fits.Column("EXPTIME", "D", unit="s", array=times),
        fits.Column("DATE-OBS", _letters(dates), array=dates),
        fits.Column("FILTER", _letters(filters), array=filters),
    ]
    return fits.BinTableHDU.from_columns(columns, name="TILES")


def _planes(found: Slopes) -> list[fits.Column]:
    count, channels = found.damping.shape
    return [
        fits.Column("SLOPE", f"{2 * channels}D", array=found.slopes.reshape(count, -1)),
        fits.Column("DAMPING", f"{channels}D", array=found.damping),
        fits.Column("LEFT_OUT", f"{2 * channels}D", array=found.left_out.reshape(count, -1)),
    ]


def pairs_table(pairs: np.ndarray, channels: int) -> fits.BinTableHDU:
    """Return PAIRS: the medians of tile I less tile J, with their gains, before the offsets."""
    columns = [
        fits.Column("I", "J", array=pairs["i"]),
        fits.Column("J", "J", array=pairs["j"]),
        fits.Column("PIXELS", "K", array=pairs["pixels"]),
        fits.Column("STEP", f"{channels}D", array=pairs["step"]),
    ]
    return fits.BinTableHDU.from_columns(columns, name="PAIRS")


def _seen_from(folder: Path, path: str) -> str:
    """Return a path as it is seen from a folder, with / as in FITS files of all systems."""
    whole = os.path.join(os.path.realpath(os.path.dirname(path)), os.path.basename(path))
    try:
        return Path(os.path.relpath(whole, os.path.realpath(folder))).as_posix()
    except ValueError:  # on another drive
        return Path(whole).as_posix()


def _ascii(name: str) -> str:
    """Return a name in the letters that FITS has, others by their numbers."""
    return name.encode("ascii", "backslashreplace").decode()


def _letters(words: list[str]) -> str:
    return f"{max(1, *map(len, words), 1)}A"
