"""Files of mosaics as `zetwopass.assemble` writes them, made from arrays: what reports are of."""

import itertools
from pathlib import Path

import numpy as np
from astropy.io import fits
from astropy.wcs import WCS
from reproject.mosaicking import find_optimal_celestial_wcs

import sky
import zetwopass

STAGES = {"read": 0.31, "blur": 0.02, "gains": 0.06, "match": 0.25, "coadd": 0.42}


def write(
    path,
    mosaic,
    coverage,
    wcs,
    names,
    boxes,
    pairs,
    *,
    gains=None,
    offsets=None,
    groups=None,
    **cards,
):
    """Write a mosaic [H, W, C] of T tiles with pairs (i, j, pixels, step [C]); return its path."""
    count, channels = len(names), mosaic.shape[2]
    gains = np.ones(count) if gains is None else gains
    offsets = np.zeros((count, channels)) if offsets is None else offsets
    groups = np.zeros(count, int) if groups is None else groups
    header = wcs.to_header(relax=True)
    header.update(
        {
            "ZTPVERS": zetwopass.__version__,
            "ZTPPROF": "v4.5",
            "ZTPSIGMA": 50,
            "ZTPCLIPL": 0.85,
            "ZTPCLIPH": 1.18,
            "ZTPTHRES": 2.0,
            "ZTPDEV": "cpu",
            "ZTPBEG": "2026-11-26T10:00:00",
            "ZTPPEAK": 25_000_000,
        }
    )
    for k, (stage, seconds) in enumerate(STAGES.items()):
        header[f"ZTPS{k:02}"], header[f"ZTPT{k:02}"] = stage, seconds
    header.update(cards)
    planes = mosaic[..., 0] if channels == 1 else np.moveaxis(mosaic, 2, 0)
    hdus = fits.HDUList([fits.PrimaryHDU(planes, header)])
    hdus.append(fits.ImageHDU(coverage, wcs.to_header(relax=True), name="COVERAGE"))
    hdus.append(_tiles(names, gains, offsets, groups, boxes))
    hdus.append(_pairs(pairs, channels))
    hdus.writeto(path, overwrite=True)
    return Path(path)


def _tiles(names, gains, offsets, groups, boxes):
    corners = np.asarray(boxes, int).reshape(-1, 4).T
    channels = offsets.shape[1]
    columns = [
        fits.Column("NAME", f"{max(map(len, names), default=1)}A", array=np.array(names)),
        fits.Column("HDU", "J", array=np.zeros(len(names), int)),
        fits.Column("GAIN", "D", array=gains),
        fits.Column("OFFSET", f"{channels}D", array=offsets),
        fits.Column("GROUP", "J", array=groups),
        fits.Column("WEIGHT", "D", array=np.ones(len(names))),
        *(
            fits.Column(n, "J", array=c)
            for n, c in zip(("X0", "Y0", "X1", "Y1"), corners, strict=True)
        ),
        fits.Column("EXPTIME", "D", array=np.full(len(names), 7.8)),
    ]
    return fits.BinTableHDU.from_columns(columns, name="TILES")


def _pairs(pairs, channels):
    columns = [
        fits.Column("I", "K", array=np.array([p[0] for p in pairs], int)),
        fits.Column("J", "K", array=np.array([p[1] for p in pairs], int)),
        fits.Column("PIXELS", "K", array=np.array([p[2] for p in pairs], int)),
        fits.Column(
            "STEP",
            f"{channels}D",
            array=np.array([p[3] for p in pairs], float).reshape(-1, channels),
        ),
    ]
    return fits.BinTableHDU.from_columns(columns, name="PAIRS")


def assembled(path, files, **cards):
    """Write what becomes of tiles [h, w] or [C, h, w] in files; return its path."""
    tiles = [np.asarray(fits.getdata(file), np.float32) for file in files]
    tiles = [np.moveaxis(t, 0, 2) if t.ndim == 3 else t[..., None] for t in tiles]
    skies = [WCS(fits.getheader(file)).celestial for file in files]
    shapes = [(tile.shape[:2], wcs) for tile, wcs in zip(tiles, skies, strict=True)]
    wcs, shape = find_optimal_celestial_wcs(shapes)
    _, coverage = zetwopass.reproject_and_coadd(
        [(tile[..., 0], s) for tile, s in zip(tiles, skies, strict=True)], wcs, shape
    )
    made = zetwopass.second_pass(tiles, skies, wcs, np.float32(coverage))
    alone = [
        _alone(tile * g, s, wcs, shape) for tile, s, g in zip(tiles, skies, made.gains, strict=True)
    ]
    pairs = []
    for i, j in itertools.combinations(range(len(tiles)), 2):
        with np.errstate(invalid="ignore"):
            step = alone[i] - alone[j]
        pixels = int(np.isfinite(step[0]).sum())
        if pixels:
            pairs.append((i, j, pixels, np.nanmedian(step, axis=(1, 2))))
    return write(
        path,
        made.mosaic,
        made.coverage,
        wcs,
        [str(file) for file in files],
        [_box(plane[0]) for plane in alone],
        pairs,
        gains=made.gains,
        offsets=made.offsets,
        groups=made.groups,
        **cards,
    )


def _alone(tile, tile_wcs, wcs, shape):
    planes = np.moveaxis(tile, 2, 0).astype(np.float32)
    return zetwopass.reproject_interp((planes, tile_wcs), wcs, shape)[0]


def _box(plane):
    rows, cols = (np.flatnonzero(np.isfinite(plane).any(axis)) for axis in (1, 0))
    return cols[0], rows[0], cols[-1] + 1, rows[-1] + 1


def m17(path):
    """Write the mosaic of the eight real tiles."""
    return assembled(path, sorted(sky.M17.glob("*.fits.gz")), BUNIT="DN", OBJECT="M17")


def many(folder, *, across=20, down=10, shape=(160, 190), step=(72, 70), seed=5):
    """Write tiles of 3 channels on one plane of the sky, each with a background of its own.

    Return the path of their mosaic, whose pairs are all tiles whose boxes overlap. The mosaic is
    noise everywhere: no picture of it is small.
    """
    rng = np.random.default_rng(seed)
    height, width = shape[0] + step[0] * (down - 1), shape[1] + step[1] * (across - 1)
    base = WCS(dict(CTYPE1="RA---TAN", CTYPE2="DEC--TAN", CRVAL1=83.8, CRVAL2=-5.4))
    base.wcs.crpix, base.wcs.cdelt = (width / 2, height / 2), (-4e-4, 4e-4)
    places = [(step[0] * r, step[1] * c) for r in range(down) for c in range(across)]
    levels = rng.normal(0, 20, (len(places), 3)).astype(np.float32)
    truth = rng.normal(1000, 40, (height, width, 3)).astype(np.float32)
    names, boxes = [], []
    gains = rng.uniform(0.85, 1.18, len(places)).astype(np.float32)
    for t, ((y, x), level, gain) in enumerate(zip(places, levels, gains, strict=True)):
        tile = (truth[y : y + shape[0], x : x + shape[1]] + level) / gain
        header = base[y : y + shape[0], x : x + shape[1]].to_header()
        names.append(f"night 1/master_tile_{t:03}.fits")
        (folder / names[-1]).parent.mkdir(exist_ok=True)
        fits.writeto(folder / names[-1], np.moveaxis(tile, 2, 0), header, overwrite=True)
        boxes.append((x, y, x + shape[1], y + shape[0]))
    residuals = rng.normal(0, 1.5, (len(places), len(places), 3))
    pairs = []
    for i, j in itertools.combinations(range(len(places)), 2):
        (y0, x0), (y1, x1) = places[i], places[j]
        pixels = max(0, shape[0] - abs(y0 - y1)) * max(0, shape[1] - abs(x0 - x1))
        if pixels:
            pairs.append((i, j, pixels, levels[i] - levels[j] + residuals[i, j]))
    cover = np.zeros((height, width), np.float32)
    for x0, y0, x1, y1 in boxes:
        cover[y0:y1, x0:x1] += 1
    path = folder / "many.fits"
    return write(path, truth, cover, base, names, boxes, pairs, gains=gains, offsets=levels)
