"""The benchmark's mosaics: built once, kept as files, and read back into plain memory."""

from __future__ import annotations

import hashlib
import json
import os
import pickle
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from astropy.wcs import WCS

SEED = 1
SIGMA = 50  # px, blur of the coverage
GAIN_CLIP = (0.85, 1.18)


@dataclass(frozen=True)
class Size:
    """A scene's tiles [h, w, 3] and their layout, and what is measured on it.

    ``sip`` is whether the tiles' WCS are distorted, by 3 px at their corners.
    ``original_runs`` is how often the original's way runs at most, 0 where it would take hours;
    ``swarp`` is whether SWarp runs, ``compared`` whether one worker is measured besides all and
    single stages beside other programs. ``masked`` is whether v4.5 is measured with masks and
    weights of the tiles, too, as ZeMosaic calls it, ``planes`` whether with planes of background.
    """

    tiles: int
    shape: tuple[int, int]
    layout: str = "grid"
    overlap: float = 0.2
    spread: tuple[float, float] = (0.62, 0.62)
    sip: bool = False
    original_runs: int = 0
    swarp: bool = False
    compared: bool = False
    masked: bool = False
    planes: bool = False


# What grows with the number of tiles alone; run once, in one profile.
SERIES = {f"T{tiles}": Size(tiles, (180, 320)) for tiles in (10, 40, 100, 400)}
SIZES = {
    "tiny": Size(2, (60, 80), original_runs=1, swarp=True, compared=True),
    "S": Size(6, (270, 480), original_runs=3),
    "M": Size(
        12, (1080, 1920), overlap=0.25, original_runs=1, swarp=True, compared=True, masked=True
    ),
    "MSIP": Size(12, (1080, 1920), overlap=0.25, sip=True),
    "L": Size(40, (988, 1831), layout="dense", planes=True),
    "XL": Size(200, (988, 1831), layout="dense", spread=(1.06, 1.32)),
    **SERIES,
}


@dataclass(frozen=True)
class Inputs:
    """What every contender gets: tiles float32 [h, w, 3], coverage float32 [H, W]."""

    tiles: list[np.ndarray]
    wcs: list[WCS]
    output_wcs: WCS
    coverage: np.ndarray


def key(name: str) -> str:
    """Return a short hash of all that makes the scene what it is."""
    import numpy as np

    source = Path(__file__).with_name("sky.py").read_bytes()
    parts = [source, repr(_arguments(name)).encode(), np.__version__.encode()]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:12]


def build(*, name: str, cache: str) -> dict:
    """Build the scene where it is not in ``cache`` yet; return its folder and shape.

    Older versions of the scene are removed.
    """
    kept = Path(cache)
    folder = kept / f"scene-{name}-{key(name)}"
    if not folder.is_dir():
        for old in kept.glob(f"scene-{name}-*"):
            shutil.rmtree(old)
        kept.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=kept) as work:
            _write(name, Path(work) / "scene")
            os.replace(Path(work) / "scene", folder)
    return {"folder": str(folder), **json.loads((folder / "shape.json").read_text())}


def load(folder: Path) -> Inputs:
    """Return a scene in memory of its own, no file mapped."""
    import numpy as np

    with open(folder / "wcs.pickle", "rb") as file:
        wcs, output_wcs = pickle.load(file)
    # A copy of a map of the file: the tiles exist once, and the map is gone at once.
    tiles = [np.array(np.load(folder / f"tile-{t}.npy", mmap_mode="r")) for t in range(len(wcs))]
    coverage = np.array(np.load(folder / "coverage.npy", mmap_mode="r"))
    return Inputs(tiles, wcs, output_wcs, coverage)


def _arguments(name: str) -> dict:
    size = SIZES[name]
    return {
        "seed": SEED,
        "tiles": size.tiles,
        "shape": size.shape,
        "layout": size.layout,
        "overlap": size.overlap,
        "spread": size.spread,
        "sip": size.sip,
    }


def _write(name: str, folder: Path) -> None:
    import numpy as np

    import sky

    scene = sky.scene(**_arguments(name))
    folder.mkdir()
    for t, tile in enumerate(scene.tiles):
        np.save(folder / f"tile-{t}.npy", np.ascontiguousarray(tile))
    np.save(folder / "coverage.npy", scene.coverage)
    with open(folder / "wcs.pickle", "wb") as file:
        pickle.dump((scene.wcs, scene.output_wcs), file)
    shape = {
        "tiles": len(scene.tiles),
        "tile_shape": list(scene.tiles[0].shape),
        "canvas": list(scene.shape_out),
        "deepest": int(scene.coverage.max()),
    }
    (folder / "shape.json").write_text(json.dumps(shape))
