"""All tiles of a pass as tasks are sent them, and how tasks are computed."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Sequence
from typing import NamedTuple

import dask
import numpy as np

from .._engine import checks
from . import groups, tasks
from .tiles import Handed


class Sent(NamedTuple):
    """All tiles, as tasks are sent them."""

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

    def groups(self, boxes: np.ndarray, task_bytes: int) -> list[np.ndarray]:
        """Return tiles that lie together; with as many of neighbours they fit a task."""
        return groups.groups_of(boxes, self.sizes(), task_bytes // 2)

    def some(self, chosen: Sequence[int]) -> tuple[tasks.Some, list, list, list]:
        """Return some tiles, and the maps, images and masks that a task of theirs takes."""
        chosen = np.asarray(chosen, np.int64)
        shapes = [self.images[i].shape for i in chosen]
        some = tasks.Some(chosen, shapes, self.channels, self.profile, self.workers)
        masks = [self.masks[i] and self.masks[i].node for i in chosen]
        return some, [self._map(i) for i in chosen], [self.images[i].node for i in chosen], masks

    def task(self, function: Callable, place: object, *arguments: object) -> object:
        """Return a task that goes by the name of its function."""
        name = function.__name__
        call = dask.delayed(function, name=name, pure=False)
        return call(*arguments, dask_key_name=f"{name}-{self.token}-{place}")

    def _map(self, i: int) -> object:
        """Return a map, or a node for one that is as large as its tile."""
        pixels = self.maps[i]
        if pixels.positions is None:
            return pixels
        return dask.delayed(pixels, name=f"map-{self.token}-{i}", traverse=False)


def computed(work: list) -> tuple:
    """Compute tasks where dask does; what goes with them is large where coverage is."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Sending large graph")
        return dask.compute(*work)


def threads() -> int:
    """Return how many tasks run at a time, on the cluster or here."""
    try:
        from distributed import default_client

        return max(1, sum(default_client().nthreads().values()))
    except (ImportError, ValueError):  # no distributed, or no client
        return os.cpu_count() or 1
