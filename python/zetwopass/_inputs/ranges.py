"""Tile weights beyond float32: they go there and back by a power of two, exactly."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence

import numpy as np

from ..errors import ArgumentError, RangeWarning

_LEAST, _MOST = (float(n) for n in (np.finfo(np.float32).tiny, np.finfo(np.float32).max))
_COMFORT = 100  # exponents up to it, of either sign, need no shift
_REACH = 116  # and so far a shift may leave them; sums and fractions have some bits beyond


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
    exponents = [math.frexp(weight)[1] for weight in weights]
    more = len(weights).bit_length()
    shift = _into_range(min(exponents), max(exponents) + more)
    return [math.ldexp(weight, shift) for weight in weights], shift


def restore_coverage(coverage: np.ndarray, shift: int, stacklevel: int) -> None:
    """Undo the shift of tile weights, and warn of it; ``stacklevel`` 1 is the caller."""
    if shift:
        unshift(coverage, shift)
        message = (
            "the sums of tile_weights leave float32; where they do, coverage has its last number"
        )
        warnings.warn(message, RangeWarning, stacklevel=stacklevel + 1)


def unshift(coverage: np.ndarray, shift: int) -> None:
    """Undo the shift of tile weights, as far as float32 goes."""
    wide = np.ldexp(coverage.astype(np.float64), -shift)
    covered = wide > 0
    coverage[covered] = np.clip(wide[covered], _LEAST, _MOST)


def _into_range(low: int, high: int) -> int:
    """Return what brings magnitudes into float32's range, 0 where they are well inside of it.

    A magnitude is an exponent e: the number lies in [2^(e-1), 2^e).
    """
    if -_COMFORT <= low and high <= _COMFORT:
        return 0
    shift = -(low + high) // 2
    if not (-_REACH <= low + shift and high + shift <= _REACH):
        raise ArgumentError(
            f"tile_weights, all together, go from about {_ten(low)} to {_ten(high)}, more than "
            "float32 holds at once (1e70); scale them, or leave tiles out"
        )
    return shift


def _ten(exponent: int) -> str:
    return f"1e{round((exponent - 0.5) * 0.30103):+d}"
