"""A ``ztp_job`` together with the arrays that its addresses point into."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from .. import errors
from . import buffers, ffi, structs

if TYPE_CHECKING:
    from .._sky import PixelMap


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The numbers of a job, as ``include/zetwopass.h`` describes them.

    ``threshold`` is None for the default and 0 for none; ``workers``, rows and bytes are 0 where
    the library chooses. ``device`` is ``'auto'``, ``'cpu'``, ``'gpu'`` or ``'hybrid'``.
    """

    profile: str = "v4.5"
    sigma: int = 0
    gain_clip: tuple[float, float] = (1.0, 1.0)
    threshold: float | None = None
    combine: str = "mean"
    keep_background: bool = False
    binary_weights: bool = False
    signed_weights: bool = False
    blank_nan: bool = False
    workers: int = 0
    rows_per_chunk: int = 0
    max_chunk_bytes: int = 0
    device: str = "auto"
    gpu_rows_per_chunk: int = 0
    gpu_max_chunk_bytes: int = 0


@dataclass(frozen=True, kw_only=True, eq=False)
class TileInput:
    """One tile: float32 image [h, w] or [h, w, C], mask and weight [h, w] or None for ones.

    ``map`` is None where the tile shows nothing, or has its place later; ``name`` is what messages
    call it. A weight with a ``weight_map`` lies there, in any shape; without one it lies on the
    image.
    """

    name: str
    image: np.ndarray
    map: PixelMap | None = None
    mask: np.ndarray | None = None
    weight: np.ndarray | None = None
    weight_scale: float = 1.0
    weight_map: PixelMap | None = None


class Plan(NamedTuple):
    """What a call would take: chunks of output rows, and scratch in bytes.

    Attributes
    ----------
    workers
        Threads that the budget admits.
    rows_per_chunk, chunk_total
        Output rows of a chunk, and how many chunks the mosaic has.
    chunk_bytes
        Scratch of one worker on one chunk, at most.
    bytes
        Scratch of the whole call, at most.
    gpu_rows_per_chunk
        Output rows that a GPU takes at a time.
    """

    workers: int
    rows_per_chunk: int
    chunk_total: int
    chunk_bytes: int
    bytes: int
    gpu_rows_per_chunk: int


class Outputs(NamedTuple):
    """Arrays that the library writes: float32 [H, W, C] (or [H, W]) and [H, W]."""

    mosaic: np.ndarray
    coverage: np.ndarray


class Job:
    """A ``ztp_job`` that keeps its arrays alive.

    A job without ``outputs`` may have the shape of a mosaic [H, W, C] to be planned for.

    Attributes
    ----------
    struct
        The job; its addresses hold as long as this object.
    gains, offsets, groups
        float64 [T], float64 [T, C] and int32 [T], written by the call; gains begin as ones.
    """

    def __init__(
        self,
        settings: Settings,
        tiles: Sequence[TileInput] = (),
        *,
        coverage: np.ndarray | None = None,
        blurred: np.ndarray | None = None,
        outputs: Outputs | None = None,
        mosaic_shape: tuple[int, int, int] | None = None,
    ) -> None:
        shape = mosaic_shape if outputs is None else outputs.mosaic.shape
        count, channels = len(tiles), 1 if shape is None else (*shape, 1)[2]
        self.gains = np.ones(count)
        self.offsets = np.zeros((count, channels))
        self.groups = np.full(count, -1, np.int32)
        self._kept: list[object] = [tiles, coverage, blurred, outputs]
        self.struct = numbers(settings)
        if coverage is not None:
            self.struct.coverage = buffers.plane("coverage", coverage)
        if blurred is not None and coverage is not None:
            self.struct.blurred = buffers.plane("blurred", blurred, coverage.shape, writable=True)
        if outputs is not None:
            self.struct.mosaic = buffers.image("out[0]", outputs.mosaic, writable=True)
            self.struct.coverage_out = buffers.plane("out[1]", outputs.coverage, writable=True)
        elif shape is not None:
            self.struct.mosaic = buffers.absent(shape)
            self.struct.coverage_out = buffers.absent(shape[:2])
        if shape is not None:
            self.struct.offsets = buffers.vector(self.offsets)
            self.struct.groups = buffers.vector(self.groups)
        self.struct.gains = buffers.vector(self.gains)
        self._set_tiles(tiles, channels)

    def plan(self) -> Plan:
        """Return what ``ztp_second_pass`` would take; nothing is computed."""
        info, error = structs.PlanInfo(ffi.size(structs.PlanInfo)), structs.Error()
        status = ffi.library().ztp_plan(self.struct, info, error)
        errors.check(status, error.message.decode(errors="replace"))
        return Plan(**{name: getattr(info, name) for name in Plan._fields})

    def place(self, maps: Sequence[PixelMap | None]) -> None:
        """Give the tiles their maps, None to one that shows nothing."""
        for t, pixels in enumerate(maps):
            self.struct.tiles[t].map, nodes = buffers.pixel_map(pixels)
            self._kept.append(nodes)

    def _set_tiles(self, tiles: Sequence[TileInput], channels: int) -> None:
        if not tiles:
            return
        table = (structs.Tile * len(tiles))()
        for entry, tile in zip(table, tiles, strict=True):
            shape = tile.image.shape[:2]
            entry.image = buffers.image(tile.name, tile.image, channels=channels)
            if tile.mask is not None:
                entry.mask = buffers.plane(f"mask of {tile.name}", tile.mask, shape)
            if tile.weight is not None:
                lying = shape if tile.weight_map is None else None
                entry.weight = buffers.plane(f"weight of {tile.name}", tile.weight, lying)
            entry.weight_scale = tile.weight_scale
            entry.weight_map, nodes = buffers.pixel_map(tile.weight_map)
            self._kept.append(nodes)
        self.struct.tiles = table
        self.struct.tile_count = len(tiles)
        self.place([tile.map for tile in tiles])


def numbers(settings: Settings) -> structs.Job:
    """Return a job that has these numbers and nothing else."""
    low, high = settings.gain_clip
    struct = structs.Job(ffi.size(structs.Job), ffi.size(structs.Tile))
    struct.profile = structs.PROFILES[settings.profile]
    struct.sigma = settings.sigma
    struct.gain_min, struct.gain_max = low, high
    if settings.threshold is not None:
        struct.threshold = settings.threshold if settings.threshold > 0 else -1
    struct.combine = structs.COMBINES[settings.combine]
    struct.keep_background = settings.keep_background
    struct.binary_weights = settings.binary_weights
    struct.signed_weights = settings.signed_weights
    struct.blank_nan = settings.blank_nan
    struct.workers = settings.workers
    struct.rows_per_chunk = settings.rows_per_chunk
    struct.max_chunk_bytes = settings.max_chunk_bytes
    struct.device = structs.DEVICES[settings.device]
    struct.gpu_rows_per_chunk = settings.gpu_rows_per_chunk
    struct.gpu_max_chunk_bytes = settings.gpu_max_chunk_bytes
    return struct
