"""``zetwopass report``: a page that tells about a mosaic."""

from __future__ import annotations

from pathlib import Path

import rich_click as click

from . import ends, printing
from .help import Command, examples
from .options import json_option, quiet_option


@click.command(
    cls=Command,
    short_help="Write a page about a mosaic.",
    epilog=examples(
        ("mosaic.html, beside the mosaic", "zetwopass report mosaic.fits"),
        ("where the tiles lie elsewhere now",)
        + ("zetwopass report mosaic.fits --tiles /data/night1 -o night1.html",),
    ),
)
@click.argument("mosaic", metavar="MOSAIC", type=click.Path(), help="What `zetwopass run` wrote.")
@click.option(
    "-o",
    "--output",
    type=click.Path(),
    metavar="HTML",
    help="The page; the mosaic's name with .html if left out.",
)
@click.option(
    "--tiles",
    type=click.Path(),
    metavar="FOLDER",
    help="Where the tiles are, if not where they were.",
)
@click.option("--overwrite", is_flag=True, help="Replace a page that is there.")
@json_option
@quiet_option
def report(
    mosaic: str, output: str | None, tiles: str | None, overwrite: bool, as_json: bool, quiet: bool
) -> None:
    """Write a page about MOSAIC: one HTML file with pictures, gains, offsets, seams, times.

    It needs the mosaic's file and nothing else; cut-outs of the seams also need the tiles.
    """
    output = output or str(Path(mosaic).with_suffix(".html"))
    ends.free(output, overwrite)
    write(mosaic, output, tiles)
    if as_json:
        printing.as_json({"mosaic": mosaic, "report": output})
    elif not quiet:
        click.echo(output)


def write(mosaic: str, output: str, tiles: str | None = None) -> None:
    """Write the page."""
    from ..report import write_report

    write_report(mosaic, output, tiles_root=tiles)
