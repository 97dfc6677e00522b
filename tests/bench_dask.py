"""Measure a second pass by dask on a cluster of processes: what its tasks take, and what moves.

    python tests/bench_dask.py [--tiles 30] [--workers 2] [--rows 1080] [--cols 1920]

Tiles of three channels in FITS files, each a little turned, and the first pass's coverage; on one
machine, over TCP. Prints a line for each kind of task, how often tiles went from worker to worker,
and whether the mosaic has the bits of `zetwopass.second_pass`.
"""

from __future__ import annotations

import argparse
import collections
import tempfile
import time
from pathlib import Path

import distributed
import numpy as np
from astropy.io import fits
from dask import array as da

import sky
import zetwopass
import zetwopass.dask
from bench_markdown import table

KINDS = ("gains", "tiles", "pairs", "coadd")


def durations(stream: list[dict]) -> dict[str, list[float]]:
    """Return the seconds that tasks of each kind computed, of dask's stream of tasks."""
    found = collections.defaultdict(list)
    for entry in stream:
        kind = next((kind for kind in KINDS if f"{kind}-" in str(entry["key"])), None)
        if kind:
            found[kind] += [
                step["stop"] - step["start"]
                for step in entry["startstops"]
                if step["action"] == "compute"
            ]
    return found


def moved(client: distributed.Client, bytes_of_tile: int) -> str:
    """Return how many arrays of a tile's size and bundles came from another worker."""
    logs = client.run(lambda dask_worker: list(dask_worker.transfer_incoming_log))
    each = [item for log in logs.values() for entry in log for item in entry["keys"].items()]
    tiles = collections.Counter(key for key, n in each if 0.9 < n / bytes_of_tile < 1.1)
    bundles = sum(str(key).startswith("('tiles-") for key, _ in each)
    most = max(tiles.values(), default=0)
    return f"{len(tiles)} tiles went from worker to worker, {most} times at most; {bundles} bundles"


def run(scene: sky.Scene, tiles: list, workers: int) -> tuple[list[str], bool]:
    """Return the lines of one pass, and whether its bits are those of one machine."""
    arguments = {"output_wcs": scene.output_wcs, "coverage": scene.coverage, "sigma": 50}
    with (
        distributed.LocalCluster(
            n_workers=workers, threads_per_worker=1, protocol="tcp://", dashboard_address=":0"
        ) as cluster,
        distributed.Client(cluster) as client,
        distributed.get_task_stream(client) as stream,
    ):
        start = time.perf_counter()
        lazy = zetwopass.dask.second_pass(tiles, scene.wcs, **arguments)
        known = time.perf_counter() - start
        mosaic = lazy.mosaic.compute()
        whole = time.perf_counter() - start
        time.sleep(1)  # in which the stream of tasks comes to its end
        moves = moved(client, scene.tiles[0].nbytes)
    rows = [
        [kind, f"{len(s)}", *(f"{number:.2f}" for number in (min(s), np.median(s), max(s)))]
        for kind, s in durations(stream.data).items()
    ]
    lines = table(["task", "number", "least, s", "median, s", "most, s"], rows)
    lines += ["", f"Gains and offsets after {known:.1f} s, mosaic after {whole:.1f} s. {moves}."]
    wanted = zetwopass.second_pass(scene.tiles, scene.wcs, **arguments).mosaic
    return lines, np.array_equal(mosaic, wanted, equal_nan=True)


def main() -> None:
    """Make the tiles, and print what passes with them as files and as arrays take."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tiles", type=int, default=30)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--rows", type=int, default=1080)
    parser.add_argument("--cols", type=int, default=1920)
    args = parser.parse_args()
    scene = sky.scene(5, tiles=args.tiles, shape=(args.rows, args.cols))
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder) / f"{k}.fits" for k in range(args.tiles)]
        for path, tile in zip(files, scene.tiles, strict=True):
            fits.writeto(path, np.ascontiguousarray(np.moveaxis(tile, 2, 0)))
        stored = [Path(folder) / f"{k}.zarr" for k in range(args.tiles)]
        for path, tile in zip(stored, scene.tiles, strict=True):
            da.from_array(tile, chunks=tile.shape).to_zarr(str(path))
        for name, tiles in {"FITS files": files, "zarr stores": stored}.items():
            lines, same = run(scene, tiles, args.workers)
            print("\n".join([f"Tiles in {name}:", "", *lines, f"The same bits: {same}.", ""]))


if __name__ == "__main__":
    main()
