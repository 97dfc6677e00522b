"""Magnitudes beyond float32: arrays and results go there and back by powers of two, exactly.

A magnitude is an exponent e: the number lies in [2^(e-1), 2^e). Of an image only the largest
counts, for its smaller values may round to 0 beside it; of a weight also the smallest above 0,
since that alone decides the mean where nothing else lies.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from .._engine import buffers
from ..errors import ArgumentError, RangeWarning

_LEAST, _MOST = (float(n) for n in (np.finfo(np.float32).tiny, np.finfo(np.float32).max))
_COMFORT = 100  # exponents up to it, of either sign, need no shift
_REACH = 116  # and so far a shift may leave them; sums and fractions have some bits beyond


class Shifted(NamedTuple):
    """A float32 array that is 2^shift times what came, and the magnitudes of what came.

    ``low`` and ``high`` are None where there is no finite number other than 0.
    """

    array: np.ndarray
    shift: int
    low: int | None
    high: int | None


class Shifts(NamedTuple):
    """The powers of two that a job's images and its weights are multiplied by."""

    images: int
    weights: int


def image(name: str, array: np.ndarray) -> Shifted:
    """Return real numbers [h, w] as float32 that the library can read, shifted where need be."""
    lowest, highest = _extremes(array)
    high = _exponent(name, max(-lowest, highest))
    shift = 0 if high is None or abs(high) <= _COMFORT else -high
    return Shifted(_float32(array, shift), shift, high, high)


def weight(name: str, array: np.ndarray) -> Shifted:
    """Return weights [h, w] of 0 and above as `image` does; NaN is 0."""
    lowest, highest = _extremes(array, finite=False)
    if lowest < 0:
        raise ArgumentError(
            f"{name} is {lowest:g} somewhere, want 0 or more; weights below 0 are reproject's alone"
        )
    if np.isinf(highest):
        if np.isnan(array).any():
            raise ArgumentError(f"{name} has both NaN and infinities, want no infinities")
        lowest, highest = _extremes(array)
    high = _exponent(name, highest)
    if high is None:
        return Shifted(_float32(array, 0), 0, None, None)
    if not lowest > 0:
        lowest = np.min(array, where=array > 0, initial=highest)
    low = _exponent(name, lowest)
    shift = _into_range(low, high)
    if shift is None:
        raise ArgumentError(f"{name} goes {_span(low, high)}")
    return Shifted(_float32(array, shift), shift, low, high)


def common(images: Sequence[Shifted], weights: Sequence[Shifted], combine: str) -> Shifts:
    """Return the shifts that a job's arrays, its sums and its results bear."""
    ends, reach = _ends(images), _ends(weights)
    more = len(images).bit_length()  # magnitudes that a sum of all may gain
    found = Shifts(
        _shared("input_data", *ends),
        _shared("input_weights", reach[0], reach[1] + more) if weights else 0,
    )
    if combine == "mean":
        return found
    low, high = ends[0] + reach[0], ends[1] + reach[1] + more
    if not any(found) and _into_range(low, high) == 0:
        return found
    values = -ends[1]
    low = reach[0] + ends[0] + values
    shift = _shared("input_data times input_weights", low, reach[1] + more)
    return Shifts(values, shift if weights else 0)


def moved(part: Shifted, shift: int) -> np.ndarray:
    """Return the array with another shift than its own."""
    return _float32(part.array, shift - part.shift)


def restored(array: np.ndarray, shift: int, *, lowest: bool = False) -> np.ndarray:
    """Undo a shift of float32 numbers: float32 where they fit into it, else float64.

    What has to fit is the largest number, and the smallest above 0 too if ``lowest``.
    """
    if shift == 0:
        return array
    with np.errstate(all="ignore"):
        wide = np.ldexp(array.astype(np.float64), -shift)
        return wide.astype(np.float32) if fits(wide, np.float32, lowest=lowest) else wide


def check_coverage(tile_weights: Sequence[float]) -> None:
    """Check that finite weights above 0, and the sum of them all, are normal float32 numbers."""
    total = 0.0
    for i, weight in enumerate(tile_weights):
        total += weight
        if weight < _LEAST or total > _MOST:
            sums = f" and sums up to {total:g}" if weight < total else ""
            raise ArgumentError(
                f"tile_weights[{i}] = {weight:g}{sums}: the coverage is float32, from "
                f"{_LEAST:g} to {_MOST:g}; scale all tile_weights by one number"
            )


def tile_weights(weights: list[float]) -> tuple[list[float], int]:
    """Return weights above 0, and the shift that they get where their sums would leave float32."""
    if min(weights) >= _LEAST and sum(weights) <= _MOST:
        return weights, 0
    exponents = [_exponent("tile_weights", weight) for weight in weights]
    more = len(weights).bit_length()
    shift = _shared("tile_weights", min(exponents), max(exponents) + more)
    return [math.ldexp(weight, shift) for weight in weights], shift


def restore_coverage(coverage: np.ndarray, shift: int, stacklevel: int) -> None:
    """Undo the shift of tile weights, as far as float32 goes; ``stacklevel`` 1 is the caller."""
    if not shift:
        return
    wide = np.ldexp(coverage.astype(np.float64), -shift)
    covered = wide > 0
    coverage[covered] = np.clip(wide[covered], _LEAST, _MOST)
    message = "the sums of tile_weights leave float32; where they do, coverage has its last number"
    warnings.warn(message, RangeWarning, stacklevel=stacklevel + 1)


def fits(array: np.ndarray, dtype: np.typing.DTypeLike, *, lowest: bool = False) -> bool:
    """Whether numbers neither leave a dtype of floats at its upper end nor vanish at its lower."""
    least, most = _extremes(array)
    most = max(-least, most)
    if lowest:
        least = np.min(array, where=array > 0, initial=most)
    else:
        least = most
    limits = np.finfo(dtype)
    return not most > 0 or (most <= limits.max and least >= limits.tiny)


def _extremes(array: np.ndarray, *, finite: bool = True) -> tuple:
    """Return the lowest and the highest number, 0 where there is none; NaN never counts."""
    # Axis by axis: NumPy takes ten times as long over all of an interleaved image at once.
    low, high = (most.reduce(most.reduce(array, axis=0)) for most in (np.fmin, np.fmax))
    if array.dtype.kind != "f":
        return float(low), float(high)
    if np.isnan(high) or (finite and (np.isinf(low) or np.isinf(high))):
        some = np.isfinite(array)
        low = np.min(array, where=some, initial=np.inf) if some.any() else 0.0
        high = np.max(array, where=some, initial=-np.inf) if some.any() else 0.0
    return low, high


def _exponent(name: str, magnitude: float) -> int | None:
    if not magnitude > 0:
        return None
    found = int(np.frexp(magnitude)[1])
    if not -1073 <= found <= 1024:
        raise ArgumentError(f"{name} has numbers near {_ten(found)}, want those of float64")
    return found


def _into_range(low: int, high: int) -> int | None:
    """Return what brings magnitudes into float32's range, 0 where they are well inside of it."""
    if -_COMFORT <= low and high <= _COMFORT:
        return 0
    shift = -(low + high) // 2
    return shift if -_REACH <= low + shift and high + shift <= _REACH else None


def _shared(name: str, low: int, high: int) -> int:
    shift = _into_range(low, high)
    if shift is None:
        raise ArgumentError(f"{name}, all together, goes {_span(low, high)}")
    return shift


def _ends(parts: Sequence[Shifted]) -> tuple[int, int]:
    """Return the lowest and the highest magnitude; those of 1 where there is none."""
    lows = [part.low for part in parts if part.low is not None]
    highs = [part.high for part in parts if part.high is not None]
    return min(lows, default=1), max(highs, default=1)


def _span(low: int, high: int) -> str:
    return (
        f"from about {_ten(low)} to {_ten(high)}, more than float32 holds at once (1e70); "
        "scale its parts, or set what doesn't count to 0"
    )


def _ten(exponent: int) -> str:
    return f"1e{round((exponent - 0.5) * 0.30103):+d}"


def _float32(array: np.ndarray, shift: int) -> np.ndarray:
    """Return 2^shift times the array in float32 that the library can read, a copy if need be."""
    with np.errstate(all="ignore"):
        if shift == 0:
            made = array.astype(np.float32, copy=False)
            return made if buffers.is_borrowable(made) else made.copy()
        wide = array.astype(np.promote_types(array.dtype, np.float64), copy=False)
        return np.ldexp(wide, shift, out=np.empty(array.shape, np.float32), casting="same_kind")
