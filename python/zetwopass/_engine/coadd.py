"""A ``ztp_job`` of planes together with the arrays that its addresses point into."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from . import buffers, structs
from .job import Outputs, TileInput
from .settings import Settings, numbers
from .slopes import Planes


class Coadd:
    """Tiles of N planes each, added up plane by plane; it keeps its arrays alive.

    Parameters
    ----------
    settings
        Of profile ``'v4.2'``.
    tiles
        Their images [N, h, w] and weights [1 or N, h, w] may each be float32 or float64.
    outputs
        float32 or float64 [N, H, W], both.

    Attributes
    ----------
    struct
        The job; its addresses hold as long as this object.
    offsets, groups, planes
        float64 [T], int32 [T] and `Planes` of one channel, written by the call.
    """

    def __init__(self, settings: Settings, tiles: Sequence[TileInput], outputs: Outputs) -> None:
        self.offsets = np.zeros(len(tiles))
        self.groups = np.full(len(tiles), -1, np.int32)
        self.planes = Planes(len(tiles), 1)
        self._kept: list[object] = [tiles, outputs]
        self.struct = numbers(settings)
        self.struct.mosaic_planes = buffers.planes("output_array", outputs.mosaic, writable=True)
        self.struct.coverage_planes = buffers.planes(
            "output_footprint", outputs.coverage, writable=True
        )
        self.struct.offsets = buffers.vector(self.offsets)
        self.struct.groups = buffers.vector(self.groups)
        self.planes.lend(self.struct)
        table = (structs.Tile * len(tiles))()
        for entry, tile in zip(table, tiles, strict=True):
            self._set_tile(entry, tile)
        self.struct.tiles, self.struct.tile_count = table, len(tiles)

    def _set_tile(self, entry: structs.Tile, tile: TileInput) -> None:
        entry.planes = buffers.planes(tile.name, tile.image)
        if tile.weight is not None:
            entry.weight_planes = buffers.planes(f"weight of {tile.name}", tile.weight)
        entry.map, nodes = buffers.pixel_map(tile.map)
        entry.weight_map, weight_nodes = buffers.pixel_map(tile.weight_map)
        self._kept += [nodes, weight_nodes]
