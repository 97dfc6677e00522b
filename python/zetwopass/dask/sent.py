"""All tiles of a pass as tasks are handed them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import dask
import numpy as np

from .._engine import FileImage, checks
from . import tasks
from .cluster import Graph, Key
from .groups import Plan
from .tiles import Handed


class Sent(NamedTuple):
    """All tiles, as tasks are handed them."""

    images: list[Handed]
    masks: list[Handed | None]
    maps: list
    profile: str
    workers: int
    token: str

    @property
    def channels(self) -> int:
        """C, of the first tile."""
        return checks.channels(self.images)

    def sizes(self) -> np.ndarray:
        """Return the bytes of each tile and its mask."""
        each = zip(self.images, self.masks, strict=True)
        return np.array([image.nbytes + (mask.nbytes if mask else 0) for image, mask in each])

    def some(self, chosen: Sequence[int]) -> tasks.Some:
        """Return what a task is told of some tiles."""
        chosen = np.asarray(chosen, np.int64)
        shapes = [self.images[i].shape for i in chosen]
        return tasks.Some(chosen, shapes, self.channels, self.profile, self.workers)

    def masks_of(self, graph: Graph, chosen: Sequence[int]) -> list:
        """Return the masks of some tiles as a task takes them: None, files, or keys."""
        return [self.masks[i] and _input(graph, self.masks[i]) for i in chosen]

    def images_of(self, graph: Graph, chosen: Sequence[int]) -> list:
        """Return the pixels of some tiles as a task takes them: files, or keys."""
        return [_input(graph, self.images[i]) for i in chosen]

    def maps_of(self, graph: Graph, chosen: Sequence[int]) -> list:
        """Return the maps of some tiles, or keys of those that are as large as their tiles."""
        return [self._map(graph, i) for i in chosen]

    def _map(self, graph: Graph, i: int) -> object:
        pixels = self.maps[i]
        if pixels.positions is None:
            return pixels
        return graph.input(dask.delayed(pixels, name=f"map-{self.token}-{i}", traverse=False))


class Bundles(NamedTuple):
    """The bundles of a plan: tasks that make them, or their futures where they are held.

    Attributes
    ----------
    homes
        The addresses of the workers of the cells, or None.
    """

    sent: Sent
    plan: Plan
    homes: list[str | None]
    held: Sequence = ()

    def keys(self, graph: Graph) -> list[Key]:
        """Return what stands for each in a graph."""
        if self.held:
            return [Key(future) for future in self.held]
        found = []
        for k, (tiles, cell) in enumerate(zip(self.plan.bundles, self.plan.cells, strict=True)):
            of = self.sent
            inputs = of.maps_of(graph, tiles), of.images_of(graph, tiles), of.masks_of(graph, tiles)
            home = self.homes[cell]
            found.append(graph.add(tasks.tiles, (k,), of.some(tiles), *inputs, home=home))
        return found


def _input(graph: Graph, image: Handed) -> object:
    return image.node if isinstance(image.node, FileImage) else graph.input(image.node)
