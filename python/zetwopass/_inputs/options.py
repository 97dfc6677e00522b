"""The options of `reproject_and_coadd`: what is done here, and what is reproject's alone."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from .._engine import COMBINES, checks
from ..errors import ArgumentError, ArgumentTypeError

# Arguments of reproject_interp, and those of newer versions of reproject_and_coadd, with the
# values that say what is done here anyway; None = any.
_KNOWN = {
    "order": ("bilinear", 1),
    "roundtrip_coords": (True, False),
    "return_footprint": (True,),
    "return_type": (None, "numpy", "dask", "zarr"),
    "non_reprojected_dims": (None,),
    "zarr_path": None,
    "zarr_batch_size": None,
    "block_size": None,
    "parallel": None,
    "dask_method": None,
}
_RETURNS = "return_type should be set to 'numpy', 'dask' or 'zarr'"


class Options(NamedTuple):
    """What the options ask for.

    ``block`` is the block size that all images share, where they do; ``workers`` 0 is the
    library's choice.
    """

    return_type: str
    zarr_path: str | None
    block: tuple[int, ...] | None
    workers: int


def function(value: Callable | None) -> None:
    """Check that a reproject_function is done here."""
    name = getattr(value, "__name__", repr(value))
    if value is not None and name != "reproject_interp":
        raise ArgumentError(
            f"reproject_function = {name}, want reproject_interp; others are reproject's alone"
        )


def combine(value: str) -> None:
    """Check that a combine_function is known."""
    checks.word("combine_function", value, COMBINES)


def feather(value: int | None, combine: str) -> int:
    """Return the width of a feather that a combine_function can have, pixels; 0 is none."""
    width = checks.pixels("feather", value)
    if width and combine not in ("mean", "sum"):
        raise ArgumentError(
            f"feather = {width} and combine_function = {combine!r}, want 'mean' or 'sum' with it"
        )
    return width


def options(
    count: int,
    block_sizes: object,
    intermediate_memmap: object,
    match: bool,
    outputs: Sequence[np.ndarray | None],
    further: dict,
) -> Options:
    """Return the options; ``count`` is that of the images, ``further`` the keyword arguments."""
    for key, value in further.items():
        _check_known(key, value)
    made = further.get("return_type") or "numpy"
    path = _zarr_path(made, further.get("zarr_path"))
    if further.get("zarr_batch_size") is not None:
        checks.integer("zarr_batch_size", further["zarr_batch_size"], 1, 2**62)
    if made != "numpy":
        for name, given in (
            ("match_background", match),
            ("output_array or output_footprint", any(array is not None for array in outputs)),
            ("intermediate_memmap", bool(intermediate_memmap)),
        ):
            if given:
                raise ArgumentError(f"Cannot use return_type={made!r} together with {name}")
    if match and isinstance(intermediate_memmap, str):
        raise ArgumentError(
            f"intermediate_memmap = {intermediate_memmap!r} and match_background = True: "
            "reproject has no such thing"
        )
    if further.get("block_size") is not None:
        if block_sizes is not None:
            raise ArgumentError("Cannot specify block_sizes= and block_size= at the same time")
        block_sizes = further["block_size"]
    workers = checks.threads(further.get("parallel"))
    return Options(made, path, _blocks(block_sizes, count), workers)


def _check_known(key: str, value: object) -> None:
    if key not in _KNOWN:
        raise ArgumentError(f"{key} is not an argument of reproject_interp")
    allowed = _KNOWN[key]
    plain = value is None or isinstance(value, (str, int, np.generic))
    if allowed is None or (plain and value in allowed):
        return
    if key == "return_type":
        raise ArgumentError(f"return_type = {value!r}: {_RETURNS}")
    raise ArgumentError(f"{key} = {value!r}, want {allowed[0]!r}; others are reproject's")


def _zarr_path(made: str, path: object) -> str | None:
    if made != "zarr":
        if path is not None:
            raise ArgumentError("zarr_path can only be set when using return_type='zarr'")
        return None
    if path is None:
        raise ArgumentError("zarr_path should be set when using return_type='zarr'")
    if not isinstance(path, (str, os.PathLike)):
        raise ArgumentTypeError(f"zarr_path is a {type(path).__name__}, want a path")
    if os.path.exists(path):
        raise ArgumentError(f"zarr_path: {os.fspath(path)} already exists")
    return os.fspath(path)


def _blocks(given: object, count: int) -> tuple[int, ...] | None:
    """Return the block size that all images share, if they do, from one for all or one each."""
    if given is None:
        return None
    if not isinstance(given, (str, Sequence)):
        found = type(given).__name__
        raise ArgumentTypeError(f"block_sizes is a {found}, want one block size, or one per image")
    if isinstance(given, str) or not any(isinstance(entry, (list, tuple)) for entry in given):
        return _block("block_sizes", given)
    if len(given) != count:
        raise ArgumentError(
            f"block_sizes should be a single block size or one per dataset ({count}), "
            f"got {len(given)}"
        )
    for i, entry in enumerate(given):
        if entry is not None:
            _block(f"block_sizes[{i}]", entry)
    return None


def _block(name: str, given: object) -> tuple[int, ...] | None:
    if isinstance(given, str):
        if given != "auto":
            raise ArgumentError(f"{name} = {given!r}, want a shape or 'auto'")
        return None
    if len(given) < 2:
        raise ArgumentError(f"{name} = {given!r}, want rows and columns, and what is before them")
    return tuple(
        n if isinstance(n, str) and n == "auto" else checks.integer(f"{name}[{axis}]", n, -1, 2**31)
        for axis, n in enumerate(given)
    )
