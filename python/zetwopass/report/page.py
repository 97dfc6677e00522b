"""The page itself: what the template is given, in words, tables and pictures."""

from __future__ import annotations

import datetime

import numpy as np
from astropy.wcs.utils import proj_plane_pixel_scales
from jinja2 import Environment, PackageLoader, StrictUndefined

from .. import __version__
from . import charts, edges, pictures, skymaps, words
from .assembled import Assembled, Tiles


def render(found: Assembled) -> str:
    """Return the report of a mosaic as HTML."""
    scale = skymaps.Scale.of(found)
    environment = Environment(
        loader=PackageLoader(__package__),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html").render(
        name=found.path.name,
        facts=_facts(found),
        views=pictures.views(found),
        gone=_gone(found),
        channels=found.channels,
        coverage=skymaps.coverage(found),
        gains=charts.gains(found),
        gains_said=charts.gains_said(found),
        offsets=charts.offsets(found),
        offsets_said=charts.offsets_said(found),
        planes_said=charts.planes_said(found),
        pairs=len(found.pairs),
        unit=found.unit,
        graphs=[(when, skymaps.graph(found, scale, when)) for when in ("before", "after")],
        classes=scale.labels,
        steps=charts.steps(found),
        statistics=_statistics(found),
        edges=_edges(found),
        seams=_seams(found),
        groups=_groups(found.tiles),
        times=charts.times(found),
        peak=_peak(found),
        settings=_settings(found),
        tiles=_tiles(found),
        folder=found.tiles.folder,
        version=__version__,
    )


def _facts(found: Assembled) -> list[tuple[str, str]]:
    height, width = found.shape
    scales = proj_plane_pixel_scales(found.wcs)
    wide, high = (words.angle(n * s) for n, s in zip((width, height), scales, strict=True))
    channels = words.counted(found.channels, "channel")
    before, after = words.change(charts.rms(found.pairs.before), charts.rms(found.pairs.after))
    facts = [
        ("Made", _date(found)),
        ("Size on the sky", f"{wide} × {high}"),
        ("Pixels", f"{width:,} × {height:,}"),
        ("A pixel", words.angle(float(np.sqrt(np.prod(scales))))),
        ("Tiles", f"{len(found.tiles):,}, {channels}"),
    ]
    if len(found.pairs):
        steps = f"{before} → {words.with_unit(after, found.unit)}"
        facts.append(("Steps in overlaps, rms", steps))
    return [*facts, ("zetwopass", str(found.header.get("ZTPVERS", words.NOTHING)))]


def _date(found: Assembled) -> str:
    begun = str(found.header.get("ZTPBEG", "")).strip()
    try:
        return f"{datetime.datetime.fromisoformat(begun.removesuffix('Z')):%Y-%m-%d %H:%M} UTC"
    except ValueError:
        return begun or words.NOTHING


def _gone(found: Assembled) -> list[str]:
    """Return the names of tiles that show something and whose files are not there any more."""
    pairs = zip(found.tiles.labels, found.files, found.tiles.groups, strict=True)
    return [name for name, file, group in pairs if file is None and group >= 0]


def _statistics(found: Assembled) -> list[dict[str, str]]:
    """Return a row for each statistic of |step|, before and after, of all channels together."""
    parts = [found.pairs.before, found.pairs.after]
    sizes = [np.abs(part[np.isfinite(part)]) for part in parts]
    if not sizes[0].size:
        return []
    kinds = {
        "root mean square": charts.rms,
        "median": np.median,
        "nine of ten below": lambda s: np.percentile(s, 90),
        "largest": np.max,
    }
    rows = [(kind, [float(function(s)) for s in sizes]) for kind, function in kinds.items()]
    for c in range(found.channels if found.channels > 1 else 0):
        name = f"root mean square, {words.channel(c, found.channels)}"
        rows.append((name, [charts.rms(part[:, c]) for part in parts]))
    columns = words.changes(*zip(*(values for _, values in rows), strict=True))
    return [
        {"name": name, "before": before, "after": after}
        for (name, _), before, after in zip(rows, *columns, strict=True)
    ]


def _edges(found: Assembled) -> dict[str, str] | None:
    """Return what is left of the steps in the mosaic itself; None where that is not to be seen."""
    sizes = np.abs(edges.steps(found)).max(axis=1, initial=0)
    if not sizes.size:
        return None
    width = found.header.get("ZTPFEATH", 0)
    numbers = words.alike([charts.rms(sizes), np.percentile(sizes, 90), sizes.max()])
    return {
        "count": words.counted(len(sizes), "stretch", "stretches"),
        "feather": f", feathered over {words.counted(width, 'pixel')}" if width else "",
        **dict(zip(("rms", "most_below", "largest"), numbers, strict=True)),
    }


def _seams(found: Assembled) -> list[dict]:
    pairs, names = found.pairs, found.tiles.labels
    out = []
    for seam in pictures.seams(found):
        i, j = int(pairs.i[seam.pair]), int(pairs.j[seam.pair])
        both = np.stack([pairs.before[seam.pair], pairs.after[seam.pair]], axis=-1)
        said = words.alike(both.ravel(), signed=True)
        steps = [
            {
                "name": words.channel(c, found.channels) if found.channels > 1 else "step",
                "before": said[2 * c],
                "after": said[2 * c + 1],
            }
            for c in range(found.channels)
        ]
        out.append(
            {
                "tiles": [(t, names[t]) for t in (i, j)],
                "pixels": f"{pairs.pixels[seam.pair]:,}",
                "steps": steps,
                "pictures": [("before", seam.before), ("after", seam.after)] if seam.after else [],
            }
        )
    return out


def _groups(tiles: Tiles) -> dict[str, list]:
    """Return the groups of more than one tile, the lone tiles and those that show nothing."""
    members: dict[int, list[tuple[int, str]]] = {}
    for t, group in enumerate(tiles.groups.tolist()):
        members.setdefault(group, []).append((t, tiles.labels[t]))
    nothing = members.pop(-1, [])
    return {
        "tied": [(group, tied) for group, tied in sorted(members.items()) if len(tied) > 1],
        "lone": [tied[0] for _, tied in sorted(members.items()) if len(tied) == 1],
        "nothing": nothing,
    }


def _peak(found: Assembled) -> str | None:
    peak = float(found.header.get("ZTPPEAK", 0))
    return words.size(peak) if peak else None


def _settings(found: Assembled) -> list[tuple[str, str]]:
    rows = [
        (word, f"{value:g}" if isinstance(value, float) else str(value))
        for word, value in found.settings.items()
    ]
    for key, word in (("BUNIT", "unit"), ("FILTER", "filter"), ("DATE-OBS", "observed from")):
        if str(found.header.get(key, "")).strip():
            rows.append((word, str(found.header[key]).strip()))
    return [("file", str(found.path)), *rows, ("report by", f"zetwopass {__version__}")]


def _tiles(found: Assembled) -> dict[str, list]:
    tiles = found.tiles
    exposed = bool(np.isfinite(tiles.exposures).any())
    columns = [words.alike(offsets, signed=True) for offsets in tiles.levels.T]
    named = [words.channel(c, found.channels) for c in range(found.channels)]
    heads = [f"offset, {name}" for name in named] if len(named) > 1 else ["offset"]
    rows = []
    for t, name in enumerate(tiles.labels):
        numbers = [f"{tiles.gains[t]:.4f}", *(column[t] for column in columns)]
        group = words.NOTHING if tiles.groups[t] < 0 else str(tiles.groups[t])
        exposure = [words.number(tiles.exposures[t], 4)] if exposed else []
        rows.append((str(t), name, [*numbers, group, *exposure]))
    return {"heads": ["gain", *heads, "group", *(["exposure, s"] if exposed else [])], "rows": rows}
