"""The offsets of tiles from the medians of their pairs."""

from __future__ import annotations

import numpy as np

from . import buffers, calls, structs


def solve_offsets(pairs: np.ndarray, tiles: int) -> tuple[np.ndarray, np.ndarray]:
    """Return offsets, float64 [T, C], and groups, int32 [T], of so many tiles.

    ``pairs`` is structured as `Job.pairs` are, in any order, ``step`` of C channels.
    """
    channels = pairs.dtype["step"].shape[0]
    given = np.zeros(len(pairs), structs.PAIR)
    for name in ("i", "j", "pixels"):
        given[name] = pairs[name]
    given["step"][:, :channels] = pairs["step"]
    offsets, groups = np.zeros((tiles, channels)), np.zeros(tiles, np.int32)
    arrays = buffers.vector(offsets), buffers.vector(groups)
    arguments = buffers.vector(given), len(given), tiles, channels, *arrays
    calls.run_silently("ztp_offsets_from_pairs", *arguments)
    return offsets, groups
