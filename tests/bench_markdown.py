"""Words, numbers and tables as markdown."""

from __future__ import annotations

from collections.abc import Iterable

NONE = "-"


def table(titles: list[str], rows: list[list[str]]) -> list[str]:
    """Return the lines of a table; numbers go to the right, words to the left.

    Words are in the first column and wherever the title has ``what`` or is ``size``.
    """
    widths = [max(len(row[c]) for row in [titles, *rows]) for c in range(len(titles))]
    right = ["what" not in title and title != "size" for title in titles]
    right[0] = False

    def line(cells: list[str]) -> str:
        padded = [
            cell.rjust(width) if to_right else cell.ljust(width)
            for cell, width, to_right in zip(cells, widths, right, strict=True)
        ]
        return "| " + " | ".join(padded) + " |"

    rule = [
        "-" * (width - 1) + (":" if to_right else "-")
        for width, to_right in zip(widths, right, strict=True)
    ]
    return [line(titles), line(rule), *map(line, rows)]


def by(shape: Iterable[int]) -> str:
    """Return a shape, such as ``60 x 80``."""
    return " x ".join(str(n) for n in shape)


def counted(number: int, noun: str) -> str:
    """Return the number and its noun, such as ``2 workers``."""
    return f"{number} {noun}" + ("" if number == 1 else "s")


def seconds(number: float) -> str:
    """Return three digits of a number of seconds, and never less than milliseconds."""
    decimals = next((d for d, limit in enumerate((100, 10, 1)) if number >= limit), 3)
    return f"{number:.{decimals}f}"


def times(ratio: float) -> str:
    """Return a ratio with two digits or more."""
    return f"{ratio:.0f}" if ratio >= 100 else f"{ratio:.2g}"
