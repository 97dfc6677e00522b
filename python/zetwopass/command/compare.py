"""``zetwopass compare``: whether two images are the same, and how far they differ."""

from __future__ import annotations

import math

import click as plain_click
import numpy as np
import rich_click as click
from rich.console import Console
from rich.progress_bar import ProgressBar

from . import ends, printing
from .differences import WCS_TOLERANCE, Difference, decade, difference, wcs_distance
from .help import Command, examples
from .images import Image, opened
from .options import json_option, quiet_option

_BAR = 40  # characters
_ROUNDING = 1e-6  # pixels: what there and back by one and the same WCS may come to


@click.command(
    cls=Command,
    short_help="Say whether two images are the same.",
    epilog=examples(
        ("the same bits", "zetwopass compare old.fits new.fits"),
        ("the same within a thousandth", "zetwopass compare a.fits b.fits --tolerance 0.001"),
        ("in a script", "zetwopass compare -q a.fits b.fits || echo they differ"),
    ),
)
@click.argument("a", metavar="A", type=click.Path(), help="A mosaic or another image, FITS.")
@click.argument("b", metavar="B", type=click.Path(), help="What it is compared with.")
@click.option(
    "--tolerance",
    type=click.FloatRange(min=0),
    default=0,
    show_default=True,
    metavar="X",
    help="Largest difference of two pixels that counts as none.",
)
@json_option
@quiet_option
@click.pass_context
def compare(
    context: click.Context, a: str, b: str, tolerance: float, as_json: bool, quiet: bool
) -> None:
    """Compare two images: shape, WCS, and the pixels of each channel.

    The exit code is 0 where they are the same within the tolerance, and 1 where they differ. A NaN
    is the same as a NaN. Coverages of mosaics are compared too; headers and tables are not.
    """
    with opened(a) as one, opened(b) as other:
        shapes = [(*image.shape, image.channels) for image in (one, other)]
        same_shape = shapes[0] == shapes[1]
        distance = wcs_distance(one, other) if same_shape else None
        found = _differences(one, other) if same_shape else []
    same_wcs = distance is None or distance <= WCS_TOLERANCE
    same = same_shape and same_wcs and all(entry.within(tolerance) for entry in found)
    if as_json:
        printing.as_json(_summary(same, tolerance, shapes, distance, found))
    elif not quiet:
        _print(shapes, distance, found)
        plain_click.echo(_verdict(same, found, tolerance))
    context.exit(0 if same else ends.FAILED)


def _differences(one: Image, other: Image) -> list[Difference]:
    found = [difference(f"channel {c}", one, other, c) for c in range(one.channels)]
    coverages = one.coverage(), other.coverage()
    if None not in coverages:
        found.append(difference("coverage", *coverages, 0))
    return found


def _summary(
    same: bool,
    tolerance: float,
    shapes: list[tuple[int, int, int]],
    distance: float | None,
    found: list[Difference],
) -> dict:
    channels = []
    for entry in found:
        decades = {decade(i): int(n) for i, n in enumerate(entry.decades) if n}
        channels.append(entry._asdict() | {"decades": decades})
    return {
        "same": same,
        "tolerance": tolerance,
        "shapes": shapes,
        "wcs_pixels": distance,
        "wcs_same": distance is None or distance <= WCS_TOLERANCE,
        "channels": channels,
    }


def _print(
    shapes: list[tuple[int, int, int]], distance: float | None, found: list[Difference]
) -> None:
    printing.facts([("shape", _shapes(shapes))])
    if found:
        printing.facts([("WCS", _wcs(distance))])
        plain_click.echo()
        columns = [
            ("", "left"),
            *((t, "right") for t in ("largest", "mean", "rms", "differ", "NaN")),
        ]
        rows = [
            (entry.name, *(f"{x:.4g}" for x in (entry.largest, entry.mean, entry.rms)))
            + (str(int(entry.decades.sum())), str(entry.mismatches))
            for entry in found
        ]
        printing.table(columns, rows)
        _histogram(sum(entry.decades for entry in found), sum(entry.equal for entry in found))
    plain_click.echo()


def _shapes(shapes: list[tuple[int, int, int]]) -> str:
    told = [f"{w} x {h}, {printing.count(c, 'channel')}" for h, w, c in shapes]
    return told[0] if told[0] == told[1] else " and ".join(told)


def _wcs(distance: float | None) -> str:
    if distance is None:
        return "neither has a celestial one"
    if math.isinf(distance):
        return "one has none, or lies elsewhere"
    if distance <= _ROUNDING:
        return "the same"
    return f"{distance:.4g} pixels apart at most"


def _histogram(decades: np.ndarray, equal: int) -> None:
    """Print how many pixels differ by what, a bar for each power of ten."""
    if not decades.any():
        return
    console = Console(highlight=False)
    (filled,) = np.nonzero(decades)
    rows = [("same", equal)]
    rows += [(f"from 1e{decade(i):+03}", decades[i]) for i in range(filled[0], filled[-1] + 1)]
    most = max(number for _, number in rows)
    console.print()
    for name, number in rows:
        console.print(f"{name:<12}", end="")
        bar = ProgressBar(
            total=most, completed=number, width=_BAR, complete_style="cyan", finished_style="cyan"
        )
        console.print(bar, end="")
        console.print(f" {number}", soft_wrap=True)


def _verdict(same: bool, found: list[Difference], tolerance: float) -> str:
    if not same:
        return "different"
    exact = not any(entry.decades.any() for entry in found)
    return "the same" if exact else f"the same within {tolerance:g}"
