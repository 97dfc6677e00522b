"""The picture of the demo: both mosaics, the overlaps before and after, the gains."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from astropy.visualization import AsinhStretch, ImageNormalize
from astropy.wcs.utils import pixel_to_pixel
from matplotlib import colormaps
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import LinearSegmentedColormap, Normalize, to_rgba
from matplotlib.figure import Figure
from matplotlib.patches import Polygon
from PIL import Image

import zetwopass

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colorbar import Colorbar
    from matplotlib.image import AxesImage

    from demo import Demo

SIZE = (1600, 1690)  # pixels
DPI = 100
MOSAIC_BIN = 3  # mosaic pixels a side of what is one pixel in the picture
OVERLAP_BIN = 12
SCALE_BIN = 6
INK, PALE_INK, PALE, PALER = "#20242c", "#59606d", "#8b93a1", "#c9ced6"
BEFORE, AFTER = "#d1495b", "#1b7f79"
NOTHING = "#eceef1"
CREDIT = (
    "Two Micron All Sky Survey: a joint project of the University of Massachusetts and "
    "IPAC/Caltech, funded by NASA and NSF."
)
MAPS = {"inferno": 128, "RdBu_r": 48, "PuOr_r": 40}  # colours of each in the picture


def save(demo: Demo, path: Path) -> None:
    """Draw the picture and write it as PNG of `SIZE`, in 256 colours to keep it small."""
    figure = Figure(figsize=(SIZE[0] / DPI, SIZE[1] / DPI), dpi=DPI, facecolor="white")
    canvas = FigureCanvasAgg(figure)
    _title(figure, demo)
    _mosaics(figure, demo)
    _overlaps(figure, demo)
    _gains(figure, demo)
    _steps(figure, demo)
    _text(figure, 40, 1658, f"Data: {CREDIT}", size=10, color=PALE_INK)
    canvas.draw()
    picture = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")
    few = picture.quantize(palette=_palette(), dither=Image.Dither.NONE)
    few.save(path, optimize=True)


def _palette() -> Image.Image:
    """Return the colours of the maps and of the lines, no more than a small PNG can have."""
    ramps = [colormaps[name].resampled(count) for name, count in MAPS.items()]
    ramps.append(LinearSegmentedColormap.from_list("text", [INK, "white"], 30))
    lines = [to_rgba(name) for name in (PALE_INK, PALE, PALER, NOTHING, BEFORE, AFTER)]
    colours = np.concatenate([*(ramp(np.arange(ramp.N)) for ramp in ramps), lines])
    out = Image.new("P", (1, 1))
    out.putpalette(np.round(colours[:, :3] * 255).astype(np.uint8).tobytes())
    return out


def _title(figure: Figure, demo: Demo) -> None:
    _text(figure, 40, 28, "M17 from eight 2MASS tiles, before and after the second pass", size=21)
    before, after = (demo.rms(when) for when in ("before", "after"))
    text = (
        "The tiles' backgrounds differ by a few DN. Where two tiles overlap, their median "
        f"difference falls from {before:.2f} to {after:.2f} DN (rms of {len(demo.pairs)} overlaps)."
    )
    _text(figure, 40, 68, text, size=13, color=PALE_INK)


def _mosaics(figure: Figure, demo: Demo) -> None:
    planes = [_binned(plane, MOSAIC_BIN) for plane in (demo.first, demo.second.mosaic[..., 0])]
    low, high = np.nanpercentile(planes[1], [0.3, 99.4])
    norm = ImageNormalize(vmin=low, vmax=high, stretch=AsinhStretch(0.008), invalid=None)
    wcs = demo.scene.output_wcs[::MOSAIC_BIN, ::MOSAIC_BIN]
    titles = (
        ("First pass", "the plain mean of the tiles"),
        ("Second pass", "the mean of tile × gain − background, the same stretch"),
    )
    for left, plane, title in zip((110, 820), planes, titles, strict=True):
        axes = _panel(figure, (left, 166, 690, 844), *title, projection=wcs)
        axes.set_facecolor(NOTHING)
        shown = axes.imshow(plane, cmap="inferno", norm=norm)
        _sky_labels(axes, with_dec=left == 110)
    _mark_step(figure, demo)
    bar = figure.colorbar(shown, cax=_place(figure, (1522, 166, 16, 844)))
    bar.set_ticks([t for t in (640, 645, 650, 660, 680, 700, 750, 800, 1000, 1200) if t < high])
    bar.ax.set_title("DN", fontsize=12)


def _sky_labels(axes: Axes, with_dec: bool) -> None:
    ra, dec = axes.coords
    ra.set_axislabel("right ascension (J2000)", fontsize=12)
    ra.set_major_formatter("hh:mm:ss")
    dec.set_major_formatter("dd:mm")
    dec.set_axislabel("declination (J2000)" if with_dec else " ", fontsize=12)
    dec.set_ticklabel_visible(with_dec)
    for coord in (ra, dec):
        coord.set_ticklabel(fontsize=11, simplify=False)


def _mark_step(figure: Figure, demo: Demo) -> None:
    """Point at the seam that catches the eye: the largest step times its length."""
    pair = max(demo.pairs, key=lambda pair: abs(pair.step("before")) * pair.before.size)
    (row, col), (height, width) = pair.origin, pair.before.shape
    seam = np.array([col + width / 2, row + 0.8 * height]) / MOSAIC_BIN
    for axes, when in zip(figure.axes[:2], ("before", "after"), strict=True):
        axes.annotate(
            f"step {abs(pair.step(when)):.2f} DN",
            seam,
            seam - (46, 40),
            ha="right",
            color="white",
            fontsize=12,
            bbox={"facecolor": INK, "edgecolor": "none", "boxstyle": "round,pad=0.35"},
            arrowprops={"arrowstyle": "->", "color": "white", "linewidth": 1.8},
        )


def _overlaps(figure: Figure, demo: Demo) -> None:
    limit = np.ceil(_largest(demo, "before"))
    notes = {"before": "in the overlaps only", "after": "one constant a tile: slopes remain"}
    for left, when in ((40, "before"), (390, "after")):
        axes = _panel(figure, (left, 1170, 330, 404), f"Tile minus tile, {when}", notes[when])
        plane = _differences(demo, when)
        norm = Normalize(-limit, limit)
        shown = _canvas(axes, demo, plane, OVERLAP_BIN, cmap="RdBu_r", norm=norm)
        _label_tiles(axes, demo, [str(t) for t in range(len(demo.names))])
    bar = _bar_below(figure, shown, (40, 680))
    bar.set_label("lower-numbered tile minus higher-numbered tile, DN", fontsize=12)


def _differences(demo: Demo, when: str) -> np.ndarray:
    """Return the tile-to-tile differences on the binned mosaic, NaN where no two tiles meet."""
    out = np.full([-(-size // OVERLAP_BIN) for size in demo.scene.shape_out], np.nan)
    for pair in sorted(demo.pairs, key=lambda pair: -pair.before.size):
        lead = [(start % OVERLAP_BIN, 0) for start in pair.origin]
        plane = np.pad(getattr(pair, when), lead, constant_values=np.nan)
        binned = _binned(plane, OVERLAP_BIN)
        row, col = (start // OVERLAP_BIN for start in pair.origin)
        part = out[row : row + binned.shape[0], col : col + binned.shape[1]]
        np.copyto(part, binned, where=np.isfinite(binned))
    return out


def _binned(plane: np.ndarray, size: int) -> np.ndarray:
    """Return the medians of the finite values of every ``size`` x ``size`` pixels."""
    missing = [(0, -length % size) for length in plane.shape]
    padded = np.pad(plane, missing, constant_values=np.nan)
    height, width = (length // size for length in padded.shape)
    blocks = padded.reshape(height, size, width, size).swapaxes(1, 2).reshape(height, width, -1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # of blocks without a value
        return np.nanmedian(blocks, axis=-1)


def _gains(figure: Figure, demo: Demo) -> None:
    used = demo.second.gains
    note = f"v4.5, used above: {used.min():.4f} to {used.max():.4f}"
    if used.min() == used.max():
        note = f"v4.5, used above: {used[0]:.4f} for all"
    axes = _panel(figure, (800, 1170, 330, 404), "Gains of profile v4.2", note)
    shown = _canvas(
        axes,
        demo,
        _binned(_scale_map(demo), SCALE_BIN),
        SCALE_BIN,
        cmap="PuOr_r",
        norm=Normalize(0.5, 1.5),
    )
    labels = [f"{t}\n{gain:.4f}" for t, gain in enumerate(demo.older_gains)]
    _label_tiles(axes, demo, labels)
    bar = _bar_below(figure, shown, (800, 330))
    bar.set_label("blurred / actual coverage; median = gain", fontsize=12)


def _scale_map(demo: Demo) -> np.ndarray:
    """Return the map [H, W] whose median over a tile is its gain in v4.2, NaN off the tiles."""
    coverage = demo.scene.coverage
    blurred = zetwopass.blur_coverage(coverage, profile="v4.2")
    ratio = np.full(coverage.shape, np.nan, np.float32)
    np.divide(blurred, coverage, out=ratio, where=coverage > 0)
    return np.clip(ratio, 0.5, 2)


def _steps(figure: Figure, demo: Demo) -> None:
    pairs = sorted(demo.pairs, key=lambda pair: abs(pair.step("before")))
    before, after = (np.array([abs(p.step(when)) for p in pairs]) for when in ("before", "after"))
    note = f"{(after < before).sum()} of {len(pairs)} shrink; * tiles of one scan"
    axes = _panel(figure, (1210, 1170, 350, 404), "Step in each overlap", note)
    rows = np.arange(len(pairs))
    axes.hlines(rows, before, after, color=PALER, linewidth=3, zorder=1)
    for values, color, label in ((before, BEFORE, "before"), (after, AFTER, "after")):
        axes.scatter(values, rows, s=50, color=color, label=label, zorder=2, clip_on=False)
    names = [f"{p.first} – {p.second}{'*' if p.same_scan else '  '}" for p in pairs]
    axes.set_yticks(rows, names, fontsize=11)
    axes.set_xlim(0, None)
    axes.tick_params(axis="x", labelsize=11)
    axes.set_xlabel("|median difference|, DN", fontsize=12)
    axes.legend(loc="lower right", fontsize=12, frameon=False)
    axes.spines[["top", "right"]].set_visible(False)


def _panel(figure: Figure, box: tuple[int, int, int, int], title: str, note: str, **kw) -> Axes:
    left, top = box[:2]
    _text(figure, left, top - 44, title, size=15)
    _text(figure, left, top - 20, note, size=11.5, color=PALE_INK)
    return _place(figure, box, **kw)


def _bar_below(figure: Figure, shown: AxesImage, span: tuple[int, int]) -> Colorbar:
    left, width = span
    cax = _place(figure, (left, 1586, width, 14))
    return figure.colorbar(shown, cax=cax, orientation="horizontal")


def _label_tiles(axes: Axes, demo: Demo, labels: list[str]) -> None:
    for corners, label in zip(_corners(demo), labels, strict=True):
        x, y = corners.mean(axis=0)
        axes.text(x, y, label, ha="center", va="center", fontsize=10, color=INK)


def _place(figure: Figure, box: tuple[float, float, float, float], **kwargs) -> Axes:
    """Add axes at ``box``: left, top, width and height in pixels from the upper left corner."""
    left, top, width, height = box
    full_width, full_height = SIZE
    bottom = full_height - top - height
    return figure.add_axes(
        (left / full_width, bottom / full_height, width / full_width, height / full_height),
        **kwargs,
    )


def _text(figure: Figure, left: float, top: float, text: str, *, size: float, **kwargs) -> None:
    x, y = left / SIZE[0], 1 - top / SIZE[1]
    figure.text(x, y, text, fontsize=size, **{"va": "top", "color": INK, **kwargs})


def _canvas(axes: Axes, demo: Demo, plane: np.ndarray, size: int, **kwargs) -> AxesImage:
    """Show a plane binned by ``size`` in mosaic pixels, with the outlines of the tiles."""
    (height, width), (rows, cols) = demo.scene.shape_out, plane.shape
    extent = (-0.5, cols * size - 0.5, -0.5, rows * size - 0.5)
    axes.set_facecolor(NOTHING)
    shown = axes.imshow(plane, origin="lower", interpolation="nearest", extent=extent, **kwargs)
    for corners in _corners(demo):
        axes.add_patch(Polygon(corners, fill=False, edgecolor=PALE, linewidth=0.8))
    axes.set(xlim=(-0.5, width - 0.5), ylim=(-0.5, height - 0.5), xticks=[], yticks=[])
    return shown


def _corners(demo: Demo) -> list[np.ndarray]:
    """Return the corners [4, 2] of each tile in mosaic pixels, x before y."""
    out = []
    for tile, wcs in zip(demo.scene.tiles, demo.scene.wcs, strict=True):
        height, width = tile.shape[:2]
        x, y = np.array([0, width, width, 0]) - 0.5, np.array([0, 0, height, height]) - 0.5
        out.append(np.stack(pixel_to_pixel(wcs, demo.scene.output_wcs, x, y), axis=1))
    return out


def _largest(demo: Demo, when: str) -> float:
    return max(abs(pair.step(when)) for pair in demo.pairs)
