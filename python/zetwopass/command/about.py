"""``python -m zetwopass`` alone: what a report of a defect needs."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Iterator
from importlib import metadata

from .. import __version__
from .._engine import DeviceInfo, device_info, library_info
from . import printing

_PACKAGES = ("numpy", "astropy", "reproject")


def tell(as_json: bool) -> None:
    """Print versions and places, the library's last.

    Raises
    ------
    LibraryError, ForkError, LimitError
        The library can't be used; all else is printed, but not as JSON.
    """
    if as_json:
        printing.as_json(dict(_facts()))
    else:
        printing.facts(_facts())


def _facts() -> Iterator[tuple[str, str]]:
    yield "zetwopass", __version__
    for package in _PACKAGES:
        yield package, _version(package)
    yield "Python", f"{platform.python_version()}, {sys.executable}"
    yield "system", platform.platform()
    yield "processors", str(_processors())
    library = library_info()
    yield "library", f"{library.version}, C interface {library.abi}, {library.path}"
    device = device_info()
    yield "SIMD", device.simd
    yield "GPU", _gpu(device)


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "not installed"


def _processors() -> int:
    """Return how many processors this process may use, as far as the system says it."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _gpu(device: DeviceInfo) -> str:
    if not device.usable:
        return f"none, {device.reason.removeprefix('GPU: ')}"
    capability, driver = (
        ".".join(map(str, pair)) for pair in (device.compute_capability, device.cuda_driver)
    )
    memory = f"{device.total_bytes / 1e9:.1f} GB"
    return f"{device.name}, {memory}, compute capability {capability}, driver for CUDA {driver}"
