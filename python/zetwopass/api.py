"""The second pass on arrays and files; every misuse raises, no array is copied."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from ._engine import (
    FileImage,
    Job,
    OnStats,
    checks,
    computed_by,
    library,
    limited,
    run_watched,
)
from ._inputs import common_grid, files, images_of, inputs, outputs, ranges, warn_unseen
from ._outputs import SecondPass

if TYPE_CHECKING:
    from astropy.io import fits
    from astropy.wcs import WCS

    from ._sky import Sky

# An image: an array, a FITS file by its path (HDU 0), or path and number or EXTNAME of an HDU.
Image = np.ndarray | str | os.PathLike | tuple[str | os.PathLike, int | str]

GAIN_CLIP = (0.85, 1.18)
SIGMA = 50


@limited
def second_pass(
    tiles: Sequence[Image],
    tiles_wcs: Sequence[WCS] | None,
    output_wcs: WCS | fits.Header,
    coverage: Image,
    *,
    shape_out: tuple[int, int] | None = None,
    sigma: int = SIGMA,
    gain_clip: tuple[float, float] = GAIN_CLIP,
    masks: Sequence[Image | None] | None = None,
    tile_weights: Sequence[float] | None = None,
    profile: str = "v4.5",
    threshold: float | None = None,
    feather: int | None = None,
    background: str = "constant",
    workers: int | None = None,
    rows_per_chunk: int | None = None,
    max_chunk_bytes: int | None = None,
    device: str = "auto",
    out: tuple[np.ndarray, np.ndarray] | None = None,
    callback: OnStats | None = None,
    progress: bool | Callable = False,
) -> SecondPass:
    """Gain, match and coadd tiles into a mosaic [H, W, C] float32.

    All arrays are float32 in native byte order, of any strides that are not negative, and are read
    where they lie. Don't change them during the call. In the place of each tile, mask and coverage
    there may be a path of a FITS file, or ``(path, HDU)`` with its number or EXTNAME, 0 by default:
    the results have the same bits, and of the tiles' files no more is in memory at a time than
    ``max_chunk_bytes`` admits. A file may have any BITPIX, BSCALE, BZERO and BLANK, and be gzipped
    as a whole; its axes are [h, w], [C, h, w] or [h, w, C] in NumPy's order.

    Parameters
    ----------
    tiles
        Images [h, w] or [h, w, C], NaN where there is nothing. The first tile's C rules, at most
        4; what others have beyond it is ignored.
    tiles_wcs
        One celestial WCS with two axes per tile: astropy's, in its wrappers for slices and for the
        high-level interface too, or a header. None where all tiles are files: then their headers
        tell it.
    output_wcs
        The WCS of the mosaic and of ``coverage``; the same kinds.
    coverage
        [Hc, Wc]: how many tiles the first pass had on each output pixel.
    shape_out
        Rows and columns of the mosaic; those of ``coverage`` by default. Both have their pixel
        (0, 0) in common.
    sigma
        Blur of the coverage, output pixels, 0 to 1000.
    gain_clip
        Lowest and highest gain; ``-inf`` and ``inf`` are no bounds.
    masks
        Per tile [h, w], its own coverage, or None for ones: above 1e-3 a pixel counts in the gain,
        and in profile ``'v4.5'`` above 0 it counts in the coadd. Of ZeMosaic's master tiles it is
        ``(path, 'ALPHA')``, 0 to 255.
    tile_weights
        Factors above 0 of the tiles' weights in the coadd; ``'v4.5'`` only.
    profile
        ``'v4.5'`` or ``'v4.2'``: which generation of the maths.
    threshold
        Lowest blurred coverage of a pixel that counts in a gain, 2 by default; ``'v4.5'`` only.
    feather
        Pixels of a tile over which its weight in the coadd falls smoothly to 0: towards its border,
        pixels that are NaN in all channels and, in ``'v4.5'``, those that its mask hides. Up to
        65536; None and 0 are no feather. Gains and offsets don't change, nor does what one tile
        alone shows; ``coverage`` is the sum of the weights that have fallen. For the CPU alone.
    background
        What is subtracted from a tile: ``'constant'``, or ``'plane'``, a constant and slopes, which
        are damped as overlaps say that were left out, down to the constant again. What all tiles
        have in common is sky. By the CPU alone.
    workers, rows_per_chunk, max_chunk_bytes
        Threads, output rows and bytes of scratch; chosen by default. They change no value.
    device
        Who computes: ``'cpu'``; ``'gpu'``, the GPU and for what its memory can't hold the CPU;
        ``'hybrid'``, each as much as it can; or ``'auto'``, both where that pays and there is a
        GPU, else the CPU. The values are the same but for the last bits of the blur.
    out
        Arrays for the mosaic [H, W, C] and its coverage [H, W]. They are scratch until they are
        written; those that a failed call leaves mean nothing.
    callback
        Called on this thread with `Stats` about ten times a second. What it raises ends the
        call and comes out of it.
    progress
        True for a bar of tqdm, or a class like tqdm's.

    Returns
    -------
    SecondPass
        Mosaic, coverage, gains, offsets and groups, and what has computed them.

    Raises
    ------
    ArgumentError
        Any argument that can't be used as it is; the message names it and the remedy.
    FileError, HDUError
        A file, or an HDU, that is missing, damaged, no image, or changed during the call.
    WCSError
        A WCS that can't be read, or evaluated where it is needed.
    BudgetError
        ``max_chunk_bytes`` is too small for one chunk.
    LimitError
        A limit of the process leaves too little memory or too few threads.

    Warns
    -----
    DeviceWarning
        A GPU was asked for and not used, or failed midway: the result is the CPU's.
    RangeWarning
        The sums of ``tile_weights`` leave float32, and with them the coverage, which ends at the
        largest such number, or the least above 0; the mosaic does not.
    TileWarning
        Nothing is to be seen of some tiles: they lie outside, hold nothing but NaN or weights of
        0, or their WCS has no way from the output and back. ``groups`` has -1 for them.

    Examples
    --------
    Two tiles of which 20 columns lie on each other; the second is brighter by 3:

    >>> import numpy as np
    >>> import zetwopass
    >>> from astropy.wcs import WCS
    >>> sky = WCS(dict(CTYPE1="RA---TAN", CTYPE2="DEC--TAN", CDELT1=-0.1, CDELT2=0.1))
    >>> tiles = [np.full((40, 60), 100, "f4"), np.full((40, 60), 103, "f4")]
    >>> coverage = np.float32([[1] * 40 + [2] * 20 + [1] * 40] * 40)
    >>> result = zetwopass.second_pass(tiles, [sky, sky[:, 40:]], sky, coverage)
    >>> result.offsets.ravel()
    array([-1.5,  1.5])
    >>> result.mosaic[20, ::30, 0]
    array([101.5, 101.5, 101.5, 101.5], dtype=float32)
    >>> result.groups.tolist()  # an overlap ties them together
    [0, 0]
    """
    images, tiles_wcs, first, shape = checked(tiles, tiles_wcs, coverage, shape_out)
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
    weights = checks.weights(tile_weights, len(images), profile)
    weights, shift = ranges.tile_weights(weights)
    arrays = outputs(out, (*shape, checks.channels(images)))
    grid = common_grid(shape, first.shape)
    job_tiles = inputs(images, tiles_wcs, output_wcs, grid, masks, weights, profile)
    # Without memory of its own the blurred coverage goes through that of the coverage.
    blurred = None if shape == first.shape else np.empty(first.shape, np.float32)
    job = Job(settings, job_tiles, coverage=first, blurred=blurred, outputs=arrays)
    job.record(job.plan())
    ended = run_watched("ztp_second_pass", job, callback, progress)
    device = computed_by(ended)
    ranges.restore_coverage(arrays.coverage, shift, stacklevel=3)
    warn_unseen(np.flatnonzero(job.groups < 0).tolist(), stacklevel=3)
    found = job.gains, job.offsets, job.groups, device, ended.device_error, job.pairs
    return SecondPass(*arrays, *found, *job.planes.result)


def checked(
    tiles: Sequence[Image],
    tiles_wcs: Sequence[WCS] | None,
    coverage: Image,
    shape_out: tuple[int, int] | None = None,
    *,
    load: bool = True,
) -> tuple[list[np.ndarray | FileImage], Sequence[WCS | Sky], np.ndarray, tuple[int, int]]:
    """Return the tiles and their WCS, the coverage, and the rows and columns of the mosaic.

    Without ``load`` a coverage in a file stays there.
    """
    library()
    images, skies = images_of(tiles, tiles_wcs)
    first = files.plane("coverage", coverage, load=load)
    shape = first.shape if shape_out is None else checks.shape("shape_out", shape_out)
    return images, skies, first, shape
