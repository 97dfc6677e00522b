"""The smallest mosaic in files: two tiles, and what is known of them."""

from pathlib import Path

import numpy as np
from astropy.io import fits
from astropy.wcs import WCS

import small

NAMES = ("tile_2.fits", "tile_10.fits")


def write(folder: Path, channels: int = 3, masked: bool = False, **cards) -> list[Path]:
    """Write the tiles of `small.mosaic`, like ZeMosaic's master tiles where ``masked``."""
    folder.mkdir(exist_ok=True)
    arguments = small.mosaic(channels)
    paths = [folder / name for name in NAMES]
    for i, path in enumerate(paths):
        hdus = [tile_hdu(arguments["tiles"][i], arguments["tiles_wcs"][i], **cards)]
        if masked:
            hdus[0].header["HIERARCH MT_NFRAMES"] = 3 + i
            alpha = np.rint(255 * small.masks()[i]).astype(np.uint8)
            hdus.append(fits.ImageHDU(alpha, name="ALPHA"))
        fits.HDUList(hdus).writeto(path)
    return paths


def tile_hdu(image: np.ndarray, wcs: WCS, **cards) -> fits.PrimaryHDU:
    """Return an image [h, w, C] with its WCS as a primary HDU [C, h, w], or [h, w]."""
    axes = image[..., 0] if image.shape[2] == 1 else np.moveaxis(image, 2, 0)
    hdu = fits.PrimaryHDU(np.ascontiguousarray(axes), wcs.to_header())
    hdu.header.update(cards)
    return hdu


def grid() -> fits.Header:
    """Return a header of the mosaic of `small.mosaic`, with its size."""
    header = small.wcs_at(0, 0).to_header()
    header.insert(0, ("NAXIS", 2))
    header.update({"NAXIS1": small.CANVAS[1], "NAXIS2": small.CANVAS[0]})
    return header


def arrays(paths: list[Path]) -> tuple[list[np.ndarray], list[WCS]]:
    """Return the images [h, w, C], float32, and the WCS of files with [C, h, w] or [h, w]."""
    tiles, wcs = [], []
    for path in paths:
        with fits.open(path) as hdus:
            tiles.append(_with_channels(hdus[0].data))
            wcs.append(WCS(hdus[0].header).celestial)
    return tiles, wcs


def mosaic(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Return mosaic [H, W, C] and coverage [H, W] of a file that was assembled."""
    with fits.open(path) as hdus:
        return _with_channels(hdus[0].data), np.asarray(hdus["COVERAGE"].data, np.float32)


def _with_channels(data: np.ndarray) -> np.ndarray:
    """Return [h, w, C] of [C, h, w] or [h, w], float32."""
    last = data[..., None] if data.ndim == 2 else np.moveaxis(data, 0, 2)
    return np.ascontiguousarray(last, np.float32)


def left(folder: Path) -> list[str]:
    """Return the names in a folder, the hidden ones too."""
    return sorted(path.name for path in folder.iterdir())
