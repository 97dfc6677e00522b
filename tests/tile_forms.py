"""Tiles in FITS files, as astropy writes them, and the arrays that astropy reads of them."""

import gzip
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
from astropy.io import fits

import small

Entry = str | tuple[str, int | str]


def planar(tile: np.ndarray) -> np.ndarray:
    """Return [C, h, w] of [h, w, C]."""
    return np.moveaxis(tile, 2, 0) if tile.ndim == 3 else tile


def as_dtype(dtype: str) -> Callable[[str, np.ndarray, fits.Header], Entry]:
    """Return what writes a tile as astropy writes an array of a dtype."""

    def write(path: str, tile: np.ndarray, header: fits.Header) -> Entry:
        fits.writeto(path, planar(tile).astype(dtype), header)
        return path

    return write


def scaled(path: str, tile: np.ndarray, header: fits.Header) -> Entry:
    """Store int16 with BSCALE, BZERO and a BLANK: numbers that float32 holds exactly."""
    stored = planar(np.round(tile * 8)).astype("i2")
    stored[..., 5, 7] = -999
    header.update(BLANK=-999)
    hdu = fits.PrimaryHDU(stored, header)
    hdu.header.update(BSCALE=0.125, BZERO=32.0)
    hdu.writeto(path)
    return path


def interleaved(path: str, tile: np.ndarray, header: fits.Header) -> Entry:
    """Store [h, w, 3]."""
    fits.writeto(path, tile, header)
    return path


def with_an_axis_of_one(path: str, tile: np.ndarray, header: fits.Header) -> Entry:
    """Store [1, h, w], of the first channel."""
    fits.writeto(path, tile[np.newaxis, :, :, 0], header)
    return path


def in_an_extension(path: str, tile: np.ndarray, header: fits.Header) -> Entry:
    """Store the image behind a table, under a name."""
    hdus = [fits.PrimaryHDU(), fits.BinTableHDU(np.zeros(9, "i4,f8"))]
    hdus.append(fits.ImageHDU(planar(tile), header, name="SCI"))
    fits.HDUList(hdus).writeto(path)
    return path, "sci"


def by_number(path: str, tile: np.ndarray, header: fits.Header) -> Entry:
    """Store the same, and name its number."""
    in_an_extension(path, tile, header)
    return path, 2


def gzipped(path: str, tile: np.ndarray, header: fits.Header) -> Entry:
    """Store float32, gzipped as a whole."""
    fits.writeto(path, planar(tile), header)
    with open(path, "rb") as whole, gzip.open(f"{path}.gz", "wb") as packed:
        shutil.copyfileobj(whole, packed)
    Path(path).unlink()
    return f"{path}.gz"


FORMS = {
    "uint8": as_dtype("u1"),
    "int16": as_dtype("i2"),
    "uint16": as_dtype("u2"),
    "int32": as_dtype("i4"),
    "int64": as_dtype("i8"),
    "float32": as_dtype("f4"),
    "float64": as_dtype("f8"),
    "scaled with blanks": scaled,
    "[h,w,3]": interleaved,
    "[1,h,w]": with_an_axis_of_one,
    "an HDU by its name": in_an_extension,
    "an HDU by its number": by_number,
    "gzip": gzipped,
}


def read_back(entry: Entry) -> np.ndarray:
    """Return the tile as astropy reads it, [h, w] or [h, w, C] of float32."""
    path, hdu = entry if isinstance(entry, tuple) else (entry, 0)
    found = fits.getdata(path, hdu).astype("f4")
    if found.ndim == 3 and found.shape[0] == 1:
        return found[0]
    if found.ndim == 3 and found.shape[2] != 3:
        return np.ascontiguousarray(np.moveaxis(found, 0, 2))
    return found


def mosaic(folder: Path, form: str = "float32", **options) -> tuple[dict, dict]:
    """Return the arguments of `small.mosaic` with tiles in files, and with astropy's arrays."""
    arguments = small.mosaic(**options)
    entries, headers = [], []
    for t, (tile, wcs) in enumerate(zip(arguments["tiles"], arguments["tiles_wcs"], strict=True)):
        headers.append(wcs.to_header(relax=True))
        entries.append(FORMS[form](str(folder / f"tile {t} é.fits"), tile, headers[t].copy()))
    arrays = arguments | {"tiles": [read_back(entry) for entry in entries], "tiles_wcs": headers}
    return arguments | {"tiles": entries, "tiles_wcs": None}, arrays


def saved(path: Path, array: np.ndarray) -> str:
    """Write an array to a FITS file and return its name."""
    fits.writeto(path, array)
    return str(path)
