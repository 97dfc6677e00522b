"""Single stages beside other programs that do the same, each in one process by turns."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from astropy.wcs.utils import pixel_to_pixel
from reproject import reproject_interp
from scipy.ndimage import gaussian_filter

import bench_scenes
import zetwopass
from bench_markdown import counted

SIGMAS = (10, 50, 200)  # px
LONG = 1.5  # s, what has run as long is not run again


def blurs(*, scene: str, threads: list[int], repeat: int) -> dict:
    """Measure the blur of the scene's coverage map and of noise of its shape, ns per pixel.

    All read and write arrays that are there already; the other programs run on one thread.
    """
    coverage = bench_scenes.load(Path(scene)).coverage
    noise = np.random.default_rng(bench_scenes.SEED).random(coverage.shape, np.float32)
    _quickest(blur_calls(np.ones((64, 64), np.float32), 1, threads), 1, time.perf_counter)
    rows = []
    for name, image in {"coverage": coverage, "noise": noise + np.float32(0.5)}.items():
        for sigma in SIGMAS:
            quickest = _quickest(blur_calls(image, sigma, threads), repeat, time.perf_counter)
            ns = {what: 1e9 * seconds / image.size for what, seconds in quickest.items()}
            rows.append({"input": name, "sigma": sigma, "ns": ns})
    return {"shape": coverage.shape, "rows": rows}


def blur_calls(image: np.ndarray, sigma: int, threads: list[int]) -> dict[str, Callable]:
    """Return the calls that blur ``image`` float32 [H, W]; each returns its result.

    Kernel and border are the same: taps up to 4 sigma, ``d c b a | a b c d | d c b a``.
    """
    cv2.setNumThreads(1)
    taps, out = 8 * sigma + 1, np.zeros_like(image)

    def ours(profile: str, workers: int) -> Callable:
        how = {"sigma": sigma, "profile": profile, "workers": workers, "out": out}
        return lambda: zetwopass.blur_coverage(image, **how)

    calls = {
        f"{profile}, {counted(n, 'worker')}": ours(profile, n)
        for profile in ("v4.2", "v4.5")
        for n in threads
    }
    calls["scipy"] = lambda: gaussian_filter(image, sigma, truncate=4, mode="reflect", output=out)
    calls["cv2"] = lambda: cv2.GaussianBlur(
        image, (taps, taps), sigma, dst=out, borderType=cv2.BORDER_REFLECT
    )
    return calls


def interp(*, scene: str, repeat: int) -> dict:
    """Measure ``reproject_interp`` on the first tile, its channels one by one, CPU seconds.

    Bilinear, onto the tile's own box of the canvas, as ``reproject_and_coadd`` calls it.
    """
    inputs = bench_scenes.load(Path(scene))
    tile, wcs = inputs.tiles[0], inputs.wcs[0]
    grid, shape = _box(tile.shape[:2], wcs, inputs.output_wcs, inputs.coverage.shape)

    def call() -> None:
        for c in range(tile.shape[2]):
            reproject_interp((tile[:, :, c], wcs), grid, shape_out=shape, order="bilinear")

    quickest = _quickest({"interp": call}, repeat, time.process_time)
    return {"cpu_s": quickest["interp"], "pixels": tile.shape[0] * tile.shape[1]}


def _box(shape: tuple, wcs: object, output_wcs: object, canvas: tuple) -> tuple[object, tuple]:
    """Return the WCS and the shape of the part of the canvas that a tile covers."""
    (h, w), (height, width) = shape, canvas
    corners = np.array([-0.5, w - 0.5] * 2), np.repeat([-0.5, h - 0.5], 2)
    x, y = pixel_to_pixel(wcs, output_wcs, *corners)
    x0, y0 = (max(0, int(np.floor(p.min() + 0.5))) for p in (x, y))
    x1, y1 = min(width, int(np.ceil(x.max() + 0.5))), min(height, int(np.ceil(y.max() + 0.5)))
    return output_wcs[y0:y1, x0:x1], (y1 - y0, x1 - x0)


def _quickest(
    calls: dict[str, Callable], repeat: int, clock: Callable[[], float]
) -> dict[str, float]:
    """Return the quickest of up to ``repeat`` runs of each call, seconds of the clock."""
    taken: dict[str, list[float]] = {what: [] for what in calls}
    for _ in range(repeat):
        for what, call in calls.items():
            if sum(taken[what]) < LONG:
                begin = clock()
                call()
                taken[what].append(clock() - begin)
    return {what: min(seconds) for what, seconds in taken.items()}
