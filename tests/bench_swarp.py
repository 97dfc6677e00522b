"""SWarp on the benchmark's scenes: reprojection and coadd alone, one FITS file a tile and channel.

This module imports nothing big: the memory of a program that is started begins with that of the
process that starts it.
"""

from __future__ import annotations

import os
import resource
import subprocess
import tempfile
import time
from pathlib import Path

SETTINGS = {
    "COMBINE_TYPE": "AVERAGE",
    "RESAMPLING_TYPE": "BILINEAR",
    "OVERSAMPLING": "1",
    "SUBTRACT_BACK": "N",
    "FSCALASTRO_TYPE": "NONE",
    "COPY_KEYWORDS": "NONE",
    "WRITE_FILEINFO": "N",
    "WRITE_XML": "N",
    "DELETE_TMPFILES": "Y",
    "VERBOSE_TYPE": "QUIET",
    "IMAGEOUT_NAME": "coadd.fits",
    "WEIGHTOUT_NAME": "coadd.weight.fits",
}


def version(program: str) -> str:
    """Return what SWarp says of itself, such as ``SWarp version 2.41.5 (2021-01-27)``."""
    answer = subprocess.run([program, "-v"], capture_output=True, text=True, check=False)
    return (answer.stdout + answer.stderr).strip()


def files(*, scene: str) -> None:
    """Write the scene as SWarp reads it, where that is not done yet."""
    from astropy.io import fits

    import bench_scenes

    folder = Path(scene) / "fits"
    if folder.is_dir():
        return
    inputs = bench_scenes.load(Path(scene))
    with tempfile.TemporaryDirectory(dir=scene) as work:
        half = Path(work) / "fits"
        half.mkdir()
        for t, (tile, wcs) in enumerate(zip(inputs.tiles, inputs.wcs, strict=True)):
            for c in range(tile.shape[2]):
                hdu = fits.PrimaryHDU(tile[:, :, c], header=wcs.to_header())
                hdu.writeto(half / f"channel{c}-tile{t:03d}.fits")
        grid = fits.PrimaryHDU().header
        grid["NAXIS"] = 2
        grid["NAXIS1"], grid["NAXIS2"] = inputs.coverage.shape[::-1]
        grid.extend(inputs.output_wcs.to_header().cards)
        grid.totextfile(half / "coadd.head", endcard=True)
        os.replace(half, folder)


def run(*, scene: str, program: str, threads: int) -> dict:
    """Measure SWarp, one run a channel: wall and CPU seconds added up, the peak the highest.

    Files are read and written; its own process is all the memory, the arrays included.
    """
    folder = Path(scene) / "fits"
    channels = sorted({path.name.split("-")[0] for path in folder.glob("channel*.fits")})
    with tempfile.TemporaryDirectory(dir=scene) as work:
        head = Path(work) / "coadd.head"
        head.write_bytes((folder / "coadd.head").read_bytes())
        begin = time.perf_counter()
        for channel in channels:
            tiles = sorted(str(path) for path in folder.glob(f"{channel}-*.fits"))
            _coadd(program, tiles, Path(work), threads)
        wall = time.perf_counter() - begin
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {
        "wall_s": wall,
        "cpu_s": used.ru_utime + used.ru_stime,
        "peak_bytes": 1024 * used.ru_maxrss,
        "stages": {"reproject": wall},
        "workers": threads,
    }


def _coadd(program: str, tiles: list[str], work: Path, threads: int) -> None:
    settings = SETTINGS | {"NTHREADS": str(threads)}
    words = [word for name, value in settings.items() for word in (f"-{name}", value)]
    config = work / "empty.swarp"
    config.touch()
    command = [program, *tiles, "-c", str(config), *words]
    done = subprocess.run(command, cwd=work, capture_output=True, text=True, check=False)
    if done.returncode or not (work / "coadd.fits").is_file():
        raise RuntimeError(f"{program} ended with {done.returncode}: {done.stderr.strip()}")
