"""What a second pass, or a mosaic from files, would take: planned, not computed."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ._engine import Job, Plan, checks, library, limited
from ._inputs import common_grid, inputs
from ._outputs import AssemblyPlan
from .api import SIGMA, Image, checked

if TYPE_CHECKING:
    from astropy.io import fits
    from astropy.wcs import WCS

    from ._files import Entry


@limited
def plan(
    tiles: Sequence[Image],
    tiles_wcs: Sequence[WCS] | None,
    output_wcs: WCS | fits.Header,
    coverage: Image,
    *,
    shape_out: tuple[int, int] | None = None,
    sigma: int = SIGMA,
    profile: str = "v4.5",
    feather: int | None = None,
    background: str = "constant",
    workers: int | None = None,
    rows_per_chunk: int | None = None,
    max_chunk_bytes: int | None = None,
) -> Plan:
    """Return the chunks, the bytes of scratch and those to read that `second_pass` would take.

    Nothing is computed but the maps of the tiles; of files the headers are read.

    Parameters
    ----------
    tiles, tiles_wcs, output_wcs, coverage, shape_out, sigma, profile, feather, background
        As in `second_pass`.
    workers, rows_per_chunk, max_chunk_bytes
        Threads, output rows and bytes of scratch to plan with; chosen by default.

    Returns
    -------
    Plan
        Threads, rows and columns of a chunk, chunks, and bytes.

    Raises
    ------
    ArgumentError, FileError, HDUError, WCSError
        As in `second_pass`.
    BudgetError
        ``max_chunk_bytes`` is too small for one chunk; the message tells what would do.

    Examples
    --------
    Two tiles of which 20 columns lie on each other, with at most 350 kB beside the arrays:

    >>> import numpy as np
    >>> import zetwopass
    >>> from astropy.wcs import WCS
    >>> sky = WCS(dict(CTYPE1="RA---TAN", CTYPE2="DEC--TAN", CDELT1=-0.1, CDELT2=0.1))
    >>> tiles = [np.full((40, 60), 100, "f4"), np.full((40, 60), 103, "f4")]
    >>> coverage = np.float32([[1] * 40 + [2] * 20 + [1] * 40] * 40)
    >>> found = zetwopass.plan(
    ...     tiles, [sky, sky[:, 40:]], sky, coverage, workers=2, max_chunk_bytes=350_000
    ... )
    >>> found.workers, found.bytes <= 350_000
    (2, True)
    """
    images, tiles_wcs, first, shape = checked(tiles, tiles_wcs, coverage, shape_out, load=False)
    settings = checks.settings(
        profile=profile,
        sigma=sigma,
        workers=workers,
        rows_per_chunk=rows_per_chunk,
        max_chunk_bytes=max_chunk_bytes,
        feather=feather,
        background=background,
    )
    job_tiles = inputs(images, tiles_wcs, output_wcs, common_grid(shape, first.shape))
    mosaic = (*shape, checks.channels(images))
    job = Job(settings, job_tiles, coverage=first.shape, blurred=first.shape, mosaic_shape=mosaic)
    return job.plan()


@limited
def plan_assembly(
    tiles: Entry | Sequence[Entry],
    output: str | os.PathLike,
    *,
    like: str | os.PathLike | fits.Header | WCS | None = None,
    scale: float | None = None,
    frame: str | None = None,
    projection: str = "TAN",
    coverage: np.ndarray | str | os.PathLike | tuple | None = None,
    sigma: int = SIGMA,
    profile: str = "v4.5",
    feather: int | None = None,
    background: str = "constant",
    workers: int | None = None,
    rows_per_chunk: int | None = None,
    max_chunk_bytes: int | None = None,
) -> AssemblyPlan:
    """Return what `assemble` would make and take; of the tiles only their headers are read.

    Parameters
    ----------
    tiles
        As in `assemble`.
    output
        The file that would be written; one that is there does no harm.
    like, scale, frame, projection, coverage, sigma, profile, feather, background
        As in `assemble`.
    workers, rows_per_chunk, max_chunk_bytes
        Threads, output rows and bytes of scratch to plan with; chosen by default.

    Returns
    -------
    AssemblyPlan
        The mosaic's size and WCS, threads, chunks, and bytes of memory and disk.

    Raises
    ------
    ArgumentError, FileError, MissingFileError, HDUError, WCSError, WriteError
        As in `assemble`.
    MissingPackageError, BudgetError, LimitError
        As in `assemble`.

    Examples
    --------
    >>> import zetwopass
    >>> found = zetwopass.plan_assembly("tests/testdata/2mass_m17", "build/m17.fits")
    >>> found.shape
    (2201, 1800, 1)
    >>> found.written_bytes < 32_000_000 < found.free_bytes
    True
    """
    from . import _files

    settings = checks.settings(
        profile=profile,
        sigma=sigma,
        workers=workers,
        rows_per_chunk=rows_per_chunk,
        max_chunk_bytes=max_chunk_bytes,
        binary_weights=True,
        feather=feather,
        background=background,
    )
    library()
    target = _files.target_path(output, overwrite=True)
    grid, course = (like, scale, frame, projection), _files.Course(None)
    found = _files.survey(_files.select(tiles), target, settings, course, grid, coverage)
    return AssemblyPlan(
        found.names,
        found.shape,
        found.grid.wcs(),
        found.plan,
        found.read_bytes,
        _files.written_bytes(found),
        found.scratch_bytes,
        _files.free_bytes(target),
        [tile.name for tile in found.tiles if tile.map is None],
    )
