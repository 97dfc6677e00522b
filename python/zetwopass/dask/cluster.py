"""Graphs of coarse tasks, and who computes them: the workers of a cluster, or threads here."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

import dask
import numpy as np
from dask.highlevelgraph import HighLevelGraph, MaterializedLayer

if TYPE_CHECKING:
    from dask.delayed import Delayed

    from .groups import Plan


class Key(NamedTuple):
    """The key of a task, or its future, which stands for its result among arguments."""

    key: object


class Graph:
    """Tasks that go by the names of their functions, in a layer of each kind."""

    def __init__(self, token: str) -> None:
        self.token = token
        self._layers: dict[str, dict] = {}
        self._homes = Homes()
        self._inputs: dict[object, HighLevelGraph] = {}  # what makes each, and more
        self._where: dict[object, str] = {}  # the layer of each task

    def name(self, function: Callable) -> str:
        """Return how keys of a function's tasks begin."""
        return f"{function.__name__}-{self.token}"

    def input(self, node: Delayed) -> Key:
        """Have the tasks that make an input in the graph, and return what stands for it."""
        made = node.dask[node.key]
        if hasattr(made, "add_done_callback"):  # a future: it is persisted
            return Key(made)
        self._inputs[node.key] = node.dask
        return Key(node.key)

    def add(
        self, function: Callable, place: tuple, *arguments: object, home: str | None = None
    ) -> Key:
        """Add a task, which runs at a worker's address if that worker lives.

        Arguments may be keys, and lists of them and of other things.
        """
        name = self.name(function)
        key = (name, *place)
        wanted: list[object] = []
        known = [_known(argument, wanted) for argument in arguments]
        self._layers.setdefault(name, {})[key] = (_Call(function, known), wanted)
        self._where[key] = name
        if home is not None:
            self._homes[key] = home
        return Key(key)

    def made(self, *, cull: bool = True) -> HighLevelGraph:
        """Return the graph; culled it has of its inputs' only what these want."""
        given = HighLevelGraph.merge(*self._inputs.values())
        if cull:
            given = given.cull(set(self._inputs))
        layers, needed = dict(given.layers), dict(given.dependencies)
        for layer, work in self._layers.items():
            where = {"workers": self._homes, "allow_other_workers": True} if self._homes else None
            layers[layer] = MaterializedLayer(work, annotations=where)
            wanted = {key for _, keys in work.values() for key in keys}
            needed[layer] = {self._where[key] for key in wanted if key in self._where}
            if not wanted <= self._where.keys():
                needed[layer] |= set(given.layers)
        return HighLevelGraph(layers, needed)


class Homes(dict):
    """The addresses of workers by the keys of tasks, as dask asks for them: by a call."""

    def __call__(self, key: object) -> list[str] | None:
        """Return the worker of a task, or None."""
        home = self.get(key)
        return home and [home]


class _Call:
    """A function with arguments, of which some come later."""

    def __init__(self, function: Callable, known: list) -> None:
        self.function, self.known = function, known

    def __call__(self, found: list) -> object:
        """Call it with what has come."""
        return self.function(*(_filled(argument, found) for argument in self.known))


class _Later(NamedTuple):
    at: int


def _known(argument: object, wanted: list) -> object:
    """Return an argument with places of what comes later, which is appended to ``wanted``."""
    if isinstance(argument, Key):
        wanted.append(argument.key)
        return _Later(len(wanted) - 1)
    if type(argument) is list:
        return [_known(item, wanted) for item in argument]
    return argument


def _filled(argument: object, found: list) -> object:
    if isinstance(argument, _Later):
        return found[argument.at]
    if type(argument) is list:
        return [_filled(item, found) for item in argument]
    return argument


class Cluster:
    """Who computes: the workers of the current client, or, without one, threads of this process."""

    def __init__(self) -> None:
        self._get = dask.base.get_scheduler() or dask.threaded.get
        self._client = _client_of(self._get)
        threads = self._client.nthreads() if self._client else {"": os.cpu_count() or 1}
        self.threads = max(1, sum(threads.values()))
        self.workers = sorted(threads)

    def homes(self, plan: Plan, keys: Sequence[object], sizes: np.ndarray) -> list[str | None]:
        """Return the worker of each cell, one that has much of it where such a one is free.

        ``keys`` are those of what makes the tiles, and ``sizes`` the tiles' bytes.
        """
        count = plan.shape[0] * plan.shape[1]
        if not self._client:
            return [None] * count
        held = np.zeros((count, len(self.workers)))
        numbers = {address: k for k, address in enumerate(self.workers)}
        where = self._client.who_has()
        for tiles, cell in zip(plan.bundles, plan.cells, strict=True):
            for i in tiles:
                at = [numbers[worker] for worker in where.get(keys[i], ()) if worker in numbers]
                held[cell, at] += sizes[i]
        found: list[str | None] = [None] * count
        free = np.ones(held.shape, bool)
        for _ in range(count):
            cell, worker = np.unravel_index(np.argmax(np.where(free, held, -1)), held.shape)
            found[cell] = self.workers[worker]
            free[cell] = free[:, worker] = False
        return found

    def compute(self, graph: Graph, keys: Iterable[Key]) -> list:
        """Return what tasks make."""
        names = [key.key for key in keys]
        with _quietly():
            return list(self._get(graph.made(), names))

    def compute_and_hold(self, graph: Graph, keys: list[Key], held: list[Key]) -> tuple[list, list]:
        """Return what tasks make, and what stands for others that are kept where they are.

        On threads nothing is kept, and the latter are empty.
        """
        if not self._client:
            return self.compute(graph, keys), []
        names = [key.key for key in (*keys, *held)]
        with _quietly():
            futures = self._client.get(graph.made(), names, sync=False)
        try:
            return list(self._client.gather(futures[: len(keys)])), futures[len(keys) :]
        except BaseException:  # also of Ctrl-C: nobody wants the rest
            self._client.cancel(futures)
            raise


def _client_of(get: Callable) -> object | None:
    """Return the client whose ``get`` it is, or None."""
    owner = getattr(get, "__self__", None)
    return owner if hasattr(owner, "who_has") else None


@contextmanager
def _quietly() -> Iterator[None]:
    """Leave out dask's warning of what goes with tasks: it is large where coverage is."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Sending large graph")
        yield
