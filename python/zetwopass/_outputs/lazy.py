"""Results as arrays of dask, computed chunk by chunk: when they are asked for, or into a store."""

from __future__ import annotations

import functools
import importlib
import itertools
import uuid
import warnings
from collections.abc import Callable, Iterator, Sequence
from types import ModuleType
from typing import NamedTuple

import numpy as np

from ..errors import ArgumentError, reading

Region = tuple[slice, ...]
Compute = Callable[[tuple[int, ...], list], np.ndarray]


class Chunks(NamedTuple):
    """How an output [..., H, W] is cut: the sizes along each axis."""

    sizes: tuple[tuple[int, ...], ...]

    def regions(self) -> Iterator[tuple[tuple[int, ...], Region]]:
        """Yield the place of each chunk among all, and what it holds of the output."""
        ends = [list(itertools.accumulate(sizes)) for sizes in self.sizes]
        for place in np.ndindex(*map(len, self.sizes)):
            yield (
                place,
                tuple(
                    slice(end[i] - sizes[i], end[i])
                    for i, end, sizes in zip(place, ends, self.sizes, strict=True)
                ),
            )


def chunks(shape: tuple[int, ...], block: tuple[int, ...] | None) -> Chunks:
    """Return a cut into blocks of a size, which may leave out leading axes; by default planes."""
    array = _module("dask.array", "return_type = 'dask'")
    block = ("auto", "auto") if block is None else block
    wanted = (1,) * (len(shape) - len(block)) + block
    with reading("block_size", ArgumentError, "can't cut the output"):
        return Chunks(array.core.normalize_chunks(wanted, shape=shape, dtype=float))


def dask_arrays(compute: Compute, parts: Sequence, cut: Chunks) -> tuple:
    """Return two arrays of dask, whose chunks ``compute`` makes as one [2, ...].

    ``compute`` gets the shape of a chunk and the parts that meet it, cut to it. Their images and
    weights may be of dask, too, and are computed before.
    """
    dask, array = (_module(name, "return_type = 'dask'") for name in ("dask", "dask.array"))
    _warn_of_names([each for part in parts for each in (part.image, part.weight)])
    parts = [part._replace(image=_node(part.image), weight=_node(part.weight)) for part in parts]
    make = dask.delayed(functools.partial(_chunk, compute), pure=False)
    blocks = np.empty(tuple(map(len, cut.sizes)), object)
    for place, region in cut.regions():
        here = _meeting(parts, region)
        arrays = [(part.image, part.weight) for part in here]
        bare = [part._replace(image=None, weight=None) for part in here]
        block = make(_shape(region), dask.delayed(bare, traverse=False, pure=False), arrays)
        blocks[place] = array.from_delayed(block, (2, *_shape(region)), float)
    both = array.block(blocks.tolist())
    return both[0], both[1]


def zarr_arrays(compute: Compute, parts: Sequence, cut: Chunks, path: str, blank: float) -> tuple:
    """Return two arrays of dask that read from a new zarr store, filled chunk by chunk."""
    zarr, array = (_module(name, "return_type = 'zarr'") for name in ("zarr", "dask.array"))
    group = zarr.open_group(path, mode="w-")
    create = getattr(group, "create_array", None) or group.create_dataset  # zarr 2
    common = {
        "shape": tuple(map(sum, cut.sizes)),
        "chunks": tuple(sizes[0] for sizes in cut.sizes),
        "dtype": float,
    }
    stores = [
        create(name, fill_value=value, **common)
        for name, value in (("array", blank), ("footprint", 0.0))
    ]
    for _, region in cut.regions():
        here = _meeting(parts, region)
        if here:
            for store, block in zip(stores, compute(_shape(region), here), strict=True):
                store[region] = block
    return tuple(array.from_zarr(path, component=name) for name in ("array", "footprint"))


def _chunk(compute: Compute, shape: tuple, parts: list, arrays: list) -> np.ndarray:
    made = [
        part._replace(image=image, weight=weight)
        for part, (image, weight) in zip(parts, arrays, strict=True)
    ]
    return compute(shape, made)


def _meeting(parts: Sequence, region: Region) -> list:
    """Return the parts that may show something of a region, cut to it."""
    *planes, rows, columns = region
    return [
        part.cut(tuple(planes), columns.start, rows.start)
        for part in parts
        if part.map is not None
        and part.map.box[0] < columns.stop
        and columns.start < part.map.box[2]
        and part.map.box[1] < rows.stop
        and rows.start < part.map.box[3]
    ]


def _shape(region: Region) -> tuple[int, ...]:
    return tuple(part.stop - part.start for part in region)


def _node(array: object) -> object:
    """Return an array of NumPy as a node of its own, which dask neither hashes nor copies."""
    if not isinstance(array, np.ndarray):
        return array
    dask = _module("dask", "return_type = 'dask'")
    return dask.delayed(array, name=f"zetwopass-{uuid.uuid4().hex}", traverse=False)


def _warn_of_names(arrays: list) -> None:
    """Warn of arrays of dask that it takes for one."""
    seen: dict[str, object] = {}
    for array in arrays:
        if hasattr(array, "__dask_graph__") and seen.setdefault(array.name, array) is not array:
            warnings.warn(
                f"two arrays of dask share the name {array.name!r}: dask takes them for one",
                UserWarning,
                stacklevel=6,
            )


def _module(name: str, wanted_by: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ImportError as err:
        raise ArgumentError(f"{wanted_by} wants {name}, which can't be imported: {err}") from err
