"""Options that commands share: what is taken, onto which grid, how it computes, what is said."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection

import rich_click as click

_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12}
_UNITS |= {f"{unit}i": 1024**power for power, unit in enumerate("kmgt", 1)}

json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON object on stdout, for programs."
)
quiet_option = click.option("-q", "--quiet", is_flag=True, help="Print nothing but errors.")


class Bytes(click.ParamType):
    """A number of bytes, such as 500MB, 2GB or 1.5GiB, or plain."""

    name = "size"

    def convert(self, value: object, param: object, context: object) -> int:
        """Return the number of bytes."""
        if isinstance(value, int):
            return value
        found = re.fullmatch(r"\s*([0-9]+\.?[0-9]*)\s*([kmgt]i?)?b?\s*", str(value).lower())
        size = int(float(found[1]) * _UNITS[found[2] or ""]) if found else 0
        if size < 1:
            self.fail(f"{value!r} is no size, want one such as 500MB, 2GB or 1.5GiB", param)
        return size


def tiles_argument(function: Callable) -> Callable:
    """Add TILES."""
    return click.argument(
        "tiles",
        nargs=-1,
        required=True,
        metavar="TILES...",
        type=click.Path(),
        help="FITS files, patterns such as 'night?/*.fits', folders, or @LIST: a file with the"
        " name of one on each line.",
    )(function)


def settings_options(function: Callable) -> Callable:
    """Add what decides the mosaic and how it is computed: the settings of ``assemble``."""
    for option in reversed((*_GRID, *_MATHS, *_FURTHER_MATHS, *_WORK, _DEVICE)):
        function = option(function)
    return function


def plan_options(function: Callable) -> Callable:
    """Add those of them that decide what it takes: the settings of ``plan_assembly``."""
    for option in reversed((*_GRID, *_MATHS, *_WORK)):
        function = option(function)
    return function


_PATH = click.Path()
_GRID = (
    click.option("--like", type=_PATH, metavar="FITS", help="Take the grid of this file's image."),
    click.option(
        "--scale",
        type=float,
        metavar="ARCSEC",
        show_default="the finest tile's",
        help="Size of a pixel.",
    ),
    click.option(
        "--frame",
        type=click.Choice(["icrs", "galactic", "fk5", "fk4"]),
        show_default="the first tile's",
        help="Celestial frame.",
    ),
    click.option(
        "--projection", default="TAN", show_default=True, metavar="CODE", help="As FITS calls it."
    ),
    click.option(
        "--coverage",
        type=_PATH,
        metavar="FITS",
        show_default="counted",
        help="How many tiles the first pass had on each pixel.",
    ),
)
_MATHS = (
    click.option(
        "--sigma",
        type=int,
        default=50,
        show_default=True,
        metavar="PIXELS",
        help="Blur of the coverage.",
    ),
    click.option(
        "--profile",
        type=click.Choice(["v4.5", "v4.2"]),
        default="v4.5",
        show_default=True,
        help="Generation of the maths.",
    ),
    click.option(
        "--feather",
        type=int,
        metavar="PIXELS",
        show_default="none",
        help="Have each tile fade out over so many of its pixels.",
    ),
    click.option(
        "--background",
        type=click.Choice(["constant", "plane"]),
        default="constant",
        show_default=True,
        help="What is subtracted from a tile; slopes as far as overlaps prove them.",
    ),
)
_FURTHER_MATHS = (
    click.option(
        "--gain-clip",
        type=float,
        nargs=2,
        default=(0.85, 1.18),
        show_default=True,
        metavar="LOW HIGH",
        help="Lowest and highest gain.",
    ),
    click.option(
        "--threshold",
        type=float,
        metavar="COUNT",
        show_default="2 in v4.5",
        help="Lowest blurred coverage that counts in a gain.",
    ),
)
_WORK = (
    click.option(
        "--workers", type=int, metavar="N", show_default="one a processor", help="Threads."
    ),
    click.option(
        "--max-memory",
        "max_chunk_bytes",
        type=Bytes(),
        metavar="SIZE",
        help="Most memory for tiles and work, such as 2GB.",
    ),
)
_DEVICE = click.option(
    "--device",
    type=click.Choice(["auto", "cpu", "gpu", "hybrid"]),
    default="auto",
    show_default=True,
    help="Who computes.",
)
_PANELS = {
    "Grid": ["--like", "--scale", "--frame", "--projection", "--coverage"],
    "Maths": ["--sigma", "--gain-clip", "--profile", "--threshold", "--feather", "--background"],
    "Work": ["--workers", "--max-memory", "--device"],
}


def panels(without: Collection[str] = (), **further: list[str]) -> Callable[[Callable], Callable]:
    """Put arguments and options into sections of the help: ``further`` ones before the settings."""
    order = {"Arguments": ["tiles"]} | further | _PANELS | {"Options": []}

    def put(function: Callable) -> Callable:
        for title, names in reversed(order.items()):
            names = [name for name in names if name not in without]
            function = click.option_panel(title, options=names)(function)
        return function

    return put

    def put(function: Callable) -> Callable:
        for title, names in reversed(order.items()):
            function = click.option_panel(title, options=names)(function)
        return function

    return put
