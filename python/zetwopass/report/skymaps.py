"""The figures that lie on the sky: the coverage, and the overlaps as a graph of the tiles."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from astropy.visualization.wcsaxes import WCSAxes
from markupsafe import Markup
from matplotlib import colormaps
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from matplotlib.path import Path

from . import blocks, words
from .assembled import Assembled
from .svg import CLASSES, THEME, WIDTH, drawing, inline
from .tilefiles import Box, border

_LONGEST = 640  # pixels of the coverage map's longer side
_EDGES = 6000  # pairs that are drawn, those of the largest steps
_NAMED = 300  # tiles that tell their names where a pointer rests
_NUMBERED = 40  # tiles that show their numbers
_ROUND = (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10)  # times a power of ten: a class of steps
_TALLEST = 1.5  # times the width
_FRAME_WORDS = {"RA": ("RA", "Dec"), "GLON": ("l", "b"), "ELON": ("λ", "β")}


def coverage(found: Assembled) -> Markup:
    """Draw how much lies on each pixel of the mosaic."""
    size = -(-max(found.shape) // _LONGEST)
    plane = blocks.means(found.coverage, size)[0]
    plane[~(plane > 0)] = np.nan
    most = float(np.nanmax(plane)) if np.isfinite(plane).any() else 0.0
    with drawing(*_frame(found, 1.1, 140)) as figure:
        axes = _sky(figure, found)
        rows, cols = plane.shape
        extent = (-0.5, cols * size - 0.5, -0.5, rows * size - 0.5)
        shown = axes.imshow(
            np.ma.masked_invalid(plane),
            cmap=colormaps["cividis"],
            vmin=0,
            vmax=most or 1,
            extent=extent,
            interpolation="none",
            aspect="equal",
        )
        _limits(axes, found)
        bar = figure.colorbar(shown, ax=axes, pad=0.02, aspect=40)
        bar.outline.set_visible(False)
        bar.set_label("sum of weights")
        alt = f"Map of the coverage, up to {words.number(most)}, on a grid of the sky."
        return inline(figure, "map-coverage", alt)


class Scale(NamedTuple):
    """Bounds [6] of the classes of |step|, from 0 on; the last class has no end."""

    bounds: np.ndarray

    @classmethod
    def of(cls, found: Assembled) -> Scale:
        """Return the scale on which nearly all steps of both figures are told apart."""
        sizes = np.concatenate(found.pairs.sizes)
        sizes = sizes[np.isfinite(sizes)]
        least = (np.percentile(sizes, 98) if sizes.size else 0.0) / CLASSES or 1.0
        power = 10.0 ** np.floor(np.log10(least))
        return cls(np.arange(CLASSES) * next(n * power for n in _ROUND if n * power >= least))

    def classes(self, sizes: np.ndarray) -> np.ndarray:
        """Return the class of each |step|, -1 of NaN."""
        found = np.searchsorted(self.bounds, sizes, side="right") - 1
        return np.where(np.isfinite(sizes), np.maximum(found, 0), -1)

    @property
    def labels(self) -> list[str]:
        """The classes in words."""
        said = [f"{bound:.4g}" for bound in self.bounds[1:]]
        ranges = [f"{low} to {high}" for low, high in zip(said, said[1:], strict=False)]
        return [f"below {said[0]}", *ranges, f"{said[-1]} and more"]


def graph(found: Assembled, scale: Scale, when: str) -> Markup:
    """Draw the tiles' footprints, and a line for each pair by its step ``when`` before or after."""
    sizes = found.pairs.sizes[when == "after"]
    with drawing(*_frame(found, 1.0, 70)) as figure:
        axes = _sky(figure, found)
        outlines = _outlines(found)
        _draw(axes, [outline for outline in outlines if outline is not None], "outline", 0.9)
        middles = _middles(found)
        kinds = scale.classes(sizes)
        kept = np.argsort(-np.nan_to_num(sizes, nan=-1.0), kind="stable")[:_EDGES]
        many = len(found.pairs) > 300
        for kind in range(CLASSES):
            chosen = kept[kinds[kept] == kind]
            ends = [middles[[found.pairs.i[p], found.pairs.j[p]]] for p in chosen]
            width = (0.4 + 0.18 * kind) if many else (1.4 + 0.5 * kind)
            _draw(axes, ends, f"step-{kind}", width, closed=False)
        titles = _nodes(axes, found, middles)
        _limits(axes, found)
        tiles, pairs = len(found.tiles), words.counted(len(found.pairs), "overlap")
        alt = (
            f"Footprints of {words.counted(tiles, 'tile')} on the sky and a line for each of "
            f"{pairs}, coloured by its step {when} the match."
        )
        return inline(figure, f"graph-{when}", alt, titles)


def _frame(found: Assembled, wide: float, beside: float) -> tuple[float, float]:
    """Return height and width of a figure, ``beside`` being what the axes leave of its width."""
    height, width = found.shape
    inside = wide * WIDTH - beside
    return min(inside * height / width, _TALLEST * inside) + 44, wide * WIDTH


def _sky(figure: Figure, found: Assembled) -> WCSAxes:
    axes = figure.add_subplot(projection=found.wcs)
    kind = found.wcs.wcs.lngtyp.strip()
    names = _FRAME_WORDS.get(kind, (kind or "longitude", "latitude"))
    for axis, name in zip((found.wcs.wcs.lng, found.wcs.wcs.lat), names, strict=True):
        coord = axes.coords[axis]
        coord.set_axislabel(name, minpad=0.5, color=THEME["muted"])
        coord.set_ticks(number=4)
        coord.set_ticks_visible(False)
        coord.set_ticklabel(color=THEME["muted"], exclude_overlapping=True)
        coord.grid(color=THEME["faint"], linewidth=0.6, alpha=1, linestyle=(0, (1, 2)))
        hours = axis == found.wcs.wcs.lng and kind == "RA"
        coord.set_separator(("ʰ", "ᵐ", "ˢ") if hours else ("°", "′", "″"))
    axes.coords.frame.set_color(THEME["faint"])
    axes.coords.frame.set_linewidth(0.6)
    return axes


def _limits(axes: WCSAxes, found: Assembled) -> None:
    height, width = found.shape
    axes.set(xlim=(-0.5, width - 0.5), ylim=(-0.5, height - 0.5), aspect="equal")


def _outlines(found: Assembled) -> list[np.ndarray | None]:
    """Return each tile's outline [n, 2] in pixels of the mosaic, its box where its file is gone."""
    out = []
    for t, file in enumerate(found.files):
        if found.tiles.groups[t] < 0:
            out.append(None)
        elif file is None:
            out.append(np.stack(border(Box(*found.tiles.boxes[t])), axis=-1))
        else:
            outline = file.outline(found.wcs)
            out.append(outline[np.isfinite(outline).all(axis=1)])
    return out


def _middles(found: Assembled) -> np.ndarray:
    boxes = found.tiles.boxes.reshape(-1, 4)
    return (boxes[:, :2] + boxes[:, 2:] - 1) / 2


def _draw(axes, lines: list, colour: str, width: float, *, closed: bool = True) -> None:
    """Draw lines [n, 2] as one path, which takes little room in the page."""
    parts = [Path(line, closed=False) for line in lines if len(line) > 1]
    if closed:
        parts = [Path(np.concatenate([p.vertices, p.vertices[:1]])) for p in parts]
    if parts:
        path = Path.make_compound_path(*parts)
        patch = PathPatch(path, fill=False, edgecolor=THEME[colour], linewidth=width)
        patch.set_capstyle("round")
        axes.add_patch(patch)


def _nodes(axes: WCSAxes, found: Assembled, middles: np.ndarray) -> dict[str, str]:
    """Draw a dot for each tile that shows something; return what is said where it is pointed at."""
    titles = {}
    shown = np.flatnonzero(found.tiles.groups >= 0)
    numbered, named = len(shown) <= _NUMBERED, len(shown) <= _NAMED
    size = 17 if numbered else 3.2
    for t in shown if named else ():
        (dot,) = axes.plot(
            *middles[t],
            "o",
            markersize=size,
            color=THEME["paper" if numbered else "muted"],
            markeredgecolor=THEME["muted"],
            markeredgewidth=0.8 if numbered else 0,
        )
        dot.set_gid(f"tile-{t}")
        titles[f"tile-{t}"] = f"tile {t}: {found.tiles.labels[t]}"
        if numbered:
            axes.text(*middles[t], str(t), ha="center", va="center_baseline", fontsize=10)
    if not named:
        axes.plot(*middles[shown].T, "o", markersize=1.6, color=THEME["muted"])
    return titles
