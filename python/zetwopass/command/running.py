"""``zetwopass run``: a mosaic from files, with what belongs to it."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import rich_click as click

from . import ends, extras, looks, printing, reporting
from .help import Command, examples
from .options import json_option, panels, quiet_option, settings_options, tiles_argument
from .watching import stage_name, watching

if TYPE_CHECKING:
    from ..assembly import Assembly


@click.command(
    cls=Command,
    short_help="Make a mosaic of tiles, from disk to disk.",
    epilog=examples(
        ("all tiles of a folder", "zetwopass run tiles/ -o mosaic.fits"),
        ("in little memory", "zetwopass run tiles/ -o mosaic.fits --max-memory 2GB"),
        ("onto the grid of another image",)
        + ("zetwopass run 'night?/*.fits' -o mosaic.fits --like reference.fits",),
        ("with a picture and a page that tells about it",)
        + ("zetwopass run @tiles.txt -o mosaic.fits --png --report mosaic.html",),
        ("on from where it was cut off", "zetwopass run tiles/ -o mosaic.fits --resume"),
    ),
)
@tiles_argument
@click.option(
    "-o", "--output", required=True, type=click.Path(), metavar="FITS", help="The mosaic's file."
)
@click.option("--overwrite", is_flag=True, help="Replace files that are there.")
@click.option(
    "--resume",
    is_flag=True,
    help="Go on where an earlier run ended; keep what is done if this one ends too.",
)
@click.option(
    "--report", type=click.Path(), metavar="HTML", help="Write a page that tells about the mosaic."
)
@click.option("--png", is_flag=True, help="Write a picture beside it, 8 bits, 8000 pixels at most.")
@click.option("--tiff", is_flag=True, help="The same with 16 bits a channel.")
@settings_options
@panels(Output=["--output", "--overwrite", "--resume", "--report", "--png", "--tiff"])
@json_option
@quiet_option
def run(
    tiles: tuple[str, ...],
    output: str,
    overwrite: bool,
    resume: bool,
    report: str | None,
    png: bool,
    tiff: bool,
    as_json: bool,
    quiet: bool,
    **settings: object,
) -> None:
    """Make a mosaic of TILES: even their exposures, match their backgrounds, and add them up.

    Tiles are read from their files as they are needed, and the mosaic is written as it is
    finished, so that neither has to fit the memory. Ctrl-C ends it, and leaves no half file.
    """
    from ..assembly import assemble

    pictures = {
        ending: str(Path(output).with_suffix(ending))
        for ending, wanted in ((".png", png), (".tiff", tiff))
        if wanted
    }
    written = [*pictures.values(), *filter(None, [report])]
    for path in written:
        ends.free(path, overwrite)
    for option, wanted in (("--png", png), ("--tiff", tiff), ("--report", report)):
        if wanted:
            extras.require(option)
    began = time.monotonic()
    with watching(quiet) as (callback, warned):
        made = assemble(
            list(tiles), output, overwrite=overwrite, resume=resume, callback=callback, **settings
        )
    for ending, path in pictures.items():
        looks.write(output, path, ending)
    if report is not None:
        reporting.write(output, report)
    seconds = time.monotonic() - began
    planes = settings["background"] == "plane"
    if as_json:
        printing.as_json(_summary(made, written, warned, seconds, planes))
    elif not quiet:
        printing.facts(_lines(made, output, written, seconds, planes), 9)


def _summary(
    made: Assembly, written: list[str], warned: list[str], seconds: float, wanted: bool
) -> dict:
    tiles = [
        {"name": name, "gain": gain, "offset": offset, "group": group}
        for name, gain, offset, group in zip(
            made.tiles, made.gains, made.offsets, made.groups, strict=True
        )
    ]
    if wanted:
        kinds = (made.slopes, made.damping, made.left_out)
        for tile, slope, damping, left_out in zip(tiles, *kinds, strict=True):
            tile |= {"slope": slope, "damping": damping, "left_out": left_out}
    return {
        "output": made.path,
        "bytes": os.path.getsize(made.path),
        "also": written,
        "tiles": tiles,
        "pairs": made.pairs,
        "plan": made.plan,
        "stages": made.seconds,
        "seconds": seconds,
        "device": made.device,
        "device_error": made.device_error and str(made.device_error),
        "warnings": warned,
    }


def _lines(
    made: Assembly, output: str, written: list[str], seconds: float, wanted: bool
) -> list[tuple[str, str]]:
    groups = len({int(group) for group in made.groups if group >= 0})
    tied = f"{printing.count(len(made.tiles), 'tile')} in {printing.count(groups, 'group')}"
    stages = ", ".join(f"{stage_name(name)} {s:.1f} s" for name, s in made.seconds.items())
    lines = [
        ("mosaic", f"{output}, {printing.size(os.path.getsize(made.path))}"),
        *(("", path) for path in written),
        ("tiles", f"{tied}, {printing.count(len(made.pairs), 'overlap')}"),
        *[("", "between groups backgrounds are not matched")] * (groups > 1),
        ("gains", f"{min(made.gains):.3f} to {max(made.gains):.3f}"),
        *_planes(made, wanted),
        ("time", f"{seconds:.1f} s on {made.device}" + (f": {stages}" if stages else "")),
    ]
    return lines


def _planes(made: Assembly, wanted: bool) -> list[tuple[str, str]]:
    """Return what became of planes, where these were asked for."""
    if not wanted:
        return []
    sloping = np.isfinite(made.damping)
    if not sloping.any():
        return [("planes", "constants: no slopes tell left-out overlaps better")]
    constants, planes = np.sqrt(np.mean(made.left_out[sloping] ** 2, axis=0))
    tiles = printing.count(int(sloping.any(axis=1).sum()), "tile")
    told = f"left-out overlaps are off by {planes:.3g}, with constants by {constants:.3g}"
    return [("planes", f"{tiles}; {told}")]
