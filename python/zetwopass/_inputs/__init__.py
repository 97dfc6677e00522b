"""What callers give: tiles, images and weights in all their forms, read, checked and mapped.

`entries` and `images` import astropy, and are imported when they are first asked for.
"""

import importlib

from . import files, options, ranges
from .options import Options
from .tiles import (
    common_grid,
    images_of,
    inputs,
    maps_of,
    named,
    outputs,
    placed,
    warn_unseen,
)

Index = int | str | tuple[str, int]  # of an HDU in a list

__all__ = [
    "Index",
    "Options",
    "common_grid",
    "files",
    "images_of",
    "inputs",
    "maps_of",
    "named",
    "options",
    "outputs",
    "placed",
    "ranges",
    "warn_unseen",
]


def __getattr__(name: str) -> object:
    if name in ("entries", "images"):
        return importlib.import_module(f".{name}", __name__)
    raise AttributeError(f"module {__name__} has no attribute {name}")
