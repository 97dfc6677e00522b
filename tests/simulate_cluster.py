"""Plan a mosaic of very many tiles as `zetwopass.dask` does, and simulate who does what when.

    python tests/simulate_cluster.py [--tiles 100000] [--size 1000000] [--workers 1000]

The plan is the library's own: pairs, cells, bundles, the graphs that dask is given, the offsets;
what that takes is measured. So are the costs of tasks, on this machine. Then the tasks run in a
simulation: a scheduler that hands out one after the other, workers of one core that fetch the next
task's data while they compute, and a storage that all share, which serves in turn.
"""

from __future__ import annotations

import argparse
import heapq
import pickle
import time
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

import distributed
import numpy as np
from dask.highlevelgraph import HighLevelGraph

from bench_markdown import table
from cluster_costs import CHANNELS, Clock, Costs, lattice, measured
from zetwopass import parts
from zetwopass._engine import FileImage
from zetwopass.dask import blocks, groups, passing
from zetwopass.dask.sent import Bundles, Sent
from zetwopass.dask.tiles import Handed

TASK_BYTES = 2**30


class World(NamedTuple):
    """What is not measured, but assumed: bytes a second, and the caller's cores."""

    network: float = 1.25e9  # of a worker, and of the caller
    storage: float = 2e10  # of what all share
    cores: int = 16


class Task(NamedTuple):
    """A task: the cell that it belongs to, or -1; seconds; bytes that it reads and writes."""

    cell: int
    seconds: float
    reads: float
    writes: float


class Phase(NamedTuple):
    """What became of some tasks: how many, seconds in all and at work, bytes read and written."""

    tasks: int
    seconds: float
    work: float
    read: float
    written: float


class Planned(NamedTuple):
    """A mosaic as it is planned."""

    maps: list
    boxes: np.ndarray
    sizes: np.ndarray
    shape: tuple[int, int]
    cut: tuple
    plan: groups.Plan
    pairs: np.ndarray


def plan(count: int, size: int, workers: int, clock: Clock) -> tuple[Planned, Sent]:
    """Plan a mosaic of ``size`` squared for a number of workers."""
    maps, side = lattice(count, size, np.random.default_rng(1))
    shape = (size, size)
    images = [
        Handed((side, side, CHANNELS), FileImage(f"/tiles/{k:06}.fits", 0, (side, side, CHANNELS)))
        for k in range(count)
    ]
    sent = Sent(images, [None] * count, maps, "v4.5", 1, "0" * 32)
    boxes, sizes = parts.boxes(maps, shape), sent.sizes()
    pairs = clock.measure("pairs of tiles", lambda: parts.overlapping_pairs(maps, shape))
    cut, made = clock.measure(
        "blocks, cells, bundles",
        lambda: passing.planned(
            boxes, sizes, shape, None, (TASK_BYTES, TASK_BYTES), workers, workers
        ),
    )
    return Planned(maps, boxes, sizes, shape, cut, made, pairs), sent


def graphs(planned: Planned, sent: Sent, clock: Clock) -> dict[str, tuple[int, int]]:
    """Make the graphs that dask is given, and return their tasks and bytes."""
    count = planned.plan.shape[0] * planned.plan.shape[1]
    homes = [f"tcp://10.0.{k // 256}.{k % 256}:40000" for k in range(count)]
    bundles = Bundles(sent, planned.plan, homes)
    factors = np.ones(len(sent.images))
    graph, calls, keys = clock.measure(
        "graph of the pairs",
        lambda: passing.pair_graph(bundles, planned.boxes, planned.shape, factors, TASK_BYTES),
    )
    sent_bytes = clock.measure("it pickled", lambda: len(pickle.dumps(graph.made())))
    names = [key.key for key in (*calls, *keys)]
    at = scheduled(graph.made(), names)
    clock.measure("it at a scheduler", at.__enter__)
    at.__exit__(None, None, None)
    found = {"tiles and pairs": (len(calls) + len(keys), sent_bytes)}
    values = {"gains": factors, "offsets": np.zeros((len(factors), CHANNELS))}
    both = clock.measure(
        "graph of the blocks",
        lambda: blocks.mosaic(bundles, planned.boxes, values, 0, planned.cut, None),
    )
    sent_bytes = clock.measure("it pickled", lambda: len(pickle.dumps(both.dask)))
    found["blocks"] = (int(np.prod(both.numblocks)), sent_bytes)
    return found


@contextmanager
def scheduled(graph: HighLevelGraph, names: list) -> Iterator[None]:
    """Have a graph at a scheduler without workers, in this process."""
    with (
        distributed.LocalCluster(n_workers=0, processes=False, dashboard_address=":0") as cluster,
        distributed.Client(cluster) as client,
    ):
        futures = client.get(graph, names, sync=False)
        while len(cluster.scheduler.tasks) < len(names):
            time.sleep(0.1)
        yield
        del futures


def offsets(planned: Planned, clock: Clock) -> None:
    """Solve offsets of as many pairs."""
    kind = [("i", "i8"), ("j", "i8"), ("pixels", "i8"), ("step", "f8", (CHANNELS,))]
    found = np.zeros(len(planned.pairs), kind)
    found["i"], found["j"] = planned.pairs.T
    found["pixels"] = 1
    found["step"] = np.random.default_rng(2).normal(0, 50, (len(found), CHANNELS))
    count = len(planned.maps)
    clock.measure("offsets", lambda: parts.offsets_from_pairs(found, count))


def work(planned: Planned, costs: Costs) -> dict[str, list[Task]]:
    """Return the tasks of each phase."""
    boxes, sizes, made = planned.boxes, planned.sizes, planned.plan
    areas = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)
    gains = []
    for tiles in passing.gain_groups(boxes, TASK_BYTES):
        window = np.prod(boxes[tiles, 2:].max(axis=0) - boxes[tiles, :2].min(axis=0))
        gains.append(Task(-1, costs.gain * areas[tiles].sum(), 8 * window, 8 * len(tiles)))
    bundle = [sizes[tiles].sum() for tiles in made.bundles]
    tiles = [
        Task(int(cell), costs.read * size, size, 0)
        for cell, size in zip(made.cells, bundle, strict=True)
    ]
    pairs = []
    for here, some in groups.pair_tasks(planned.pairs, boxes, made, sizes, TASK_BYTES):
        i, j = some.T
        common = np.minimum(boxes[i, 2:], boxes[j, 2:]) - np.maximum(boxes[i, :2], boxes[j, :2])
        seconds = costs.pair * np.prod(common, axis=1).sum()
        pairs.append(Task(int(made.cells[here[0]]), seconds, 0, 40 * len(some)))
    ends = [np.cumsum(along) for along in planned.cut]
    coadd = []
    for (row, col), some in np.ndenumerate(groups.blocks_of(boxes, *planned.cut)):
        end = np.array([ends[0][row], ends[1][col]])
        start = end - [planned.cut[0][row], planned.cut[1][col]]
        cell = made.at(start[None])[0] @ [made.shape[1], 1]
        common = np.minimum(boxes[some, 2:], end) - np.maximum(boxes[some, :2], start)
        seconds = costs.coadd * np.prod(common, axis=1).sum()
        coadd.append(Task(int(cell), seconds, 0, 4 * (CHANNELS + 1) * np.prod(end - start)))
    return {"gains": gains, "tiles": tiles, "pairs": pairs, "coadd": coadd}


def run(tasks: Iterable[Task], workers: int, world: World, overhead: float) -> Phase:
    """Simulate a phase. Tasks of a cell go to its worker, in order; others to whoever is free."""
    queues: list[deque[Task]] = [deque() for _ in range(workers)]
    common: deque[Task] = deque()
    for task in tasks:
        (common if task.cell < 0 else queues[task.cell]).append(task)
    scheduler = storage = 0.0
    done = last = total = read = written = 0
    core = [0.0] * workers
    events = [(0.0, worker) for worker in range(workers)]  # when each may fetch its next task
    heapq.heapify(events)
    while events:
        now, worker = heapq.heappop(events)
        queue = queues[worker] or common
        if not queue:
            continue
        task = queue.popleft()
        scheduler = max(scheduler, now) + overhead
        amount = task.reads + task.writes
        storage = max(storage, scheduler) + amount / world.storage
        fetched = max(scheduler + amount / world.network, storage)
        begun = max(fetched, core[worker])
        core[worker] = begun + task.seconds
        last = max(last, core[worker])
        done, total = done + 1, total + task.seconds
        read, written = read + task.reads, written + task.writes
        heapq.heappush(events, (begun, worker))  # the next is fetched while this one computes
    return Phase(done, last, total, read, written)


def caller(pixels: float, costs: Costs, world: World) -> Phase:
    """Return the coverage's copy and blur, by the process that calls."""
    copied, work = 8 * pixels, costs.blur * pixels
    return Phase(1, 2 * copied / world.network + work / world.cores, work, copied, copied)


def report(planned: Planned, costs: Costs, workers: int, world: World) -> list[str]:
    """Return the lines of what the simulation says."""
    phases = {
        "coverage and blur, in the caller": caller(
            np.prod(planned.shape, dtype=float), costs, world
        )
    }
    made = work(planned, costs)
    for names in (("gains",), ("tiles", "pairs"), ("coadd",)):
        tasks = [task for name in names for task in made[name]]
        phases[" and ".join(names)] = run(tasks, workers, world, costs.task)
    rows = []
    for name, phase in phases.items():
        moved = [f"{1e-12 * amount:.2f}" for amount in (phase.read, phase.written)]
        numbers = f"{phase.tasks}", f"{phase.seconds:.0f}", f"{phase.work / workers:.0f}"
        rows.append([name, *numbers, *moved])
    total = sum(phase.seconds for phase in phases.values())
    titles = ["phase", "tasks", "seconds", "of work, a worker", "TB read", "TB written"]
    each = {
        name: np.array([task.seconds + task.reads / world.network for task in tasks])
        for name, tasks in made.items()
    }
    return [
        *table(titles, rows),
        "",
        f"{workers} workers: {total:.0f} s in all.",
        "Medians of the seconds of a task, with what it reads, and the share of those below 0.1: "
        + ", ".join(
            f"{k} {np.median(s):.2f}, {100 * (s < 0.1).mean():.0f} %" for k, s in each.items()
        )
        + ".",
    ]


def moves(planned: Planned) -> list[str]:
    """Return how often tiles move, and what workers hold."""
    made = planned.plan
    times = np.bincount(np.concatenate(made.bundles), minlength=len(planned.sizes))
    bundle = np.array([planned.sizes[tiles].sum() for tiles in made.bundles])
    cells = np.bincount(made.cells, bundle, made.shape[0] * made.shape[1])
    shares = ", ".join(f"{n} times {100 * (times == n).mean():.1f} %" for n in range(1, 5))
    return [
        f"{made.shape[0]} x {made.shape[1]} cells, {len(made.bundles)} bundles. Tiles move "
        f"{shares}; {times.mean():.2f} times on average, {1e-12 * bundle.sum():.1f} TB.",
        f"A worker holds {1e-9 * cells.max():.1f} GB of tiles at most, {1e-9 * cells.mean():.1f} "
        f"on average.",
    ]


def main() -> None:
    """Plan, measure, simulate, and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tiles", type=int, default=100_000)
    parser.add_argument("--size", type=int, default=1_000_000)
    parser.add_argument("--workers", type=int, nargs="+", default=[1000])
    parser.add_argument("--canvas", type=int, default=3000, help="on which costs are measured")
    parser.add_argument("--empty-tasks", type=int, default=3000)
    args = parser.parse_args()
    costs = measured(args.canvas, args.empty_tasks)
    lines = ["Costs:", *(f"- {line}" for line in costs.lines()), ""]
    for number, workers in enumerate(args.workers):
        clock = Clock()
        planned, sent = plan(args.tiles, args.size, workers, clock)
        if not number:
            pairs = len(planned.pairs)
            lines += [f"{args.tiles} tiles, {1e-6 * planned.sizes[0]:.0f} MB each; {pairs} pairs."]
            sizes = graphs(planned, sent, clock)
            offsets(planned, clock)
            lines += ["", *table(["step of the caller", "CPU s", "MB"], clock.rows), ""]
            for name, (tasks, size) in sizes.items():
                lines += [f"The graph of the {name}: {tasks} tasks, {1e-6 * size:.0f} MB.", ""]
        lines += [*moves(planned), "", *report(planned, costs, workers, World()), ""]
    print("\n".join(lines))


if __name__ == "__main__":
    main()
