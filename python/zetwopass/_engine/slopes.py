"""The slopes of the backgrounds that are subtracted from tiles."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from . import buffers, structs


class Slopes(NamedTuple):
    """Slopes of T tiles of C channels, and what is known of them.

    Attributes
    ----------
    slopes
        float64 [T, C, 2]: what the background rises by from an output column to the next, and from
        an output row to the next; offsets are then those of pixel (0, 0).
    damping
        float64 [T, C]: by how much the slopes were damped; infinite where there are none.
    left_out
        float64 [T, C, 2]: root mean squares of what left-out overlaps differ by from what all
        others tell of them, by constants and by what was taken; NaN where none could be told.
    """

    slopes: np.ndarray
    damping: np.ndarray
    left_out: np.ndarray


class Planes:
    """Memory of slopes of a job of so many tiles and channels, which begins as that of constants.

    Attributes
    ----------
    slopes, found
        float64 [T, C, 2] and [T, C, 3], as ``include/zetwopass.h`` has them.
    wanted
        Whether they are of a job of planes.
    """

    def __init__(self, tiles: int, channels: int) -> None:
        self.wanted = False
        self.slopes = np.zeros((tiles, channels, 2))
        self.found = np.tile([np.inf, np.nan, np.nan], (tiles, channels, 1))

    def lend(self, struct: structs.Job) -> None:
        """Have a job of planes write here."""
        self.wanted = struct.background == structs.BACKGROUNDS["plane"]
        if self.wanted:
            struct.slopes = buffers.vector(self.slopes)
            struct.damping = buffers.vector(self.found)

    @property
    def result(self) -> Slopes:
        """What was found."""
        return Slopes(self.slopes, self.found[..., 0], self.found[..., 1:])
