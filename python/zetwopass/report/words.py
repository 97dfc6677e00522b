"""Numbers and lists as people read them."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

NOTHING = "–"
_COLOURS = ("red", "green", "blue")


def number(value: float, digits: int = 3, *, signed: bool = False) -> str:
    """Return a number with so many digits that count, as many decimals as these take."""
    if not math.isfinite(value):
        return NOTHING
    decimals = 0 if value == 0 else max(0, digits - 1 - math.floor(math.log10(abs(value))))
    text = f"{value:+,.{decimals}f}" if signed else f"{value:,.{decimals}f}"
    if decimals > 6 or abs(value) >= 1e9:
        text = f"{value:.{digits - 1}e}"
    return text.replace("-", "−")


def alike(values: Iterable[float], *, signed: bool = False) -> list[str]:
    """Return numbers of one column, all with the decimals that three digits of the largest take."""
    found = np.array(list(values), float)
    sizes = np.abs(found[np.isfinite(found)])
    largest = sizes.max(initial=0)
    decimals = 2 if largest == 0 else min(9, max(0, 2 - math.floor(math.log10(largest))))
    form = f"{'+' if signed else ''},.{decimals}f"
    return [f"{v:{form}}".replace("-", "−") if math.isfinite(v) else NOTHING for v in found]


def change(before: float, after: float) -> tuple[str, str]:
    """Return a number and what it becomes, of which two digits count."""
    return number(before), number(after, 2)


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
