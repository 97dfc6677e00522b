"""What the headers of tiles say: where they lie, what they show, and how much they count."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from astropy.io import fits

from .._inputs import files
from .._sky import Sky, celestial, read
from ..errors import ArgumentError, FileError, HDUError, WCSError, reading
from .selection import Chosen

if TYPE_CHECKING:
    from astropy.wcs import WCS

ALPHA = "ALPHA"  # the HDU of ZeMosaic's master tiles that says where they have values
_FRAMES = "MT_NFRAMES"  # and how many frames are in one, which is its weight
_EXPOSURES = ("EXPTIME", "EXPOSURE")


@dataclass(frozen=True, eq=False)
class TileHeader:
    """A tile's file without its pixels.

    Attributes
    ----------
    name
        What messages call it.
    path, hdu
        Of the image; the HDU by its number.
    shape
        Rows, columns, channels.
    sky
        Its WCS, of two celestial axes.
    mask
        The number of the HDU that is its mask, or None.
    weight
        What it counts beside others, above 0.
    bytes, changed
        Of the file: its size, and when it was changed, ns since 1970.
    cards
        The cards that are kept for the mosaic.
    """

    name: str
    path: str
    hdu: int
    shape: tuple[int, int, int]
    sky: Sky
    mask: int | None
    weight: float
    bytes: int
    changed: int
    cards: dict[str, object] = field(default_factory=dict)

    @property
    def exposure(self) -> float | None:
        """Seconds, where the header has them."""
        return next((time for key in _EXPOSURES if (time := _number(self.cards, key))), None)


def read_headers(chosen: Sequence[Chosen], kept: Sequence[str]) -> Iterator[TileHeader]:
    """Yield the headers of tiles, with the cards whose keywords are ``kept``.

    Raises
    ------
    FileError, HDUError
        A file can't be read, or has no image there.
    WCSError
        It has no celestial WCS.
    ArgumentError
        It has another number of channels than the first.
    """
    first = None
    for one in chosen:
        header = _read(one, (*kept, *_EXPOSURES))
        first = first or header
        if header.shape[2] != first.shape[2]:
            raise ArgumentError(
                f"{header.name} has {_count(header)}, but {first.name}, the first tile, "
                f"has {_count(first)}; mosaics of both are two calls"
            )
        yield header


def check_unchanged(headers: Sequence[TileHeader]) -> None:
    """Raise FileError where a file is no longer what it was when its header was read."""
    for header in headers:
        with reading(header.name):
            if _state(header.path) != (header.bytes, header.changed):
                raise FileError(f"{header.name} has changed while the mosaic was made; begin anew")


def placed(name: str, header: fits.Header, hdus: fits.HDUList | None = None) -> WCS:
    """Return the celestial axes of a header, or raise WCSError where it has none."""
    wcs = celestial(f"the WCS of {name}", header, hdus)
    if not wcs.has_celestial:
        raise WCSError(
            f"{name} has no celestial WCS: its axes are {list(wcs.wcs.ctype)}; solve it first"
        )
    return wcs


def _read(chosen: Chosen, kept: Sequence[str]) -> TileHeader:
    name = chosen.name
    with reading(name), fits.open(chosen.path, memmap=False, lazy_load_hdus=True) as hdus:
        size, changed = _state(chosen.path)
        number = _image(hdus, chosen)
        hdu = hdus[number]
        if isinstance(hdu, fits.CompImageHDU):
            raise FileError(f"{name} is tile-compressed; unpack it first, as funpack does")
        shape = files.layout(hdu.shape)
        if shape is None or 0 in shape:
            raise FileError(f"{name} has the axes {list(hdu.shape)}, want an image")
        sky = read(f"the WCS of {name}", placed(name, hdu.header, hdus))
        mask = _alpha(hdus, number, shape)
        cards = {key: hdu.header[key] for key in kept if key in hdu.header}
        weight = _number(hdu.header, _FRAMES) or 1.0
    return TileHeader(name, chosen.path, number, shape, sky, mask, weight, size, changed, cards)


def _image(hdus: fits.HDUList, chosen: Chosen) -> int:
    """Return the number of the HDU that is the tile's image: the one asked for, or the first."""
    if chosen.hdu is None:
        for number, hdu in enumerate(_each(hdus)):
            if hdu.is_image and hdu.shape:
                return number
        raise FileError(f"{chosen.name} holds no image")
    try:
        number = hdus.index_of(chosen.hdu)
        hdu = hdus[number]
    except (LookupError, TypeError) as err:
        raise HDUError(f"{chosen.path} has no HDU {chosen.hdu!r}") from err
    if not (hdu.is_image and hdu.shape):
        raise HDUError(f"{chosen.path} has no image in its HDU {chosen.hdu!r}")
    return number


def _each(hdus: fits.HDUList) -> Iterator:
    """Yield HDUs, each read when it is asked for."""
    number = 0
    while True:
        try:
            yield hdus[number]
        except IndexError:
            return
        number += 1


def _alpha(hdus: fits.HDUList, number: int, shape: tuple[int, int, int]) -> int | None:
    """Return the number of the HDU that says where a master tile has values."""
    if number or ALPHA not in hdus:
        return None
    found = hdus.index_of(ALPHA)
    fits_image = hdus[found].is_image and files.layout(hdus[found].shape) == (*shape[:2], 1)
    return found if fits_image else None


def _state(path: str) -> tuple[int, int]:
    found = os.stat(path)
    return found.st_size, found.st_mtime_ns


def _number(cards: fits.Header | dict, key: str) -> float | None:
    """Return a card's number above 0, None where there is no such."""
    value = cards.get(key)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return float(value) if 0 < value < math.inf else None


def _count(header: TileHeader) -> str:
    channels = header.shape[2]
    return f"{channels} channel{'s' if channels > 1 else ''}"
