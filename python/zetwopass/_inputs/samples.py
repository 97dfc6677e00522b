"""Images and weights as the library reads them, float32 or float64, and what results they want.

A magnitude is an exponent e: the number lies in [2^(e-1), 2^e).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from .._engine import buffers
from ..errors import ArgumentError

_LOW, _HIGH = -124, 127  # magnitudes of float32's normal numbers, with a bit to spare


class Samples(NamedTuple):
    """A native float32 or float64 array [N, h, w] that the library can read.

    ``low`` and ``high`` are the magnitudes of a float32 array, None where there is no finite
    number other than 0. ``signed``: there are numbers below 0.
    """

    array: np.ndarray
    low: int | None
    high: int | None
    signed: bool


def image(name: str, array: np.ndarray) -> Samples:
    """Return the samples of real numbers [..., h, w]; of magnitudes only the largest counts."""
    made = readable(name, array)
    if made.dtype == np.float64:
        return Samples(made, None, None, True)
    lowest, highest = _extremes(made)
    high = _exponent(max(-lowest, highest))
    return Samples(made, high, high, bool(lowest < 0))


def weight(name: str, array: np.ndarray) -> Samples:
    """Return the samples of weights [..., h, w], NaN being 0."""
    made = readable(name, array)
    lowest, highest = _extremes(made, finite=False)
    if np.isinf([lowest, highest]).any():
        if np.isnan(made).any():
            raise ArgumentError(f"{name} has both NaN and infinities, want no infinities")
        return Samples(made.astype(np.float64), None, None, bool(lowest < 0))
    low, high, signed = None, None, bool(lowest < 0)
    if made.dtype == np.float32:
        size = np.abs(made) if signed else made
        high = _exponent(max(-lowest, highest))
        low = _exponent(np.min(size, where=size > 0, initial=np.inf)) if high is not None else None
    return Samples(made, low, high, signed)


def dtype(images: Sequence[Samples], weights: Sequence[Samples], combine: str) -> type:
    """Return what holds a job's results: float32 if all of it is that, and sums fit into it."""
    if any(part.array.dtype == np.float64 for part in (*images, *weights)):
        return np.float64
    more = len(images).bit_length() + 1  # magnitudes that a sum, or a difference, may gain
    (low, high), (light, heavy) = _ends(images), _ends(weights)
    if combine == "sum":
        low, high = low + min(light, 0), high + max(heavy, 0) + more
    fits = _LOW <= min(low, light) and max(high + 1, heavy + more) <= _HIGH
    return np.float32 if fits else np.float64


def readable(name: str, array: np.ndarray) -> np.ndarray:
    """Return [N, h, w] of native float32, where that holds the dtype, or float64.

    A copy where need be.
    """
    wanted = np.float32 if np.result_type(array, np.float32) == np.float32 else np.float64
    with np.errstate(all="ignore"):
        made = array.astype(wanted, copy=False)
    if array.dtype.itemsize > 8:
        lowest, highest = _extremes(array)
        power = _exponent(max(-lowest, highest))
        if power is not None and not -1073 <= power <= 1024:
            raise ArgumentError(
                f"{name} has numbers near 1e{round(power * 0.30103):+d}, want those of float64"
            )
    made = made.reshape(-1, *made.shape[-2:])
    return made if buffers.is_borrowable(made) else made.copy()


def _extremes(array: np.ndarray, *, finite: bool = True) -> tuple:
    """Return the lowest and the highest number, 0 where there is none; NaN never counts."""
    low = high = array
    while low.ndim:  # NumPy takes ten times as long over all of an interleaved image at once
        low, high = np.fmin.reduce(low, axis=0), np.fmax.reduce(high, axis=0)
    if array.dtype.kind != "f":
        return float(low), float(high)
    if np.isnan(high) or (finite and (np.isinf(low) or np.isinf(high))):
        some = np.isfinite(array)
        low = np.min(array, where=some, initial=np.inf) if some.any() else 0.0
        high = np.max(array, where=some, initial=-np.inf) if some.any() else 0.0
    return low, high


def _exponent(magnitude: float) -> int | None:
    return int(np.frexp(magnitude)[1]) if magnitude > 0 else None


def _ends(parts: Sequence[Samples]) -> tuple[int, int]:
    """Return the lowest and the highest magnitude; those of 1 where there is none."""
    lows = [part.low for part in parts if part.low is not None]
    highs = [part.high for part in parts if part.high is not None]
    return min(lows, default=1), max(highs, default=1)
