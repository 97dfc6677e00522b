"""reproject's `reproject_and_coadd` by the library: the same call, another import.

What differs: images have two axes and are computed from float32 values (sums in float64); only
bilinear interpolation and the functions 'mean' and 'sum'; the background match is the least-squares
solution itself, the same on every run, and a tile without overlaps keeps its level.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from . import _buffers, _checks, _device, _ffi, _limits, _run
from ._job import Job, Outputs, Settings, TileInput
from .errors import ArgumentError

if TYPE_CHECKING:
    from astropy.io import fits
    from astropy.wcs import WCS

    from ._sky import Sky

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


@_limits.named
def reproject_and_coadd(
    input_data: Iterable,
    output_projection: WCS | fits.Header,
    shape_out: tuple[int, int] | None = None,
    input_weights: Iterable | None = None,
    hdu_in: int | str | None = None,
    hdu_weights: int | str | None = None,
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
        to it, in a copy. NaN is no data.
    output_projection, shape_out
        WCS and shape of the output, or a header, whose own size rules.
    input_weights
        Per image an array [h, w] or an HDU, list or file with one; NaN is 0.
    hdu_in, hdu_weights
        Which HDU of lists and files; the only one by default.
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
        are new float32 arrays. A footprint that is not 0 is refused: reproject adds to such
        results, this function doesn't.
    progress_bar
        Wraps the loop that reads the images and maps them, before the computation.
    blank_pixel_value
        Where no image is.
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
        An argument that can't be used, or that reproject has and this function doesn't.
    WCSError
        A WCS that can't be read or evaluated.
    LimitError
        A limit of the process leaves too little memory or too few threads.

    Warns
    -----
    DeviceWarning
        A GPU failed midway: the result is the CPU's.
    """
    _ffi.library()
    _check_supported(reproject_function, combine_function, kwargs)
    output, shape = _output(output_projection, shape_out)
    items = list(input_data)
    given = None if input_weights is None else list(input_weights)
    _check_counts(items, given, background_reference)
    if output_footprint is not None and np.any(output_footprint):
        raise ArgumentError(
            "output_footprint is not 0 everywhere; adding to a result is reproject's alone"
        )
    weights = given or [None] * len(items)
    wrap = progress_bar or (lambda items: items)
    tiles = [
        _tile(i, items[i], weights[i], output, shape, hdu_in, hdu_weights)
        for i in wrap(range(len(items)))
    ]
    outputs = Outputs(
        _written("output_array", output_array, shape),
        _written("output_footprint", output_footprint, shape),
    )
    settings = Settings(
        profile="v4.2",
        combine=combine_function,
        keep_background=not match_background,
        workers=_workers(kwargs.get("parallel")),
    )
    job = Job(settings, tiles, outputs=outputs)
    _device.warn(_run.run("ztp_reproject_coadd", job), stacklevel=3)
    _finish(job, outputs, combine_function, background_reference, blank_pixel_value)
    return _returned(outputs.mosaic, output_array), _returned(outputs.coverage, output_footprint)


def _check_supported(function: Callable | None, combine: str, kwargs: dict) -> None:
    name = getattr(function, "__name__", repr(function))
    if function is not None and name != "reproject_interp":
        raise ArgumentError(
            f"reproject_function = {name}, want reproject_interp; others are reproject's alone"
        )
    if combine not in _ffi.COMBINES:
        raise ArgumentError(
            f"combine_function = {combine!r}, want 'mean' or 'sum'; others are reproject's alone"
        )
    for key, value in kwargs.items():
        if key not in _INTERPOLATION:
            raise ArgumentError(f"{key} is not an argument of reproject_interp")
        allowed = _INTERPOLATION[key]
        if allowed is not None and value not in allowed:
            raise ArgumentError(f"{key} = {value!r}, want {allowed[0]!r}; others are reproject's")


def _check_counts(items: list, weights: list | None, reference: int | None) -> None:
    if not items:
        raise ArgumentError("input_data is empty, want one entry per image")
    if weights is not None:
        _checks.entries("input_weights", weights, len(items))
    if reference is not None:
        _checks.integer("background_reference", reference, 0, len(items) - 1)


def _output(projection, shape_out) -> tuple[Sky, tuple[int, int]]:
    """Return the output's WCS and shape; a header with a size rules over ``shape_out``."""
    from astropy.io import fits

    from ._sky import read

    if isinstance(projection, fits.Header):
        if "NAXIS2" in projection:
            shape_out = projection["NAXIS2"], projection["NAXIS1"]
    elif shape_out is None:
        shape_out = getattr(projection, "array_shape", None)
    if shape_out is None:
        raise ArgumentError("shape_out is missing, and output_projection has no size")
    shape = _checks.shape("shape_out", tuple(shape_out))
    return read("output_projection", projection), shape


def _tile(i, item, weight, output, shape, hdu_in, hdu_weights) -> TileInput:
    from ._wcs import pixel_map

    name = f"input_data[{i}]"
    array, wcs = _opened(name, item, hdu_in)
    image = _plane(name, array)
    if weight is not None:
        if not isinstance(weight, np.ndarray):
            weight, _ = _opened(f"input_weights[{i}]", weight, hdu_weights)
        weight = _plane(f"input_weights[{i}]", weight)
        if weight.shape != image.shape:
            raise ArgumentError(
                f"input_weights[{i}] has shape {list(weight.shape)}, want {list(image.shape)}"
            )
        if (weight < 0).any():
            raise ArgumentError(
                f"input_weights[{i}] is {weight.min():g} somewhere, want 0 or more; "
                "weights below 0 are reproject's alone"
            )
    pixels = pixel_map(wcs, image.shape, output, shape, name=f"the WCS of {name}")
    return TileInput(name=name, image=image, map=pixels, weight=weight)


def _opened(name: str, item, hdu: int | str | None) -> tuple[np.ndarray, object]:
    """Return the array and the WCS of an entry; the WCS of an HDU may be no celestial one."""
    from astropy.io import fits
    from astropy.nddata import NDDataBase
    from astropy.wcs import WCS

    if isinstance(item, Sequence) and not isinstance(item, (str, fits.HDUList)):
        if len(item) != 2:
            raise ArgumentError(f"{name} has {len(item)} parts, want an array and a WCS")
        array, wcs = item
        return np.asanyarray(array), WCS(wcs) if isinstance(wcs, fits.Header) else wcs
    if isinstance(item, NDDataBase):
        return item.data, item.wcs
    if isinstance(item, (fits.PrimaryHDU, fits.ImageHDU, fits.CompImageHDU)):
        return item.data, WCS(item.header)
    if isinstance(item, fits.HDUList):
        if hdu is None and len(item) > 1:
            raise ArgumentError(f"{name} has {len(item)} HDUs; tell which with hdu_in=")
        return _opened(name, item[hdu or 0], None)
    try:
        with fits.open(item, memmap=False) as hdus:
            return _opened(name, hdus, hdu)
    except (OSError, TypeError, ValueError) as err:
        raise ArgumentError(f"{name} can't be opened: {err}") from err


def _plane(name: str, array) -> np.ndarray:
    """Return real numbers [h, w] as float32 that the library can read."""
    if isinstance(array, np.ma.MaskedArray):
        raise ArgumentError(f"{name} is a masked array; use {name}.filled(np.nan)")
    if not isinstance(array, np.ndarray) or array.ndim != 2 or array.size == 0:
        found = list(array.shape) if hasattr(array, "shape") else type(array).__name__
        raise ArgumentError(f"{name} is {found}, want an array [h, w]")
    if array.dtype.kind not in "fiub":
        raise ArgumentError(f"{name} has dtype {array.dtype.str}, want real numbers")
    with np.errstate(over="ignore"):
        array = array.astype(np.float32, copy=False)
    return array if _buffers.is_borrowable(array) else array.copy()


def _written(name: str, array: np.ndarray | None, shape: tuple[int, int]) -> np.ndarray:
    """Return what the library writes to: the caller's array if it can, else a new one."""
    if array is None:
        return np.empty(shape, np.float32)
    if not isinstance(array, np.ndarray) or array.dtype.kind != "f" or array.shape != shape:
        raise ArgumentError(f"{name} wants to be an array of floats of shape {list(shape)}")
    if not array.flags.writeable:
        raise ArgumentError(f"{name} is read-only")
    native = array.dtype == np.float32 and array.dtype.isnative
    return array if native and _buffers.is_borrowable(array) else np.empty(shape, np.float32)


def _returned(computed: np.ndarray, array: np.ndarray | None) -> np.ndarray:
    if array is None or array is computed:
        return computed
    array[...] = computed
    return array


def _workers(parallel: object) -> int:
    if isinstance(parallel, bool) or not isinstance(parallel, int):
        return 0
    return max(0, parallel)


def _finish(job: Job, outputs: Outputs, combine: str, reference: int | None, blank: float) -> None:
    """Shift to the reference's level and fill the blank pixels."""
    mosaic, footprint = outputs
    if reference is not None and job.offsets[reference, 0]:
        shift = np.float32(job.offsets[reference, 0])
        mosaic += shift if combine == "mean" else shift * footprint
    if blank or reference is not None:
        mosaic[footprint == 0] = blank
