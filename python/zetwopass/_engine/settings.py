"""The numbers of a ``ztp_job``."""

from __future__ import annotations

from dataclasses import dataclass

from . import ffi, structs


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The numbers of a job, as ``include/zetwopass.h`` describes them.

    ``threshold`` is None for the default and 0 for none; ``workers``, rows and bytes are 0 where
    the library chooses. ``background`` is ``'constant'`` or ``'plane'``; ``device`` is ``'auto'``,
    ``'cpu'``, ``'gpu'`` or ``'hybrid'``.
    """

    profile: str = "v4.5"
    sigma: int = 0
    gain_clip: tuple[float, float] = (1.0, 1.0)
    threshold: float | None = None
    combine: str = "mean"
    keep_background: bool = False
    background: str = "constant"
    binary_weights: bool = False
    signed_weights: bool = False
    blank_nan: bool = False
    feather: int = 0
    workers: int = 0
    rows_per_chunk: int = 0
    max_chunk_bytes: int = 0
    device: str = "auto"
    gpu_rows_per_chunk: int = 0
    gpu_max_chunk_bytes: int = 0


def numbers(settings: Settings) -> structs.Job:
    """Return a job that has these numbers and nothing else."""
    low, high = settings.gain_clip
    struct = structs.Job(ffi.size(structs.Job), ffi.size(structs.Tile))
    struct.profile = structs.PROFILES[settings.profile]
    struct.sigma = settings.sigma
    struct.gain_min, struct.gain_max = low, high
    if settings.threshold is not None:
        struct.threshold = settings.threshold if settings.threshold > 0 else -1
    struct.combine = structs.COMBINES[settings.combine]
    struct.keep_background = settings.keep_background
    struct.background = structs.BACKGROUNDS[settings.background]
    struct.binary_weights = settings.binary_weights
    struct.signed_weights = settings.signed_weights
    struct.blank_nan = settings.blank_nan
    struct.feather = settings.feather
    struct.workers = settings.workers
    struct.rows_per_chunk = settings.rows_per_chunk
    struct.max_chunk_bytes = settings.max_chunk_bytes
    struct.device = structs.DEVICES[settings.device]
    struct.gpu_rows_per_chunk = settings.gpu_rows_per_chunk
    struct.gpu_max_chunk_bytes = settings.gpu_max_chunk_bytes
    return struct
