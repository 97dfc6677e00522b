"""What `zetwopass.assemble` has written: the mosaic's file, its tables and its settings."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from astropy.io import fits
from astropy.wcs import WCS

from .._sky import celestial, read
from ..errors import FileError, reading
from .tilefiles import TileFile, found, unescaped

_SETTINGS = {
    "ZTPVERS": "zetwopass",
    "ZTPPROF": "profile",
    "ZTPSIGMA": "blur of the coverage, pixels",
    "ZTPCLIPL": "lowest gain",
    "ZTPCLIPH": "highest gain",
    "ZTPTHRES": "lowest blurred coverage in a gain",
    "ZTPFEATH": "feather, pixels of a tile",
    "ZTPBACKG": "background",
    "ZTPDEV": "computed by",
    "ZTPBEG": "begun, UTC",
}


@dataclass(frozen=True)
class Tiles:
    """One entry a tile: names [T], gains [T], offsets [T, C], groups [T] and the like.

    ``slopes`` [T, C, 2], ``damping`` [T, C] and ``left_out`` [T, C, 2] are as in
    `zetwopass.SecondPass`. ``boxes`` [T, 4] are x0, y0, x1, y1 of the mosaic's pixels, half open.
    """

    names: list[str]
    hdus: list[int]
    gains: np.ndarray
    offsets: np.ndarray
    groups: np.ndarray
    weights: np.ndarray
    boxes: np.ndarray
    exposures: np.ndarray
    slopes: np.ndarray
    damping: np.ndarray
    left_out: np.ndarray

    def __len__(self) -> int:
        return len(self.names)

    def background(self, t: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Return what is subtracted from tiles t [N] at the mosaic's pixels x and y: [N, C]."""
        slopes = self.slopes[t]
        return self.offsets[t] + slopes[..., 0] * x[:, None] + slopes[..., 1] * y[:, None]

    @cached_property
    def levels(self) -> np.ndarray:
        """What is subtracted from the tiles in the middle of their boxes, [T, C]."""
        x0, y0, x1, y1 = self.boxes.T
        return self.background(np.arange(len(self)), (x0 + x1 - 1) / 2, (y0 + y1 - 1) / 2)

    @property
    def sloping(self) -> bool:
        """Whether planes are subtracted from some."""
        return bool(self.slopes.any())

    @cached_property
    def folder(self) -> str:
        """The folder that all tiles lie in, with its separator; empty where there is none."""
        common = os.path.commonprefix(self.names)
        return common[: max(common.rfind("/"), common.rfind("\\")) + 1]

    @cached_property
    def labels(self) -> list[str]:
        """The names [T] without `folder`."""
        return [name[len(self.folder) :] for name in self.names]


@dataclass(frozen=True)
class Pairs:
    """Tiles that overlap: i, j, pixels [P], and before, after [P, C].

    ``before`` is the median of tile i minus tile j with their gains, ``after`` the same with their
    backgrounds too, those in the middle of what their boxes share; NaN where there is none.
    """

    i: np.ndarray
    j: np.ndarray
    pixels: np.ndarray
    before: np.ndarray
    after: np.ndarray

    def __len__(self) -> int:
        return len(self.i)

    @cached_property
    def sizes(self) -> tuple[np.ndarray, np.ndarray]:
        """The largest step of each pair's channels, without its sign, before and after [P]."""
        return _largest(self.before), _largest(self.after)


@dataclass(frozen=True)
class Assembled:
    """A mosaic [C, H, W] of T tiles, open for reading.

    ``image`` and ``coverage`` are the HDUs, whose pixels are read piece by piece; ``files`` [T] the
    tiles', None for those that are gone.
    """

    path: Path
    image: fits.PrimaryHDU
    coverage: fits.ImageHDU
    wcs: WCS
    tiles: Tiles
    pairs: Pairs
    files: list[TileFile | None]

    @property
    def header(self) -> fits.Header:
        """The mosaic's."""
        return self.image.header

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the mosaic."""
        return self.image.shape[-2:]

    @property
    def channels(self) -> int:
        """How many the mosaic has."""
        return self.tiles.offsets.shape[1]

    @property
    def unit(self) -> str:
        """Of the mosaic's pixels, empty where that is not known."""
        return str(self.header.get("BUNIT", "")).strip()

    @property
    def settings(self) -> dict[str, object]:
        """What the mosaic was made with, by words for people."""
        return {word: self.header[key] for key, word in _SETTINGS.items() if key in self.header}

    @property
    def seconds(self) -> dict[str, float]:
        """Wall time of each stage, in their order."""
        numbers = [key[4:] for key in sorted(self.header["ZTPS??"])]
        return {str(self.header[f"ZTPS{n}"]): float(self.header[f"ZTPT{n}"]) for n in numbers}


@contextmanager
def opened(mosaic: str | os.PathLike, tiles_root: str | os.PathLike | None) -> Iterator[Assembled]:
    """Open the file of a mosaic, and look for its tiles' files.

    Raises
    ------
    FileError
        It can't be read, or is none that assemble has written.
    """
    path = Path(mosaic)
    root = path.parent if tiles_root is None else Path(tiles_root)
    name = f"mosaic = {str(path)!r}"
    with reading(name):
        hdus = fits.open(path, memmap=False)
    with hdus:
        yield _read(name, path, hdus, root)


def _read(name: str, path: Path, hdus: fits.HDUList, root: Path) -> Assembled:
    with reading(name):
        missing = [part for part in ("COVERAGE", "TILES", "PAIRS") if part not in hdus]
        if missing or hdus[0].header["NAXIS"] not in (2, 3):
            wanted = f"no {missing[0]}" if missing else "no image in its first HDU"
            raise FileError(f"{name} has {wanted}; a report is of a file that assemble has written")
        tiles = _tiles(hdus["TILES"].data)
        pairs = _pairs(hdus["PAIRS"].data, tiles)
        sky = read(f"the WCS of {name}", celestial(name, hdus[0].header, hdus))
        files = found(zip(tiles.names, tiles.hdus, strict=True), root)
        return Assembled(path, hdus[0], hdus["COVERAGE"], sky.wcs, tiles, pairs, files)


def _tiles(table: fits.FITS_rec) -> Tiles:
    count = len(table)
    offsets = np.array(table["OFFSET"], float).reshape(count, -1)
    planes = [np.zeros((*offsets.shape, 2)), np.full(offsets.shape, np.inf)]
    planes.append(np.full((*offsets.shape, 2), np.nan))
    if "SLOPE" in table.names:
        for plane, column in zip(planes, ("SLOPE", "DAMPING", "LEFT_OUT"), strict=True):
            plane[:] = np.array(table[column], float).reshape(plane.shape)
    return Tiles(
        names=[unescaped(str(name)) for name in table["NAME"]],
        hdus=[int(hdu) for hdu in table["HDU"]],
        gains=np.array(table["GAIN"], float),
        offsets=offsets,
        groups=np.array(table["GROUP"], int),
        weights=np.array(table["WEIGHT"], float),
        boxes=np.stack([np.array(table[c], int) for c in ("X0", "Y0", "X1", "Y1")], axis=-1),
        exposures=np.array(table["EXPTIME"], float),
        slopes=planes[0],
        damping=planes[1],
        left_out=planes[2],
    )


def _pairs(table: fits.FITS_rec, tiles: Tiles) -> Pairs:
    i, j, pixels = (np.array(table[column], int) for column in ("I", "J", "PIXELS"))
    before = np.array(table["STEP"], float).reshape(len(table), tiles.offsets.shape[1])
    a, b = tiles.boxes[i].T, tiles.boxes[j].T
    x, y = ((np.maximum(a[k], b[k]) + np.minimum(a[k + 2], b[k + 2]) - 1) / 2 for k in (0, 1))
    after = before - (tiles.background(i, x, y) - tiles.background(j, x, y))
    return Pairs(i, j, pixels, before, after)


def _largest(steps: np.ndarray) -> np.ndarray:
    """Return the largest |step| of each row, NaN where a row has none."""
    sizes = np.where(np.isfinite(steps), np.abs(steps), -1).max(axis=1, initial=-1)
    return np.where(sizes < 0, np.nan, sizes)
