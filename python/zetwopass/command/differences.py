"""How two images differ, found a band of rows at a time."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..errors import reading
from .images import Image

_LOWEST, _HIGHEST = -18, 18  # decades of the histogram; what lies beyond is in the last ones
WCS_TOLERANCE = 1e-3  # pixels: what two ways of writing a WCS may differ by


class Difference(NamedTuple):
    """How a channel of A differs from that of B, over pixels where both are finite.

    Attributes
    ----------
    name
        ``'channel 0'`` and so on, or ``'coverage'``.
    pixels
        Compared, of all.
    largest, mean, rms
        Of ``|a - b|``, of ``a - b``, and the root of the mean square of ``a - b``; 0 where no
        pixel is compared.
    mismatches
        Pixels where one is NaN and the other is not, or infinities that are not the same.
    equal
        Pixels that are the same, NaN on both sides among them.
    decades
        int64 [36]: pixels whose ``|a - b|`` is in ``[10^n, 10^(n + 1))``, n from -18 on.
    """

    name: str
    pixels: int
    largest: float
    mean: float
    rms: float
    mismatches: int
    equal: int
    decades: np.ndarray

    def within(self, tolerance: float) -> bool:
        """Whether no pixel differs by more, and no NaN stands against a number."""
        return self.mismatches == 0 and self.largest <= tolerance


def difference(name: str, a: Image, b: Image, channel: int) -> Difference:
    """Compare a channel of two images of the same shape."""
    count = mismatches = equal = 0
    largest = total = squares = 0.0
    decades = np.zeros(_HIGHEST - _LOWEST, np.int64)
    for first, last in a.bands():
        one, other = a.rows(channel, first, last), b.rows(channel, first, last)
        finite = np.isfinite(one) & np.isfinite(other)
        same = (one == other) | (np.isnan(one) & np.isnan(other))
        step = one[finite] - other[finite]
        size = np.abs(step)
        count += step.size
        equal += int(same.sum())
        mismatches += int((~finite & ~same).sum())
        largest = max(largest, float(size.max(initial=0)))
        total += float(step.sum())
        squares += float(np.square(step).sum())
        size = size[size > 0]
        decade = np.clip(np.floor(np.log10(size)), _LOWEST, _HIGHEST - 1).astype(int)
        decades += np.bincount(decade - _LOWEST, minlength=len(decades))
    mean, square = (total / count, squares / count) if count else (0.0, 0.0)
    return Difference(name, count, largest, mean, square**0.5, mismatches, equal, decades)


def decade(index: int) -> int:
    """Return the power of ten at which an entry of ``decades`` begins."""
    return _LOWEST + index


def wcs_distance(a: Image, b: Image) -> float | None:
    """Return how far apart the same positions of two WCS lie at most, pixels of ``b``.

    It is looked at in 25 positions across ``a``. None where neither has a celestial WCS, infinite
    where one has none, or a position of the one is none of the other.
    """
    first, second = a.wcs(), b.wcs()
    if first is None and second is None:
        return None
    if first is None or second is None:
        return np.inf
    rows, columns = a.shape
    x, y = np.meshgrid(np.linspace(0, columns - 1, 5), np.linspace(0, rows - 1, 5))
    with reading(f"WCS of {a.path} or {b.path}"):
        try:
            found = second.world_to_pixel(first.pixel_to_world(x, y))
        except ValueError:  # frames that astropy can't bring together
            return np.inf
    away = np.hypot(found[0] - x, found[1] - y)
    inside = np.isfinite(away)
    outside_both = np.isnan(first.pixel_to_world_values(x, y)[0])
    return float(away[inside].max(initial=0)) if (inside | outside_both).all() else np.inf
