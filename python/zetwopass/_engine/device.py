"""Which GPU there is, and which device has computed."""

from __future__ import annotations

import warnings
from typing import NamedTuple

from .. import errors
from . import ffi, structs
from .calls import Ended
from .limits import limited


class DeviceInfo(NamedTuple):
    """The GPU that a call would use, and what the CPU's loops are.

    Attributes
    ----------
    usable
        Whether there is a GPU.
    reason
        Why not; empty where there is one. All of a GPU is empty or 0 where there is none.
    name
        As its driver calls it.
    total_bytes, free_bytes
        Of its memory; what is free is 0 until this process has used the GPU.
    compute_capability, cuda_driver
        Two numbers each, of the GPU and of the CUDA that its driver has, such as (12, 4).
    simd
        Vector instructions that the CPU uses: ``'AVX2'``, or ``'none'``, which is slower.
    """

    usable: bool
    reason: str
    name: str
    total_bytes: int
    free_bytes: int
    compute_capability: tuple[int, int]
    cuda_driver: tuple[int, int]
    simd: str


@limited
def device_info() -> DeviceInfo:
    """Return the GPU that a call would use, or why there is none, and what the CPU uses.

    Returns
    -------
    DeviceInfo
        Its name, memory in bytes and versions; ``reason`` says why there is none.

    Raises
    ------
    LibraryError, ForkError, LimitError
        The library can't be asked.

    Examples
    --------
    >>> import zetwopass
    >>> found = zetwopass.device_info()
    >>> print("GPU:", found.name if found.usable else found.reason)
    GPU: ...
    """
    found, error = structs.Device(ffi.size(structs.Device)), structs.Error()
    status = ffi.library().ztp_device_info(found, error)
    errors.check(status, error.message.decode(errors="replace"))
    return DeviceInfo(
        usable=bool(found.usable),
        reason=found.reason.decode(errors="replace"),
        name=found.name.decode(errors="replace"),
        total_bytes=found.total_bytes,
        free_bytes=found.free_bytes,
        compute_capability=(found.compute_major, found.compute_minor),
        cuda_driver=(found.cuda_driver // 1000, found.cuda_driver % 1000 // 10),
        simd=found.simd.decode(),
    )


def computed_by(ended: Ended) -> str:
    """Return ``'cpu'``, ``'gpu'`` if that has added up all rows of a mosaic, or ``'hybrid'``."""
    if not ended.stats.gpu_ran:
        return "cpu"
    return "hybrid" if ended.stats.cpu_rows else "gpu"


def warn_device(ended: Ended, stacklevel: int) -> None:
    """Warn of a GPU that didn't do its part; ``stacklevel`` 1 is the caller of this function."""
    if ended.device_error is not None:
        message = f"the CPU has done all of the work: {ended.device_error}"
        warnings.warn(message, errors.DeviceWarning, stacklevel=stacklevel + 1)
