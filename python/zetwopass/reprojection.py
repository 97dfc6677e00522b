"""reproject's `reproject_and_coadd` by the library: the same call, another import.

What differs: images have two axes and are computed from float32 values (sums in float64), to which
larger and smaller ones are brought by a power of two; only bilinear interpolation and the functions
'mean' and 'sum'; the background match is the least-squares solution itself, the same on every run,
and a tile without overlaps keeps its level.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import numpy as np

from ._engine import (
    COMBINES,
    Job,
    Outputs,
    Settings,
    buffers,
    calls,
    checks,
    library,
    limited,
    warn_device,
)
from ._inputs import ranges, warn_unseen
from .errors import ArgumentError, ArgumentTypeError

if TYPE_CHECKING:
    from astropy.io import fits
    from astropy.wcs import WCS

    from ._inputs import Index, Shifts

# Values of reproject_interp's own arguments that say what is done here anyway.
_INTERPOLATION = {
    "order": ("bilinear", 1),
    "roundtrip_coords": (True,),
    "return_footprint": (True,),
    "return_type": (None, "numpy"),
    "block_size": None,
    "parallel": None,
    "dask_method": None,
}


@limited
def reproject_and_coadd(
    input_data: Iterable,
    output_projection: WCS | fits.Header | str,
    shape_out: tuple[int, int] | None = None,
    input_weights: Iterable | None = None,
    hdu_in: Index | None = None,
    hdu_weights: Index | None = None,
    reproject_function: Callable | None = None,
    combine_function: str = "mean",
    match_background: bool = False,
    background_reference: int | None = None,
    output_array: np.ndarray | None = None,
    output_footprint: np.ndarray | None = None,
    block_sizes: object = None,
    progress_bar: Callable | None = None,
    blank_pixel_value: float = 0,
    intermediate_memmap: bool = False,
    **kwargs: object,
) -> tuple[np.ndarray, np.ndarray]:
    """Reproject images [h, w] to one grid [H, W] and add them up.

    Parameters
    ----------
    input_data
        One entry per image: (array, WCS), (array, header), an image HDU, an HDU list, the name of
        a FITS file or an NDData. Real numbers of any dtype; what is not native float32 is converted
        to it, in a copy. NaN is no data; masks that hide something are refused. Lookup tables of
        distortion are read from the further HDUs of a list or a file.
    output_projection, shape_out
        WCS and shape of the output, or a header or the name of a FITS file, whose own size rules.
        A WCS, here and with an image, is astropy's, or in its wrappers for slices and for the
        high-level interface.
    input_weights
        Per image an array [h, w] or anything that an image can be; NaN is 0. A weight that comes
        with a celestial WCS lies where that says, in a shape of its own; any other lies on the
        image. Only the ratios of weights count in a mean; the smallest above 0 and the largest may
        be 1e70 apart.
    hdu_in, hdu_weights
        Which HDU of lists and files, by number, name or (name, version); the only one by default.
    reproject_function
        None or ``reproject.reproject_interp``.
    combine_function
        ``'mean'`` or ``'sum'``.
    match_background
        Subtract one constant per image, of mean 0 in each group of images that overlaps ties.
    background_reference
        The image whose constant is 0 instead; also 0, which reproject takes for None. Pixels of
        all groups are shifted by the same number.
    output_array, output_footprint
        Arrays [H, W] of floats to write to, float32 ones without a copy. By default the results
        are new arrays, float32 where the numbers fit into it, else float64. A footprint that is not
        0 is refused: reproject adds to such results, this function doesn't.
    progress_bar
        Wraps the loop that reads the images and maps them, before the computation.
    blank_pixel_value
        Where no image is; refused if the array, float32 by default, can't hold it.
    block_sizes, intermediate_memmap, and block_size, parallel, dask_method in kwargs
        No effect: there are no intermediate images. ``parallel`` as an int above 0 is the number
        of threads.

    Returns
    -------
    array, footprint
        [H, W], and the sum of the weights (or of ones) of the images on each pixel.

    Raises
    ------
    ArgumentError
        An argument that can't be used, or that reproject has and this function doesn't. It is also
        a TypeError, an OSError (for a missing file FileNotFoundError) or a KeyError and an
        IndexError (no such HDU) where that is expected: see `zetwopass.errors`.
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
    """
    library()
    from ._inputs import entries, images

    _check_supported(reproject_function, combine_function, kwargs)
    checks.function("progress_bar", progress_bar)
    output, shape = images.output("output_projection", output_projection, shape_out)
    items, given = entries.entries("input_data", input_data), None
    if input_weights is not None:
        given = entries.entries("input_weights", input_weights, len(items))
    if background_reference is not None:
        checks.integer("background_reference", background_reference, 0, len(items) - 1)
    outputs = Outputs(
        _written("output_array", output_array, shape),
        _written("output_footprint", output_footprint, shape),
    )
    _check_footprint(output_footprint)
    blank = _blank(blank_pixel_value, outputs.mosaic if output_array is None else output_array)
    settings = Settings(
        profile="v4.2",
        combine=combine_function,
        keep_background=not _truth("match_background", match_background),
        workers=_workers(kwargs.get("parallel")),
    )
    read = entries.Reader(output, shape, items, given, hdu_in, hdu_weights)
    parts = [read(i) for i in _looped(progress_bar, range(len(items)))]
    shifts = entries.shared(parts, combine_function)
    job = Job(settings, [entries.tile(part, shifts) for part in parts], outputs=outputs)
    warn_device(calls.run("ztp_reproject_coadd", job), stacklevel=3)
    warn_unseen(np.flatnonzero(job.groups < 0).tolist(), stacklevel=3)
    level = 0.0 if background_reference is None else job.offsets[background_reference, 0]
    mosaic, footprint = _finished(outputs, shifts, combine_function, level, blank, output_array)
    return mosaic, _returned("output_footprint", footprint, output_footprint)


def _check_supported(function: Callable | None, combine: str, kwargs: dict) -> None:
    name = getattr(function, "__name__", repr(function))
    if function is not None and name != "reproject_interp":
        raise ArgumentError(
            f"reproject_function = {name}, want reproject_interp; others are reproject's alone"
        )
    checks.word("combine_function", combine, COMBINES, "; others are reproject's alone")
    for key, value in kwargs.items():
        if key not in _INTERPOLATION:
            raise ArgumentError(f"{key} is not an argument of reproject_interp")
        allowed = _INTERPOLATION[key]
        plain = value is None or isinstance(value, (str, int, np.generic))
        if allowed is not None and not (plain and value in allowed):
            raise ArgumentError(f"{key} = {value!r}, want {allowed[0]!r}; others are reproject's")


def _looped(progress_bar: Callable | None, numbers: range) -> Iterable[int]:
    if progress_bar is None:
        return numbers
    looped = progress_bar(numbers)
    if not isinstance(looped, Iterable):
        raise ArgumentTypeError(
            f"progress_bar returned a {type(looped).__name__}, want what it got, to loop over"
        )
    return looped


def _written(name: str, array: np.ndarray | None, shape: tuple[int, int]) -> np.ndarray:
    """Return what the library writes to: the caller's array if it can, else a new one."""
    if array is not None:
        wanted = f"want an array of floats of shape {list(shape)}"
        if not isinstance(array, np.ndarray) or isinstance(array, np.ma.MaskedArray):
            raise ArgumentTypeError(f"{name} is a {type(array).__name__}, {wanted}")
        if array.dtype.kind != "f" or array.shape != shape:
            found = f"{array.dtype.name} of shape {list(array.shape)}"
            raise ArgumentError(f"{name} has {found}, {wanted}")
        if not array.flags.writeable:
            raise ArgumentError(f"{name} is read-only")
        native = array.dtype == np.float32 and array.dtype.isnative
        if native and buffers.is_borrowable(array):
            buffers.plane(name, array, writable=True)
            return array
    try:
        return np.empty(shape, np.float32)
    except (MemoryError, ValueError) as err:  # ValueError: more than an address can tell
        raise MemoryError(f"an output of shape {list(shape)} has no room in memory") from err


def _check_footprint(array: np.ndarray | None) -> None:
    if array is not None and np.any(array):
        raise ArgumentError(
            "output_footprint is not 0 everywhere; adding to a result is reproject's alone"
        )


def _blank(value: float, array: np.ndarray) -> float:
    """Return the blank value if the array can hold it: whole numbers exactly, others about."""
    found = checks.any_number("blank_pixel_value", value)
    with np.errstate(all="ignore"):
        held = float(array.dtype.type(found))
    small = abs(held) < np.finfo(array.dtype).tiny
    lost = (np.isinf(held) or small or found.is_integer()) and held != found
    if lost and np.isfinite(found):
        raise ArgumentError(
            f"blank_pixel_value = {found!r} would be {held!r} in {array.dtype.name}, which the "
            "result is; give an output_array of float64"
        )
    return found


def _truth(name: str, value: bool) -> bool:
    try:
        return bool(value)
    except (TypeError, ValueError):  # an array of several
        found = type(value).__name__
        raise ArgumentTypeError(f"{name} is a {found}, want True or False") from None


def _workers(parallel: object) -> int:
    """Return the threads that an int asks for, as far as the library has them; 0 is its choice."""
    try:
        count = 0 if isinstance(parallel, bool) else operator.index(parallel)
    except TypeError:
        return 0
    if count < 0:
        raise ArgumentError(f"parallel = {count}, want a number of threads above 0")
    return min(count, checks.MAX_WORKERS)


def _finished(
    outputs: Outputs,
    shifts: Shifts,
    combine: str,
    level: float,
    blank: float,
    output_array: np.ndarray | None,
) -> Outputs:
    """Return mosaic, raised by ``level`` and with its blanks, and footprint without the shifts."""
    mosaic, footprint = outputs
    if level:
        mosaic += np.float32(level) if combine == "mean" else np.float32(level) * footprint
    power = shifts.images + (shifts.weights if combine == "sum" else 0)
    nowhere = footprint == 0 if blank or level else None
    mosaic = _returned("output_array", ranges.restored(mosaic, power), output_array)
    if nowhere is not None:
        mosaic[nowhere] = blank
    return Outputs(mosaic, ranges.restored(footprint, shifts.weights, lowest=True))


def _returned(name: str, computed: np.ndarray, array: np.ndarray | None) -> np.ndarray:
    """Return the numbers in the caller's array, if there is one; it has to have room for them."""
    if array is None or array is computed:
        return computed
    if computed.dtype.itemsize > array.dtype.itemsize or array.dtype.itemsize < 4:
        lowest = name == "output_footprint"
        if not ranges.fits(computed, array.dtype, lowest=lowest):
            raise ArgumentError(
                f"{name} is {array.dtype.name} and can't hold the result; give a float64 one"
            )
    array[...] = computed
    return array
