"""reproject's `reproject_interp` by the library: the same call, another import.

What differs: output arrays may have any float dtype and strides; where pixels lie on pixels, as in
cutouts, their neighbours have no say (MATHS.md, section 3); positions are exact between tangent
planes, within 1e-5 pixels otherwise.
"""

from __future__ import annotations

import inspect
import operator
from typing import TYPE_CHECKING

import numpy as np

from ._engine import Reprojection, buffers, calls, checks, library, limited, warn_device
from .errors import ArgumentError, ArgumentTypeError, OptionError

if TYPE_CHECKING:
    from astropy.io import fits
    from astropy.wcs import WCS

    from ._inputs import Index

_ORDERS = {"nearest-neighbor": 0, "bilinear": 1, "biquadratic": 2, "bicubic": 3}
_OURS = {0: "nearest", 1: "bilinear"}
_HIGHEST_ORDER = 5  # of the splines that reproject has


@limited
def reproject_interp(
    input_data: object,
    output_projection: WCS | fits.Header | str,
    shape_out: tuple[int, ...] | None = None,
    hdu_in: Index | None = 0,
    order: str | int = "bilinear",
    roundtrip_coords: bool = True,
    output_array: np.ndarray | None = None,
    output_footprint: np.ndarray | None = None,
    return_footprint: bool = True,
    block_size: object = None,
    parallel: bool | int | str = False,
    return_type: str | None = None,
    dask_method: str | None = None,
) -> np.ndarray | tuple[np.ndarray, np.ndarray]:
    """Reproject an image [..., h, w] to another grid [..., H, W] by interpolation.

    Parameters
    ----------
    input_data
        (array, WCS), (array, header), an image HDU, an HDU list, the name of a FITS file or an
        NDData, as in reproject. Real numbers of any dtype: what float32 holds is read as that, all
        else as float64; products and sums are float64. The axes before the last two are
        images of their own, all by one map.
    output_projection, shape_out
        WCS and shape of the output, or a header, whose own size rules; a WCS may have a size, too.
        Axes before the last two are those of the image, and may be left out.
    hdu_in
        Which HDU of lists and files, the first by default.
    order
        ``'bilinear'`` or 1: from the four pixels around, NaN where one of them is; within half a
        pixel of the image's border as on it. ``'nearest-neighbor'`` or 0: the pixel whose centre is
        nearest. Splines (``'biquadratic'``, ``'bicubic'``, 2 to 5) are handed to reproject itself.
    roundtrip_coords
        No effect: a pixel whose position doesn't lead back to it is NaN, and where all do nobody
        asks.
    output_array, output_footprint
        Arrays of floats, of any strides and byte order, to write to. By default the results are
        new float64 arrays, which are the caller's.
    return_footprint
        Whether to return the footprint, 1 where the array is not NaN, else 0.
    block_size
        No effect: nothing is cut into blocks.
    parallel
        An int above 0 is the number of threads; else the library chooses.
    return_type
        None or ``'numpy'``; ``'dask'`` is handed to reproject itself.
    dask_method
        No effect, as ``block_size``.

    Returns
    -------
    array
        float64 [..., H, W], NaN where the image shows nothing; or ``output_array``.
    footprint
        float64 [..., H, W], 1 where the array is not NaN, else 0; or ``output_footprint``. Not
        returned without ``return_footprint``.

    Raises
    ------
    ArgumentError
        An argument that can't be used, or that wants reproject where that is not installed.
    WCSError
        A WCS that can't be read or evaluated, or is not celestial with two axes.
    LimitError
        A limit of the process leaves too little memory or too few threads.

    Warns
    -----
    DeviceWarning
        A GPU failed midway: the result is the CPU's.

    Examples
    --------
    The right part of an image on a grid that goes on beyond it:

    >>> import numpy as np
    >>> import zetwopass
    >>> from astropy.wcs import WCS
    >>> sky = WCS(dict(CTYPE1="RA---TAN", CTYPE2="DEC--TAN", CDELT1=-0.1, CDELT2=0.1))
    >>> image = np.arange(24.0).reshape(4, 6)
    >>> array, footprint = zetwopass.reproject_interp((image, sky), sky[:, 3:], (4, 5))
    >>> array[0]
    array([ 3.,  4.,  5., nan, nan])
    >>> footprint[0]
    array([1., 1., 1., 0., 0.])
    """
    arguments = dict(locals())
    library()
    number = _order(order)
    _check_options(return_type, dask_method, block_size)
    if number not in _OURS or return_type == "dask":
        if dask_method is None:
            del arguments["dask_method"]  # which reproject has had since 0.15
        return _theirs("order" if number not in _OURS else "return_type")(**arguments)
    from ._inputs import images, samples
    from ._sky import pixel_map

    workers = checks.threads(parallel)
    if shape_out is None and isinstance(output_array, np.ndarray):
        shape_out = output_array.shape
    leading, grid = images.axes(shape_out)
    output, grid = images.output("output_projection", output_projection, grid)
    array, sky = images.stack("input_data", input_data, hdu_in)
    shape = (*_leading(leading, array.shape[:-2]), *grid)
    out = _target("output_array", output_array, shape, np.empty)
    footprint = None
    return_footprint = checks.truth("return_footprint", return_footprint)
    if return_footprint or output_footprint is not None:
        footprint = _target("output_footprint", output_footprint, shape, np.zeros)
    pixels = pixel_map(
        sky,
        array.shape[-2:],
        output,
        grid,
        name="the WCS of input_data",
    )
    job = Reprojection(
        samples.readable("input_data", array),
        pixels,
        _stacked(out),
        None if footprint is None else _stacked(footprint),
        order=_OURS[number],
        zeroed=footprint is not output_footprint,
        workers=workers,
    )
    warn_device(calls.run("ztp_reproject", job), stacklevel=3)
    out = _written(out, output_array)
    if not return_footprint:
        return out
    return out, _written(footprint, output_footprint)


def _order(order: str | int) -> int:
    if isinstance(order, str):
        if order not in _ORDERS:
            raise OptionError(f"order = {order!r}, want one of {', '.join(map(repr, _ORDERS))}")
        return _ORDERS[order]
    try:
        number = operator.index(order)
    except TypeError:
        raise ArgumentTypeError(f"order = {order!r}, want a name or an integer") from None
    if not 0 <= number <= _HIGHEST_ORDER:
        raise OptionError(f"order = {number}, want 0 to {_HIGHEST_ORDER}")
    return number


def _check_options(return_type: object, dask_method: object, block_size: object) -> None:
    if return_type is not None:
        checks.word("return_type", return_type, ("numpy", "dask"))
    if dask_method is not None:
        checks.word("dask_method", dask_method, ("memmap", "none"))
    if isinstance(block_size, str) and block_size != "auto":
        raise ArgumentError(f"block_size = {block_size!r}, want a shape, 'auto' or None")


def _theirs(argument: str):
    """Return reproject's own function, for what is done there alone."""
    try:
        from reproject import reproject_interp as theirs
    except ImportError as err:
        raise ArgumentError(
            f"{argument} wants what reproject itself does, and that is not installed: {err}"
        ) from err
    return inspect.unwrap(theirs)


def _leading(wanted: tuple | None, found: tuple[int, ...]) -> tuple[int, ...]:
    if wanted is not None and wanted != found:
        raise ArgumentError(
            f"shape_out has {list(wanted)} before rows and columns, input_data {list(found)}"
        )
    return found


def _stacked(array: np.ndarray) -> np.ndarray:
    """Return [..., h, w] as [N, h, w]."""
    return array.reshape(-1, *array.shape[-2:])


def _target(name: str, array: np.ndarray | None, shape: tuple[int, ...], make) -> np.ndarray:
    """Return what the library writes to: the caller's array if it can, else a new one."""
    if array is not None:
        checks.output(name, array, shape)
        direct = array.dtype in (np.float32, np.float64) and array.dtype.isnative
        if direct and buffers.is_borrowable(array) and np.shares_memory(array, _stacked(array)):
            return array
    return checks.new_array(shape, np.float64, make)


def _written(made: np.ndarray, array: np.ndarray | None) -> np.ndarray:
    if array is None or array is made:
        return made
    array[...] = made
    return array
