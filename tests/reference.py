"""The slow twin of the second pass: NumPy and astropy, written from MATHS.md, section by section.

Boxes are ``(y0, y1, x0, x1)`` in output pixels, ends exclusive; pixel (0, 0) is the centre of the
first pixel. A profile is ``'v4.2'`` or ``'v4.5'``. Clarity comes before speed; nothing here calls
reproject or, but for a feather's distances, scipy, so that both can judge it.
"""

from dataclasses import dataclass

import numpy as np

import reference_feather
from reference_blur import blurred, cleaned, gaussian, gaussian64, scale_map
from reference_warp import Placed, cut, place, positions, tile_box, warp

__all__ = [
    "Placed",
    "Result",
    "blurred",
    "coadd",
    "gain_mask",
    "gains",
    "gaussian",
    "gaussian64",
    "groups",
    "offsets",
    "pair_medians",
    "place",
    "positions",
    "profile_weights",
    "scale_map",
    "second_pass",
    "tile_box",
    "warp",
]


@dataclass
class Result:
    """Mosaic float32 [H, W, C], coverage float32 [H, W], offsets [T, C], groups [T], gains [T].

    ``groups`` labels the connected tiles of channel 0 from 0 upwards; a lone tile has its own.
    """

    mosaic: np.ndarray
    coverage: np.ndarray
    offsets: np.ndarray
    groups: np.ndarray
    gains: np.ndarray


# Section 2: the gains


def gains(
    tiles,
    tiles_wcs,
    output_wcs,
    coverage,
    *,
    sigma,
    gain_clip,
    masks=None,
    profile="v4.5",
    threshold=2.0,
    placed=None,
) -> np.ndarray:
    """Return one gain per tile, float64 [T]: the clipped median of the scale map on its pixels."""
    coverage = cleaned(coverage, profile)
    blur = blurred(coverage, sigma, profile)
    scale = scale_map(coverage, blur, profile)
    usable = coverage > 0
    if profile == "v4.5":
        usable &= blur >= threshold
    if placed is None:
        placed = place(tiles, tiles_wcs, output_wcs, coverage.shape)
    low, high = sorted(gain_clip)
    out = np.ones(len(tiles))
    for t, spot in enumerate(placed):
        if spot is None:
            continue
        mask = warp(gain_mask(tiles[t], masks, t), spot.u, spot.v) > 1e-3
        valid = mask & cut(usable, spot.box)
        need = 1 if profile == "v4.2" else max(64, int(np.ceil(0.001 * mask.sum())))
        if valid.sum() < need:
            continue
        values = cut(scale, spot.box)[valid]
        median = np.median(values) if profile == "v4.2" else np.nanmedian(values)
        if np.isfinite(median) or profile == "v4.2":
            out[t] = np.clip(float(median), low, high)
    return out


def gain_mask(tile: np.ndarray, masks, t: int) -> np.ndarray:
    """Return the float32 [h, w] map that says where tile ``t`` counts in its gain."""
    shape = np.shape(tile)[:2]
    if masks is None or t >= len(masks) or masks[t] is None:
        return np.ones(shape, np.float32)
    mask = np.squeeze(np.asarray(masks[t], np.float32))
    if mask.size != shape[0] * shape[1]:
        return np.ones(shape, np.float32)
    return np.where(np.isfinite(mask), mask, 0).astype(np.float32).reshape(shape)


# Section 4: the sum


def profile_weights(tiles, masks, tile_weights, profile: str) -> list[np.ndarray] | None:
    """Return the weight maps [h, w] that the profile makes of masks and tile weights, or None."""
    if profile == "v4.2" or (masks is None and tile_weights is None):
        return None
    out = []
    for t, tile in enumerate(tiles):
        shape = np.shape(tile)[:2]
        mask = masks[t] if masks is not None and t < len(masks) else None
        mask = None if mask is None else np.asarray(mask)
        mask = mask[..., 0] if mask is not None and mask.ndim == 3 else mask
        full = mask is None or mask.shape != shape
        plane = np.ones(shape) if full else (mask > 0).astype(np.float64)
        known = tile_weights is not None and t < len(tile_weights) and tile_weights[t] is not None
        weight = float(tile_weights[t]) if known else 1.0
        out.append(plane * (weight if np.isfinite(weight) and weight > 0 else 1.0))
    return out


def coadd(
    tiles,
    tiles_wcs,
    output_wcs,
    shape,
    *,
    gains=None,
    weights=None,
    profile="v4.5",
    match_background=True,
    combine="mean",
    feather=0,
    placed=None,
) -> Result:
    """Add the tiles [h, w, C] or [h, w] up on the grid ``shape``; ``weights`` are maps [h, w]."""
    gains = np.ones(len(tiles)) if gains is None else np.asarray(gains, np.float64)
    placed = place(tiles, tiles_wcs, output_wcs, shape) if placed is None else placed
    channels = next(1 if np.ndim(t) == 2 else np.shape(t)[2] for t in tiles if t is not None)
    mosaic = np.empty((*shape, channels), np.float32)
    falls = reference_feather.falls(tiles, weights, channels, feather)
    offset = np.zeros((len(tiles), channels))
    for c in reversed(range(channels)):  # channel 0 last: its coverage and groups are kept
        warped = []
        for t, spot in enumerate(placed):
            weight = weights[t] if weights is not None else None
            warped.append(spot and _warped(tiles[t], c, gains[t], weight, falls[t], spot))
        medians = pair_medians(placed, warped)
        label = groups(medians)
        if match_background:
            offset[:, c] = offsets(medians, label)
        mosaic[..., c], coverage = _combine(placed, warped, offset[:, c], shape, combine, profile)
    if profile == "v4.5":
        coverage = np.where(np.isfinite(coverage), coverage, np.float32(0))
        mosaic[~np.isfinite(mosaic) | (coverage <= 0)[..., None]] = np.nan
    return Result(mosaic, coverage, offset, label, gains)


def _warped(tile, channel, gain, weight, fall, spot) -> tuple[np.ndarray, np.ndarray]:
    plane = np.asarray(tile, np.float32)
    plane = plane if plane.ndim == 2 else plane[..., channel]
    value = warp(plane * np.float32(gain), spot.u, spot.v)
    footprint = (~np.isnan(value)).astype(np.float64)
    if weight is not None:
        weight = warp(np.where(np.isnan(weight), 0, weight), spot.u, spot.v)
        footprint *= np.where(np.isnan(weight), 0, weight)
    if fall is not None:
        footprint *= np.nan_to_num(warp(fall, spot.u, spot.v))
    return np.where(np.isnan(value), 0, value), footprint


def _combine(placed, warped, offset, shape, combine, profile) -> tuple[np.ndarray, np.ndarray]:
    total, norm = np.zeros(shape), np.zeros(shape)
    with np.errstate(invalid="ignore"):
        for spot, pair, c in zip(placed, warped, offset, strict=True):
            if spot is not None:
                value, footprint = pair
                cut(total, spot.box)[...] += np.where(footprint == 0, 0, (value - c) * footprint)
                cut(norm, spot.box)[...] += footprint
        covered = norm > 0
        if combine == "mean":
            np.divide(total, norm, out=total, where=covered)
    total[~covered] = 0 if profile == "v4.2" else np.nan
    return total.astype(np.float32), norm.astype(np.float32)


# Section 5: the background match


def pair_medians(placed, warped) -> np.ndarray:
    """Return D [T, T]: the median of tile i minus tile j on common pixels, NaN where there is none.

    ``warped`` holds (values, footprint) [h, w] of each tile's box, or None. A median that is not
    finite (of infinite pixels) says nothing: no pair.
    """
    out = np.full((len(placed), len(placed)), np.nan)
    for i in range(len(placed)):
        for j in range(i + 1, len(placed)):
            if placed[i] is None or placed[j] is None:
                continue
            a, b = placed[i].box, placed[j].box
            y0, y1, x0, x1 = max(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), min(a[3], b[3])
            if y0 >= y1 or x0 >= x1:
                continue
            cut_a = np.s_[y0 - a[0] : y1 - a[0], x0 - a[2] : x1 - a[2]]
            cut_b = np.s_[y0 - b[0] : y1 - b[0], x0 - b[2] : x1 - b[2]]
            both = (warped[i][1][cut_a] > 0) & (warped[j][1][cut_b] > 0)
            if both.any():
                with np.errstate(invalid="ignore"):
                    median = np.median(warped[i][0][cut_a][both] - warped[j][0][cut_b][both])
                if np.isfinite(median):
                    out[i, j], out[j, i] = median, -median
    return out


def groups(medians: np.ndarray) -> np.ndarray:
    """Return the label [T] of each tile's connected group, numbered by its first tile."""
    label = np.full(len(medians), -1)
    for first in range(len(medians)):
        if label[first] < 0:
            label[first] = label.max() + 1
            front = [first]
            while front:
                near = np.isfinite(medians[front.pop()]) & (label < 0)
                label[near] = label[first]
                front.extend(np.flatnonzero(near))
    return label


def offsets(medians: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """Return c [T] that minimises sum (c_i - c_j - D_ij)^2 over pairs, of mean 0 in each group."""
    out = np.zeros(len(medians))
    for group in np.unique(groups):
        members = np.flatnonzero(groups == group)
        d = medians[np.ix_(members, members)]
        linked = np.isfinite(d)
        laplacian = np.diag(linked.sum(axis=1)) - linked.astype(np.float64)
        out[members] = np.linalg.solve(laplacian + 1 / len(members), np.nansum(d, axis=1))
    return out


# All of it


def second_pass(
    tiles,
    tiles_wcs,
    output_wcs,
    coverage,
    shape,
    *,
    sigma,
    gain_clip,
    masks=None,
    tile_weights=None,
    profile="v4.5",
    threshold=2.0,
    feather=0,
) -> Result:
    """Return the second pass: gains from the coverage, then the matched and weighted mean."""
    placed = place(tiles, tiles_wcs, output_wcs, shape)
    gain = gains(
        tiles,
        tiles_wcs,
        output_wcs,
        coverage,
        sigma=sigma,
        gain_clip=gain_clip,
        masks=masks,
        profile=profile,
        threshold=threshold,
        placed=placed if np.shape(coverage) == tuple(shape) else None,
    )
    weights = profile_weights(tiles, masks, tile_weights, profile)
    return coadd(
        tiles,
        tiles_wcs,
        output_wcs,
        shape,
        gains=gain,
        weights=weights,
        profile=profile,
        feather=feather,
        placed=placed,
    )
