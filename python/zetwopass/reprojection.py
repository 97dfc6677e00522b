"""reproject's `reproject_and_coadd` by the library: the same call, another import.

What differs: only bilinear interpolation; results are float32 where all that came is; the
background match is the least-squares solution itself, the same on every run, and an image without
overlaps keeps its level.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from ._engine import Outputs, Settings, calls, checks, library, limited, warn_device
from ._inputs import options, warn_unseen
from ._outputs import Given, finished, lazy
from .errors import ArgumentError, ArgumentTypeError

if TYPE_CHECKING:
    from astropy.io import fits
    from astropy.wcs import WCS

    from ._inputs import Index, Options


@limited
def reproject_and_coadd(
    input_data: Iterable,
    output_projection: WCS | fits.Header | str,
    shape_out: tuple[int, ...] | None = None,
    input_weights: Iterable | None = None,
    hdu_in: Index | None = None,
    hdu_weights: Index | None = None,
    reproject_function: Callable | None = None,
    combine_function: str = "mean",
    match_background: bool | str = False,
    background_reference: int | None = None,
    output_array: np.ndarray | None = None,
    output_footprint: np.ndarray | None = None,
    block_sizes: object = None,
    progress_bar: Callable | None = None,
    blank_pixel_value: float = 0,
    intermediate_memmap: bool = False,
    **kwargs: object,
) -> tuple[np.ndarray, np.ndarray]:
    """Reproject images [..., h, w] to one grid [..., H, W] and combine them.

    Parameters
    ----------
    input_data
        One entry per image: (array, WCS), (array, header), an image HDU, an HDU list, the name of
        a FITS file or an NDData; arrays are NumPy's or dask's. Real numbers of any dtype: what
        float32 holds (float16, integers of 16 bits) is read as that, all else as float64. NaN is no
        data; masks that hide something are refused. Lookup tables of distortion are read from the
        further HDUs of a list or a file. Axes before the last two are planes that lie alike.
    output_projection, shape_out
        WCS and shape of the output, or a header or the name of a FITS file, whose own size rules.
        A WCS, here and with an image, is astropy's, or in its wrappers for slices and for the
        high-level interface. Axes before the last two are those of the images, and may be left out.
    input_weights
        Per image an array [h, w], or one for each plane, or anything that an image can be; NaN is
        0. A weight that comes with a celestial WCS lies where that says, in a shape of its own; any
        other lies on the image. Weights below 0 count in sums and means.
    hdu_in, hdu_weights
        Which HDU of lists and files, by number, name or (name, version); the only one by default.
    reproject_function
        None or ``reproject.reproject_interp``.
    combine_function
        ``'mean'``, ``'sum'``, ``'first'``, ``'last'``, ``'min'``, ``'max'`` or ``'median'``, which
        is of the values alone.
    match_background
        Subtract one constant per image, of mean 0 in each group of images that overlaps ties; or,
        with ``'plane'``, a constant and slopes: see ``background`` of `second_pass`.
    background_reference
        The image whose constant is 0 instead; also 0, which reproject takes for None. Pixels of
        all groups are shifted by the same number. Not with planes.
    output_array, output_footprint
        Arrays [..., H, W] of floats to write to, those of the library's types without a copy. What
        stands there counts as it does in reproject: as a sum of values times weights, and as the
        sum of weights; as an image before all others (``'first'``), or where there is no other
        (``'last'``); a median overwrites it. By default the results are new arrays: float32 where
        all images and weights are and the results fit into it, else float64.
    block_sizes
        The chunks of results of dask; else they have no effect, and are checked. Also
        ``block_size``.
    progress_bar
        Wraps the loop that reads the images and maps them, before the computation.
    blank_pixel_value
        Where the footprint is 0.
    intermediate_memmap
        No effect: there are no intermediate images.
    **kwargs
        ``parallel``: an int above 0 is the number of threads. ``return_type``: ``'numpy'``;
        ``'dask'``, arrays of dask, float64, computed chunk by chunk when they are asked for; or
        ``'zarr'``, the same, computed now, in a new store at ``zarr_path``. ``block_size``: see
        above. ``roundtrip_coords``, ``dask_method`` and ``zarr_batch_size``: no effect; a pixel
        whose position doesn't lead back to it shows nothing. ``feather``, which reproject has not:
        pixels of an image, up to 65536, over which its weight falls smoothly to 0 towards its
        border, NaN and weights of 0, plane by plane; for means and sums of images whose weights lie
        on them. Backgrounds are matched without it. None and 0 are no feather.

    Returns
    -------
    array
        [..., H, W], or ``output_array``.
    footprint
        [..., H, W], on each pixel the sum of the weights (or of ones) of the images; with
        ``'first'``, ``'last'``, ``'min'`` and ``'max'`` the weight of the one that is seen.

    Raises
    ------
    ArgumentError
        An argument that can't be used, or that reproject has and this function doesn't. It is also
        a TypeError, an OSError (for a missing file FileNotFoundError) or a KeyError and an
        IndexError (no such HDU) where that is expected.
    WCSError
        A WCS that can't be read or evaluated.
    LimitError
        A limit of the process leaves too little memory or too few threads.

    Warns
    -----
    DeviceWarning
        A GPU failed midway: the result is the CPU's.
    TileWarning
        Nothing is to be seen of some images.

    Examples
    --------
    Two images of which 2 columns lie on each other; the second is brighter by 3:

    >>> import numpy as np
    >>> import zetwopass
    >>> from astropy.wcs import WCS
    >>> sky = WCS(dict(CTYPE1="RA---TAN", CTYPE2="DEC--TAN", CDELT1=-0.1, CDELT2=0.1))
    >>> images = [(np.full((4, 4), 1.0), sky), (np.full((4, 4), 4.0), sky[:, 2:])]
    >>> array, footprint = zetwopass.reproject_and_coadd(images, sky, (4, 6))
    >>> array[0]
    array([1. , 1. , 2.5, 2.5, 4. , 4. ])
    >>> footprint[0]
    array([1., 1., 2., 2., 1., 1.])
    >>> zetwopass.reproject_and_coadd(images, sky, (4, 6), match_background=True)[0][0]
    array([2.5, 2.5, 2.5, 2.5, 2.5, 2.5])
    """
    library()
    from ._inputs import entries, images

    options.function(reproject_function)
    options.combine(combine_function)
    feather = options.feather(kwargs.pop("feather", None), combine_function)
    checks.function("progress_bar", progress_bar)
    blank = checks.any_number("blank_pixel_value", blank_pixel_value)
    match, background = _matching(match_background, background_reference)
    items, weights = entries.entries("input_data", input_data), None
    if input_weights is not None:
        weights = entries.entries("input_weights", input_weights, len(items))
    if background_reference is not None:
        background_reference = checks.integer(
            "background_reference", background_reference, 0, len(items) - 1
        )
    given = Given(output_array, output_footprint)
    chosen = options.options(len(items), block_sizes, intermediate_memmap, match, given, kwargs)
    axes, grid = images.axes(shape_out)
    output, grid = images.output("output_projection", output_projection, grid)
    if axes is not None:
        given.check((*axes, *grid), blank)
    settings = Settings(
        profile="v4.2",
        combine=combine_function,
        keep_background=not match,
        background=background,
        workers=chosen.workers,
        feather=feather,
    )
    lazily = chosen.return_type == "dask"
    read = entries.Reader(output, grid, items, weights, hdu_in, hdu_weights, lazily)
    parts = [read(i) for i in _looped(progress_bar, range(len(items)))]
    shape = (*entries.leading(axes, parts), *grid)
    if chosen.return_type != "numpy":
        return _in_chunks(chosen, settings, parts, shape, blank)
    given.check(shape, blank)
    return tuple(_at_once(settings, parts, shape, given, background_reference, blank))


def _at_once(
    settings: Settings,
    parts: Sequence,
    shape: tuple[int, ...],
    given: Given,
    reference: int | None,
    blank: float,
) -> Outputs:
    """Return array and footprint, in the caller's arrays where these are given."""
    from ._inputs import entries

    ready, combine = [entries.ready(part) for part in parts], settings.combine
    dtype, old = entries.dtype(ready, combine, blank), None
    if given.filled():
        dtype, old = np.float64, given
    made = given.targets(shape, dtype, new=old is not None)
    job = entries.job(settings, ready, made, summed=old is not None)
    warn_device(calls.run("ztp_reproject_coadd", job), stacklevel=4)
    warn_unseen(np.flatnonzero(job.groups < 0).tolist(), stacklevel=4)
    level = 0.0 if reference is None else job.offsets[reference]
    finished(made, old, combine, level, blank)
    return given.returned(made, shape)


def _in_chunks(
    chosen: Options, settings: Settings, parts: Sequence, shape: tuple[int, ...], blank: float
) -> tuple:
    """Return array and footprint as arrays of dask."""
    cut = lazy.chunks(shape, chosen.block)
    if chosen.return_type == "zarr":
        compute = functools.partial(_chunk, settings, blank)
        return lazy.zarr_arrays(compute, parts, cut, chosen.zarr_path, blank)
    compute = functools.partial(_chunk, replace(settings, workers=1), blank)
    return lazy.dask_arrays(compute, parts, cut)


def _chunk(settings: Settings, blank: float, shape: tuple[int, ...], parts: Sequence) -> np.ndarray:
    """Return array and footprint [2, ..., H, W] of a chunk of so many rows and columns."""
    from ._inputs import entries

    both = np.zeros((2, *shape))
    made = Outputs(*(result.reshape(-1, *shape[-2:]) for result in both))
    if parts:
        job = entries.job(settings, [entries.ready(part) for part in parts], made)
        calls.run("ztp_reproject_coadd", job)
    finished(made, None, settings.combine, 0.0, blank)
    return both


def _looped(progress_bar: Callable | None, numbers: range) -> Iterable[int]:
    if progress_bar is None:
        return numbers
    looped = progress_bar(numbers)
    if not isinstance(looped, Iterable):
        raise ArgumentTypeError(
            f"progress_bar returned a {type(looped).__name__}, want what it got, to loop over"
        )
    return looped


def _matching(value: bool | str, reference: int | None) -> tuple[bool, str]:
    """Return whether backgrounds are matched, and by what."""
    if not isinstance(value, str):
        return checks.truth("match_background", value), "constant"
    if value != "plane":
        raise ArgumentError(f"match_background = {value!r}, want True, False or 'plane'")
    if reference is not None:
        raise ArgumentError(
            "background_reference is given, and match_background = 'plane': it is for constants"
        )
    return True, "plane"
