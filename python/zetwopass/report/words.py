"""Numbers and lists as people read them."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

NOTHING = "–"
_FINER = 2  # decimals that what becomes of a number may have beyond its own
_COLOURS = ("red", "green", "blue")


def number(value: float, digits: int = 3) -> str:
    """Return a number with so many digits that count, as many decimals as these take."""
    if not math.isfinite(value):
        return NOTHING
    if value != 0 and not 1e-6 <= abs(value) < 1e9:
        return f"{value:.{digits - 1}e}".replace("-", "−")
    return _fixed(value, _decimals(abs(value), digits))


def alike(values: Iterable[float], *, signed: bool = False, most: int = 9) -> list[str]:
    """Return numbers of one column, all with the decimals that three digits of the largest take.

    They are ``most`` at most.
    """
    found = np.array(list(values), float)
    decimals = min(most, _decimals(_largest(found), 3))
    return [
        _fixed(v, decimals, "+" if signed else "") if np.isfinite(v) else NOTHING for v in found
    ]


def changes(before: Iterable[float], after: Iterable[float]) -> tuple[list[str], list[str]]:
    """Return a column and what becomes of it, but no digits that are nothing beside the first."""
    before = np.array(list(before), float)
    return alike(before), alike(after, most=_decimals(_largest(before), 3) + _FINER)


def change(before: float, after: float) -> tuple[str, str]:
    """Return a number and what it becomes, of which two digits count, as in `changes`."""
    if not (math.isfinite(before) and math.isfinite(after)):
        return number(before), number(after)
    most = _decimals(abs(before), 3) + _FINER
    return number(before), _fixed(after, min(most, _decimals(abs(after), 2)))


def _largest(values: np.ndarray) -> float:
    return float(np.abs(values[np.isfinite(values)]).max(initial=0))


def _decimals(size: float, digits: int) -> int:
    return digits - 1 if size == 0 else max(0, digits - 1 - math.floor(math.log10(size)))


def _fixed(value: float, decimals: int, sign: str = "") -> str:
    rounded = round(value, decimals) + 0.0  # no negative zero
    return f"{rounded:{sign},.{decimals}f}".replace("-", "−")


def with_unit(text: str, unit: str) -> str:
    """Return a number's text and its unit, if there is one."""
    return f"{text} {unit}" if unit and text != NOTHING else text


def counted(count: int, one: str, many: str | None = None) -> str:
    """Return a number of things with the thing's name."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def channel(c: int, channels: int) -> str:
    """Return what a channel is called: of three it is a colour."""
    return _COLOURS[c] if channels == 3 else f"channel {c}"


def angle(degrees: float) -> str:
    """Return a length on the sky in the unit that suits it."""
    for unit, size in (("°", 1.0), ("′", 60.0), ("″", 3600.0)):
        if degrees * size >= 1 or unit == "″":
            return f"{number(degrees * size)}{unit}"
    raise AssertionError


def seconds(value: float) -> str:
    """Return a time as seconds, minutes and hours."""
    if value < 60:
        return f"{number(value, 2 if value < 10 else 3)} s"
    minutes, rest = divmod(round(value), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"


def size(count: float) -> str:
    """Return a number of bytes."""
    for unit, power in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= power:
            return f"{number(count / power)} {unit}"
    return f"{int(count)} bytes"
