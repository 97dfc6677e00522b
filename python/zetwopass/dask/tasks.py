"""What runs where the tiles are. Errors name tiles by their numbers among all."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from .. import parts
from .._engine import FileImage, buffers
from .._inputs import ranges
from ..errors import ArgumentError, Error

if TYPE_CHECKING:
    from .._sky import PixelMap

_BAND = 1024  # rows that are looked at for a pixel at a time


class Some(NamedTuple):
    """Some tiles: their numbers among all, shapes [h, w] or [h, w, C], and what all tasks know."""

    numbers: np.ndarray
    shapes: list[tuple[int, ...]]
    channels: int
    profile: str
    workers: int


def gains(
    some: Some,
    windows: tuple[np.ndarray, np.ndarray],
    origin: tuple[int, int],
    numbers: dict,
    maps: list[PixelMap],
    masks: list,
) -> np.ndarray:
    """Return their gains, from windows of coverage and blurred coverage."""
    with _naming(some):
        return parts.gains_on_window(
            [shape[:2] for shape in some.shapes],
            maps,
            *map(_readable, windows),
            origin,
            masks=_images("masks", masks, [shape[:2] for shape in some.shapes]),
            profile=some.profile,
            workers=some.workers,
            **numbers,
        )


def pairs(
    some: Some,
    wanted: np.ndarray,
    shape_out: tuple[int, int],
    factors: np.ndarray,
    maps: list[PixelMap],
    tiles: list,
    masks: list,
) -> np.ndarray:
    """Return the steps of pairs, which are numbered among all."""
    with _naming(some):
        found = parts.pair_medians(
            _tiles(some, tiles),
            maps,
            np.searchsorted(some.numbers, wanted),
            shape_out,
            gains=factors,
            masks=_images("masks", masks, [shape[:2] for shape in some.shapes]),
            profile=some.profile,
            channels=some.channels,
            workers=some.workers,
        )
    found["i"], found["j"] = some.numbers[found["i"]], some.numbers[found["j"]]
    return found


def shown(
    some: Some, boxes: np.ndarray, maps: list[PixelMap], tiles: list, masks: list
) -> np.ndarray:
    """Return whether each gives the first channel a pixel, bool [T]."""
    with _naming(some):
        images = _tiles(some, tiles)
        masks = _images("masks", masks, [shape[:2] for shape in some.shapes])
        return np.array(
            [_shows(some, *each) for each in zip(boxes, maps, images, masks, strict=True)]
        )


def coadd(
    some: Some,
    window: parts.Box,
    numbers: dict[str, np.ndarray | int | None],
    shift: int,
    maps: list[PixelMap],
    tiles: list,
    masks: list,
) -> np.ndarray:
    """Return a window of the mosaic, with its coverage as a last channel, float32 [H, W, C+1]."""
    y0, x0, y1, x1 = window
    made = np.empty((y1 - y0, x1 - x0, some.channels + 1), np.float32)
    if not tiles:
        made[..., :-1], made[..., -1] = np.nan if some.profile == "v4.5" else 0, 0
        return made
    with _naming(some):
        found = parts.coadd_window(
            _tiles(some, tiles),
            maps,
            window,
            masks=_images("masks", masks, [shape[:2] for shape in some.shapes]),
            profile=some.profile,
            workers=some.workers,
            **numbers,
        )
    if shift:
        ranges.unshift(found.coverage, shift)
    made[..., :-1], made[..., -1] = found.mosaic, found.coverage
    return made


def _shows(some: Some, box: np.ndarray, pixels: PixelMap, tile: object, mask: object) -> bool:
    y0, x0, y1, x1 = box.tolist()
    for y in range(y0, y1, _BAND):
        found = parts.coadd_window(
            [tile],
            [pixels],
            (y, x0, min(y + _BAND, y1), x1),
            gains=[1],
            offsets=np.zeros((1, 1)),
            masks=[mask],
            profile=some.profile,
            workers=some.workers,
        )
        if found.shown[0]:
            return True
    return False


def _tiles(some: Some, tiles: list) -> list:
    found = _images("tiles", tiles, some.shapes)
    return [
        tile[..., : some.channels] if isinstance(tile, np.ndarray) and tile.ndim == 3 else tile
        for tile in found
    ]


def _images(name: str, images: list, shapes: Sequence[tuple[int, ...]]) -> list:
    """Return images as the library can read them, which have the shapes that they shall have."""
    found = [_readable(image) for image in images]
    for i, (image, shape) in enumerate(zip(found, shapes, strict=True)):
        if image is not None and image.shape != tuple(shape):
            raise ArgumentError(f"{name}[{i}] has shape {list(image.shape)}, want {list(shape)}")
    return found


def _readable(image: np.ndarray | FileImage | None) -> np.ndarray | FileImage | None:
    """Return an image; a copy of what lies as distributed has unpacked it, at odd addresses."""
    if image is None or isinstance(image, FileImage):
        return image
    array = np.asarray(image)
    return array if buffers.is_borrowable(array) else array.copy()


@contextmanager
def _naming(some: Some) -> Iterator[None]:
    """Have errors tell the numbers of tiles among all, where those of a task are told."""

    def named(found: re.Match) -> str:
        return f"{found[1]}[{some.numbers[int(found[2])]}]"

    try:
        yield
    except Error as err:
        raise type(err)(re.sub(r"\b(tiles|masks)\[(\d+)\]", named, str(err))) from err
