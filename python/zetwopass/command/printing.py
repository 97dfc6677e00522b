"""How results are printed: facts in two columns, sizes for people, JSON for programs."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterable, Mapping

import click
import numpy as np
from rich.console import Console
from rich.table import Table

_ENDLESS = 10_000  # characters


def facts(pairs: Iterable[tuple[str, str]], width: int = 12) -> None:
    """Print names and what they stand for, a pair on each line."""
    for name, value in pairs:
        click.echo(f"{name:<{width}}{value}")


def table(columns: Iterable[tuple[str, str]], rows: Iterable[Iterable[str]]) -> None:
    """Print a table; a column has a title, and ``left`` or ``right``."""
    shown = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for title, justify in columns:
        shown.add_column(title, justify=justify, overflow="fold")
    for row in rows:
        shown.add_row(*row)
    console = Console(highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        console.width = _ENDLESS  # programs take lines apart
    with console.capture() as capture:
        console.print(shown)
    for line in capture.get().splitlines():
        click.echo(line.rstrip())


def as_json(value: Mapping) -> None:
    """Print one JSON object; numbers that are not finite are null."""
    click.echo(json.dumps(plain(value), allow_nan=False))


def plain(value: object) -> object:
    """Return what JSON knows for arrays, named tuples, paths and numbers that are not finite."""
    if isinstance(value, Mapping):
        return {str(key): plain(entry) for key, entry in value.items()}
    if hasattr(value, "_asdict"):
        return plain(value._asdict())
    if isinstance(value, np.ndarray) and value.dtype.names:
        return [{name: plain(row[name]) for name in value.dtype.names} for row in value]
    if isinstance(value, (np.ndarray, np.generic)):
        return plain(value.tolist())
    if isinstance(value, (list, tuple)):
        return [plain(entry) for entry in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    return os.fspath(value) if isinstance(value, os.PathLike) else str(value)


def size(count: float) -> str:
    """Return a number of bytes as people read it, by thousands."""
    for unit in ("bytes", "kB", "MB", "GB", "TB"):
        if count < 1000 or unit == "TB":
            break
        count /= 1000
    return f"{count:.0f} {unit}" if unit == "bytes" or count >= 99.5 else f"{count:.3g} {unit}"


def count(number: int, name: str) -> str:
    """Return a number with its noun."""
    return f"{number} {name}" if number == 1 else f"{number} {name}s"
