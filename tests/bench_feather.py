"""Measures what a feather costs: time and memory of many tiles, deep and wide, with a bound.

``python tests/bench_feather.py`` prints a line for each case, of a process of its own.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

import numpy as np
from astropy.io import fits
from astropy.wcs import WCS

TILES = 240
SHAPE = (800, 1200)
CASES = {
    "deep": [(0, 0), (0, 64), (100, 0), (100, 64)],  # feather, pixels; bound, MB
    "deep, turned": [(0, 64), (100, 64)],
    "wide, from files": [(0, 200), (100, 200)],
}


def main() -> None:
    """Print the cases, or measure one."""
    if len(sys.argv) > 1:
        case, feather, bound = sys.argv[1:]
        print(measured(case, int(feather), int(bound)))
        return
    print(f"{TILES} tiles {SHAPE[1]} x {SHAPE[0]}")
    for case, pairs in CASES.items():
        for feather, bound in pairs:
            subprocess.run([sys.executable, __file__, case, str(feather), str(bound)], check=True)


def measured(case: str, feather: int, bound: int) -> str:
    """Return what a case takes: seconds of a core, and the memory above what was there."""
    import zetwopass

    with tempfile.TemporaryDirectory() as folder:
        tiles, skies, output, shape = scene(case, Path(folder))
        common = {"feather": feather, "max_chunk_bytes": bound * 10**6 or None}
        if "deep" in case:  # the coadd alone: the match of as many pairs takes minutes
            maps = zetwopass.pixel_maps([SHAPE] * TILES, skies, output, shape)
            known = {"gains": np.ones(TILES), "offsets": np.zeros((TILES, 1))}
            outputs = 8 * shape[0] * shape[1]
            call = partial(zetwopass.coadd_window, tiles, maps, (0, 0, *shape), **known)
        else:
            out = np.ones((*shape, 1), np.float32), np.ones(shape, np.float32)
            outputs, coverage = 0, np.full(shape, 3, np.float32)
            call = partial(zetwopass.second_pass, tiles, skies, output, coverage, sigma=0, out=out)
        before, began = _peak(), time.process_time()
        call(**common)
        seconds = time.process_time() - began
        asked = f"{case:18}feather {feather:3}  bound {bound or 'none':>4} MB"
        return (
            f"{asked}  {seconds:6.1f} s of a core"
            f"  above what was there {(_peak() - before - outputs) / 1e6:6.1f} MB"
        )


def scene(case: str, folder: Path) -> tuple:
    """Return tiles, their WCS, the output's and its shape."""
    rng = np.random.default_rng(5)
    height, width = SHAPE
    shape = (height + 200, width + 200)
    if "wide" in case:
        shape = (height * 8, width * 11)
    output = _wcs(shape, (shape[1] / 2, shape[0] / 2), 0)
    tiles, skies = [], []
    for t in range(TILES):
        tile = rng.normal(1000, 5, SHAPE).astype(np.float32)
        tile[rng.integers(0, height, 20), rng.integers(0, width, 20)] = np.nan
        at = shape[1] / 2 + rng.uniform(-90, 90), shape[0] / 2 + rng.uniform(-90, 90)
        if "wide" in case:
            at = (t % 16 + 0.7) * width * 0.65, (t // 16 + 0.7) * height * 0.51
        skies.append(
            _wcs(SHAPE, at, rng.uniform(0, 180) if "turned" in case else rng.uniform(0, 1))
        )
        skies[-1].wcs.crval = output.wcs_pix2world([at], 0)[0]
        if "files" in case:
            path = folder / f"{t}.fits"
            fits.writeto(path, tile)
            tile = path
        tiles.append(tile)
    return tiles, skies, output, shape


def _wcs(shape: tuple[int, int], at: tuple[float, float], turned: float) -> WCS:
    out = WCS(dict(CTYPE1="RA---TAN", CTYPE2="DEC--TAN", CRVAL1=83.8, CRVAL2=-5.4))
    out.wcs.crpix, out.wcs.cdelt = ((shape[1] + 1) / 2, (shape[0] + 1) / 2), (-4e-4, 4e-4)
    c, s = np.cos(np.radians(turned)), np.sin(np.radians(turned))
    out.wcs.pc = [[c, -s], [s, c]]
    return out


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


if __name__ == "__main__":
    main()
