"""Pictures for a look: a mosaic made smaller, and stretched as asinh, as PNG or TIFF."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from ..errors import ArgumentError
from .images import Image, opened

LONGEST = 8000  # pixels of the longer side
_BLACK, _WHITE = 1, 99.7  # percentiles of each channel
_SOFTENING = 0.05  # of the range: below it asinh is nearly a line
_SAMPLED = 1_000_000  # pixels that the percentiles are of


def write(mosaic: str, path: str, ending: str) -> None:
    """Write a picture of a mosaic: PNG of 8 bits, or TIFF of 16 bits, a channel.

    The longer side is `LONGEST` at most: each pixel is the mean of a square of the mosaic's. Each
    channel's range goes from black to white by asinh. Where nothing is, it is black.

    Raises
    ------
    ArgumentError
        The mosaic has neither 1 nor 3 channels.
    """
    from .._files import replacing

    with opened(mosaic) as image:
        if image.channels not in (1, 3):
            raise ArgumentError(
                f"{mosaic} has {image.channels} channels, pictures are made of 1 or 3"
            )
        pixels = picture(image, np.uint8 if ending == ".png" else np.uint16)
    with replacing(Path(path)) as partial:
        _SAVE[ending](partial, pixels)


def picture(image: Image, dtype: type, longest: int = LONGEST) -> np.ndarray:
    """Return the pixels of a picture, [h, w] or [h, w, 3], the mosaic's last row first."""
    step = -(-max(image.shape) // longest)
    shape = tuple(-(-n // step) for n in image.shape)
    pixels = np.empty((*shape, image.channels), dtype)
    for channel in range(image.channels):
        pixels[::-1, :, channel] = stretched(smaller(image, channel, step), dtype)
    return pixels[:, :, 0] if image.channels == 1 else pixels


def smaller(image: Image, channel: int, step: int) -> np.ndarray:
    """Return the means of squares of ``step`` pixels, float32; NaN where no pixel has a value."""
    rows, columns = (-(-n // step) for n in image.shape)
    means = np.empty((rows, columns), np.float32)
    coverage = image.coverage()
    edges = np.arange(0, image.shape[1], step)
    for first, last in image.bands(step):
        band = image.rows(channel, first, last)
        seen = np.isfinite(band)
        if coverage is not None:
            seen &= coverage.rows(0, first, last) > 0
        band[~seen] = 0
        starts = np.arange(0, last - first, step)
        sums, counts = (
            np.add.reduceat(np.add.reduceat(plane, starts, axis=0, dtype=float), edges, axis=1)
            for plane in (band, seen)
        )
        with np.errstate(invalid="ignore"):
            means[first // step : first // step + len(starts)] = sums / counts
    return means


def stretched(plane: np.ndarray, dtype: type) -> np.ndarray:
    """Return a plane from black to white in all numbers of an integer dtype; NaN is black.

    With x from 0 to 1 over the range it is asinh(x / a) / asinh(1 / a), a being `_SOFTENING`, as
    astropy's AsinhStretch has it; that one is in a package which loads matplotlib.
    """
    out = np.zeros(plane.shape, dtype)
    known = plane[np.isfinite(plane)]
    if not known.size:
        return out
    low, high = np.percentile(known[:: -(-known.size // _SAMPLED)], (_BLACK, _WHITE))
    if low < high:
        top = np.iinfo(dtype).max / np.arcsinh(1 / _SOFTENING)
        for row, values in enumerate(plane):
            x = np.clip((np.nan_to_num(values, nan=low) - low) / (high - low), 0, 1)
            out[row] = np.round(np.arcsinh(x / _SOFTENING) * top)
    return out


def _save_png(path: Path, pixels: np.ndarray) -> None:
    from PIL import Image as Pillow

    Pillow.fromarray(pixels).save(path, format="PNG")


def _save_tiff(path: Path, pixels: np.ndarray) -> None:
    import tifffile

    kind = "rgb" if pixels.ndim == 3 else "minisblack"
    tifffile.imwrite(path, pixels, photometric=kind, compression="zlib", metadata=None)


_SAVE: dict[str, Callable[[Path, np.ndarray], None]] = {".png": _save_png, ".tiff": _save_tiff}
