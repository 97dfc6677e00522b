"""The tiles' own files, where they still are: their places on the sky, their pixels on a grid."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path

import numpy as np
from astropy.io import fits
from astropy.wcs import WCS
from astropy.wcs.utils import pixel_to_pixel, proj_plane_pixel_scales

from .._files import Chosen, TileHeader, read_headers
from ..errors import Error, reading
from ..interpolation import reproject_interp
from . import blocks
from .blocks import Box

_EDGE = 9  # points along a side of an outline
_MARGIN = 3  # blocks around what is wanted of a tile
_ESCAPED = re.compile(r"\\(?:x[0-9a-f]{2}|u[0-9a-f]{4}|U[0-9a-f]{8})")


class TileFile:
    """A tile's image in a FITS file, which is open only while it is read.

    Attributes
    ----------
    shape
        Rows and columns.
    wcs
        Of two celestial axes.
    """

    def __init__(self, header: TileHeader) -> None:
        self._header = header
        self.shape = header.shape[:2]
        self.wcs = header.sky.wcs

    @cached_property
    def scale(self) -> float:
        """Degrees a pixel."""
        return float(np.sqrt(np.prod(proj_plane_pixel_scales(self.wcs))))

    def outline(self, wcs: WCS) -> np.ndarray:
        """Return points [n, 2] around the tile, x before y, in the pixels of a WCS."""
        height, width = self.shape
        x, y = border(Box(0, 0, width, height))
        return np.stack(pixel_to_pixel(self.wcs, wcs, x, y), axis=-1)

    def pixels(self) -> np.ndarray:
        """Return all of the tile, float32 [C, h, w], NaN where it is not finite."""
        header = self._header
        with reading(header.name), fits.open(header.path, memmap=False) as hdus:
            return blocks.means(hdus[header.hdu], 1)

    def on(self, wcs: WCS, shape: tuple[int, int]) -> np.ndarray | None:
        """Return the tile on a grid, float32 [C, H, W] with NaN around it; None where it is not.

        Its pixels are averaged to about the size of the grid's before they are interpolated.
        """
        scale = float(np.sqrt(np.prod(proj_plane_pixel_scales(wcs))))
        size = max(1, int(scale / self.scale + 0.01))
        box = self._needed(wcs, shape, _MARGIN * size)
        if box is None:
            return None
        header = self._header
        with reading(header.name), fits.open(header.path, memmap=False) as hdus:
            pixels = blocks.means(hdus[header.hdu], size, box)
            if header.mask is not None:
                pixels[:, ~(blocks.means(hdus[header.mask], size, box)[0] > 0)] = np.nan
        out = np.empty((len(pixels), *shape), np.float32)
        reproject_interp(
            (pixels, blocks.wcs_of(self.wcs, size, box)),
            wcs,
            out.shape,
            output_array=out,
            return_footprint=False,
        )
        return out

    def _needed(self, wcs: WCS, shape: tuple[int, int], margin: int) -> Box | None:
        """Return the pixels that a grid lies on, all of them where that is not to be told."""
        height, width = self.shape
        x, y = border(Box(0, 0, shape[1], shape[0]))
        x, y = pixel_to_pixel(wcs, self.wcs, x, y)
        if not (np.isfinite(x).all() and np.isfinite(y).all()):
            return Box(0, 0, width, height)
        box = Box(
            max(0, int(x.min()) - margin),
            max(0, int(y.min()) - margin),
            min(width, int(x.max()) + 1 + margin),
            min(height, int(y.max()) + 1 + margin),
        )
        return box if min(box.shape) > 0 else None


def border(box: Box) -> tuple[np.ndarray, np.ndarray]:
    """Return x and y of points along the outer edge of a box of pixels, once around."""
    x = np.linspace(box.x0, box.x1, _EDGE) - 0.5
    y = np.linspace(box.y0, box.y1, _EDGE) - 0.5
    low, high = np.full(_EDGE - 1, 0), np.full(_EDGE - 1, -1)
    return (
        np.concatenate([x[:-1], x[high], x[:0:-1], x[low]]),
        np.concatenate([y[low], y[:-1], y[high], y[:0:-1]]),
    )


def unescaped(name: str) -> str:
    """Return a name with the letters that FITS lacks, which the table has by their numbers."""
    return _ESCAPED.sub(lambda found: chr(int(found[0][2:], 16)), name)


def found(tiles: Iterable[tuple[str, int]], root: Path) -> list[TileFile | None]:
    """Return the tiles' files by name and HDU, None for those that are gone or no longer tiles.

    A name is looked for in ``root``, and there without its folders too.
    """
    return [_found(name, hdu, root) for name, hdu in tiles]


def _found(name: str, hdu: int, root: Path) -> TileFile | None:
    for path in (root / name, root / Path(name).name):
        if path.is_file():
            try:
                return TileFile(next(read_headers([Chosen(str(path), hdu)], ())))
            except Error:
                return None
    return None
