"""Pictures of pixels: one stretch for all that is to be compared, WebP in the page itself."""

from __future__ import annotations

import base64
import io
from typing import NamedTuple

import numpy as np
from astropy.visualization import AsinhStretch, AsymmetricPercentileInterval, ImageNormalize
from PIL import Image

_LIMITS = (0.5, 99.6)  # percentiles that become black and white
_SOFT = np.geomspace(1e-3, 1, 31)  # what asinh may be told; 1 is nearly straight
_MIDDLE = 0.25  # what the median becomes
_QUALITIES = (86, 72, 58, 44, 30, 16)


class Stretch(NamedTuple):
    """One norm for each channel, numbers to 0 to 1."""

    norms: list[ImageNormalize]

    @classmethod
    def to(cls, planes: np.ndarray) -> Stretch:
        """Return the stretch that shows [C, h, w] best: its median is dark, its stars are white."""
        return cls([_norm(plane[np.isfinite(plane)]) for plane in planes])


def _norm(values: np.ndarray) -> ImageNormalize:
    if not values.size:
        return ImageNormalize(vmin=0, vmax=1, stretch=AsinhStretch(), clip=True)
    low, high = map(float, AsymmetricPercentileInterval(*_LIMITS).get_limits(values))
    if not low < high:  # a constant becomes grey
        low, high = low - 1, high + 1
    median = (float(np.median(values)) - low) / (high - low)
    middles = np.arcsinh(median / _SOFT) / np.arcsinh(1 / _SOFT)
    soft = _SOFT[np.argmin(np.abs(middles - _MIDDLE))]
    return ImageNormalize(vmin=low, vmax=high, stretch=AsinhStretch(soft), clip=True)


class Raster(NamedTuple):
    """A picture of width x height pixels as the address that an ``img`` takes."""

    src: str
    width: int
    height: int

    @classmethod
    def of(cls, planes: np.ndarray, stretch: Stretch, most: int) -> Raster:
        """Return the picture of [1 or 3, h, w], row 0 below, nothing where a channel is NaN.

        Its quality is what ``most`` bytes allow.
        """
        known = np.isfinite(planes).all(axis=0)
        shades = [
            np.asarray(norm(np.where(known, plane, norm.vmin)))
            for norm, plane in zip(stretch.norms, planes, strict=True)
        ]
        colours = np.stack([*(shades * (3 // len(shades))), known], axis=-1)[::-1]
        picture = Image.fromarray(np.round(255 * colours).astype(np.uint8), "RGBA")
        if known.all():
            picture = picture.convert("RGB")
        for quality in _QUALITIES:
            data = io.BytesIO()
            picture.save(data, "WEBP", quality=quality, method=4)
            if 4 * data.tell() <= 3 * most:  # base64 takes a third more
                break
        text = base64.b64encode(data.getvalue()).decode()
        return cls(f"data:image/webp;base64,{text}", *picture.size)
