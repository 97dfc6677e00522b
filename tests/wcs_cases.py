"""WCS objects to draw pixel maps between, and the comparison of a map with astropy."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
from astropy.io import fits
from astropy.wcs import WCS, DistortionLookupTable, Sip
from astropy.wcs.utils import pixel_to_pixel, proj_plane_pixel_scales

from zetwopass._sky import PixelMap, grid_positions, pixel_map, plane_positions

BOUND = 1e-5
HEADERS = sorted((Path(__file__).parent / "testdata" / "headers").glob("*.hdr"))


def make_wcs(
    crval=(150.0, 20.0),
    size=(300, 200),
    *,
    scale=1.5,
    turned=0.0,
    flip=-1,
    code="TAN",
    axes=("RA--", "DEC-"),
    **cards,
) -> WCS:
    """Return a WCS of `size` (w, h), arcsec per pixel, turned by degrees; cards go to wcsprm."""
    wcs = WCS(naxis=2)
    wcs.wcs.ctype = [f"{axis}-{code}" for axis in axes]
    cos, sin = np.cos(np.radians(turned)), np.sin(np.radians(turned))
    wcs.wcs.cd = scale / 3600 * np.array([[flip * cos, sin], [-flip * sin, cos]])
    wcs.wcs.crval = crval
    wcs.wcs.crpix = (size[0] + 1) / 2, (size[1] + 1) / 2
    for key, value in cards.items():
        setattr(wcs.wcs, key, value)
    wcs.wcs.set()
    return wcs


def with_sip(wcs: WCS, pixels: float, half: float, seed: int = 0, order: int = 3) -> WCS:
    """Return a copy with random SIP terms that move the corners by about `pixels`."""
    rng = np.random.default_rng(seed)
    terms = np.zeros((2, order + 1, order + 1))
    for i, j in np.ndindex(order + 1, order + 1):
        if 2 <= i + j <= order:
            terms[:, i, j] = rng.normal(size=2) * pixels / half ** (i + j) / 3
    copy = wcs.deepcopy()
    copy.sip = Sip(*terms, None, None, copy.wcs.crpix)
    copy.wcs.ctype = [f"{ctype}-SIP" for ctype in copy.wcs.ctype]
    return copy


def with_table(wcs: WCS, shape: tuple[int, int], pixels: float) -> WCS:
    """Return a copy with a lookup table of distortion in x, a wave of `pixels`."""
    copy = wcs.deepcopy()
    y, x = np.mgrid[:9, :9]
    table = (pixels * np.sin(x + 0.5 * y)).astype(np.float32)
    step = shape[1] / 8, shape[0] / 8
    copy.cpdis1 = DistortionLookupTable(table, (1, 1), (1, 1), step)
    return copy


def header(path: Path) -> fits.Header:
    text = path.read_text()
    return fits.Header.fromstring(text, sep="\n" if "\n" in text else "")


def read(path: Path) -> WCS:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return WCS(header(path))


def truth(tile: WCS, output: WCS, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return astropy's positions (n,2), NaN where reproject's round trip fails."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ends = pixel_to_pixel(output, tile, x, y)
        back = pixel_to_pixel(tile, output, *ends)
    lost = (np.abs(back[0] - x) > 1) | (np.abs(back[1] - y) > 1)
    return np.where(lost[:, None], np.nan, np.stack(ends, axis=-1))


def evaluate(found: PixelMap | None, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return the map's positions (n,2) at whole pixels, NaN outside of its box."""
    ends = np.full((len(x), 2), np.nan)
    if found is None:
        return ends
    x0, y0, x1, y1 = found.box
    held = (x0 <= x) & (x < x1) & (y0 <= y) & (y < y1)
    if found.plane is not None:
        ends[held] = plane_positions(found, x[held], y[held])
    elif found.grid is not None:
        ends[held] = grid_positions(found, x[held], y[held])
    else:
        ends[held] = found.positions[y[held].astype(int) - y0, x[held].astype(int) - x0]
    return ends


def depth(ends: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Return how far inside of the tile positions are, pixels; below 0 outside, also for NaN."""
    far = np.array([shape[1] - 0.5, shape[0] - 0.5])
    inside = np.minimum(ends + 0.5, far - ends).min(axis=-1)
    return np.where(np.isfinite(inside), inside, -np.inf)


def compare(tile, tile_shape, output, canvas, *, count=6000, tolerance=2 * BOUND, seed=0):
    """Return the map after holding it against astropy on whole pixels of the canvas.

    Checked: the same pixels inside, but for those within 1e-4 of an edge; their positions. A
    box that loses pixels shows up as pixels that are not inside.
    """
    rng = np.random.default_rng(seed)
    x = rng.integers(0, canvas[1], count).astype(float)
    y = rng.integers(0, canvas[0], count).astype(float)
    expected = truth(tile, output, x, y)
    found = pixel_map(tile, tile_shape, output, canvas)
    ends = evaluate(found, x, y)
    wanted, got = depth(expected, tile_shape), depth(ends, tile_shape)
    clear = np.abs(wanted) > 1e-4
    wrong = clear & ((wanted > 0) != (got > 0))
    assert not wrong.any(), (x[wrong][:5], y[wrong][:5], expected[wrong][:5], ends[wrong][:5])
    both = (wanted > 0) & (got > 0)
    error = np.abs(ends - expected)[both].max(initial=0)
    assert error <= tolerance, error
    return found, int(both.sum())


def facing(wcs: WCS, shape: tuple[int, int], size: int, turned: float) -> WCS:
    """Return a square tangent plane in ICRS, centred on the image's middle."""
    middle = wcs.pixel_to_world((shape[1] - 1) / 2, (shape[0] - 1) / 2).icrs
    scale = float(np.mean(proj_plane_pixel_scales(wcs))) * 3600
    return make_wcs(
        (middle.ra.deg, middle.dec.deg), (size, size), scale=scale, turned=turned, radesys="ICRS"
    )
