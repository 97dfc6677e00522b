"""Figures as SVG inside the page: its letters are the page's, its colours those of the theme."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from xml.etree import ElementTree

from markupsafe import Markup
from matplotlib import rc_context
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

# Colours that no figure has otherwise stand for the page's variables, which each theme sets.
CLASSES = 6  # of steps, from the least to the largest
_ROLES = ("ink", "muted", "faint", "paper", "outline", "before", "after", "warn")
_NAMES = [*_ROLES, *(f"step-{k}" for k in range(CLASSES)), *(f"channel-{c}" for c in range(4))]
THEME = {name: f"#0100{k + 1:02x}" for k, name in enumerate(_NAMES)}
_VARIABLES = {colour: f"var(--{name})" for name, colour in THEME.items()}

WIDTH = 440  # units of a figure: on a phone's 360 pixels its letters can still be read
_LETTERS = 11.5
_STYLE = {
    "font.family": ["DejaVu Sans"],
    "font.size": _LETTERS,
    "axes.labelsize": _LETTERS,
    "axes.titlesize": _LETTERS,
    "xtick.labelsize": _LETTERS - 0.5,
    "ytick.labelsize": _LETTERS - 0.5,
    "legend.fontsize": _LETTERS - 0.5,
    "legend.frameon": False,
    "text.color": THEME["ink"],
    "text.parse_math": False,  # a unit or a name may hold a dollar
    "axes.labelcolor": THEME["muted"],
    "axes.edgecolor": THEME["faint"],
    "axes.facecolor": "none",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.unicode_minus": True,
    "grid.color": THEME["faint"],
    "grid.linewidth": 0.6,
    "xtick.color": THEME["faint"],
    "ytick.color": THEME["faint"],
    "xtick.labelcolor": THEME["muted"],
    "ytick.labelcolor": THEME["muted"],
    "figure.facecolor": "none",
    "savefig.facecolor": "none",
    "svg.fonttype": "none",
    "svg.hashsalt": "zetwopass",
}
_SVG, _XLINK = "{http://www.w3.org/2000/svg}", "{http://www.w3.org/1999/xlink}"
_LONG = re.compile(r"(\d+\.\d\d)\d+")
_COLOUR = re.compile(r"#[0-9a-f]{6}")


@contextmanager
def drawing(height: float, width: float = WIDTH) -> Iterator[Figure]:
    """Lend an empty figure in the report's style, of a size in units of the page."""
    with rc_context(_STYLE):
        yield Figure(figsize=(width / 72, height / 72), layout="constrained")


def inline(figure: Figure, name: str, alt: str, titles: Mapping[str, str] | None = None) -> Markup:
    """Return a figure as an ``svg`` element, to be called within `drawing`.

    ``name`` makes its ids unique in the page, ``alt`` tells those who can't see it what it shows,
    and ``titles`` what appears above the elements of a gid.
    """
    written = io.BytesIO()
    figure.canvas = FigureCanvasSVG(figure)
    figure.savefig(written, format="svg", metadata={"Date": None})
    root = ElementTree.fromstring(written.getvalue())
    for part in root.iter():
        part.tag = part.tag.removeprefix(_SVG)
        _mend(part, name, titles or {})
    for part in root.findall("metadata"):
        root.remove(part)
    view = root.get("viewBox")
    root.attrib.clear()
    root.attrib |= {"viewBox": view, "role": "img", "aria-label": alt, "class": "chart", "id": name}
    return Markup(ElementTree.tostring(root, encoding="unicode", short_empty_elements=True))


def _mend(part: ElementTree.Element, name: str, titles: Mapping[str, str]) -> None:
    """Make an element fit for a page with others: ids, links, colours, letters, fewer digits."""
    found = part.attrib.pop("id", None)
    if found in titles:
        ElementTree.SubElement(part, f"{_SVG}title").text = titles[found]
    elif found and part.tag not in ("g", "svg"):
        part.set("id", f"{name}-{found}")
    link = part.attrib.pop(f"{_XLINK}href", None)
    if link is not None:
        part.set("href", link.replace("#", f"#{name}-", 1) if link.startswith("#") else link)
    for key, value in part.attrib.items():
        if key == "href" or key == "id":
            continue
        value = value.replace("url(#", f"url(#{name}-")
        if key in ("d", "points", "x", "y", "transform"):
            value = _LONG.sub(r"\1", value)
        elif key == "style":
            value = _COLOUR.sub(lambda colour: _VARIABLES.get(colour[0], colour[0]), value)
            value = value.replace("'DejaVu Sans'", "var(--letters)")
        part.set(key, value)
