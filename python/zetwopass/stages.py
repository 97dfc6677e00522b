"""The first stages of the second pass by themselves: the blurred coverage, and the gains."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from ._engine import Job, OnStats, buffers, checks, library, limited, run_watched
from ._inputs import files, inputs, warn_unseen
from .api import GAIN_CLIP, SIGMA, Image, checked

if TYPE_CHECKING:
    from astropy.io import fits
    from astropy.wcs import WCS


@limited
def tile_gains(
    tiles: Sequence[Image],
    tiles_wcs: Sequence[WCS] | None,
    output_wcs: WCS | fits.Header,
    coverage: Image,
    *,
    sigma: int = SIGMA,
    gain_clip: tuple[float, float] = GAIN_CLIP,
    masks: Sequence[Image | None] | None = None,
    profile: str = "v4.5",
    threshold: float | None = None,
    workers: int | None = None,
    rows_per_chunk: int | None = None,
    max_chunk_bytes: int | None = None,
    device: str = "auto",
    callback: OnStats | None = None,
    progress: bool | Callable = False,
) -> np.ndarray:
    """Return one gain per tile, float64 [T].

    Parameters
    ----------
    tiles, tiles_wcs, output_wcs, coverage
        As in `second_pass`; of the tiles only their shapes count.
    sigma
        Blur of the coverage, output pixels, 0 to 1000.
    gain_clip
        Lowest and highest gain; ``-inf`` and ``inf`` are no bounds.
    masks
        Per tile [h, w], its own coverage, or None for ones: above 1e-3 a pixel counts.
    profile
        ``'v4.5'`` or ``'v4.2'``: which generation of the maths.
    threshold
        Lowest blurred coverage of a pixel that counts, 2 by default; ``'v4.5'`` only.
    workers, rows_per_chunk, max_chunk_bytes, device, callback, progress
        As in `second_pass`.

    Returns
    -------
    ndarray
        float64 [T], the factor of each tile; 1 for one that shows too few pixels that count.

    Raises
    ------
    ArgumentError, FileError, HDUError, WCSError, BudgetError, LimitError
        As in `second_pass`.

    Warns
    -----
    DeviceWarning, TileWarning
        As in `second_pass`.

    Examples
    --------
    A gain is the median of blurred by actual coverage over the tile: beside deeper pixels it is
    above 1, beside shallower ones below.

    >>> import numpy as np
    >>> import zetwopass
    >>> from astropy.wcs import WCS
    >>> sky = WCS(dict(CTYPE1="RA---TAN", CTYPE2="DEC--TAN", CDELT1=-0.1, CDELT2=0.1))
    >>> tiles = [np.full((40, 60), 100, "f4"), np.full((40, 40), 103, "f4")]
    >>> coverage = np.float32([[1] * 60 + [2] * 40] * 40)
    >>> gains = zetwopass.tile_gains(
    ...     tiles, [sky, sky[:, 60:]], sky, coverage, sigma=20, profile="v4.2"
    ... )
    >>> gains.round(3)
    array([1.067, 0.92 ])
    """
    images, tiles_wcs, first, _ = checked(tiles, tiles_wcs, coverage)
    settings = checks.settings(
        profile=profile,
        sigma=sigma,
        gain_clip=gain_clip,
        threshold=threshold,
        workers=workers,
        rows_per_chunk=rows_per_chunk,
        max_chunk_bytes=max_chunk_bytes,
        device=device,
    )
    job_tiles = inputs(images, tiles_wcs, output_wcs, first.shape, masks)
    blurred = np.empty(first.shape, np.float32)
    job = Job(settings, job_tiles, coverage=first, blurred=blurred)
    run_watched("ztp_tile_gains", job, callback, progress)
    warn_unseen([t for t, tile in enumerate(job_tiles) if tile.map is None], stacklevel=3)
    return job.gains


@limited
def blur_coverage(
    coverage: Image,
    *,
    sigma: int = SIGMA,
    profile: str = "v4.5",
    workers: int | None = None,
    rows_per_chunk: int | None = None,
    max_chunk_bytes: int | None = None,
    device: str = "auto",
    out: np.ndarray | None = None,
    callback: OnStats | None = None,
    progress: bool | Callable = False,
) -> np.ndarray:
    """Return the blurred coverage, float32 [H, W], written to ``out`` where that is given.

    In ``'v4.5'`` it is normalised by the blurred mask of covered pixels, in ``'v4.2'`` the plain
    Gaussian.

    Parameters
    ----------
    coverage
        float32 [H, W], how many tiles the first pass had on each pixel; of any strides, or in a
        file, as in `second_pass`.
    sigma
        Of the Gaussian, pixels, 0 to 1000.
    profile
        ``'v4.5'`` or ``'v4.2'``: which generation of the maths.
    workers, rows_per_chunk, max_chunk_bytes, device
        As in `second_pass`.
    out
        float32 [H, W] to write to; new by default.
    callback, progress
        As in `second_pass`.

    Returns
    -------
    ndarray
        float32 [H, W], in the unit of the coverage; it is ``out`` where that is given.

    Raises
    ------
    ArgumentError, FileError, HDUError, BudgetError, LimitError
        As in `second_pass`.

    Warns
    -----
    DeviceWarning
        A GPU was asked for and not used, or failed midway: the result is the CPU's.

    Examples
    --------
    A step from 1 to 2 becomes a slope:

    >>> import numpy as np
    >>> import zetwopass
    >>> coverage = np.float32([[1] * 50 + [2] * 50] * 40)
    >>> zetwopass.blur_coverage(coverage, sigma=10)[20, 30:80:10].round(2)
    array([1.03, 1.17, 1.52, 1.85, 1.98], dtype=float32)
    """
    library()
    first = files.plane("coverage", coverage)
    settings = checks.settings(
        profile=profile,
        sigma=sigma,
        workers=workers,
        rows_per_chunk=rows_per_chunk,
        max_chunk_bytes=max_chunk_bytes,
        device=device,
    )
    if out is None:
        out = np.empty(first.shape, np.float32)
    buffers.plane("out", out, first.shape, writable=True)
    job = Job(settings, coverage=first, blurred=out)
    run_watched("ztp_blur_coverage", job, callback, progress)
    return out
