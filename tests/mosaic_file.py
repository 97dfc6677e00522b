"""Mosaics in files as `zetwopass.assemble` leaves them: what reports are of."""

import sys
from pathlib import Path

import numpy as np
from astropy.io import fits
from astropy.wcs import WCS

import sky
import zetwopass

# A name that HTML, FITS and matplotlib would each take for their own, as far as the system has it.
ODD = "a&amp;b $x$ é.fits" if sys.platform == "win32" else 'a<b>&"c" $x$ é.fits'


def m17(path: Path) -> Path:
    """Write the mosaic of the eight real tiles; return its path."""
    zetwopass.assemble(sorted(sky.M17.glob("*.fits.gz")), path)
    fits.setval(path, "BUNIT", value="DN")
    return path


def grid(
    folder: Path,
    *,
    across: int,
    down: int = 1,
    shape: tuple[int, int] = (40, 60),
    step: tuple[int, int] = (30, 40),
    channels: int = 1,
    name: str = "tile {}.fits",
    gone: tuple[int, ...] = (),
) -> Path:
    """Write the mosaic of tiles of noise, each with a background of its own; return its path.

    Tiles of ``shape`` lie ``step`` pixels apart, and those that are ``gone`` a degree away.
    """
    rng = np.random.default_rng(5)
    height, width = shape[0] + step[0] * (down - 1), shape[1] + step[1] * (across - 1)
    base = WCS(dict(CTYPE1="RA---TAN", CTYPE2="DEC--TAN", CRVAL1=83.8, CRVAL2=-5.4))
    base.wcs.crpix, base.wcs.cdelt = (width / 2, height / 2), (-4e-4, 4e-4)
    truth = rng.normal(1000, 40, (channels, height, width)).astype(np.float32)
    files = []
    for t in range(across * down):
        y, x = step[0] * (t // across), step[1] * (t % across)
        part = np.s_[y : y + shape[0], x : x + shape[1]]
        tile = truth[(slice(None), *part)] + rng.normal(0, 20, (channels, 1, 1)).astype(np.float32)
        header = base[part].to_header()
        if t in gone:
            header["CRVAL2"] += 1.0
        files.append(folder / "tiles of one night" / name.format(t))
        files[-1].parent.mkdir(exist_ok=True)
        fits.writeto(files[-1], tile if channels > 1 else tile[0], header)
    like = base.to_header()
    like.insert(0, ("NAXIS", 2))
    like.update({"NAXIS1": width, "NAXIS2": height})
    path = folder / "mosaic.fits"
    zetwopass.assemble(files, path, like=like)
    return path


def many(folder: Path) -> Path:
    """Write a mosaic of 200 tiles with 1968 overlaps, noise all over: no picture of it is small."""
    size = {"shape": (160, 190), "step": (72, 70)}
    return grid(folder, across=20, down=10, channels=3, **size)
