"""Section 1 of MATHS.md for the slow twin: the blurred coverage and the scale map, NumPy only."""

import numpy as np

EPS32 = np.finfo(np.float32).eps
SCALE_MIN, SCALE_MAX = 0.5, 2.0


def taps(sigma: int) -> np.ndarray:
    """Return the 2r+1 weights of the Gaussian, r = int(4 sigma + 0.5), float64 of sum 1."""
    radius = int(4 * sigma + 0.5)
    weights = np.exp(-0.5 / (sigma * sigma) * np.arange(-radius, radius + 1) ** 2)
    return weights / weights.sum()


def gaussian(image: np.ndarray, sigma: float) -> np.ndarray:
    """Blur [H, W] as scipy does float32 input: float64 sums, columns then rows stored as float32.

    The order of the sum is scipy's too, hence the same bits.
    """
    out = np.asarray(image, np.float32)
    sigma = int(max(0, sigma))
    if sigma == 0:
        return out.copy()
    weights = taps(sigma)
    radius = len(weights) // 2
    for axis in (0, 1):
        lines = np.moveaxis(out, axis, 0).astype(np.float64)
        n = len(lines)
        lines = np.pad(lines, ((radius, radius), (0, 0)), mode="symmetric")
        total = lines[radius : radius + n] * weights[radius]
        for k in range(radius, 0, -1):
            below, above = lines[radius - k :][:n], lines[radius + k :][:n]
            total += (below + above) * weights[radius - k]
        out = np.moveaxis(total.astype(np.float32), 0, axis)
    return np.ascontiguousarray(out)


def gaussian64(image: np.ndarray, sigma: float) -> np.ndarray:
    """Blur finite [H, W] in float64 throughout, as two matrices: the truth of `gaussian`."""
    image = np.asarray(image, np.float64)
    sigma = int(max(0, sigma))
    if sigma == 0:
        return image.copy()
    height, width = image.shape
    return _blur_matrix(height, sigma) @ image @ _blur_matrix(width, sigma).T


def _blur_matrix(n: int, sigma: int) -> np.ndarray:
    weights = taps(sigma)
    radius = len(weights) // 2
    target = np.repeat(np.arange(n), len(weights))
    source = (target + np.tile(np.arange(-radius, radius + 1), n)) % (2 * n)
    source = np.where(source < n, source, 2 * n - 1 - source)
    matrix = np.zeros((n, n))
    np.add.at(matrix, (target, source), np.tile(weights, n))
    return matrix


def cleaned(coverage: np.ndarray, profile: str) -> np.ndarray:
    """Return the coverage [H, W] as float32; v4.5 turns NaN and infinities into 0."""
    coverage = np.asarray(coverage, np.float32)
    if profile == "v4.2":
        return coverage
    return np.where(np.isfinite(coverage), coverage, np.float32(0))


def blurred(coverage: np.ndarray, sigma: float, profile: str, *, smooth=gaussian) -> np.ndarray:
    """Return the blurred coverage [H, W]; ``smooth=gaussian64`` gives its float64 truth."""
    coverage = cleaned(coverage, profile)
    if profile == "v4.2":
        return smooth(coverage, sigma)
    valid = coverage > 0
    above = smooth(np.where(valid, coverage, 0).astype(np.float32), sigma)
    below = smooth(valid.astype(np.float32), sigma)
    return np.divide(above, below, out=np.zeros_like(above), where=below > 0)


def scale_map(coverage: np.ndarray, blurred: np.ndarray, profile: str) -> np.ndarray:
    """Return blurred / coverage [H, W], cut to [0.5, 2]; v4.5 has 1 where nothing is covered."""
    coverage = cleaned(coverage, profile)
    scale = blurred / np.maximum(coverage, EPS32)
    if profile == "v4.5":
        scale = np.where(coverage > 0, scale, scale.dtype.type(1))
    return np.clip(scale, SCALE_MIN, SCALE_MAX)
