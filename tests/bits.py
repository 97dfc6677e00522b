"""Jobs whose inputs are the same on every platform, and the hashes of what comes out.

python tests/bits.py     prints what testdata/bits.txt holds
"""

import hashlib
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

from zetwopass._engine import (
    COMBINES,
    Coadd,
    Job,
    Outputs,
    Reprojection,
    Settings,
    TileInput,
    calls,
)
from zetwopass._sky import PixelMap

KNOWN = Path(__file__).parent / "testdata" / "bits.txt"
CANVAS, TILE = (130, 170), (70, 80)


def numbers(seed: int, *shape: int) -> np.ndarray:
    """Return float64 of [0,1), by SplitMix64 (Steele, Lea & Flood 2014), of 24 bits each."""
    with np.errstate(over="ignore"):
        z = (np.arange(1, np.prod(shape) + 1, dtype="u8") + np.uint64(seed << 32)) * np.uint64(
            0x9E3779B97F4A7C15
        )
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return ((z ^ (z >> np.uint64(31))) >> np.uint64(40)).reshape(shape) / 2.0**24


def pixels(kind: int, tile: int) -> PixelMap:
    """Return a map of a kind, turned and seen in perspective, or bent."""
    height, width = CANVAS
    x0, y0 = 7.3 + 60 * (tile % 2), 4.6 + 48 * (tile // 2)
    cos, sin = (0.96, 0.28) if tile % 3 else (0.9992, 0.04)

    def at(x, y):
        x, y = x - x0, y - y0
        u, v = cos * x + sin * y, cos * y - sin * x
        return np.stack((u + 1e-4 * u * v, v - 2e-4 * u * u), axis=-1)

    box = (0, 0, width, height)
    if kind == 0:
        turned = np.array([[cos, sin, 0], [-sin, cos, 0], [1e-4, -2e-4, 1]])
        turned[:, 2] -= turned[:, 0] * x0 + turned[:, 1] * y0
        return PixelMap(box, plane=turned)
    if kind == 1:
        x, y = np.arange(12.0) * 15.5, np.arange(9.0)[:, None] * 16.25
        return PixelMap(box, grid=at(x, y), step=(15.5, 16.25))
    x, y = np.arange(float(width)), np.arange(float(height))[:, None]
    return PixelMap(box, positions=at(x, y))


def tiles(seed: int, image: Callable[[int], np.ndarray], weights: tuple[int, ...] = ()) -> list:
    """Return four tiles, every other one with a weight and a mask."""
    out = []
    for t in range(4):
        weight = mask = None
        if t % 2:
            weight = np.round(3 * numbers(seed + 50 + t, *weights, *TILE)).astype("f4") / 2
            mask = weight.reshape(-1, *TILE)[0]
        place = pixels((t + seed) % 3, t)
        out.append(TileInput(name=f"tile {t}", image=image(t), map=place, mask=mask, weight=weight))
    return out


def coverage(seed: int, far: float = 0) -> np.ndarray:
    """Return steps, some noise, holes and, where ``far`` is above 0, a few pixels of that."""
    rows, cols = np.indices(CANVAS)
    out = 1.0 + (rows // 40 + cols // 30) % 3 + (cols > 110) * numbers(seed, *CANVAS)
    out[50:60, 20:90] = 0
    if far:
        out[numbers(seed + 1, *CANVAS) > 0.999] = far
    return out.astype("f4")


def second_pass(seed: int, workers: int) -> list[np.ndarray]:
    """Return what a second pass of 1 to 4 channels writes."""

    def image(t: int) -> np.ndarray:
        shown = 100 * (t + 1) + 9 * numbers(seed + t, *TILE, 1 + seed % 4)
        shown[numbers(seed + 30 + t, *shown.shape) > 0.998] = np.nan
        return shown.astype("f4")

    settings = Settings(
        profile=("v4.5", "v4.2")[seed % 2],
        sigma=(3, 11, 40)[seed % 3],
        gain_clip=(0.5, 2),
        threshold=0.5,
        binary_weights=seed % 5 == 0,
        blank_nan=seed % 4 == 0,
        workers=workers,
        device="cpu",
        rows_per_chunk=0 if workers == 1 else 17,
    )
    outputs = Outputs(np.zeros((*CANVAS, 1 + seed % 4), "f4"), np.zeros(CANVAS, "f4"))
    blurred = np.zeros(CANVAS, "f4")
    far = (0, 1e9, 1e20)[seed // 2 % 3]
    job = Job(
        settings,
        tiles(seed, image),
        coverage=coverage(seed, far),
        blurred=blurred,
        outputs=outputs,
    )
    calls.run("ztp_second_pass", job)
    return [blurred, job.gains, job.offsets, job.groups, *outputs]


def planes(combine: str, workers: int) -> list[np.ndarray]:
    """Return what planes of both types are combined to."""
    seed = 200 + COMBINES[combine]

    def image(t: int) -> np.ndarray:
        return (50 * (t + 1) + numbers(seed + t, 2, *TILE)).astype(("f4", "f8")[t // 2])

    outputs = Outputs(np.zeros((2, *CANVAS), ("f4", "f8")[seed % 2]), np.zeros((2, *CANVAS)))
    settings = Settings(profile="v4.2", combine=combine, workers=workers, device="cpu")
    job = Coadd(settings, tiles(seed, image, (1,)), outputs)
    calls.run("ztp_reproject_coadd", job)
    return [job.offsets, job.groups, *outputs]


def reprojection(seed: int, workers: int) -> list[np.ndarray]:
    """Return an image reprojected by a map of every kind, and its footprint."""
    image = numbers(seed, 2, *TILE).astype(("f4", "f8")[seed % 2])
    out, footprint = np.zeros((2, *CANVAS)), np.zeros((2, *CANVAS))
    order = ("bilinear", "nearest")[seed // 3 % 2]
    job = Reprojection(
        image, pixels(seed % 3, 1), out, footprint, order=order, zeroed=False, workers=workers
    )
    calls.run("ztp_reproject", job)
    return [out, footprint]


JOBS = {f"second pass {seed}": (second_pass, seed) for seed in range(12)}
JOBS |= {f"planes by {combine}": (planes, combine) for combine in COMBINES}
JOBS |= {f"reprojection {seed}": (reprojection, seed) for seed in range(6)}


def result(name: str, workers: int) -> str:
    """Return the hash of all that a job writes; of a NaN no bits count."""
    function, which = JOBS[name]
    total = hashlib.sha256()
    for array in function(which, workers):
        written = array.astype("<f8")
        written[written != written] = np.nan
        total.update(written.tobytes())
    return total.hexdigest()[:16]


if __name__ == "__main__":
    sys.stdout.writelines(f"{result(name, 1)} {name}\n" for name in JOBS)
