"""Measures what is left of the steps across the tiles' edges in mosaics of M17, by options.

``python tests/seams.py NAME=OPTION=VALUE,... ...`` makes a mosaic of the real tiles for each NAME,
with these options of `zetwopass.assemble`, and prints a table.
"""

from __future__ import annotations

import ast
import sys
import tempfile
from pathlib import Path

import numpy as np

import sky
import zetwopass
from zetwopass.report import edges
from zetwopass.report.assembled import opened

OPTIONS = {
    "constants": {},
    "constants, feather 10": {"feather": 10},
    "constants, feather 30": {"feather": 30},
    "constants, feather 60": {"feather": 60},
    "constants, feather 100": {"feather": 100},
    "planes": {"background": "plane"},
    "planes, feather 30": {"background": "plane", "feather": 30},
    "planes, feather 100": {"background": "plane", "feather": 100},
}


def profiles(tiles: list, folder: Path, **options: object) -> np.ndarray:
    """Return the mosaic of tiles across their edges; see `edges.profiles`."""
    made = zetwopass.assemble(tiles, folder / "mosaic.fits", overwrite=True, **options)
    with opened(made.path, None) as found:
        return edges.profiles(found)


def rms(steps: np.ndarray) -> float:
    return float(np.sqrt(np.mean(steps**2)))


def table(options: dict[str, dict], tiles: list) -> list[str]:
    """Return the lines of a table: the steps, and the mean profile of those that constants leave.

    In the mean each stretch has the sign, and the middle, that make its step one up from outside to
    inside by the first of the options.
    """
    with tempfile.TemporaryDirectory() as folder:
        made = {name: profiles(tiles, Path(folder), **o) for name, o in options.items()}
    first = edges.steps_of(next(iter(made.values())))
    lines = [f"{len(first)} stretches; step: rms, nine of ten below, largest; profile at pixels"]
    at = [-14.5, -8.5, -4.5, -1.5, 1.5, 4.5, 8.5, 14.5]
    lines.append(f"{'':28}{'rms':>7}{'90 %':>7}{'most':>7}  " + "".join(f"{t:7g}" for t in at))
    for name, found in made.items():
        sizes = np.abs(edges.steps_of(found))
        level = found.mean(axis=1, keepdims=True)
        mean = (np.sign(first)[:, None] * (found - level)).mean(axis=(0, 2))
        said = [rms(sizes), np.percentile(sizes, 90), sizes.max()]
        shown = [mean[int(t + edges.ACROSS - 0.5)] for t in at]
        lines.append(
            f"{name:28}{''.join(f'{v:7.3f}' for v in said)}  "
            + "".join(f"{v:+7.3f}" for v in shown)
        )
    return lines


def _options(words: list[str]) -> dict[str, dict]:
    """Return options by name, of NAME=OPTION=VALUE,OPTION=VALUE."""
    out = {}
    for word in words:
        name, _, pairs = word.partition("=")
        split = (pair.split("=") for pair in filter(None, pairs.split(",")))
        out[name] = {key: _value(value) for key, value in split}
    return out


def _value(text: str) -> object:
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text


if __name__ == "__main__":
    files = sorted(sky.M17.glob("*.fits.gz"))
    print("\n".join(table(_options(sys.argv[1:]) or OPTIONS, files)))
