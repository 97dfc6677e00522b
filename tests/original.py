"""The original's way: scipy, reproject_interp and reproject_and_coadd, on one thread.

The oracle of the parity tests and the baseline of the benchmark. Nothing is shared with the slow
twin. The blur runs over the whole map, each mask over the whole canvas, each channel on its own.
"""

import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np
from reproject import reproject_interp
from reproject.mosaicking import reproject_and_coadd
from scipy.ndimage import gaussian_filter

REPROJECTS = inspect.getmodule(reproject_and_coadd)  # where it looks its parts up


class Original(NamedTuple):
    """Mosaic float32 [H, W, C], coverage float32 [H, W], gains float64 [T].

    ``offsets`` [T', C] holds the tiles that meet the canvas, in their order; None for one tile.
    """

    mosaic: np.ndarray
    coverage: np.ndarray
    gains: np.ndarray
    offsets: np.ndarray | None


def original_second_pass(
    tiles,
    tiles_wcs,
    output_wcs,
    coverage,
    shape_out,
    *,
    sigma_px,
    gain_clip,
    tiles_coverage=None,
    tile_weights=None,
    profile="v4.5",
    threshold=2.0,
    exact_offsets=True,
) -> Original:
    """Run the second pass as the function that is replaced does.

    ``exact_offsets`` puts the direct least-squares solution in the place of reproject's random
    solver, which does not converge on strips and on large mosaics.
    """
    job = (tiles, tiles_wcs, output_wcs, coverage)
    how = {"sigma_px": sigma_px, "gain_clip": gain_clip, "threshold": threshold}
    gains = original_gains(*job, **how, tiles_coverage=tiles_coverage, profile=profile)
    weights = None
    if profile == "v4.5" and not (tiles_coverage is None and tile_weights is None):
        weights = [_weight(t, tiles, tiles_coverage, tile_weights) for t in range(len(tiles))]
    with _solver(exact_offsets) as solutions:
        mosaic, coverage = _coadd_channels(
            tiles, gains, tiles_wcs, output_wcs, tuple(shape_out), weights
        )
    if profile == "v4.5":
        coverage[~np.isfinite(coverage)] = 0
        mosaic[~np.isfinite(mosaic)] = np.nan
        mosaic[coverage <= 0] = np.nan
    offsets = np.stack(solutions, axis=-1) if solutions else None
    return Original(mosaic, coverage, gains, offsets)


def _coadd_channels(tiles, gains, tiles_wcs, output_wcs, shape_out, weights):
    tiles = [np.asarray(tile, np.float32) for tile in tiles]
    tiles = [tile[..., None] if tile.ndim == 2 else tile for tile in tiles]
    planes, footprints = [], []
    for c in range(tiles[0].shape[2]):
        plane, footprint = reproject_and_coadd(
            [
                (tile[..., c] * np.float32(gain), wcs)
                for tile, gain, wcs in zip(tiles, gains, tiles_wcs, strict=True)
            ],
            output_wcs,
            shape_out=shape_out,
            input_weights=weights,
            reproject_function=reproject_interp,
            combine_function="mean",
            match_background=True,
        )
        planes.append(plane.astype(np.float32))
        footprints.append(footprint.astype(np.float32))
    return np.stack(planes, axis=-1), footprints[0]


def original_gains(
    tiles,
    tiles_wcs,
    output_wcs,
    coverage,
    *,
    sigma_px,
    gain_clip,
    tiles_coverage=None,
    profile="v4.5",
    threshold=2.0,
) -> np.ndarray:
    """Return the gains [T], each tile's mask reprojected to the whole canvas."""
    coverage = np.asarray(coverage, np.float32)
    if profile == "v4.5":
        coverage = np.nan_to_num(coverage, nan=0, posinf=0, neginf=0)
    blur, scale = original_scale(coverage, int(max(0, sigma_px)), profile)
    low, high = min(gain_clip), max(gain_clip)
    gains = []
    for t, (tile, wcs) in enumerate(zip(tiles, tiles_wcs, strict=True)):
        mask = np.ones(tile.shape[:2], np.float32)
        if tiles_coverage is not None and tiles_coverage[t] is not None:
            mask = np.nan_to_num(np.float32(tiles_coverage[t]), nan=0, posinf=0, neginf=0)
        seen = reproject_interp((mask, wcs), output_wcs, shape_out=coverage.shape)[0] > 1e-3
        valid = seen & (coverage > 0)
        need = 1
        if profile == "v4.5":
            valid &= blur >= threshold
            need = max(64, int(np.ceil(0.001 * np.count_nonzero(seen))))
        if np.count_nonzero(valid) < need:
            gains.append(1.0)
            continue
        gain = float(np.median(scale[valid]))
        gain = 1.0 if profile == "v4.5" and not np.isfinite(gain) else gain
        gains.append(float(np.clip(gain, low, high)))
    return np.array(gains)


def original_scale(coverage, sigma, profile) -> tuple[np.ndarray, np.ndarray]:
    """Return the blurred coverage and the scale map, float32 [H, W], by scipy."""
    floor = np.maximum(coverage, np.finfo(np.float32).eps)
    if profile == "v4.2":
        blur = gaussian_filter(coverage, sigma)
        return blur, np.clip(blur / floor, 0.5, 2.0)
    seen = coverage > 0
    above = gaussian_filter(coverage * seen, sigma)
    below = gaussian_filter(seen.astype(np.float32), sigma)
    blur = np.zeros_like(above)
    blur[below > 0] = above[below > 0] / below[below > 0]
    scale = blur / floor
    scale[~seen] = 1
    return blur, np.clip(scale, 0.5, 2.0)


def exact_corrections(offset_matrix: np.ndarray) -> np.ndarray:
    """Solve reproject's offset matrix [T, T] by least squares over its pairs, mean 0 a group."""
    count = len(offset_matrix)
    first, second = np.nonzero(np.triu(np.isfinite(offset_matrix), 1))
    rows = np.zeros((len(first), count))
    rows[np.arange(len(first)), first] = 1
    rows[np.arange(len(first)), second] = -1
    # The shortest solution is orthogonal to every group's constant: its mean is 0 in each.
    return np.linalg.lstsq(rows, offset_matrix[first, second], rcond=None)[0]


def _weight(t, tiles, tiles_coverage, tile_weights) -> np.ndarray:
    weight = np.ones(tiles[t].shape[:2])
    if tiles_coverage is not None and tiles_coverage[t] is not None:
        weight = (np.asarray(tiles_coverage[t]) > 0).astype(np.float64)
    if tile_weights is not None and np.isfinite(tile_weights[t]) and tile_weights[t] > 0:
        weight *= tile_weights[t]
    return weight


@contextmanager
def _solver(exact: bool) -> Iterator[list[np.ndarray]]:
    """Record what the solver returns, one array a call; with ``exact`` replace it meanwhile."""
    raw = REPROJECTS.solve_corrections_sgd
    solve = exact_corrections if exact else raw
    solutions: list[np.ndarray] = []

    def recorded(offset_matrix, *args, **kwargs):
        solutions.append(solve(offset_matrix, *args, **kwargs))
        return solutions[-1]

    REPROJECTS.solve_corrections_sgd = recorded
    try:
        yield solutions
    finally:
        REPROJECTS.solve_corrections_sgd = raw
