"""What the replaced function makes of its arguments: conversions and silent replacements.

Here they are the rules, one function each; below the drop-in nothing is converted.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from .._engine import buffers
from ..errors import ArgumentError, Error

DEFAULT_THRESHOLD = 2.0


class NoResult(Error):
    """An input for which the replaced function returns None, whatever its generation.

    Where one might do better, or raise, ArgumentError hands the call over to it.
    """


def tile_lists(tiles, tiles_wcs) -> tuple[list, list]:
    """Return tiles and WCS as lists of equal length."""
    if tiles is None or tiles_wcs is None or not len(tiles) or not len(tiles_wcs):
        raise NoResult("there are no tiles, or no WCS")
    if len(tiles) != len(tiles_wcs):
        raise NoResult(f"{len(tiles)} tiles do not fit {len(tiles_wcs)} WCS")
    return list(tiles), list(tiles_wcs)


def image(tile, name: str) -> np.ndarray:
    """Return a tile as float32 [h, w, C] that the library can read, a copy only if needed."""
    array = as_float32(tile, name)
    if array.ndim not in (2, 3):
        raise ArgumentError(f"{name} has shape {list(array.shape)}, want [h, w] or [h, w, C]")
    return array if array.ndim == 3 else array[:, :, np.newaxis]


def as_float32(values, name: str) -> np.ndarray:
    """Return native float32 that the library can read: other types and orders are copied."""
    try:
        with np.errstate(over="ignore", invalid="ignore"):
            array = np.asarray(values).astype(np.float32, copy=False)
    except (TypeError, ValueError) as err:
        raise ArgumentError(f"{name} can't be made float32: {err}") from err
    return array if buffers.is_borrowable(array) else array.copy()


def coverage_map(coverage) -> np.ndarray:
    """Return the coverage as float32 [H, W]; it may be of any type that says it has two axes."""
    if getattr(coverage, "ndim", None) != 2 or 0 in coverage.shape:
        found = list(coverage.shape) if hasattr(coverage, "shape") else type(coverage)
        raise NoResult(f"coverage is {found}, want an array [H, W]")
    return as_float32(coverage, "coverage")


def shape(shape_out) -> tuple[int, int]:
    """Return the rows and columns of the mosaic; fractions are cut off."""
    try:
        height, width = (int(n) for n in shape_out)
    except (TypeError, ValueError, OverflowError) as err:
        raise ArgumentError(f"shape_out = {shape_out!r}, want rows and columns") from err
    if height < 1 or width < 1:
        raise ArgumentError(f"shape_out = {shape_out!r}, want at least one pixel")
    return height, width


def sigma(sigma_px) -> int:
    """Return sigma in whole pixels, cut off; NaN and negative numbers are 0."""
    try:
        return int(max(0, sigma_px))
    except (TypeError, ValueError, OverflowError) as err:
        raise NoResult(f"sigma_px = {sigma_px!r}, want a number") from err


def clip(gain_clip) -> tuple[float, float]:
    """Return the lower and the upper bound, in whichever order they came."""
    try:
        first, second = (float(bound) for bound in gain_clip)
    except (TypeError, ValueError) as err:
        raise NoResult(f"gain_clip = {gain_clip!r}, want two numbers") from err
    return (second, first) if first > second else (first, second)


def mask_list(tiles_coverage, count: int) -> list[np.ndarray | None]:
    """Return one float32 map of any shape per tile, None where there is none."""
    given = [] if tiles_coverage is None else list(tiles_coverage)[:count]
    given += [None] * (count - len(given))
    return [
        None if entry is None else as_float32(entry, f"tiles_coverage[{t}]")
        for t, entry in enumerate(given)
    ]


def gain_mask(mask: np.ndarray | None, tile_shape: tuple[int, int]) -> np.ndarray | None:
    """Return the map [h, w] that says where a tile counts in its gain; None is everywhere.

    A map of another shape is reshaped if it has as many elements, else it says nothing.
    """
    if mask is None or mask.size != tile_shape[0] * tile_shape[1]:
        return None
    mask = mask.reshape(tile_shape)
    return mask if buffers.is_borrowable(mask) else mask.copy()


def coadd_masks(
    masks: Sequence[np.ndarray | None], tile_weights, shapes: Sequence[tuple[int, int]]
) -> list[np.ndarray | None]:
    """Return each tile's map [h, w] for the coadd, where it is > 0; None is everywhere.

    Of a map [h, w, n] the first plane counts; a map of another shape says nothing. Without tile
    weights some tiles with and some without a map make the replaced function give up.
    """
    planes = [m[..., 0] if m is not None and m.ndim == 3 and m.shape[2] else m for m in masks]
    found = [
        m if m is not None and m.shape == tile_shape else None
        for m, tile_shape in zip(planes, shapes, strict=True)
    ]
    without = [t for t, m in enumerate(found) if m is None]
    if tile_weights is None and 0 < len(without) < len(found):
        raise ArgumentError(
            f"tiles_coverage[{without[0]}] is missing or not of its tile's shape, "
            "and there are no tile_weights"
        )
    return found


def tile_scales(tile_weights, count: int) -> list[float]:
    """Return one factor per tile; what is missing, not finite or not above 0 is 1."""
    if tile_weights is None:
        return [1.0] * count
    try:
        given = list(tile_weights)
    except TypeError:  # one number is the first tile's
        given = [tile_weights]
    return [_scale(given[t]) if t < len(given) else 1.0 for t in range(count)]


def threshold(parallel_plan) -> float:
    """Return the lowest blurred coverage of a valid pixel.

    A dict's 0 counts as not given; an attribute's 0 is a threshold of 0.
    """
    if isinstance(parallel_plan, dict):
        found = parallel_plan.get("two_pass_coverage_threshold") or parallel_plan.get(
            "coverage_threshold"
        )
        found = found or None
    else:
        found = getattr(parallel_plan, "two_pass_coverage_threshold", None)
    try:
        return DEFAULT_THRESHOLD if found is None else max(0.0, float(found))
    except (TypeError, ValueError, OverflowError):
        return DEFAULT_THRESHOLD


def plan_value(parallel_plan, key: str):
    """Return a field of a plan that is an object, a dict or None; None where it has none."""
    if isinstance(parallel_plan, dict):
        return parallel_plan.get(key)
    return getattr(parallel_plan, key, None)


def wish(*values) -> int:
    """Return the first value that is a number above 0, as an int; 0 if there is none."""
    for value in values:
        try:
            if value is not None and int(value) > 0:
                return int(value)
        except (TypeError, ValueError, OverflowError):
            continue
    return 0


def device(use_gpu, parallel_plan=None) -> str:
    """Return who computes: with the GPU only if the call asks for it and the plan lets it."""
    allowed = plan_value(parallel_plan, "use_gpu")
    return "hybrid" if use_gpu and (allowed is None or allowed) else "cpu"


def header_shape(output_wcs) -> tuple[int, int] | None:
    """Return rows and columns of an output that is a header with a size, None for any other."""
    from astropy.io import fits

    from .._inputs import images

    found = images.header_shape(output_wcs) if isinstance(output_wcs, fits.Header) else None
    return found if found is not None and len(found) == 2 else None


def _scale(weight) -> float:
    try:
        found = float(weight)
    except (TypeError, ValueError, OverflowError):
        return 1.0
    return found if math.isfinite(found) and found > 0 else 1.0
