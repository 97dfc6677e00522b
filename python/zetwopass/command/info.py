"""``zetwopass info``: what tiles and mosaics are, from their headers and tables."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np
import rich_click as click

from ..errors import reading
from . import about, printing
from .help import Command, examples
from .images import Image, opened
from .options import json_option
from .places import Place, sky
from .watching import stage_name

if TYPE_CHECKING:
    from astropy.io import fits

_KEPT = {
    "EXPTIME": "exposure",
    "EXPOSURE": "exposure",
    "DATE-OBS": "date",
    "DATE-END": "date_end",
    "FILTER": "filter",
    "BUNIT": "unit",
}
_SETTINGS = {
    "ZTPVERS": "version",
    "ZTPPROF": "profile",
    "ZTPSIGMA": "sigma",
    "ZTPCLIPL": "gain_low",
    "ZTPCLIPH": "gain_high",
    "ZTPTHRES": "threshold",
    "ZTPFEATH": "feather",
    "ZTPDEV": "device",
    "ZTPBEG": "started",
    "ZTPPEAK": "peak_bytes",
}


@click.command(
    cls=Command,
    short_help="Say what tiles and mosaics are.",
    epilog=examples(
        ("tiles", "zetwopass info tiles/*.fits"),
        ("a mosaic's settings, gains and offsets", "zetwopass info mosaic.fits"),
        ("for a program", "zetwopass info --json mosaic.fits"),
        ("what a report of a defect needs", "zetwopass info"),
    ),
)
@click.argument(
    "files",
    nargs=-1,
    metavar="[FILES]...",
    type=click.Path(),
    help="Tiles and mosaics, FITS: files, patterns, folders or @LIST.",
)
@json_option
def info(files: tuple[str, ...], as_json: bool) -> None:
    """Say what FILES are: shape, place on the sky, exposure, of a mosaic its settings and tiles.

    Without files it prints versions, processor and GPU.
    """
    if not files:
        about.tell(as_json)
        return
    from .._files import select

    found = []
    for chosen in select(files):
        found.append(_facts(chosen.path))
        if not as_json:
            if len(found) > 1:
                click.echo()
            _print(found[-1])
    if as_json:
        printing.as_json({"files": found})


def _facts(path: str) -> dict:
    with opened(path) as image:
        place = image.place()
        header = image.header
        facts = {
            "file": path,
            "kind": "mosaic" if "ZTPVERS" in header else "image",
            "bytes": os.path.getsize(path),
            "shape": list(image.shape),
            "channels": image.channels,
            "bitpix": header["BITPIX"],
            "wcs": None if place is None else place._asdict(),
            "mask": "ALPHA" if "ALPHA" in image.hdus else None,
            **{name: header[key] for key, name in _KEPT.items() if key in header},
        }
        if facts["kind"] == "mosaic":
            with reading(path):
                facts |= _mosaic(image)
        return facts


def _mosaic(image: Image) -> dict:
    header = image.header
    stages = {}
    for key in header["ZTPS*"] if "ZTPVERS" in header else ():
        number = key.removeprefix("ZTPS")
        if number.isdigit() and f"ZTPT{number}" in header:
            stages[header[key]] = header[f"ZTPT{number}"]
    facts = {"settings": {name: header[key] for key, name in _SETTINGS.items() if key in header}}
    return facts | {"seconds": stages, "tiles": _rows(image, "TILES"), "pairs": _pairs(image)}


def _rows(image: Image, name: str) -> list[dict]:
    """Return the rows of a table; names of columns are small letters."""
    if name not in image.hdus:
        return []
    table: fits.FITS_rec = image.hdus[name].data
    columns = {column.lower().replace("-", "_"): table[column] for column in table.names}
    return [
        {column: printing.plain(np.asarray(values[i])) for column, values in columns.items()}
        for i in range(len(table))
    ]


def _pairs(image: Image) -> int:
    return len(image.hdus["PAIRS"].data) if "PAIRS" in image.hdus else 0


def _print(facts: dict) -> None:
    rows, columns = facts["shape"]
    channels = printing.count(facts["channels"], "channel")
    kind = _kind(facts["bitpix"])
    click.echo(facts["file"])
    lines = [(facts["kind"], f"{columns} x {rows}, {channels}, {kind}, {_size(facts)}")]
    lines.append(
        ("sky", "no celestial WCS" if facts["wcs"] is None else sky(Place(**facts["wcs"])))
    )
    if facts["mask"]:
        lines.append(("mask", facts["mask"]))
    if "exposure" in facts:
        lines.append(("exposure", f"{facts['exposure']} s"))
    dates = [str(facts[name]) for name in ("date", "date_end") if name in facts]
    if dates:
        lines.append(("date", " to ".join(dates)))
    lines += [(name, str(facts[name])) for name in ("filter", "unit") if name in facts]
    if facts["kind"] == "mosaic":
        lines += _mosaic_lines(facts)
    printing.facts([(f"  {name}", value) for name, value in lines], 14)
    if facts.get("tiles"):
        click.echo()
        _print_tiles(facts["tiles"])


def _size(facts: dict) -> str:
    return printing.size(facts["bytes"])


def _kind(bitpix: int) -> str:
    return f"float{-bitpix}" if bitpix < 0 else f"integers of {bitpix} bits"


def _mosaic_lines(facts: dict) -> list[tuple[str, str]]:
    settings, tiles = facts["settings"], facts["tiles"]
    groups = {tile.get("group", 0) for tile in tiles} - {-1}
    unseen = sum(tile.get("group", 0) == -1 for tile in tiles)
    told = f"{len(tiles)} in {printing.count(len(groups), 'group')}, {facts['pairs']} overlaps"
    lines = [("tiles", told + (f", {unseen} show nothing" if unseen else ""))]
    lines.append(("settings", _settings(settings)))
    if facts["seconds"]:
        spent = (f"{stage_name(name)} {s:.2f} s" for name, s in facts["seconds"].items())
        lines.append(("time", ", ".join(spent)))
    if "peak_bytes" in settings:
        lines.append(("memory", f"{printing.size(settings['peak_bytes'])} of scratch at most"))
    begun = f", {settings['started']}" if "started" in settings else ""
    lines.append(("made by", f"zetwopass {settings['version']}{begun}"))
    return lines


def _settings(settings: dict) -> str:
    said = [
        f"{name} {settings[name]}" for name in ("profile", "sigma", "threshold") if name in settings
    ]
    if "gain_low" in settings and "gain_high" in settings:
        said.append(f"gains {settings['gain_low']} to {settings['gain_high']}")
    if "feather" in settings:
        said.append(f"feather {settings['feather']}")
    if "device" in settings:
        said.append(f"on {settings['device']}")
    return ", ".join(said)


def _print_tiles(tiles: list[dict]) -> None:
    columns = [("", "right"), ("tile", "left"), ("gain", "right"), ("offset", "right")]
    columns.append(("group", "right"))
    rows = []
    for i, tile in enumerate(tiles):
        offsets = np.ravel(tile.get("offset", []))
        shown = " ".join("-" if o is None else f"{o:.4f}" for o in offsets)
        group = tile.get("group", 0)
        rows.append(
            (str(i), str(tile.get("name", "")), f"{tile.get('gain', 1):.4f}", shown)
            + ("-" if group == -1 else str(group),)
        )
    printing.table(columns, rows)
