"""What runs where the tiles are. Errors name tiles by their numbers among all."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from .. import parts
from .._engine import FileImage, buffers
from .._inputs import files, ranges
from ..errors import ArgumentError, Error

if TYPE_CHECKING:
    from .._sky import PixelMap
    from .coverage import Window

_BAND = 1024  # rows that are looked at for a pixel at a time


class Some(NamedTuple):
    """Some tiles: their numbers among all, shapes [h, w] or [h, w, C], and what all tasks know."""

    numbers: np.ndarray
    shapes: list[tuple[int, ...]]
    channels: int
    profile: str
    workers: int


class Bundle(NamedTuple):
    """Tiles that have come to one place, ascending, with their maps, pixels and masks."""

    some: Some
    maps: list[PixelMap]
    images: list[np.ndarray]
    masks: list[np.ndarray | None]


def gains(
    some: Some,
    coverage: Window,
    blurred: Window,
    numbers: dict,
    maps: list[PixelMap],
    masks: list,
) -> np.ndarray:
    """Return their gains, from windows of coverage and blurred coverage."""
    planes = [shape[:2] for shape in some.shapes]
    with _naming(some):
        return parts.gains_on_window(
            planes,
            maps,
            *(_readable(window.read()) for window in (coverage, blurred)),
            coverage.origin,
            masks=_images("masks", masks, planes),
            profile=some.profile,
            workers=some.workers,
            **numbers,
        )


def tiles(some: Some, maps: list[PixelMap], images: list, masks: list) -> Bundle:
    """Return tiles whose pixels are here: those of files are read, others lie as is fit."""
    with _naming(some):
        pixels = _images("tiles", images, some.shapes)
        pixels = [image[..., : some.channels] if image.ndim == 3 else image for image in pixels]
        planes = _images("masks", masks, [shape[:2] for shape in some.shapes])
    return Bundle(some, maps, pixels, planes)


def pairs(
    bundles: list[Bundle], wanted: np.ndarray, shape_out: tuple[int, int], factors: np.ndarray
) -> np.ndarray:
    """Return the steps of pairs, which are numbered among all, from gains of all their tiles."""
    here = _picked(bundles, np.unique(wanted))
    with _naming(here.some):
        found = parts.pair_medians(
            here.images,
            here.maps,
            np.searchsorted(here.some.numbers, wanted),
            shape_out,
            gains=factors,
            masks=here.masks,
            profile=here.some.profile,
            channels=here.some.channels,
            workers=here.some.workers,
        )
    found["i"], found["j"] = here.some.numbers[found["i"]], here.some.numbers[found["j"]]
    return found


def shown(bundle: Bundle, chosen: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """Return whether each of some tiles gives the first channel a pixel, bool."""
    here = _picked([bundle], chosen)
    with _naming(here.some):
        each = zip(boxes, here.maps, here.images, here.masks, strict=True)
        return np.array([_shows(here.some, *one) for one in each])


def coadd(
    bundles: list[Bundle],
    some: Some,
    window: parts.Box,
    numbers: dict[str, np.ndarray | int | None],
    shift: int,
) -> np.ndarray:
    """Return a window of the mosaic, with its coverage as a last channel, float32 [H, W, C+1]."""
    y0, x0, y1, x1 = window
    made = np.empty((y1 - y0, x1 - x0, some.channels + 1), np.float32)
    if not bundles:
        made[..., :-1], made[..., -1] = np.nan if some.profile == "v4.5" else 0, 0
        return made
    here = _picked(bundles, some.numbers)
    with _naming(some):
        found = parts.coadd_window(
            here.images,
            here.maps,
            window,
            masks=here.masks,
            profile=some.profile,
            workers=some.workers,
            **numbers,
        )
    if shift:
        ranges.unshift(found.coverage, shift)
    made[..., :-1], made[..., -1] = found.mosaic, found.coverage
    return made


def _picked(bundles: list[Bundle], chosen: np.ndarray) -> Bundle:
    """Return some tiles of bundles that have no tile in common."""
    numbers = np.concatenate([bundle.some.numbers for bundle in bundles])
    order = np.argsort(numbers)
    at = order[np.searchsorted(numbers, chosen, sorter=order)]

    def some(lists: Iterable[list]) -> list:
        every = [item for items in lists for item in items]
        return [every[k] for k in at]

    here = bundles[0].some._replace(
        numbers=numbers[at], shapes=some(bundle.some.shapes for bundle in bundles)
    )
    return Bundle(
        here,
        some(bundle.maps for bundle in bundles),
        [_readable(image) for image in some(bundle.images for bundle in bundles)],
        [_readable(mask) for mask in some(bundle.masks for bundle in bundles)],
    )


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


def _images(name: str, images: list, shapes: Sequence[tuple[int, ...]]) -> list:
    """Return images as the library can read them, which have the shapes that they shall have."""
    found = []
    for i, (image, shape) in enumerate(zip(images, shapes, strict=True)):
        if isinstance(image, FileImage):
            image = files.loaded(f"{name}[{i}]", image)
        image = _readable(image)
        if image is not None and image.shape != tuple(shape):
            raise ArgumentError(f"{name}[{i}] has shape {list(image.shape)}, want {list(shape)}")
        found.append(image)
    return found


def _readable(image: np.ndarray | None) -> np.ndarray | None:
    """Return an image; a copy of what lies as distributed has unpacked it, at odd addresses."""
    if image is None:
        return None
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
