"""Images in all the forms that reproject takes: an array [h, w] and its WCS of each.

The forms and what they mean are those of reproject's `parse_input_data`, `parse_input_weights` and
`parse_output_projection`, and some that it refuses: path objects everywhere, pairs as lists, and
weights of any form.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

import numpy as np
from astropy.io import fits
from astropy.nddata import NDDataBase

from .. import _sky
from .._engine import checks
from ..errors import ArgumentError, ArgumentTypeError, HDUError, WCSError, reading
from . import Index

_HDUS = (fits.PrimaryHDU, fits.ImageHDU, fits.CompImageHDU)
_WANTED = "(array, WCS), (array, header), an image HDU, an HDUList, a FITS file's name or an NDData"


def stack(
    name: str, item: object, hdu_in: Index | None, *, lazy: bool = False
) -> tuple[np.ndarray, _sky.Sky]:
    """Return real numbers [..., h, w] of any dtype, images that all show the same sky.

    An array of dask is computed, unless ``lazy``.
    """
    array, wcs = _opened(name, item, hdu_in, "hdu_in")
    return _numbers(name, array, lazy=lazy), _sky.read(f"the WCS of {name}", wcs)


def weight(
    name: str,
    item: object,
    hdu_weights: Index | None,
    on: _sky.Sky,
    shape: tuple[int, ...],
    lazy: bool = False,
) -> tuple[np.ndarray, _sky.Sky | None]:
    """Return a weight's real numbers, and its sky where that is not the image's pixels.

    ``on`` and ``shape`` are the image's. A weight without a WCS of two celestial axes lies on the
    image, and has its rows and columns then. It is one for all of the image's planes, or one each.
    """
    if isinstance(item, np.ndarray) or _is_dask(item):
        array, wcs = item, None
    else:
        array, wcs = _opened(name, item, hdu_weights, "hdu_weights")
    array = _numbers(name, array, lazy=lazy)
    if array.shape[:-2] not in ((), shape[:-2]):
        raise ArgumentError(
            f"{name} has shape {list(array.shape)}, want rows and columns, or "
            f"{list(shape[:-2])} before them"
        )
    sky = _own_sky(f"the WCS of {name}", wcs)
    lies = array.shape[-2:] == shape[-2:]
    if sky is None and not lies:
        wanted = list(shape[-array.ndim :])
        raise ArgumentError(
            f"{name} has shape {list(array.shape)} and no celestial WCS, want {wanted}"
        )
    return array, None if sky is None or (lies and _sky.same(sky, on)) else sky


def axes(shape: object) -> tuple[tuple[int, ...] | None, tuple | None]:
    """Return what a shape_out has before rows and columns, None where it has none, and these."""
    if shape is None:
        return None, None
    try:
        sizes = tuple(shape)
    except TypeError:
        raise ArgumentTypeError(f"shape_out = {shape!r}, want rows and columns") from None
    before = tuple(checks.integer(f"shape_out[{i}]", n, 1, 2**31) for i, n in enumerate(sizes[:-2]))
    return before or None, sizes[-2:]


def output(name: str, item: object, shape: object) -> tuple[_sky.Sky, tuple[int, int]]:
    """Return the sky and the rows and columns of an output.

    The size of a header that has one, or of a file's first image, rules; then ``shape``; then the
    size that a WCS has.
    """
    if isinstance(item, (str, os.PathLike)):
        with reading(name), fits.open(item) as hdus:
            size, item = hdus[0].shape, _sky.private_copy(name, hdus[0].header, hdus)
    elif isinstance(item, fits.Header):
        size = header_shape(item)
    else:
        size = None
    sky = _sky.read(name, item)
    if size is None and shape is None:
        size = getattr(getattr(item, "low_level_wcs", item), "array_shape", None)
    if size is not None:
        return sky, checks.shape(f"the shape of {name}", size)
    if shape is None:
        raise ArgumentError(f"shape_out is missing, and {name} has no size")
    return sky, checks.shape("shape_out", shape)


def header_shape(header: fits.Header) -> tuple[int, ...] | None:
    """Return rows and columns (and what axes there are) by NAXIS, None where they are not all."""
    try:
        return tuple(header[f"NAXIS{axis}"] for axis in range(header["NAXIS"], 0, -1))
    except (KeyError, TypeError):
        return None


def _opened(name: str, item: object, hdu: Index | None, index: str) -> tuple[object, object]:
    """Return what an entry has as array and as WCS; ``index`` is the argument ``hdu`` came by."""
    if isinstance(item, fits.HDUList):
        return _of_list(name, item, hdu, index)
    if isinstance(item, _HDUS):
        return _of_hdu(name, item, None)
    if isinstance(item, NDDataBase):
        return _of_nddata(name, item)
    if isinstance(item, (str, os.PathLike)):
        with reading(name), fits.open(item, memmap=False) as hdus:
            return _of_list(name, hdus, hdu, index)
    if not isinstance(item, Sequence) or isinstance(item, bytes):
        raise ArgumentTypeError(f"{name} is a {type(item).__name__}, want {_WANTED}")
    if len(item) != 2:
        raise ArgumentError(f"{name} has {len(item)} parts, want an array and a WCS")
    if _is_dask(item[0]):
        return item[0], item[1]
    with reading(name, ArgumentError):
        return np.asanyarray(item[0]), item[1]


def _of_list(name: str, hdus: fits.HDUList, hdu: Index | None, index: str) -> tuple:
    if hdu is None:
        with reading(name):
            count = len(hdus)
        if count != 1:
            raise ArgumentError(f"{name} has {count} HDUs; tell which with {index}=")
        hdu = 0
    with reading(name):
        try:
            chosen = hdus[hdu]
        except (LookupError, TypeError) as err:
            names = [found.name for found in hdus]
            raise HDUError(f"{name} has no HDU {index} = {hdu!r}, only {names}") from err
    if not isinstance(chosen, _HDUS):
        raise ArgumentTypeError(
            f"{name} is a {type(chosen).__name__} by {index} = {hdu!r}, want an image HDU"
        )
    return _of_hdu(name, chosen, hdus)


def _of_hdu(name: str, hdu: fits.ImageHDU, hdus: fits.HDUList | None) -> tuple:
    """Return an HDU's data and WCS, whose lookup tables stand in the list that it comes from."""
    with reading(name):
        array = hdu.data
    if array is None:
        raise ArgumentError(f"{name} has no data in its HDU {hdu.name!r}")
    return array, _sky.private_copy(f"the WCS of {name}", hdu.header, hdus)


def _of_nddata(name: str, item: NDDataBase) -> tuple:
    mask = item.mask
    if mask is not None and np.any(mask):
        raise ArgumentError(f"{name} has a mask; set what it hides to NaN and the mask to None")
    return item.data, item.wcs


def _own_sky(name: str, wcs: object) -> _sky.Sky | None:
    """Return the sky of a weight's WCS, or None if it has none of two celestial axes."""
    if wcs is None:
        return None
    copy = _sky.private_copy(name, wcs)
    with reading(name, WCSError):
        return _sky.read(name, copy) if _sky.is_celestial(copy) else None


def _is_dask(array: object) -> bool:
    return hasattr(array, "__dask_graph__") and hasattr(array, "shape")


def _numbers(name: str, array: object, *, lazy: bool = False) -> np.ndarray:
    """Return an array of real numbers [..., h, w]."""
    if isinstance(array, np.ma.MaskedArray):
        raise ArgumentError(f"{name} is a masked array; use {name}.filled(np.nan)")
    dask = _is_dask(array)
    if not (dask or isinstance(array, np.ndarray)) or array.ndim < 2 or 0 in array.shape:
        found = list(array.shape) if hasattr(array, "shape") else type(array).__name__
        raise ArgumentError(f"{name} is {found}, want an array [..., h, w]")
    if array.dtype.kind not in "fiub":
        raise ArgumentError(f"{name} has dtype {array.dtype.str}, want real numbers")
    if dask and lazy:
        return array
    with reading(name, ArgumentError):
        return np.asarray(array)
