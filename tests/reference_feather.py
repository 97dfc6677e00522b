"""Section 9 of MATHS.md, slowly: how a tile's weight falls, by scipy's exact distances."""

import numpy as np
from scipy.ndimage import distance_transform_edt


def fall(valid: np.ndarray, feather: int) -> np.ndarray:
    """Return the factors float32 [h, w] of a tile that shows something where ``valid``."""
    distance = distance_transform_edt(np.pad(valid, 1))[1:-1, 1:-1]
    part = np.minimum(distance / feather, 1)
    return (part * part * (3 - 2 * part)).astype(np.float32)


def falls(tiles, weights, channels: int, feather: int) -> list:
    """Return the factors of each tile, None without a feather."""
    if not feather:
        return [None] * len(tiles)
    out = []
    for t, tile in enumerate(tiles):
        image = np.atleast_3d(tile)[..., :channels]
        valid = ~np.isnan(image).all(axis=2)
        if weights is not None:
            valid &= np.nan_to_num(weights[t]) > 0
        out.append(fall(valid, feather))
    return out
