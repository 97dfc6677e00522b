"""NumPy memory as the library sees it: addresses, shapes and strides, without copies.

What these functions return holds addresses, not references: keep the arrays alive, and do not
resize them, until the call that uses the result has returned.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..errors import ArgumentError, ArgumentTypeError
from . import structs

if TYPE_CHECKING:
    from .._sky import PixelMap


def image(
    name: str, array: np.ndarray, *, channels: int | None = None, writable: bool = False
) -> structs.Image:
    """Borrow a float32 array [H, W] or [H, W, C] by its strides.

    Parameters
    ----------
    name
        What messages call the array.
    channels
        Borrow the first so many of them only.
    writable
        The library writes to it: read-only arrays and repeated memory are refused.

    Raises
    ------
    ArgumentError
        The library cannot read (or write) the array where it lies.
    """
    _check(name, array, writable)
    array = np.asarray(array)  # a subclass may have rules of its own
    if array.ndim == 2:
        array = array[:, :, np.newaxis]
    if channels is not None and array.shape[2] < channels:
        raise ArgumentError(f"{name} has {array.shape[2]} channels, want at least {channels}")
    height, width, count = array.shape
    # The stride of an axis of length 1 is never used, and NumPy leaves anything there.
    strides = [s if n > 1 else 4 for s, n in zip(array.strides, array.shape, strict=True)]
    count = count if channels is None else channels
    return structs.Image(_address(array), height, width, count, *strides)


def plane(
    name: str, array: np.ndarray, shape: tuple[int, int] | None = None, *, writable: bool = False
) -> structs.Image:
    """Borrow a float32 array [H, W], of ``shape`` if that is given."""
    if isinstance(array, np.ndarray) and array.ndim != 2:
        raise ArgumentError(f"{name} has shape {list(array.shape)}, want [H, W]")
    borrowed = image(name, array, writable=writable)
    if shape is not None and array.shape != tuple(shape):
        raise ArgumentError(f"{name} has shape {list(array.shape)}, want {list(shape)}")
    return borrowed


def planes(name: str, array: np.ndarray, *, writable: bool = False) -> structs.Planes:
    """Borrow a native float32 or float64 array [N, H, W] by its strides."""
    if writable:
        _check_writable(name, array)
    size = array.dtype.itemsize
    strides = [s if n > 1 else size for s, n in zip(array.strides, array.shape, strict=True)]
    kind = structs.FLOATS[array.dtype.name]
    return structs.Planes(_address(array), kind, 0, *array.shape, *strides)


def absent(shape: tuple[int, ...]) -> structs.Image:
    """Return a dense image [H, W] or [H, W, C] without memory, for a plan."""
    height, width, channels = (*shape, 1)[:3]
    return structs.Image(None, height, width, channels, 4 * width * channels, 4 * channels, 4)


def vector(array: np.ndarray | None) -> int | None:
    """Return the address of a contiguous array of the library's own type, None for None."""
    return None if array is None else _address(array)


def pixel_map(pixels: PixelMap | None) -> tuple[structs.Map, np.ndarray | None]:
    """Return the library's map, and the array that has to live as long. None is the empty map."""
    if pixels is None:
        return structs.Map(), None
    out = structs.Map(*pixels.box)
    if pixels.plane is not None:
        out.kind = structs.MAP_PLANE
        out.plane[:] = np.asarray(pixels.plane, np.float64).ravel().tolist()
        return out, None
    nodes = pixels.grid if pixels.grid is not None else pixels.positions
    nodes = np.ascontiguousarray(nodes, np.float64)
    out.kind, out.nodes = structs.MAP_POSITIONS, _address(nodes)
    if pixels.grid is not None:
        out.kind = structs.MAP_GRID
        out.ny, out.nx = nodes.shape[:2]
        out.origin_x, out.origin_y = pixels.origin
        out.step_x, out.step_y = pixels.step
    return out, nodes


def is_borrowable(array: np.ndarray) -> bool:
    """Whether the library can read an array of its types where it lies."""
    size = array.dtype.itemsize
    return array.flags.aligned and all(
        s >= 0 and s % size == 0 for s, n in zip(array.strides, array.shape, strict=True) if n > 1
    )


def _address(array: np.ndarray) -> int:
    return array.__array_interface__["data"][0]


def _check(name: str, array: np.ndarray, writable: bool) -> None:
    if not isinstance(array, np.ndarray):
        raise ArgumentTypeError(f"{name} is a {type(array).__name__}, want a NumPy array")
    if isinstance(array, np.ma.MaskedArray):
        raise ArgumentError(
            f"{name} is a masked array, want a plain one; use {name}.filled(np.nan)"
        )
    if array.dtype != np.float32 or not array.dtype.isnative:
        raise ArgumentError(
            f"{name} has dtype {array.dtype.str}, want native float32; use {name}.astype('f4')"
        )
    if array.ndim not in (2, 3):
        raise ArgumentError(f"{name} has shape {list(array.shape)}, want [H, W] or [H, W, C]")
    if array.size == 0:
        raise ArgumentError(f"{name} has shape {list(array.shape)}, want no size of 0")
    if not is_borrowable(array):
        raise ArgumentError(
            f"{name} has the strides {array.strides} bytes at {_address(array):#x}, want multiples "
            f"of 4 that are not negative; use {name}.copy()"
        )
    if writable:
        _check_writable(name, array)


def _check_writable(name: str, array: np.ndarray) -> None:
    if not array.flags.writeable:
        raise ArgumentError(f"{name} is read-only, want an array to write to; use {name}.copy()")
    if any(s == 0 for s, n in zip(array.strides, array.shape, strict=True) if n > 1):
        raise ArgumentError(f"{name} repeats its memory, want an array to write to; use np.empty")
