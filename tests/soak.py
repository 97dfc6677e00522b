"""Many mosaics of random size and kind in one process: right to the last, and nothing piles up.

    python tests/soak.py [MOSAICS [SEED]]

Passes over arrays and files, mosaics from disk to disk, single stages, coadds and reprojections
come in random order; some calls are cancelled at a random stage, some refused. Every fourth pass
is judged by the slow twin, what comes from files by the bits of arrays. Resident memory, threads
and open files are read as it goes. It ends with status 1 where a result is wrong or one of the
three has grown.
"""

import collections
import gc
import sys
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np
import psutil
from astropy.io import fits

import judge
import reference
import sky
import zetwopass

EVERY = 4  # passes, of which the twin judges one
MB = 1 << 20
ROOM = 16 * MB  # by which the memory of the last quarter may be above that of the second


class Cancel(Exception):
    """What a callback raises."""


def scene(rng: np.random.Generator) -> sky.Scene:
    """Return a small mosaic of any kind that the synthetic sky has.

    Small tiles are not bent: by 3 pixels in 12 they are bent so far that astropy's way back is off
    by thousandths of a pixel.
    """
    shape = tuple(int(n) for n in rng.integers(12, 110, 2))
    return sky.scene(
        int(rng.integers(1 << 30)),
        tiles=int(rng.integers(1, 10)),
        shape=shape,
        channels=int(rng.integers(1, 5)),
        layout=str(rng.choice(["grid", "strip", "dense"])),
        overlap=float(rng.uniform(0.1, 0.6)),
        rotate=bool(rng.integers(2)),
        sip=bool(min(shape) >= 60 and rng.random() < 0.5),
        nan_borders=bool(rng.random() < 0.3),
        masks=[None, "soft", "holes"][rng.integers(3)],
        weighted=bool(rng.random() < 0.3),
        frames=str(rng.choice(["icrs", "mixed"])),
        sizes=str(rng.choice(["equal", "mixed"])),
        coverage=str(rng.choice(["count", "flat"])),
    )


def settings(rng: np.random.Generator) -> dict:
    """Return settings of a second pass."""
    return {
        "sigma": int(rng.integers(0, 40)),
        "gain_clip": (float(rng.uniform(0.5, 1)), float(rng.uniform(1, 2))),
        "profile": str(rng.choice(["v4.5", "v4.2"])),
        "workers": [None, 1, 2, 7][rng.integers(4)],
        "rows_per_chunk": [None, 1, 5, 64][rng.integers(4)],
    }


def arrays(s: sky.Scene, options: dict, **more) -> zetwopass.SecondPass:
    """Return the second pass of a scene."""
    weights = s.tile_weights if options["profile"] == "v4.5" else None
    inputs = (s.tiles, s.wcs, s.output_wcs, s.coverage)
    return zetwopass.second_pass(
        *inputs, shape_out=s.shape_out, masks=s.masks, tile_weights=weights, **options, **more
    )


def written(s: sky.Scene, folder: Path) -> list[str]:
    """Write the tiles as FITS files, [C, h, w]; the scene is then what the files hold of it."""
    s.wcs, s.masks, s.tile_weights = [wcs.to_header(relax=True) for wcs in s.wcs], None, None
    names = [str(folder / f"{t}.fits") for t in range(len(s.tiles))]
    for name, tile, header in zip(names, s.tiles, s.wcs, strict=True):
        fits.writeto(name, np.moveaxis(tile, 2, 0), header)
    return names


def judged(s: sky.Scene, options: dict, ours: zetwopass.SecondPass) -> str:
    """Return what the twin finds wrong with a second pass, or nothing."""
    if not np.isfinite(ours.gains).all():
        return ""  # as the original's, of a flat coverage of holes
    weights = s.tile_weights if options["profile"] == "v4.5" else None
    kept = {name: options[name] for name in ("sigma", "gain_clip", "profile")}
    with np.errstate(invalid="ignore"):
        twin = reference.second_pass(
            *(s.tiles, s.wcs, s.output_wcs, s.coverage, s.shape_out),
            **(kept | {"masks": s.masks, "tile_weights": weights}),
        )
    placed = reference.place(s.tiles, s.wcs, s.output_wcs, s.shape_out)
    bent = any(wcs.sip is not None for wcs in s.wcs)
    case = judge.Case(s, options["profile"], bent, placed, twin, ours)
    wrong = []
    if not np.allclose(ours.gains, twin.gains, rtol=0, atol=5e-7):
        wrong.append(f"gains {ours.gains} and not {twin.gains}")
    if (np.isfinite(twin.mosaic) & np.isfinite(ours.mosaic)).any():
        excess = judge.mosaic_excess(case, judge.POSITION_BOUND + judge.ASTROPYS_BOUND)
        if excess > 1:
            wrong.append(f"mosaic {excess:.3g} times too far off")
    if judge.pattern_faults(case):
        wrong.append("pixels that show nothing, or coverage")
    return ", ".join(wrong)


def by_arrays(s, options, rng, check):
    ours = arrays(s, options)
    return judged(s, options, ours) if check else ""


def by_files(s, options, rng, check):
    with tempfile.TemporaryDirectory() as folder:
        names = written(s, Path(folder))
        found = zetwopass.second_pass(
            names, None, s.output_wcs, s.coverage, shape_out=s.shape_out, **options
        )
    want = arrays(s, options)
    same = all(a.tobytes() == b.tobytes() for a, b in zip(found[:5], want[:5], strict=True))
    return "" if same else "files give other bits than arrays"


def from_disk_to_disk(s, options, rng, check):
    s.output_wcs.array_shape = s.shape_out
    with tempfile.TemporaryDirectory() as folder:
        names, output = written(s, Path(folder)), Path(folder) / "out" / "mosaic.fits"
        output.parent.mkdir()
        zetwopass.assemble(names, output, like=s.output_wcs, coverage=s.coverage, **options)
        found = fits.getdata(output, memmap=False)  # Windows removes no mapped file
        left = sorted(path.name for path in output.parent.iterdir())
    want = np.moveaxis(arrays(s, options).mosaic, 2, 0)
    if left != ["mosaic.fits"]:
        return f"left behind: {left}"
    return "" if np.array_equal(found.reshape(want.shape), want, equal_nan=True) else "file differs"


def by_stages(s, options, rng, check):
    kept = {name: options[name] for name in ("sigma", "gain_clip", "profile", "workers")}
    found = zetwopass.tile_gains(s.tiles, s.wcs, s.output_wcs, s.coverage, masks=s.masks, **kept)
    want = arrays(s, options).gains
    same = s.coverage.shape != tuple(s.shape_out) or found.tobytes() == want.tobytes()
    return "" if same else f"gains {found} alone, {want} in a pass"


def by_planes(s, options, rng, check):
    pairs = [(tile[..., 0], wcs) for tile, wcs in zip(s.tiles, s.wcs, strict=True)]
    function = str(rng.choice(["mean", "sum", "first", "last", "min", "max", "median"]))
    some, many = (
        zetwopass.reproject_and_coadd(
            pairs, s.output_wcs, s.shape_out, combine_function=function, parallel=threads
        )
        for threads in (1, 5)
    )
    same = all(a.tobytes() == b.tobytes() for a, b in zip(some, many, strict=True))
    return "" if same else f"{function} has other bits by 5 threads"


def reprojected(s, options, rng, check):
    image = s.tiles[0][..., 0], s.wcs[0]
    found, footprint = zetwopass.reproject_interp(image, s.output_wcs, s.shape_out)
    return "" if np.array_equal(footprint == 1, ~np.isnan(found)) else "the footprint is another"


def cancelled(s, options, rng, check):
    last = str(rng.choice(["start", "blur", "gains", "background", "reproject", "done"]))

    def watch(stats):
        if stats.stage == last:
            raise Cancel

    try:
        arrays(s, options, callback=watch)
    except Cancel:
        pass
    return ""


def refused(s, options, rng, check):
    try:
        arrays(s, options | {"sigma": -1})
    except zetwopass.ArgumentError:
        return ""
    return "sigma = -1 was taken"


WAYS = {
    by_arrays: 0.4,
    by_files: 0.12,
    from_disk_to_disk: 0.12,
    by_stages: 0.08,
    by_planes: 0.08,
    reprojected: 0.05,
    cancelled: 0.1,
    refused: 0.05,
}


def held(process: psutil.Process) -> tuple[int, int, int]:
    """Return resident bytes, threads and open files (on Windows, handles)."""
    gc.collect()
    handles = process.num_handles if sys.platform == "win32" else process.num_fds
    return process.memory_info().rss, process.num_threads(), handles()


def grown(samples: list[tuple[int, int, int]]) -> list[str]:
    """Return what is above what it was in the second quarter, by more than it may be."""
    quarter = len(samples) // 4
    early, late = np.array(samples[quarter : 2 * quarter]), np.array(samples[-quarter:])
    limits = np.median(early[:, 0]) + ROOM, early[:, 1].max() + 1, early[:, 2].max()
    found = np.median(late[:, 0]), late[:, 1].max(), late[:, 2].max()
    names = ("resident bytes", "threads", "open files")
    return [f"{n}: {f:.0f}" for n, f, most in zip(names, found, limits, strict=True) if f > most]


def main(mosaics: int = 2000, seed: int = 1) -> int:
    """Make the mosaics and return the exit code."""
    process, begin = psutil.Process(), time.monotonic()
    samples, faults, counts = [], [], collections.Counter()
    print("| mosaics | resident MB | threads | open files |\n| ---: | ---: | ---: | ---: |")
    for n in range(mosaics):
        rng = np.random.default_rng((seed, n))
        way = rng.choice(list(WAYS), p=list(WAYS.values()))
        check = way is by_arrays and counts[by_arrays] % EVERY == 0
        counts[way] += 1
        counts["judged"] += check
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            wrong = way(scene(rng), settings(rng), rng, check)
        if wrong:
            faults.append(f"mosaic {n} of seed {seed}, {way.__name__}: {wrong}")
            print(faults[-1], flush=True)
        if (n + 1) % max(1, mosaics // 40) == 0:
            samples.append(held(process))
        if (n + 1) % max(1, mosaics // 10) == 0:
            rss, threads, files = samples[-1]
            print(f"| {n + 1} | {rss / MB:.0f} | {threads} | {files} |", flush=True)
    more = grown(samples)
    told = ", ".join(f"{count} {getattr(way, '__name__', way)}" for way, count in counts.items())
    print(
        f"{time.monotonic() - begin:.0f} s; {told}; {len(faults)} wrong; grown: {more or 'nothing'}"
    )
    return 1 if faults or more else 0


if __name__ == "__main__":
    raise SystemExit(main(*map(int, sys.argv[1:])))
