"""``zetwopass plan``: what a run would take, without one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import rich_click as click

from . import ends, printing
from .help import Command, examples
from .options import json_option, panels, plan_options, tiles_argument
from .places import place_of, sky

if TYPE_CHECKING:
    from ..plans import AssemblyPlan


@click.command(
    cls=Command,
    short_help="Say what a run would take.",
    epilog=examples(
        ("a folder of tiles", "zetwopass plan tiles/"),
        ("within 2 GB", "zetwopass plan tiles/ --max-memory 2GB"),
        ("onto coarser pixels", "zetwopass plan 'tiles/*.fits' --scale 4"),
    ),
)
@tiles_argument
@click.option(
    "-o",
    "--output",
    type=click.Path(),
    default="mosaic.fits",
    show_default=True,
    metavar="FITS",
    help="The mosaic's file, whose disk is looked at.",
)
@plan_options
@panels(without=("--gain-clip", "--threshold", "--device"))
@json_option
@click.pass_context
def plan(
    context: click.Context,
    tiles: tuple[str, ...],
    output: str,
    as_json: bool,
    **settings: object,
) -> None:
    """Say what `run` would take for TILES: the grid, memory, and what is read and written.

    Nothing is computed, and nothing is written. The exit code is 4 where the disk has too little
    room for it.
    """
    from ..plans import plan_assembly

    found = plan_assembly(list(tiles), output, **settings)
    if as_json:
        printing.as_json(_summary(found))
    else:
        printing.facts(_lines(found))
    context.exit(0 if _fits(found) else ends.ROOM)


def _fits(found: AssemblyPlan) -> bool:
    return found.written_bytes + found.scratch_bytes <= found.free_bytes


def _summary(found: AssemblyPlan) -> dict:
    """Return the plan for programs."""
    return found._asdict() | {"wcs": dict(found.wcs.to_header(relax=True))}


def _lines(found: AssemblyPlan) -> list[tuple[str, str]]:
    rows, columns, channels = found.shape
    plan = found.plan
    chunks = f"{printing.count(plan.chunk_total, 'chunk')} of {plan.rows_per_chunk} rows"
    meanwhile = f", {printing.size(found.scratch_bytes)} for the time of the run"
    more = ": too little" if not _fits(found) else meanwhile if found.scratch_bytes else ""
    return [
        ("mosaic", f"{columns} x {rows}, {printing.count(channels, 'channel')}"),
        ("sky", sky(place_of(found.wcs, found.shape[:2]))),
        ("tiles", str(len(found.tiles))),
        *(("", f"nothing of {name} will be seen") for name in found.unseen),
        ("work", f"{chunks}, {printing.count(plan.workers, 'thread')}"),
        ("memory", f"{printing.size(plan.bytes)} at most"),
        ("read", printing.size(found.read_bytes)),
        ("written", printing.size(found.written_bytes)),
        ("disk", f"{printing.size(found.free_bytes)} free{more}"),
    ]
