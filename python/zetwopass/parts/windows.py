"""Gains from a window of the coverage, and windows of the mosaic."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from .._engine import Job, Outputs, buffers, calls, checks, limited
from .._inputs import ranges
from ..api import GAIN_CLIP, Image
from ..errors import ArgumentError
from .places import job_tiles_of, settings_of, vector

if TYPE_CHECKING:
    from .._sky import PixelMap

Box = tuple[int, int, int, int]  # y0, x0, y1, x1 of output pixels, half-open


class Window(NamedTuple):
    """What `coadd_window` makes of T tiles on H x W pixels.

    Attributes
    ----------
    mosaic
        float32 [H, W, C].
    coverage
        float32 [H, W], the sum of the weights.
    shown
        bool [T]: which tiles have given the first channel a pixel.
    """

    mosaic: np.ndarray
    coverage: np.ndarray
    shown: np.ndarray


@limited
def coadd_window(
    tiles: Sequence[Image],
    maps: Sequence[PixelMap | None],
    window: Box,
    *,
    gains: np.ndarray,
    offsets: np.ndarray,
    masks: Sequence[Image | None] | None = None,
    tile_weights: Sequence[float] | None = None,
    profile: str = "v4.5",
    feather: int | None = None,
    workers: int | None = None,
    max_chunk_bytes: int | None = None,
) -> Window:
    """Return a window of the mosaic, with the bits that `second_pass` gives it there.

    Parameters
    ----------
    tiles, masks, tile_weights, profile, feather
        As in `second_pass`: those whose maps meet the window are enough, in the order that they
        have among all. The sums of the weights must be numbers of float32.
    maps
        [T], of `pixel_maps`.
    window
        Output pixels y0, x0, y1, x1, half-open.
    gains, offsets
        [T] and [T, C] of the tiles.
    workers, max_chunk_bytes
        As in `second_pass`.

    Returns
    -------
    Window
        Mosaic and coverage there, and which tiles it shows.

    Raises
    ------
    ArgumentError, FileError, HDUError, BudgetError, LimitError
        As in `second_pass`.
    """
    tiles = checks.entries("tiles", tiles)
    weights = checks.weights(tile_weights, len(tiles), profile)
    ranges.check_coverage(weights)
    given, job_tiles = job_tiles_of(tiles, maps, masks, weights, profile)
    y0, x0, rows, cols = _window(window)
    offsets = checks.numbers("offsets", offsets)
    channels = offsets.shape[-1] if offsets.ndim == 2 else checks.channels(given)
    made = Outputs(np.empty((rows, cols, channels), "f4"), np.empty((rows, cols), "f4"))
    settings = settings_of(profile, workers, max_chunk_bytes, feather)
    job = Job(settings, job_tiles, outputs=made)
    job.gains[:] = vector("gains", gains, (len(given),))
    job.offsets[:] = vector("offsets", offsets, (len(given), channels))
    job.keep_offsets()
    job.begin_at(y0, x0)
    calls.run("ztp_reproject_coadd", job)
    return Window(*made, job.shown > 0)


@limited
def gains_on_window(
    shapes: Sequence[tuple[int, int]],
    maps: Sequence[PixelMap | None],
    coverage: np.ndarray,
    blurred: np.ndarray,
    origin: tuple[int, int],
    *,
    gain_clip: tuple[float, float] = GAIN_CLIP,
    masks: Sequence[Image | None] | None = None,
    profile: str = "v4.5",
    threshold: float | None = None,
    workers: int | None = None,
) -> np.ndarray:
    """Return the gains of tiles, float64 [T], from a window of the coverage that holds them all.

    Parameters
    ----------
    shapes
        Rows and columns of the tiles, of which no pixel is wanted.
    maps
        [T], of `pixel_maps`: within the window lies all that is of their boxes in the whole.
    coverage, blurred
        float32 [H, W], windows of the coverage and of what `blur_coverage` has made of the whole:
        a blur by windows has other last bits.
    origin
        Output pixel y0, x0 at which they begin.
    gain_clip, masks, profile, threshold, workers
        As in `tile_gains`.

    Returns
    -------
    ndarray
        float64 [T].

    Raises
    ------
    ArgumentError, FileError, HDUError, BudgetError, LimitError
        As in `tile_gains`.
    """
    y0, x0 = checks.pair("origin", origin, 0, 2**31)
    settings = checks.settings(
        profile=profile,
        gain_clip=gain_clip,
        threshold=threshold,
        workers=workers,
        device="cpu",
    )
    unseen = [np.broadcast_to(np.float32(0), shape) for shape in checks.shapes("shapes", shapes)]
    _, job_tiles = job_tiles_of(unseen, maps, masks, None, profile)
    for name, given in (("coverage", coverage), ("blurred", blurred)):
        buffers.plane(name, given)
    job = Job(settings, job_tiles)
    job.read_coverage(coverage, blurred, known=True)
    job.begin_at(y0, x0)
    calls.run("ztp_tile_gains", job)
    return job.gains


def _window(window: Box) -> Box:
    try:
        y0, x0, y1, x1 = (checks.integer("window", n, 0, 2**31) for n in window)
    except (TypeError, ValueError) as err:
        raise ArgumentError(f"window = {window!r}, want y0, x0, y1, x1") from err
    if y0 >= y1 or x0 >= x1:
        raise ArgumentError(f"window = {window!r} is empty, want y0 < y1 and x0 < x1")
    return y0, x0, y1 - y0, x1 - x0
