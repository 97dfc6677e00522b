"""A ``ztp_job`` together with the arrays that its addresses point into, and files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from . import buffers, calls, ffi, files, structs
from .files import FileImage, FileTarget
from .settings import Settings, numbers
from .slopes import Planes

if TYPE_CHECKING:
    from .._sky import PixelMap


@dataclass(frozen=True, kw_only=True, eq=False)
class TileInput:
    """One tile: float32 image [h, w] or [h, w, C], mask and weight [h, w] or None for ones.

    Each may be in a file. ``map`` is None where the tile shows nothing, or has its place later;
    ``name`` is what messages call it. A weight with a ``weight_map`` lies there, in any shape;
    without one it lies on the image.
    """

    name: str
    image: np.ndarray | FileImage
    map: PixelMap | None = None
    mask: np.ndarray | FileImage | None = None
    weight: np.ndarray | FileImage | None = None
    weight_scale: float = 1.0
    weight_map: PixelMap | None = None


class Plan(NamedTuple):
    """What a call would take: chunks of the output, scratch and what is read, in bytes.

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
    columns_per_chunk
        Output columns of a chunk: all, but where tiles from files fit into the budget only so.
    read_bytes
        That are read from the tiles' files.
    pair_count
        Pairs of tiles that are matched, at most.
    """

    workers: int
    rows_per_chunk: int
    chunk_total: int
    chunk_bytes: int
    bytes: int
    gpu_rows_per_chunk: int
    columns_per_chunk: int
    read_bytes: int
    pair_count: int


class Outputs(NamedTuple):
    """Where the library writes: float32 [H, W, C] (or [H, W]) and [H, W]."""

    mosaic: np.ndarray | FileTarget
    coverage: np.ndarray | FileTarget


class Job:
    """A ``ztp_job`` that keeps its arrays alive.

    The functions of the library may be called on one job, one after the other: for a mosaic
    from files ``ztp_first_coverage`` (writes the outputs' coverage, which then becomes the
    job's by `read_coverage`), ``ztp_tile_gains``, ``ztp_match_backgrounds``, and, after
    `keep_offsets`, ``ztp_reproject_coadd``.

    Parameters
    ----------
    settings
        The numbers.
    tiles
        Of which each function but the blur wants some.
    coverage, blurred
        float32 [Hc, Wc], or this shape, which is enough to plan.
    outputs
        Arrays or places in files.
    mosaic_shape
        [H, W, C] in the place of ``outputs``, to plan with, or to match.

    Attributes
    ----------
    struct
        The job; its addresses hold as long as this object.
    gains, offsets, groups
        float64 [T], float64 [T, C] and int32 [T], written by the call; gains begin as ones.
    planes
        `Planes`, written by the call where the settings' background is ``'plane'``.
    shown
        uint8 [T], 1 where a tile has given the coadd a pixel; it is read, too.
    chunks_done
        uint8 [chunk_total] after `record`, else None: chunks that are not 0 are not coadded;
        the others become 1 one by one, during ``ztp_reproject_coadd`` alone.
    """

    def __init__(
        self,
        settings: Settings,
        tiles: Sequence[TileInput] = (),
        *,
        coverage: np.ndarray | tuple[int, int] | None = None,
        blurred: np.ndarray | tuple[int, int] | None = None,
        outputs: Outputs | None = None,
        mosaic_shape: tuple[int, ...] | None = None,
    ) -> None:
        shape = mosaic_shape if outputs is None else outputs.mosaic.shape
        count, channels = len(tiles), 1 if shape is None else (*shape, 1)[2]
        self.gains = np.ones(count)
        self.offsets = np.zeros((count, channels))
        self.planes = Planes(count, channels)
        self.groups = np.full(count, -1, np.int32)
        self.shown = np.zeros(count, np.uint8)
        self.chunks_done: np.ndarray | None = None
        self._pairs: np.ndarray | None = None
        self._pair_count = np.zeros(1, np.int64)
        self._kept: dict[str, object] = {"tiles": tiles}
        self.struct = numbers(settings)
        if coverage is not None:
            self.read_coverage(coverage, blurred)
        if outputs is not None:
            self.write_to(*outputs)
        elif shape is not None:
            self.struct.mosaic = buffers.absent(shape)
            self.struct.coverage_out = buffers.absent(shape[:2])
        if shape is not None:
            self.struct.offsets = buffers.vector(self.offsets)
            self.struct.groups = buffers.vector(self.groups)
            self.planes.lend(self.struct)
            self.struct.shown = buffers.vector(self.shown)
        self.struct.gains = buffers.vector(self.gains)
        self._set_tiles(tiles, channels)

    def read_coverage(
        self,
        coverage: np.ndarray | tuple[int, int],
        blurred: np.ndarray | tuple[int, int] | None = None,
        *,
        known: bool = False,
    ) -> None:
        """Take the coverage of the first pass, and memory for the blurred one, or that if known."""
        self.struct.blurred_known = known
        self._kept["coverage"] = coverage, blurred
        if isinstance(coverage, tuple):
            self.struct.coverage, shape = buffers.absent(coverage), coverage
        else:
            self.struct.coverage, shape = buffers.plane("coverage", coverage), coverage.shape
        if isinstance(blurred, tuple):
            self.struct.blurred = buffers.absent(blurred)
        elif blurred is not None:
            self.struct.blurred = buffers.plane("blurred", blurred, shape, writable=not known)

    def write_to(
        self,
        mosaic: np.ndarray | FileTarget | tuple[int, int, int] | None = None,
        coverage: np.ndarray | FileTarget | tuple[int, int] | None = None,
    ) -> None:
        """Write the outputs to these arrays, or files; what is None stays, a shape is nowhere."""
        for part, file, name, output in (
            ("mosaic", "mosaic_file", "out[0]", mosaic),
            ("coverage_out", "coverage_file", "out[1]", coverage),
        ):
            if output is None:
                continue
            self._kept[part] = output
            place = structs.Target()
            if isinstance(output, FileTarget):
                image, place = buffers.absent(output.shape), files.target(name, output)
            elif isinstance(output, tuple):
                image = buffers.absent(output)
            elif part == "mosaic":
                image = buffers.image(name, output, writable=True)
            else:
                image = buffers.plane(name, output, writable=True)
            setattr(self.struct, part, image)
            setattr(self.struct, file, place)

    def plan(self) -> Plan:
        """Return what ``ztp_second_pass`` would take; nothing is computed. Ctrl-C ends it."""
        info = structs.PlanInfo(ffi.size(structs.PlanInfo))
        calls.run("ztp_plan", self, into=[info])
        return Plan(**{name: getattr(info, name) for name in Plan._fields})

    def record(self, plan: Plan) -> None:
        """Have pairs noted, and chunks of the coadd: those of the job's own plan."""
        self._note_pairs(plan.pair_count)
        self.chunks_done = np.zeros(plan.chunk_total, np.uint8)
        self.struct.chunks_done = buffers.vector(self.chunks_done)
        self.struct.chunk_count = plan.chunk_total

    def keep_offsets(self) -> None:
        """Have ``ztp_reproject_coadd`` take offsets, slopes and groups as they are now."""
        self.struct.offsets_known = 1

    def begin_at(self, row0: int, col0: int) -> None:
        """Take the images, in and out, for those of a window of a canvas, whose maps tiles have."""
        self.struct.row0, self.struct.col0 = row0, col0

    def want_pairs(self, pairs: np.ndarray) -> None:
        """Match no pairs but these, int64 [P, 2] by i, then j, and have them noted."""
        self._kept["pairs_wanted"] = pairs
        self.struct.pairs_wanted = buffers.vector(pairs)
        self.struct.pairs_wanted_count = len(pairs)
        self._note_pairs(len(pairs))

    def _note_pairs(self, room: int) -> None:
        self._pairs = np.zeros(room, structs.PAIR)
        self.struct.pairs, self.struct.pair_room = buffers.vector(self._pairs), room
        self.struct.pair_count = buffers.vector(self._pair_count)

    @property
    def pairs(self) -> np.ndarray:
        """What the match found, after `record`: i, j, pixels and step [C] of each pair of tiles.

        By i, then j; ``pixels`` is what both show, ``step`` the median of tile i less tile j after
        the gains and before the offsets, NaN where a channel has none.
        """
        channels = self.offsets.shape[1]
        kind = [*structs.PAIR[:3], ("step", np.float64, (channels,))]
        found = self._pairs[: self._pair_count[0]]
        pairs = np.empty(len(found), kind)
        for name in ("i", "j", "pixels"):
            pairs[name] = found[name]
        pairs["step"] = found["step"][:, :channels]
        return pairs

    def place(self, maps: Sequence[PixelMap | None]) -> None:
        """Give the tiles their maps, None to one that shows nothing."""
        kept = []
        for t, pixels in enumerate(maps):
            self.struct.tiles[t].map, nodes = buffers.pixel_map(pixels)
            kept.append(nodes)
        self._kept["maps"] = kept

    def _set_tiles(self, tiles: Sequence[TileInput], channels: int) -> None:
        if not tiles:
            return
        table = (structs.Tile * len(tiles))()
        weight_maps = []
        for entry, tile in zip(table, tiles, strict=True):
            _set_images(entry, tile, channels)
            entry.weight_scale = tile.weight_scale
            entry.weight_map, nodes = buffers.pixel_map(tile.weight_map)
            weight_maps.append(nodes)
        self._kept["weight_maps"] = weight_maps
        self.struct.tiles = table
        self.struct.tile_count = len(tiles)
        self.place([tile.map for tile in tiles])


def _set_images(entry: structs.Tile, tile: TileInput, channels: int) -> None:
    shape = tile.image.shape[:2]
    if isinstance(tile.image, FileImage):
        entry.image, entry.image_file = files.source(tile.name, tile.image, channels=channels)
    else:
        entry.image = buffers.image(tile.name, tile.image, channels=channels)
    lying = shape if tile.weight_map is None else None
    for part, image, wanted in (("mask", tile.mask, shape), ("weight", tile.weight, lying)):
        name = f"{part} of {tile.name}"
        if isinstance(image, FileImage):
            places = files.source(name, image, wanted)
            setattr(entry, part, places[0])
            setattr(entry, f"{part}_file", places[1])
        elif image is not None:
            setattr(entry, part, buffers.plane(name, image, wanted))
