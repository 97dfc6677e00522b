"""The second pass on processes over TCP: tiles travel, workers die, memory ends."""

import collections
import os
import signal
import sys
from pathlib import Path

import numpy as np
import pytest

import sky
from dask_scene import CUT, given, same, scene

pytest.importorskip("dask.array")
distributed = pytest.importorskip("distributed")

import dask  # noqa: E402
from dask import array as da  # noqa: E402

import zetwopass.dask  # noqa: E402
from zetwopass import ArgumentError  # noqa: E402

OPTIONS = {"channels": 3, "masks": "holes", "weighted": True}


def cluster(**options):
    """Return two workers, each a process of its own that is spawned, with a thread each."""
    return distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, protocol="tcp://", dashboard_address=":0", **options
    )


@pytest.fixture(scope="module")
def client():
    """Return a client of two workers, which is the current one."""
    with cluster() as workers, distributed.Client(workers) as found:
        yield found


def tiles_of(made):
    return [
        da.from_array(tile, chunks=tile.shape, name=f"t{i}") for i, tile in enumerate(made.tiles)
    ]


def test_two_processes_give_the_bits_of_one_machine(client):
    # Without it what goes over the wire, where arrays lose their alignment, has other values.
    made = scene(**OPTIONS)
    arguments = given(made)
    lazy = zetwopass.dask.second_pass(**arguments | {"tiles": tiles_of(made)}, **CUT)
    same(lazy, *dask.compute(lazy.mosaic, lazy.coverage), arguments)
    # Its tasks have names on a dashboard, by which people see how far it is.
    names = client.run_on_scheduler(lambda dask_scheduler: set(dask_scheduler.task_prefixes))
    assert {"gains", "pairs", "coadd"} <= names


def test_no_tile_moves_more_than_twice(client):
    # Without it the network carries a mosaic many times over.
    made = scene(**OPTIONS)
    before = moved(client)
    lazy = zetwopass.dask.second_pass(**given(made, tiles=tiles_of(made)), **CUT)
    dask.compute(lazy.mosaic, lazy.coverage)
    times = moved(client) - before
    tiles = [count for key, count in times.items() if key.startswith("('t")]
    assert tiles == [] or max(tiles) <= 2


def moved(client):
    """Return how often each key has gone from worker to worker."""
    logs = client.run(
        lambda dask_worker: [dict(e["keys"]) for e in dask_worker.transfer_outgoing_log]
    )
    return collections.Counter(str(key) for log in logs.values() for keys in log for key in keys)


def test_errors_of_a_task_come_back_and_name_the_tile(client):
    # Without it one damaged tile of thousands has to be looked for.
    made = scene(**OPTIONS)
    tiles = tiles_of(made)
    tiles[7] = da.from_delayed(dask.delayed(np.ones)((7, 7), "f4"), (90, 120, 3), np.float32)
    with pytest.raises(ArgumentError, match=r"tiles\[7\] has shape \[7, 7\]"):
        zetwopass.dask.second_pass(**given(made, tiles=tiles), **CUT)


def deadly(tile, folder, stages):
    """Return a tile; the first so many times the process that makes it is killed."""
    for stage in range(stages):
        try:
            (folder / f"killed {stage}").touch(exist_ok=False)
        except FileExistsError:
            continue
        os.kill(os.getpid(), signal.SIGKILL)
    return tile


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no SIGKILL")
def test_a_worker_that_is_killed_midway_changes_nothing(client, tmp_path):
    # Without it a night's work is lost, or has holes, when one of many machines fails.
    made = scene(**OPTIONS)
    tiles = tiles_of(made)
    tiles[5] = tiles[5].map_blocks(deadly, tmp_path, 2, dtype="f4", meta=np.zeros((0, 0, 0), "f4"))
    arguments = given(made)
    lazy = zetwopass.dask.second_pass(**arguments | {"tiles": tiles}, **CUT)
    same(lazy, *dask.compute(lazy.mosaic, lazy.coverage), arguments)
    assert len(list(tmp_path.iterdir())) == 2


SIDE, TILES, LIMIT = 1500, 24, 380e6  # 9 MB a tile, 216 MB in all; a worker is born with 150 MB


def heavy(i):
    """Return a tile, which nobody holds, brighter by 10 than the one before."""
    at = np.arange(SIDE, dtype="f4")
    return np.sin(at / 90)[:, None] + np.cos(at / 70) + np.float32(10 * i)


def peak(dask_worker):
    """Return the most memory that a worker's process has had, bytes."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


@pytest.mark.skipif(sys.platform != "linux", reason="the peak is read as Linux tells it")
def test_a_worker_keeps_to_a_memory_that_does_not_hold_all_tiles():
    # Without it workers are ended, one after the other, by what piles up in them.
    output_wcs = sky.tile_wcs(sky.CENTRE, (1, 1))
    skies = []
    for i in range(TILES):
        wcs = output_wcs.deepcopy()
        wcs.wcs.crpix = wcs.wcs.crpix - [i % 6 * 1300, i // 6 * 1300]
        skies.append(wcs)
    make = dask.delayed(heavy)
    tiles = [da.from_delayed(make(i), (SIDE, SIDE), np.float32) for i in range(TILES)]
    coverage = np.full((5400, 8000), 2, np.float32)
    with cluster(memory_limit=LIMIT) as workers, distributed.Client(workers) as client:
        lazy = zetwopass.dask.second_pass(
            tiles, skies, output_wcs, coverage, sigma=5, task_bytes=40_000_000
        )
        mean = lazy.mosaic.mean().compute()
        peaks = client.run(peak).values()
    assert np.isfinite(mean) and lazy.groups.max() == 0
    assert max(peaks) < LIMIT
