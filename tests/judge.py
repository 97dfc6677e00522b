"""Parity as section 7 of MATHS.md judges it: two second passes of one scene, side by side."""

from dataclasses import dataclass

import numpy as np

import reference

POSITION_BOUND = 1e-5  # px, of a gridded pixel map
ASTROPYS_BOUND = 1e-4  # px, of its way back through SIP
PLANE_BOUND = 1e-8  # px, between tangent planes
EDGE = 1e-4  # px from a footprint's edge within which a pixel may be either in or out


@dataclass
class Case:
    """A scene, the profile, the twin's result and ours; positions as the twin found them."""

    scene: object
    profile: str
    gridded: bool
    placed: list
    twin: reference.Result
    ours: object


def scale(case: Case) -> np.ndarray:
    """Return [H, W, C]: the largest of a pixel's value, the offsets and the tiles' range."""
    values = np.concatenate([tile.ravel() for tile in case.scene.tiles])
    values = values[np.isfinite(values)]
    spread = np.ptp(np.percentile(values, [1, 99]))
    return np.maximum(np.abs(case.twin.mosaic), max(spread, np.abs(case.twin.offsets).max()))


def gradient(case: Case) -> np.ndarray:
    """Return [H, W, C]: the largest difference in any 2x2 stencil that a pixel is made of."""
    out = np.zeros(case.twin.mosaic.shape)
    for tile, spot in zip(case.scene.tiles, case.placed, strict=True):
        if spot is None:
            continue
        padded = np.pad(tile, ((0, 1), (0, 1), (0, 0)), mode="edge")
        four = np.stack([padded[:-1, :-1], padded[1:, :-1], padded[:-1, 1:], padded[1:, 1:]])
        spread = np.nan_to_num(four.max(axis=0) - four.min(axis=0))
        h, w = tile.shape[:2]
        shown = np.isfinite(spot.u) & np.isfinite(spot.v)
        row = np.clip(np.nan_to_num(spot.v), 0, h - 1).astype(int)
        col = np.clip(np.nan_to_num(spot.u), 0, w - 1).astype(int)
        into = reference_cut(out, spot.box)
        np.maximum(into, np.where(shown[..., None], spread[row, col], 0), out=into)
    return out


def reference_cut(image: np.ndarray, box: tuple[int, int, int, int]) -> np.ndarray:
    """Return the view of a box (y0, y1, x0, x1)."""
    y0, y1, x0, x1 = box
    return image[y0:y1, x0:x1]


def mosaic_excess(case: Case, moved: float = POSITION_BOUND) -> float:
    """Return the largest difference of the mosaics in units of what is allowed there.

    ``moved`` is how far, in pixels, the positions of gridded maps may lie from the twin's.
    """
    both = np.isfinite(case.twin.mosaic) & np.isfinite(case.ours.mosaic)
    allowed = 3e-7 * scale(case)
    if case.gridded:
        allowed = allowed + moved * gradient(case)
    difference = np.abs(case.ours.mosaic.astype(np.float64) - case.twin.mosaic)
    return float((difference / allowed)[both].max())


def near_an_edge(case: Case) -> np.ndarray:
    """Return [H, W] bool: pixels within `EDGE` of where some tile begins or its stencils change."""
    out = np.zeros(case.twin.coverage.shape, bool)
    for spot in case.placed:
        if spot is not None:
            with np.errstate(invalid="ignore"):
                off = [np.abs(2 * p - np.round(2 * p)) / 2 < EDGE for p in (spot.u, spot.v)]
            reference_cut(out, spot.box)[...] |= off[0] | off[1]
    return out


def pattern_faults(case: Case) -> int:
    """Return how many pixels differ in NaN or coverage though they lie far from every edge."""
    differ = np.isnan(case.twin.mosaic).any(axis=2) != np.isnan(case.ours.mosaic).any(axis=2)
    # At the edge of a mask the weight rises from 0 within a pixel: it follows the position.
    moved = POSITION_BOUND if case.gridded else PLANE_BOUND
    allowed = 3e-7 * case.twin.coverage + moved * np.max(case.twin.coverage)
    differ |= np.abs(case.ours.coverage - case.twin.coverage) > allowed
    assert differ.sum() <= 1e-5 * differ.size, f"{differ.sum()} of {differ.size} pixels differ"
    return int((differ & ~near_an_edge(case)).sum())
