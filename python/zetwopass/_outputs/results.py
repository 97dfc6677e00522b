"""The results of a coadd in arrays that a caller gave, with what stood there, or in new ones."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .._engine import Outputs, buffers, checks
from ..errors import ArgumentError


class Given(NamedTuple):
    """The arrays for the results that the caller gave, or None."""

    array: np.ndarray | None
    footprint: np.ndarray | None

    def check(self, shape: tuple[int, ...], blank: float) -> None:
        """Check that results of a shape can be written to them, and the blank value too."""
        for name, array in zip(_NAMES, self, strict=True):
            if array is not None:
                checks.output(name, array, shape)
        if self.array is not None and not checks.holds(blank, self.array.dtype):
            raise ArgumentError(
                f"blank_pixel_value = {blank!r} can't be held by output_array, which is "
                f"{self.array.dtype.name}; give one of float64"
            )

    def filled(self) -> bool:
        """Whether something stands there already."""
        return any(array is not None and np.any(array) for array in self)

    def targets(self, shape: tuple[int, ...], dtype: type, *, new: bool) -> Outputs:
        """Return arrays [N, H, W] to compute into: the caller's where they can be that."""
        made = []
        for array in self:
            target = None if array is None or new else _direct(array, dtype)
            if target is None:
                wide = array is not None and array.dtype.itemsize >= np.float64().itemsize
                planes = int(np.prod(shape[:-2])), *shape[-2:]
                target = checks.new_array(planes, np.float64 if wide else dtype)
            made.append(target)
        return Outputs(*made)

    def returned(self, made: Outputs, shape: tuple[int, ...]) -> Outputs:
        """Return results in the caller's arrays, where there are any and they have room."""
        shaped = [computed.reshape(shape) for computed in made]
        apart = [
            (name, computed, array)
            for name, computed, array in zip(_NAMES, shaped, self, strict=True)
            if array is not None and not np.may_share_memory(computed, array)
        ]
        for name, computed, array in apart:
            lowest = name == "output_footprint"
            if not fits(computed, array.dtype, lowest=lowest):
                raise ArgumentError(
                    f"{name} is {array.dtype.name} and can't hold the result; give a float64 one"
                )
        for _, computed, array in apart:
            array[...] = computed
        return Outputs(
            *(new if old is None else old for new, old in zip(shaped, self, strict=True))
        )


_NAMES = ("output_array", "output_footprint")


def finished(made: Outputs, old: Given | None, combine: str, level: float, blank: float) -> None:
    """Raise the mosaic by a level, add what stood in the caller's arrays, and mark its blanks.

    With ``old``, a mean comes as the sum that it is of.
    """
    mosaic, footprint = made
    if level:
        summed = combine == "sum" or (old is not None and combine == "mean")
        mosaic += level * footprint if summed else mosaic.dtype.type(level)
    if old is not None and combine != "median":
        _joined(made, old, combine)
    if blank or level or old is not None:
        mosaic[footprint == 0] = blank


def _joined(made: Outputs, old: Given, combine: str) -> None:
    """Join results with what stood in the caller's arrays, as reproject does.

    What stood there is a sum of values times weights, and a sum of weights; in the first and the
    last image one that comes before all others; for the least and the largest value only the
    footprint counts, where no image is.
    """
    mosaic, footprint = made
    before = [
        np.zeros(1) if array is None else array.reshape(mosaic.shape).astype(np.float64)
        for array in old
    ]
    before = [np.broadcast_to(array, mosaic.shape) for array in before]
    if combine in ("mean", "sum"):
        mosaic += before[0]
        footprint += before[1]
        if combine == "mean":
            with np.errstate(all="ignore"):
                mosaic /= footprint
        return
    if combine in ("min", "max"):
        before[0] = np.broadcast_to(np.inf if combine == "min" else -np.inf, mosaic.shape)
    stays = before[1] != 0 if combine == "first" else footprint == 0
    np.copyto(mosaic, before[0], where=stays)
    np.copyto(footprint, before[1], where=stays)


def _direct(array: np.ndarray, dtype: type) -> np.ndarray | None:
    """Return the caller's array as [N, H, W] if the library can write results to it."""
    wide = array.dtype == np.float64
    if not array.dtype.isnative or not (wide or array.dtype == np.float32 == dtype):
        return None
    planes = np.asarray(array).reshape(-1, *array.shape[-2:])
    writable = buffers.is_borrowable(planes) and not any(
        s == 0 for s, n in zip(planes.strides, planes.shape, strict=True) if n > 1
    )
    return planes if writable and np.may_share_memory(planes, array) else None


def fits(array: np.ndarray, dtype: np.dtype, *, lowest: bool = False) -> bool:
    """Whether numbers neither leave a dtype of floats at its upper end nor vanish at its lower.

    ``lowest``: all of them, not just the largest.
    """
    if np.promote_types(array.dtype, dtype) == dtype:
        return True
    size = np.abs(array)
    finite = np.isfinite(size)
    most = np.max(size, where=finite, initial=0)
    least = np.min(size, where=finite & (size > 0), initial=most) if lowest else most
    limits = np.finfo(dtype)
    return not most > 0 or (most <= limits.max and least >= limits.tiny)
