"""Images and outputs in files, as the library sees them: paths, HDUs and shapes."""

from __future__ import annotations

import os
from typing import NamedTuple

from ..errors import ArgumentError
from . import buffers, structs


class FileImage(NamedTuple):
    """An image in a FITS file.

    Attributes
    ----------
    path
        Of the file.
    hdu
        Its number, from 0, or its EXTNAME.
    shape
        [h, w] or [h, w, C], which the file has to have.
    """

    path: str
    hdu: int | str
    shape: tuple[int, ...]


class FileTarget(NamedTuple):
    """Where an existing file, which is long enough, takes an output.

    Attributes
    ----------
    path
        Of the file.
    offset
        Of the first sample of the planes [C, H, W] of big-endian float32, in bytes.
    shape
        [H, W] or [H, W, C] of the output.
    """

    path: str
    offset: int
    shape: tuple[int, ...]


def source(
    name: str, image: FileImage, wanted: tuple[int, int] | None = None, *, channels: int = 1
) -> tuple[structs.Image, structs.File]:
    """Return an image without memory and where it is.

    Parameters
    ----------
    name
        What messages call it.
    wanted
        Rows and columns that it is to have.
    channels
        That it has at least.
    """
    if wanted is not None and image.shape != tuple(wanted):
        raise ArgumentError(f"{name} has shape {list(image.shape)}, want {list(wanted)}")
    found = buffers.absent(image.shape)
    if found.channels < channels:
        raise ArgumentError(f"{name} has {found.channels} channels, want at least {channels}")
    path = encoded(name, image.path)
    if isinstance(image.hdu, str):
        return found, structs.File(path, encoded(name, image.hdu), 0, 0)
    return found, structs.File(path, None, image.hdu, 0)


def target(name: str, output: FileTarget) -> structs.Target:
    """Return where an output goes to."""
    return structs.Target(encoded(name, output.path), output.offset)


def encoded(name: str, text: str) -> bytes:
    """Return a path, or a name, as bytes without zeros, in UTF-8 on Windows."""
    found = os.fsencode(text)
    if b"\0" in found:
        raise ArgumentError(f"{name} = {text!r} has a NUL in it, want none")
    return found
