"""Images that callers name by a path, or by path and HDU, and what their headers tell.

The library reads the pixels.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np

from .._engine import FileImage, buffers, checks
from ..errors import ArgumentTypeError, FileError, HDUError, reading

if TYPE_CHECKING:
    from astropy.io import fits

    from .._sky import Sky

_CHANNELS = range(1, checks.MAX_CHANNELS + 1)


def is_file(item: object) -> bool:
    """Whether an entry is a path, or path and HDU."""
    if isinstance(item, (tuple, list)) and len(item) == 2:
        item = item[0]
    return isinstance(item, (str, os.PathLike))


def opened(name: str, item: object, *, sky: bool = False) -> tuple[FileImage, Sky | None]:
    """Return the image that an entry names, and where it lies on the sky if that is wanted.

    Raises
    ------
    FileError, HDUError
        The file, or the HDU, is not there, can't be read, or is no image.
    WCSError
        The header has no celestial WCS.
    """
    from .. import _sky

    path, hdu = _place(name, item)
    with _hdu(name, path, hdu) as (chosen, hdus):
        image = FileImage(path, hdu, _shape(name, path, chosen.shape))
        if not sky:
            return image, None
        title = f"the WCS of {name} ({path})"
        return image, _sky.read(title, _sky.celestial(title, chosen.header, hdus))


def plane(name: str, item: object, *, load: bool = True) -> np.ndarray | FileImage:
    """Return an image [H, W] as a native float32 array; a file's stays there without ``load``."""
    if not is_file(item):
        buffers.plane(name, item)
        return item
    image, _ = opened(name, item)
    if len(image.shape) != 2:
        raise FileError(f"{name}: {image.path} has shape {list(image.shape)}, want [H, W]")
    if not load:
        return image
    with _hdu(name, image.path, image.hdu) as (chosen, _):
        return np.array(chosen.data, np.float32).reshape(image.shape)


def loaded(name: str, image: FileImage) -> np.ndarray:
    """Return the pixels of an image [h, w] or [h, w, C] as a native float32 array.

    Raises
    ------
    FileError, HDUError
        As in `opened`, or what is there now is not of the shape that it was.
    """
    with _hdu(name, image.path, image.hdu) as (chosen, _):
        shape = _shape(name, image.path, chosen.shape)
        if shape != tuple(image.shape):
            raise FileError(
                f"{name}: {image.path} has shape {list(shape)}, had {list(image.shape)}"
            )
        axes = chosen.shape[-3:]
        pixels = chosen.data.reshape(axes)
        if layout(axes) != axes and len(axes) == 3:
            pixels = np.moveaxis(pixels, 0, 2)
        return np.array(pixels, np.float32, order="C").reshape(shape)


def bands(name: str, image: FileImage, rows: int) -> Iterator[np.ndarray]:
    """Yield an image [h, w], so many rows at a time, as native float32 arrays."""
    height, width = image.shape
    with _hdu(name, image.path, image.hdu) as (chosen, _):
        above = (0,) * (len(chosen.shape) - 2)
        for y in range(0, height, rows):
            band = chosen.section[(*above, slice(y, y + rows), slice(None))]
            yield np.array(band, np.float32).reshape(-1, width)


def _place(name: str, item: object) -> tuple[str, int | str]:
    """Return path and HDU, which is the first one where there is none."""
    path, hdu = item if isinstance(item, (tuple, list)) else (item, 0)
    path = os.fspath(path)
    if not isinstance(path, str):
        raise ArgumentTypeError(f"{name} is a path of {type(path).__name__}, want one of str")
    if not isinstance(hdu, str):
        hdu = checks.integer(f"the HDU of {name}", hdu, 0, 2**31 - 1)
    return path, hdu


@contextmanager
def _hdu(name: str, path: str, hdu: int | str) -> Iterator[tuple[fits.ImageHDU, fits.HDUList]]:
    """Open a file, and find an HDU in it that is an image."""
    from astropy.io import fits

    with reading(name), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the library says what is wrong with a file
        with fits.open(path) as hdus:
            try:
                chosen = hdus[hdu]
            except LookupError as err:
                names = [found.name for found in hdus]
                raise HDUError(f"{name}: {path} has no HDU {hdu!r}, only {names}") from err
            images = (fits.PrimaryHDU, fits.ImageHDU)
            if isinstance(chosen, fits.CompImageHDU) or not isinstance(chosen, images):
                kind = type(chosen).__name__
                raise FileError(f"{name}: HDU {hdu!r} of {path} is a {kind}, want an image HDU")
            if not chosen.shape:
                raise FileError(f"{name}: HDU {hdu!r} of {path} has no data; use (path, hdu)")
            yield chosen, hdus


def layout(axes: tuple[int, ...]) -> tuple[int, int, int] | None:
    """Return rows, columns and channels of an image by its axes: the rule of core/fitstile.

    None where it is no image of 1 to 4 channels.
    """
    found = list(axes)
    while len(found) > 3 and found[0] == 1:
        del found[0]
    if len(found) == 2:
        return (*found, 1)
    if len(found) != 3:
        return None
    first, last = found[0], found[2]
    if (first in (1, 3) and last not in (1, 3)) or (first in (2, 4) and last not in _CHANNELS):
        return (*found[1:], first)
    return tuple(found) if last in _CHANNELS else None


def _shape(name: str, path: str, axes: tuple[int, ...]) -> tuple[int, ...]:
    """Return [h, w], or [h, w, C] with more than one channel."""
    found = layout(axes)
    if found is None:
        raise FileError(
            f"{name}: {path} has the axes {list(axes)}, want [h, w], [C, h, w], [h, w, C]"
        )
    return found if found[2] > 1 else found[:2]
