"""The charts of numbers: gains, offsets, steps, seconds."""

from __future__ import annotations

import numpy as np
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from . import words
from .assembled import Assembled
from .svg import THEME, drawing, inline

_MARKERS = "os^D"
_FEW = 40  # tiles whose marks are large
_BINS = 40


def gains(found: Assembled) -> Markup:
    """Draw the gain of each tile, and the bounds that it is clipped to."""
    values = found.tiles.gains
    bounds = [float(found.header.get(key, np.nan)) for key in ("ZTPCLIPL", "ZTPCLIPH")]
    bounds = [bound for bound in bounds if np.isfinite(bound)]
    with drawing(260) as figure:
        axes = figure.add_subplot(ylabel="gain")
        _tile_axis(axes, len(values))
        axes.axhline(1, color=THEME["muted"], linewidth=0.8)
        for bound in bounds:
            axes.axhline(bound, color=THEME["warn"], linewidth=1, linestyle=(0, (4, 3)))
            axes.annotate(
                f"clipped at {bound:g}",
                (1, bound),
                (0, 3 if bound >= 1 else -3),
                xycoords=("axes fraction", "data"),
                textcoords="offset points",
                ha="right",
                va="bottom" if bound >= 1 else "top",
                color=THEME["muted"],
                fontsize=10,
            )
        _stems(axes, values, 1.0)
        reach = 1.25 * max(0.02, *(abs(v - 1) for v in (*bounds, *values[np.isfinite(values)])))
        axes.set_ylim(1 - reach, 1 + reach)
        alt = f"Gain of each of {len(values)} tiles. {gains_said(found)}"
        return inline(figure, "chart-gains", alt)


def gains_said(found: Assembled) -> str:
    """Say in a sentence or two what the gains are."""
    values = found.tiles.gains
    if not values.size:
        return "There are no tiles."
    if (values == 1).all():
        return "Every gain is 1: no tile was scaled."
    low, high = (float(found.header.get(key, np.nan)) for key in ("ZTPCLIPL", "ZTPCLIPH"))
    at = int(np.sum((values <= low) | (values >= high)))
    said = f"They lie between {values.min():.4f} and {values.max():.4f}"
    return f"{said}; {words.counted(at, 'is', 'are')} at a bound." if at else f"{said}."


def offsets(found: Assembled) -> Markup:
    """Draw the offset of each tile and channel."""
    values = found.tiles.levels
    tiles, channels = values.shape
    with drawing(260) as figure:
        axes = figure.add_subplot(ylabel=_labelled("offset", found.unit))
        _tile_axis(axes, tiles)
        axes.axhline(0, color=THEME["muted"], linewidth=0.8)
        if channels == 1:
            _stems(axes, values[:, 0], 0.0)
        for c in range(channels if channels > 1 else 0):
            axes.plot(
                np.arange(tiles) + 0.2 * (c - (channels - 1) / 2),
                values[:, c],
                _MARKERS[c],
                markersize=5 if tiles <= _FEW else 2.5,
                color=THEME[f"channel-{c}"],
                label=words.channel(c, channels),
            )
        if channels > 1:
            figure.legend(loc="outside upper right", ncols=channels, handletextpad=0)
        alt = f"Offset of each of {tiles} tiles. {offsets_said(found)}"
        return inline(figure, "chart-offsets", alt)


def offsets_said(found: Assembled) -> str:
    """Say in a sentence what the offsets are."""
    values = found.tiles.levels
    if not values.size:
        return "There are no tiles."
    if (values == 0).all():
        return "Every offset is 0: nothing was subtracted."
    low, high = words.alike((values.min(), values.max()), signed=True)
    said = f"They lie between {low} and {words.with_unit(high, found.unit)}"
    return f"{said}, in the middle of the tiles." if found.tiles.sloping else f"{said}."


def planes_said(found: Assembled) -> str:
    """Say in sentences what became of planes, nothing where constants were asked for."""
    tiles = found.tiles
    if found.header.get("ZTPBACKG") != "plane":
        return ""
    sloping = np.isfinite(tiles.damping)
    if not sloping.any():
        return "Planes were asked for; no slopes tell left-out overlaps better than constants do."
    constants, planes = np.sqrt(np.mean(tiles.left_out[sloping] ** 2, axis=0))
    steepest = np.hypot(*np.moveaxis(tiles.slopes, -1, 0)).max()
    constants, planes, steepest = words.alike((constants, planes, 1000 * steepest))
    return (
        f"Planes are subtracted from {words.counted(int(sloping.any(axis=1).sum()), 'tile')}, which"
        f" slope by up to {words.with_unit(steepest, found.unit)} over 1000 pixels. Overlaps that"
        f" were left out differ from what they tell of them by {planes}, from what constants tell"
        f" by {words.with_unit(constants, found.unit)}, root mean square."
    )


def steps(found: Assembled) -> Markup:
    """Draw how many pairs have which step, before and after, on one scale."""
    pairs = found.pairs
    every = [part[np.isfinite(part)] for part in (pairs.before, pairs.after)]
    reach = max((np.abs(part).max(initial=0) for part in every), default=0) or 1.0
    bins = np.linspace(-reach, reach, _BINS + 1 if len(pairs) > _FEW else 25)
    with drawing(330) as figure:
        rows = figure.subplots(2, sharex=True)
        spreads = [rms(values) for values in every]
        said = words.change(*spreads)
        parts = zip(rows, every, ("before", "after"), spreads, said, strict=True)
        for axes, values, when, spread, text in parts:
            axes.axvspan(-spread, spread, color=THEME[when], alpha=0.12, linewidth=0)
            axes.hist(values, bins, color=THEME[when], rwidth=0.86)
            axes.axvline(0, color=THEME["muted"], linewidth=0.8)
            axes.set(xlim=(-reach, reach), ylabel="overlaps")
            axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))
            axes.grid(axis="x", visible=False)
            title = f"{when}, rms {words.with_unit(text, found.unit)}"
            axes.set_title(title, loc="left", color=THEME[when], fontweight="bold", pad=4)
        rows[1].set_xlabel(_labelled("step", found.unit))
        alt = (
            f"How many overlaps have which step. The root mean square is "
            f"{said[0]} before and {said[1]} after."
        )
        return inline(figure, "chart-steps", alt)


def rms(values: np.ndarray) -> float:
    """Return the root mean square of what is finite, NaN where nothing is."""
    values = values[np.isfinite(values)]
    return float(np.sqrt(np.mean(values**2))) if values.size else float("nan")


def times(found: Assembled) -> Markup | None:
    """Draw the seconds of each stage; None where the file tells of none."""
    taken = found.seconds
    if not taken:
        return None
    with drawing(40 + 22 * len(taken)) as figure:
        axes = figure.add_subplot()
        bars = axes.barh(list(taken), list(taken.values()), 0.62, color=THEME["after"])
        axes.bar_label(bars, [words.seconds(v) for v in taken.values()], padding=4, fontsize=11)
        axes.invert_yaxis()
        axes.set_xlim(0, 1.18 * max(taken.values()) or 1)
        axes.set_xticks([])
        axes.grid(visible=False)
        axes.spines[["bottom", "left"]].set_visible(False)
        axes.tick_params(axis="y", length=0)
        said = ", ".join(f"{stage} {words.seconds(value)}" for stage, value in taken.items())
        return inline(figure, "chart-times", f"Wall time of each stage: {said}.")


def _tile_axis(axes: Axes, count: int) -> None:
    axes.set(xlim=(-0.6, max(count, 1) - 0.4), xlabel="tile")
    axes.xaxis.set_major_locator(MaxNLocator(9, integer=True, min_n_ticks=1))
    axes.grid(axis="x", visible=False)


def _stems(axes: Axes, values: np.ndarray, base: float) -> None:
    places = np.arange(len(values))
    if len(values) <= _FEW:
        axes.vlines(places, base, values, color=THEME["after"], linewidth=1.6, alpha=0.45)
    axes.plot(places, values, "o", markersize=5 if len(values) <= _FEW else 3, color=THEME["after"])


def _labelled(word: str, unit: str) -> str:
    return f"{word}, {unit}" if unit else word
