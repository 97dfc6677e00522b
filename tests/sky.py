"""Seeded synthetic mosaics, and the eight real tiles of M17.

Every tile sees one and the same sky: smooth nebulosity and stars, drawn from their places in the
sky, times the tile's exposure, plus its own background and noise. So tiles agree where they
overlap but for what the second pass is to find.
"""

from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

import astropy.units as u
import numpy as np
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.wcs import WCS, Sip
from astropy.wcs.utils import pixel_to_pixel
from scipy.interpolate import RectBivariateSpline

CENTRE = SkyCoord(83.8 * u.deg, 22.0 * u.deg)
SCALE = 1.5 / 3600  # degrees a pixel
STEP = 8  # px between the points where smooth functions are evaluated
SKY_LEVEL = 1000.0
SIZE_M = {"tiles": 12, "shape": (1080, 1920), "overlap": 0.25}  # canvas about 5000 x 3700
SIZE_DENSE = {"tiles": 40, "shape": (988, 1831), "layout": "dense"}  # about 700 pairs
M17 = Path(__file__).parent / "testdata" / "2mass_m17"


@dataclass
class Scene:
    """Inputs of a second pass and what was put into them.

    Tiles float32 [h, w, C], masks float32 [h, w], coverage float32 [H, W] (the footprint count
    of an unweighted first coadd), exposures [T], backgrounds [T, C].
    """

    tiles: list[np.ndarray]
    wcs: list[WCS]
    output_wcs: WCS
    shape_out: tuple[int, int]
    coverage: np.ndarray
    masks: list[np.ndarray] | None = None
    tile_weights: list[float] | None = None
    exposures: np.ndarray | None = None
    backgrounds: np.ndarray | None = None


def scene(
    seed: int,
    *,
    tiles: int = 6,
    shape: tuple[int, int] = (270, 480),
    channels: int = 3,
    layout: str = "grid",
    overlap: float = 0.2,
    spread: tuple[float, float] = (0.62, 0.62),
    rotate: bool = True,
    sip: bool = False,
    nan_borders: bool = False,
    masks: str | None = None,
    weighted: bool = False,
    frames: str = "icrs",
    isolated: int = 0,
    sizes: str = "equal",
    coverage: str = "count",
    noise: float = 2.0,
) -> Scene:
    """Return a mosaic of ``tiles`` tiles, the last ``isolated`` of them far from all others.

    ``layout`` is 'grid', 'strip' or 'dense' (nearly every pair overlaps), whose centres lie up to
    ``spread`` tile widths and heights from the middle; ``masks`` None, 'soft' or 'holes';
    ``frames`` 'icrs' or 'mixed' (ICRS, FK5 and Galactic in turn); ``sizes`` 'equal' or 'mixed';
    ``coverage`` 'count' or 'flat' (2 where anything is); ``sip`` bends 3 px at corners.
    """
    rng = np.random.default_rng(seed)
    shapes = [_tile_shape(shape, sizes, rng) for _ in range(tiles)]
    centres = _centres(layout, tiles - isolated, shape, overlap, spread, rng)
    lone = [(centres[:, 0].max() + 1.5 * (k + 1) * max(shape), 0) for k in range(isolated)]
    angle = (180 if layout == "dense" else 3) if rotate else 0
    wcs = _place([*centres, *lone], shapes, rng, angle=angle, frames=frames, sip=sip)
    output_wcs, shape_out = canvas(wcs, shapes)
    sky = _Sky(rng, shape_out, channels)
    exposures = rng.uniform(0.98, 1.02, tiles)
    backgrounds = rng.uniform(-60, 60, (tiles, channels))
    data = []
    for t in range(tiles):
        tile = sky.render(wcs[t], output_wcs, shapes[t])
        tile *= np.float32(exposures[t])
        tile += backgrounds[t].astype(np.float32)
        tile += np.float32(noise) * rng.standard_normal(tile.shape, np.float32)
        data.append(_with_border(tile, rng.integers(3, 12, 4)) if nan_borders else tile)
    count = footprint_count(data, wcs, output_wcs, shape_out)
    return Scene(
        tiles=data,
        wcs=wcs,
        output_wcs=output_wcs,
        shape_out=shape_out,
        coverage=count if coverage == "count" else np.float32(2) * (count > 0),
        masks=[_mask(masks, s, rng) for s in shapes] if masks else None,
        tile_weights=[float(w) for w in rng.uniform(0.5, 2, tiles)] if weighted else None,
        exposures=exposures,
        backgrounds=backgrounds,
    )


@cache
def m17() -> Scene:
    """Return the eight 2MASS tiles of M17 (K band, SIN) on a TAN canvas [2201, 1800]."""
    from reproject.mosaicking import find_optimal_celestial_wcs

    tiles, wcs = [], []
    for path in sorted(M17.glob("*.fits.gz")):
        with fits.open(path) as hdus:
            tiles.append(np.array(hdus[0].data, np.float32)[..., None])
            wcs.append(WCS(hdus[0].header))
    shapes = [tile.shape[:2] for tile in tiles]
    output_wcs, shape_out = find_optimal_celestial_wcs(list(zip(shapes, wcs, strict=True)))
    shape_out = tuple(int(n) for n in shape_out)
    count = footprint_count(tiles, wcs, output_wcs, shape_out)
    return Scene(tiles, wcs, output_wcs, shape_out, count)


def tile_wcs(centre, shape, *, rotation=0.0, scale=SCALE, frame="icrs", sip=False) -> WCS:
    """Return a TAN WCS of ``shape`` centred on a SkyCoord; degrees, ``rotation`` east of north."""
    h, w = shape
    local = centre.transform_to(frame)
    lon, lat = local.spherical.lon, local.spherical.lat
    if frame == "galactic":
        pole = SkyCoord(lon, min(lat + 1 * u.arcsec, 90 * u.deg), frame="galactic").icrs
        rotation -= centre.icrs.position_angle(pole).deg
    wcs = WCS(naxis=2)
    kinds = ("GLON", "GLAT") if frame == "galactic" else ("RA--", "DEC-")
    end = "-SIP" if sip else ""
    wcs.wcs.ctype = [f"{kind}-TAN{end}" for kind in kinds]
    wcs.wcs.crval = [lon.deg, lat.deg]
    wcs.wcs.crpix = [(w + 1) / 2, (h + 1) / 2]
    c, s = scale * np.cos(np.radians(rotation)), scale * np.sin(np.radians(rotation))
    wcs.wcs.cd = [[-c, s], [s, c]]
    if frame == "fk5":
        wcs.wcs.radesys, wcs.wcs.equinox = "FK5", 2000.0
    elif frame == "icrs":
        wcs.wcs.radesys = "ICRS"
    if sip:
        corner = np.hypot(w, h) / 2
        a, b = np.zeros((4, 4)), np.zeros((4, 4))
        a[3, 0] = a[1, 2] = b[0, 3] = b[2, 1] = 2.5 / corner**3
        a[2, 0], b[1, 1] = 0.6 / corner**2, -0.5 / corner**2
        wcs.sip = Sip(a, b, None, None, wcs.wcs.crpix)
    wcs.wcs.set()
    return wcs


def canvas(wcs: list[WCS], shapes) -> tuple[WCS, tuple[int, int]]:
    """Return the TAN canvas, 1.5"/px and north up, that holds all tiles with a few pixels more."""
    out = tile_wcs(CENTRE, (1, 1))
    corners = []
    for one, (h, w) in zip(wcs, shapes, strict=True):
        x, y = np.array([-0.5, w / 2, w - 0.5] * 3), np.repeat([-0.5, h / 2, h - 0.5], 3)
        corners.append(pixel_to_pixel(one, out, x, y))
    low = np.floor(np.min(corners, axis=(0, 2))) - 3
    high = np.ceil(np.max(corners, axis=(0, 2))) + 3
    out.wcs.crpix = out.wcs.crpix - low
    out.wcs.set()
    width, height = (int(n) for n in high - low)
    return out, (height, width)


def footprint_count(tiles, wcs, output_wcs, shape_out) -> np.ndarray:
    """Return how many tiles have a value at each output pixel, float32 [H, W].

    Positions come from a coarse map: good to 1e-3 px, far quicker than one astropy call a pixel.
    """
    out = np.zeros(shape_out, np.float32)
    for tile, one in zip(tiles, wcs, strict=True):
        h, w = tile.shape[:2]
        y0, y1, x0, x1 = _box(one, output_wcs, (h, w), shape_out)
        px, py = smooth(
            partial(pixel_to_pixel, output_wcs, one), (y1 - y0, x1 - x0), origin=(y0, x0)
        )
        inside = (px >= -0.5) & (px <= w - 0.5) & (py >= -0.5) & (py <= h - 0.5)
        known = np.isfinite(tile[..., 0])
        col = np.clip(px, 0, max(w - 2, 0)).astype(np.intp)
        row = np.clip(py, 0, max(h - 2, 0)).astype(np.intp)
        for dy, dx in ((0, 0), (0, 1), (1, 0), (1, 1)):
            inside &= known[np.minimum(row + dy, h - 1), np.minimum(col + dx, w - 1)]
        out[y0:y1, x0:x1] += inside
    return out


def smooth(function, shape, *, origin=(0, 0)) -> np.ndarray:
    """Return the planes [n, h, w] of ``function(x, y)`` on a grid, splines through every 8th px."""
    (h, w), (y0, x0) = shape, origin
    y, x = (np.linspace(0, n - 1, max(4, n // STEP + 1)) for n in (h, w))
    planes = function(*(g + o for g, o in zip(np.meshgrid(x, y), (x0, y0), strict=True)))
    return np.array([RectBivariateSpline(y, x, p)(np.arange(h), np.arange(w)) for p in planes])


class _Sky:
    """A sky in the canvas's own coordinates, so that every tile can draw its part of it."""

    def __init__(self, rng, shape_out, channels):
        height, width = shape_out
        self.level = SKY_LEVEL * rng.uniform(0.8, 1.2, channels)
        self.wave = rng.uniform(-1, 1, (8, 2)) * 2 * np.pi / 300
        self.phase = rng.uniform(0, 2 * np.pi, 8)
        self.height = rng.uniform(0, 40, (channels, 8))
        stars = height * width // 3000
        self.star = rng.uniform(0, 1, (2, stars)) * np.array([[width], [height]])
        self.flux = (
            300 * rng.pareto(1.5, stars).clip(0, 60) * rng.uniform(0.5, 1, (channels, stars))
        )

    def nebula(self, x, y) -> np.ndarray:
        """Return the smooth part [C, ...] at canvas positions."""
        waves = [np.sin(a * x + b * y + p) for (a, b), p in zip(self.wave, self.phase, strict=True)]
        shape = (len(self.level), *([1] * np.ndim(x)))
        return self.level.reshape(shape) + np.tensordot(self.height, waves, 1)

    def render(self, wcs, output_wcs, shape) -> np.ndarray:
        """Return what a tile of ``shape`` sees, float32 [h, w, C]."""
        h, w = shape

        def nebula(px, py):
            return self.nebula(*pixel_to_pixel(wcs, output_wcs, px, py))

        out = np.moveaxis(smooth(nebula, shape), 0, -1).astype(np.float32)
        y0, y1, x0, x1 = _box(wcs, output_wcs, shape, (1 << 30, 1 << 30))
        x, y = self.star
        near = (x > x0) & (x < x1) & (y > y0) & (y < y1)
        if not near.any():  # pixel_to_pixel refuses an empty list
            return out
        reach, steep = 7, 0.5 / 1.6**2
        places = zip(*pixel_to_pixel(output_wcs, wcs, x[near], y[near]), strict=True)
        for (px, py), flux in zip(places, self.flux[:, near].T, strict=True):
            cols = np.arange(max(0, round(px) - reach), min(w, round(px) + reach + 1))
            rows = np.arange(max(0, round(py) - reach), min(h, round(py) + reach + 1))
            if len(cols) and len(rows):
                star = np.outer(
                    np.exp(-steep * (rows - py) ** 2), np.exp(-steep * (cols - px) ** 2)
                )
                out[rows[0] : rows[-1] + 1, cols[0] : cols[-1] + 1] += star[..., None] * flux
        return out


def _box(wcs, output_wcs, shape, shape_out) -> tuple[int, int, int, int]:
    """Return the output pixels y0, y1, x0, x1 around a tile with a few to spare."""
    h, w = shape
    edge = np.linspace(0, 1, 20)
    edge_u = np.concatenate([edge * w, edge * w, 0 * edge, 0 * edge + w]) - 0.5
    edge_v = np.concatenate([0 * edge, 0 * edge + h, edge * h, edge * h]) - 0.5
    x, y = pixel_to_pixel(wcs, output_wcs, edge_u, edge_v)
    x0, y0 = max(0, int(x.min()) - 2), max(0, int(y.min()) - 2)
    return y0, min(shape_out[0], int(y.max()) + 3), x0, min(shape_out[1], int(x.max()) + 3)


def _tile_shape(shape, sizes, rng) -> tuple[int, int]:
    factor = rng.uniform(0.75, 1.05, 2) if sizes == "mixed" else (1, 1)
    return int(shape[0] * factor[0]), int(shape[1] * factor[1])


def _centres(layout, count, shape, overlap, spread, rng) -> np.ndarray:
    """Return the tiles' centres [T, 2] in canvas pixels around 0, x before y."""
    h, w = shape
    if layout == "dense":
        return rng.uniform(np.negative(spread), spread, (count, 2)) * (w, h)
    columns = count if layout == "strip" else max(1, round(np.sqrt(count * h / w)))
    row, column = np.divmod(np.arange(count), columns)
    grid = np.stack([column, row], axis=1) * (1 - overlap) * np.array([w, h], np.float64)
    return grid - grid.mean(axis=0) + rng.uniform(-3, 3, (count, 2))


def _place(centres, shapes, rng, *, angle, frames, sip) -> list[WCS]:
    """Turn and scale tiles a little around their centres; no ``angle``, no change at all."""
    turn, names = rng.uniform(-1, 1) * angle, ("icrs", "fk5", "galactic")
    out = []
    for t, (x, y) in enumerate(centres):
        out.append(
            tile_wcs(
                CENTRE.spherical_offsets_by(-x * SCALE * u.deg, y * SCALE * u.deg),
                shapes[t],
                rotation=turn + rng.uniform(-1, 1) * angle,
                scale=SCALE * (rng.uniform(0.997, 1.003) if angle else 1),
                frame=names[t % 3] if frames == "mixed" else "icrs",
                sip=sip,
            )
        )
    return out


def _with_border(tile, border) -> np.ndarray:
    left, right, low, high = border
    h, w = tile.shape[:2]
    tile[:low], tile[h - high :], tile[:, :left], tile[:, w - right :] = (np.nan,) * 4
    return tile


def _mask(kind, shape, rng) -> np.ndarray:
    h, w = shape
    y, x = np.mgrid[:h, :w].astype(np.float32)
    if kind == "soft":
        depth = np.minimum(np.minimum(x, w - 1 - x), np.minimum(y, h - 1 - y))
        return np.clip((depth - 4) / (0.1 * min(h, w)), 0, 1).astype(np.float32)
    mask = np.ones(shape, np.float32)
    for px, py, radius in rng.uniform(0, 1, (5, 3)) * (w, h, 0.15 * min(h, w)):
        mask[(x - px) ** 2 + (y - py) ** 2 < radius**2] = 0
    return mask
