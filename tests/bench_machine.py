"""What this machine can do at most: bytes copied and arithmetic, per second."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np

COPY_BYTES = 4 * 10**8  # of each of two arrays; STREAM wants four times the last-level cache
ORDER = 256  # of the matrices: three of float64 take 1.5 MB, at home in the caches
PRODUCTS = 60  # 2e9 operations a turn
TURNS = 20  # over seconds, so that one falls into a quiet moment


def rates(*, threads: list[int]) -> dict[str, list[dict]]:
    """Measure the rates of each number of threads, the best of twenty turns.

    ``copy_bytes_per_s`` counts as STREAM does, a byte read and a byte written are two.
    ``flops_per_s`` is float64's: a product of matrices of order n has 2 n**3 operations.
    """
    found = zip(threads, _copy(threads), _multiply(threads), strict=True)
    return {
        "rates": [
            {"threads": n, "copy_bytes_per_s": copied, "flops_per_s": computed}
            for n, copied, computed in found
        ]
    }


def _copy(threads: list[int]) -> list[float]:
    """Let NumPy copy 400 MB between two arrays whose memory is there, each thread its part."""
    source, target = np.ones(COPY_BYTES, np.uint8), np.zeros(COPY_BYTES, np.uint8)
    target.fill(2)

    def quickest(n: int) -> float:
        edges = np.linspace(0, COPY_BYTES, n + 1).astype(int)
        return _quickest(
            lambda i: np.copyto(target[edges[i] : edges[i + 1]], source[edges[i] : edges[i + 1]]), n
        )

    return [2 * COPY_BYTES / quickest(n) for n in threads]


def _multiply(threads: list[int]) -> list[float]:
    """Let each thread multiply matrices of its own; BLAS itself is held to one thread."""
    ones = np.ones((ORDER, ORDER))
    work = [(ones.copy(), ones.copy(), ones.copy()) for _ in range(max(threads))]

    def products(i: int) -> None:
        left, right, out = work[i]
        for _ in range(PRODUCTS):
            np.matmul(left, right, out=out)

    return [2 * ORDER**3 * PRODUCTS * n / _quickest(products, n) for n in threads]


def _quickest(part: Callable[[int], object], threads: int) -> float:
    """Return the seconds of the quickest turn in which each thread does its part."""
    seconds = []
    with ThreadPoolExecutor(threads) as pool:
        for _ in range(TURNS):
            begin = time.perf_counter()
            list(pool.map(part, range(threads)))
            seconds.append(time.perf_counter() - begin)
    return min(seconds)
