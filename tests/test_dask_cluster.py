"""The second pass on processes over TCP: tiles travel, workers die, memory ends."""

import collections
import os
import signal
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from astropy.wcs import WCS

import sky
from dask_scene import CUT, given, same, scene

pytest.importorskip("dask.array")
distributed = pytest.importorskip("distributed")

import dask  # noqa: E402
from dask import array as da  # noqa: E402

import zetwopass.dask  # noqa: E402
from zetwopass import ArgumentError  # noqa: E402

OPTIONS = {"channels": 3, "masks": "holes", "weighted": True}


def cluster(count, **options):
    """Return workers, each a process of its own that is spawned, with a thread each."""
    return distributed.LocalCluster(
        n_workers=count, threads_per_worker=1, protocol="tcp://", dashboard_address=":0", **options
    )


@pytest.fixture(scope="module")
def client():
    """Return the current client, of three workers that take no work from each other."""
    with (
        dask.config.set({"distributed.scheduler.work-stealing": False}),
        cluster(3) as workers,
        distributed.Client(workers) as found,
    ):
        yield found


def tiles_of(made):
    return [
        da.from_array(tile, chunks=tile.shape, name=f"t{i}") for i, tile in enumerate(made.tiles)
    ]


def test_processes_give_the_bits_of_one_machine(client):
    # Without it what goes over the wire, where arrays lose their alignment, has other values.
    made = scene(**OPTIONS)
    arguments = given(made)
    lazy = zetwopass.dask.second_pass(**arguments | {"tiles": tiles_of(made)}, **CUT)
    same(lazy, *dask.compute(lazy.mosaic, lazy.coverage), arguments)


def test_tasks_are_called_by_what_they_do(client):
    # Without it nobody sees on a dashboard how far a pass is.
    made = scene(**OPTIONS)
    lazy = zetwopass.dask.second_pass(**given(made), **CUT)
    dask.compute(lazy.mosaic, lazy.coverage)
    names = client.run_on_scheduler(lambda dask_scheduler: set(dask_scheduler.task_prefixes))
    assert {"gains", "tiles", "pairs", "coadd"} <= names


def stored(made, folder):
    """Return tiles in zarr stores, in chunks."""
    pytest.importorskip("zarr")
    paths = [str(folder / f"{i}.zarr") for i in range(len(made.tiles))]
    for tile, path in zip(made.tiles, paths, strict=True):
        da.from_array(tile, chunks=(50, 120, 3)).to_zarr(path)
    return [da.from_zarr(path, name=f"stored {i}") for i, path in enumerate(paths)]


FROM = {
    "workers": lambda client, made, folder: list(client.persist(tiles_of(made))),
    "stores": lambda client, made, folder: stored(made, folder),
}


@pytest.mark.parametrize("source", FROM)
def test_no_tile_moves_more_than_twice(client, source, tmp_path):
    # Without it the network carries a mosaic many times over.
    made = scene(**OPTIONS)
    tiles = FROM[source](client, made, tmp_path)
    distributed.wait(tiles)
    before = arrived(client)
    arguments = given(made)
    lazy = zetwopass.dask.second_pass(**arguments | {"tiles": tiles}, **CUT)
    same(lazy, *dask.compute(lazy.mosaic, lazy.coverage), arguments)
    # The blocks have been made; made again they find all that they want where it is.
    dask.compute(lazy.mosaic, lazy.coverage)
    moves, bundles = (after - past for after, past in zip(arrived(client), before, strict=True))
    assert 1 <= max(moves.values()) <= 2
    assert not bundles


def arrived(client):
    """Return how often arrays of a tile's size, and bundles of tiles, came from another worker."""
    logs = client.run(lambda dask_worker: list(dask_worker.transfer_incoming_log))
    each = [item for log in logs.values() for entry in log for item in entry["keys"].items()]
    tile = 4 * 90 * 120 * 3
    return (
        collections.Counter(key for key, size in each if 0.9 * tile < size < 1.1 * tile),
        collections.Counter(key for key, _ in each if str(key).startswith("('tiles-")),
    )


def test_a_fits_file_is_read_by_the_workers_of_its_bands_and_once_by_each(client, tmp_path):
    # Without it a shared disk is read many times over.
    made = scene(channels=1, sip=True, nan_borders=True)
    folder, away = tmp_path / "tiles", tmp_path / "away"
    folder.mkdir()
    paths = [folder / f"{i}.fits" for i in range(len(made.tiles))]
    for path, tile, wcs in zip(paths, made.tiles, made.wcs, strict=True):
        fits.PrimaryHDU(tile[..., 0], wcs.to_header(relax=True)).writeto(path)
    arguments = given(made, tiles=paths, tiles_wcs=None)
    lazy = zetwopass.dask.second_pass(**arguments, **CUT)
    folder.rename(away)  # from where no block can read a tile again
    mosaic, coverage = dask.compute(lazy.mosaic, lazy.coverage)
    away.rename(folder)
    same(lazy, mosaic, coverage, arguments)


def test_the_mosaic_goes_to_a_fits_file(client, tmp_path):
    # Without it astropy writes zeros: what workers store in its array stays with them.
    made = scene(**OPTIONS)
    lazy = zetwopass.dask.second_pass(**given(made), **CUT)
    zetwopass.dask.write_mosaic(lazy, tmp_path / "mosaic.fits", made.output_wcs)
    whole = zetwopass.second_pass(**given(made))
    with fits.open(tmp_path / "mosaic.fits") as hdus:
        hdus.verify("exception")
        np.testing.assert_array_equal(np.moveaxis(hdus[0].data, 0, 2), whole.mosaic)
        np.testing.assert_array_equal(hdus["COVERAGE"].data, whole.coverage)
        places = (wcs.wcs_pix2world(9, 70, 0) for wcs in (WCS(hdus[1].header), made.output_wcs))
        np.testing.assert_allclose(*places, rtol=1e-14)


def waiting(tile, folder):
    """Return a tile when there is a file ``go``."""
    (folder / "begun").touch()
    until(lambda: (folder / "go").exists())
    return tile


def until(done):
    """Wait until something is so, which it is at once or soon."""
    for _ in range(20 * 60):
        if done():
            return
        time.sleep(0.05)
    raise AssertionError("it never was")


@pytest.mark.skipif(sys.platform == "win32", reason="no process can send itself Ctrl-C alone")
def test_ctrl_c_leaves_no_task_behind(client, tmp_path):
    # Without it a cluster goes on for hours with what nobody waits for.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored in the background
    made = scene(**OPTIONS)
    tiles = tiles_of(made)
    tiles[3] = tiles[3].map_blocks(waiting, tmp_path, dtype="f4", meta=np.zeros((0, 0, 0), "f4"))

    def interrupt():
        until((tmp_path / "begun").exists)
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    thread.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            zetwopass.dask.second_pass(**given(made, tiles=tiles), **CUT)
    finally:
        signal.signal(signal.SIGINT, before)
    thread.join()
    (tmp_path / "go").touch()
    until(lambda: not ours(client))


def test_blocks_can_be_cancelled(client, tmp_path):
    # Without it a mosaic that nobody wants any more is made to its end.
    made = scene(**OPTIONS)
    lazy = zetwopass.dask.second_pass(**given(made), **CUT)
    slow = lazy.mosaic.map_blocks(waiting, tmp_path, dtype="f4", meta=np.zeros((0, 0, 0), "f4"))
    future = client.compute(slow)
    until((tmp_path / "begun").exists)
    future.cancel()
    (tmp_path / "go").touch()
    until(lambda: "coadd" not in ours(client))
    assert "tiles" in ours(client)
    del lazy, slow, future
    until(lambda: not ours(client))


def ours(client):
    """Return what kinds of tasks of a pass the scheduler knows of."""
    kinds = {"gains", "tiles", "pairs", "coadd"}
    known = client.run_on_scheduler(
        lambda dask_scheduler: {str(key) for key in dask_scheduler.tasks}
    )
    return {kind for kind in kinds for key in known if f"'{kind}-" in key or f"-{kind}-" in key}


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
    assert len(list(tmp_path.iterdir())) == 2
    # And once more, after the medians: bundles are lost that were kept for the blocks.
    _, pid = max(client.run(lambda dask_worker: (len(dask_worker.data), os.getpid())).values())
    os.kill(pid, signal.SIGKILL)
    same(lazy, *dask.compute(lazy.mosaic, lazy.coverage), arguments)


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
    with cluster(2, memory_limit=LIMIT) as workers, distributed.Client(workers) as client:
        lazy = zetwopass.dask.second_pass(
            tiles, skies, output_wcs, coverage, sigma=5, task_bytes=40_000_000
        )
        mean = lazy.mosaic.mean().compute()
        peaks = client.run(peak).values()
    assert np.isfinite(mean) and lazy.groups.max() == 0
    assert max(peaks) < LIMIT
