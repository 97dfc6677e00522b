"""Where tiles lie on the mosaic, and as jobs take them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from .._engine import Settings, TileInput, checks
from .._inputs import images_of, maps_of, placed
from ..errors import ArgumentError, ArgumentTypeError

if TYPE_CHECKING:
    from astropy.io import fits
    from astropy.wcs import WCS

    from .._sky import PixelMap


def pixel_maps(
    shapes: Sequence[tuple[int, int]],
    tiles_wcs: Sequence[WCS],
    output_wcs: WCS | fits.Header,
    shape_out: tuple[int, int],
) -> list[PixelMap | None]:
    """Return where each output pixel lies in each tile, None of a tile that shows nothing.

    Parameters
    ----------
    shapes
        Rows and columns of the T tiles.
    tiles_wcs, output_wcs
        As in `second_pass`.
    shape_out
        Rows and columns that hold the mosaic and the coverage of the first pass.

    Returns
    -------
    list of PixelMap or None
        [T]; ``box`` of one is x0, y0, x1, y1 of the output pixels that it may show, half-open.

    Raises
    ------
    ArgumentError, WCSError
        As in `second_pass`.
    """
    shapes = checks.shapes("shapes", shapes)
    tiles_wcs = checks.entries("tiles_wcs", tiles_wcs, len(shapes))
    return maps_of(shapes, tiles_wcs, output_wcs, checks.shape("shape_out", shape_out))


def boxes(maps: Sequence[PixelMap | None], shape_out: tuple[int, int]) -> np.ndarray:
    """Return y0, x0, y1, x1 of the tiles on an output, int64 [T, 4]; zeros of what is off."""
    height, width = checks.shape("shape_out", shape_out)
    maps = checked_maps(maps)
    found = np.array([(0, 0, 0, 0) if m is None else m.box for m in maps], np.int64).reshape(-1, 4)
    found = np.clip(found[:, [1, 0, 3, 2]], 0, [height, width, height, width])
    found[(found[:, 0] >= found[:, 2]) | (found[:, 1] >= found[:, 3])] = 0
    return found


def checked_maps(maps: Sequence[PixelMap | None], count: int | None = None) -> list:
    """Return maps, so many of them if that is known."""
    from .._sky import PixelMap

    found = checks.entries("maps", maps, count, optional=True)
    for i, m in enumerate(found):
        if m is not None and not isinstance(m, PixelMap):
            raise ArgumentTypeError(
                f"maps[{i}] is a {type(m).__name__}, want what pixel_maps has made, or None"
            )
    return found


def job_tiles_of(
    tiles: Sequence, maps: Sequence, masks: Sequence | None, weights: list | None, profile: str
) -> tuple[list, list[TileInput]]:
    """Return the tiles, opened where they are files, and as they are in a job."""
    checks.word("profile", profile, ("v4.5", "v4.2"))
    images, _ = images_of(tiles, ())
    return images, placed(images, checked_maps(maps, len(images)), masks, weights, profile)


def settings_of(
    profile: str, workers: int | None, max_chunk_bytes: int | None, feather: int | None = None
) -> Settings:
    """Return the numbers of a job on the CPU."""
    return checks.settings(
        profile=profile,
        workers=workers,
        max_chunk_bytes=max_chunk_bytes,
        device="cpu",
        binary_weights=True,
        feather=feather,
    )


def vector(name: str, values: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Return numbers as float64 of a shape."""
    found = checks.numbers(name, values)
    if found.shape != shape:
        raise ArgumentError(f"{name} has shape {list(found.shape)}, want {list(shape)}")
    return found
