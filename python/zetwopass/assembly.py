"""A mosaic from files to a file: the second pass on what need not fit into memory."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from ._engine import OnStats, checks, computed_by, library, limited, warn_device, watched
from ._inputs import warn_unseen
from ._outputs import Assembly
from .api import GAIN_CLIP, SIGMA

if TYPE_CHECKING:
    from astropy.io import fits
    from astropy.wcs import WCS

    from ._files import Entry


@limited
def assemble(
    tiles: Entry | Sequence[Entry],
    output: str | os.PathLike,
    *,
    like: str | os.PathLike | fits.Header | WCS | None = None,
    scale: float | None = None,
    frame: str | None = None,
    projection: str = "TAN",
    coverage: np.ndarray | str | os.PathLike | tuple | None = None,
    sigma: int = SIGMA,
    gain_clip: tuple[float, float] = GAIN_CLIP,
    profile: str = "v4.5",
    threshold: float | None = None,
    feather: int | None = None,
    background: str = "constant",
    workers: int | None = None,
    rows_per_chunk: int | None = None,
    max_chunk_bytes: int | None = None,
    device: str = "auto",
    overwrite: bool = False,
    resume: bool = False,
    callback: OnStats | None = None,
    progress: bool | Callable = False,
) -> Assembly:
    """Make a mosaic of tiles in FITS files, as `second_pass` does, and write it to a FITS file.

    The file has the name ``output`` when all of it is on the disk, and not before: it grows in the
    hidden folder ``.NAME.zetwopass`` beside it, whose room is taken at the start. Tiles are in
    memory as far as ``max_chunk_bytes`` goes, and are read again where it doesn't.

    Parameters
    ----------
    tiles
        Files, or one: paths; (path, hdu) with the HDU's number or name, otherwise it is the first
        image; patterns such as ``'night*/*.fits'``; folders, for all FITS files in them;
        ``'@list.txt'`` for a list with one path a line, seen from the list's folder. Each of them
        in natural order. An image of 1 to 4 channels is [h, w], [C, h, w] or [h, w, C] in NumPy's
        order; all tiles have as many. The HDU ``ALPHA`` of a master tile of ZeMosaic is its mask,
        and its card ``MT_NFRAMES`` its weight in ``'v4.5'``.
    output
        The file that is written: the mosaic float32 [C, H, W], or [H, W] of one channel; the HDU
        ``COVERAGE``; the tables ``TILES`` and ``PAIRS``.
    like
        The mosaic's grid: a FITS file with an image, a header with NAXIS1 and NAXIS2, or a WCS with
        its ``array_shape``. By default it is found by
        `reproject.mosaicking.find_optimal_celestial_wcs`.
    scale
        Of the grid that is found, arcseconds a pixel; that of the finest tile by default.
    frame
        Of the grid that is found: ``'icrs'``, ``'galactic'``, ``'fk5'`` or ``'fk4'``; that of the
        first tile by default.
    projection
        Of the grid that is found, by its code in FITS headers.
    coverage
        How many tiles a first pass had on each pixel of the mosaic: float32 [H, W], or a FITS file,
        or (path, hdu). It is counted from the tiles by default.
    sigma, gain_clip, profile, threshold, feather, background
        As in `second_pass`.
    workers, rows_per_chunk, max_chunk_bytes, device
        As in `second_pass`.
    overwrite
        Whether a file ``output`` that is there is replaced, in one step, at the end.
    resume
        True goes on from what an earlier call, which was cut off, has left: stages and chunks that
        are done stay done. What this call leaves, if it fails or is cancelled, stays too. False
        begins anew, and leaves nothing behind but where it is killed.
    callback
        Called on this thread with `Stats` about ten times a second, their ``stage`` being one of
        ``'headers'``, ``'first'``, ``'gains'``, ``'match'``, ``'coadd'``, ``'file'`` and
        ``'done'``. What it raises ends the call and comes out of it.
    progress
        True for a bar of tqdm, or a class like tqdm's.

    Returns
    -------
    Assembly
        The path, gains, offsets, groups and steps, and what it took.

    Raises
    ------
    ArgumentError
        Any argument that can't be used as it is, ``output`` being there already, tiles of another
        number of channels than the first; the message names it.
    FileError, MissingFileError, HDUError
        A file can't be read, is damaged, or has changed meanwhile; or there is none.
    WCSError
        A tile or ``like`` has no celestial WCS, or one that can't be evaluated.
    NoRoomError
        The disk has too little room.
    WriteError
        The output can't be written, or another process is writing it.
    MissingPackageError
        The grid is to be found, and reproject is not installed.
    BudgetError, LimitError
        As in `second_pass`.

    Warns
    -----
    DeviceWarning, TileWarning
        As in `second_pass`.

    Examples
    --------
    Eight tiles, and the largest step between two of them before their backgrounds were matched:

    >>> import zetwopass
    >>> made = zetwopass.assemble("tests/testdata/2mass_m17", "build/m17.fits", overwrite=True)
    >>> made.path.name, len(made.tiles), len(made.pairs)
    ('m17.fits', 8, 13)
    >>> f"{abs(made.pairs['step']).max():.1f}"
    '6.6'
    """
    from . import __version__, _files

    settings = checks.settings(
        profile=profile,
        sigma=sigma,
        gain_clip=gain_clip,
        threshold=threshold,
        workers=workers,
        rows_per_chunk=rows_per_chunk,
        max_chunk_bytes=max_chunk_bytes,
        device=device,
        background=background,
        binary_weights=True,
        feather=feather,
    )
    overwrite, resume = checks.truth("overwrite", overwrite), checks.truth("resume", resume)
    library()
    target = _files.target_path(output, overwrite=overwrite)
    grid = (like, scale, frame, projection)
    with watched(progress, callback) as on_stats:
        course = _files.Course(on_stats)
        found = _files.survey(_files.select(tiles), target, settings, course, grid, coverage)
        with _files.working(target, keep=resume) as space:
            stages = _files.make(found, space, course, __version__, overwrite, resume)
        course.done()
    warn_device(stages.ended, stacklevel=3)
    job = found.job
    warn_unseen(np.flatnonzero(job.groups < 0).tolist(), stacklevel=3)
    return Assembly(
        target,
        job.gains,
        job.offsets,
        job.groups,
        stages.pairs,
        found.names,
        found.plan,
        course.seconds,
        computed_by(stages.ended),
        stages.ended.device_error,
        *job.planes.result,
    )
