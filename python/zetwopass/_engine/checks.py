"""Arguments of the Python API, checked where they come in: what came, what was wanted."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable, Sequence

import numpy as np

from ..errors import ArgumentError, ArgumentTypeError
from . import structs
from .files import FileImage
from .settings import Settings

MAX_SIGMA = 1000
MAX_CHANNELS = 4
MAX_WORKERS = 1024
MAX_FEATHER = 65536
_LARGEST = {"workers": MAX_WORKERS, "rows_per_chunk": 2**62, "max_chunk_bytes": 2**62}


def settings(
    *,
    profile: str = "v4.5",
    sigma: int = 0,
    gain_clip: tuple[float, float] = (1.0, 1.0),
    threshold: float | None = None,
    workers: int | None = None,
    rows_per_chunk: int | None = None,
    max_chunk_bytes: int | None = None,
    device: str = "auto",
    background: str = "constant",
    binary_weights: bool = False,
    feather: int | None = None,
) -> Settings:
    """Return the settings of a job; None is the library's choice."""
    word("profile", profile, structs.PROFILES)
    word("device", device, structs.DEVICES)
    word_of_background(background)
    if threshold is not None:
        if profile == "v4.2":
            raise ArgumentError("threshold is given, but profile 'v4.2' has none; leave it out")
        threshold = number("threshold", threshold, bounded=False)
        if threshold < 0:
            raise ArgumentError(f"threshold = {threshold}, want 0 (none) or more")
    return Settings(
        profile=profile,
        sigma=integer("sigma", sigma, 0, MAX_SIGMA),
        gain_clip=_clip(gain_clip),
        threshold=threshold,
        workers=_choice("workers", workers),
        rows_per_chunk=_choice("rows_per_chunk", rows_per_chunk),
        max_chunk_bytes=_choice("max_chunk_bytes", max_chunk_bytes),
        device=device,
        background=background,
        binary_weights=binary_weights,
        feather=pixels("feather", feather),
    )


def word_of_background(value: str) -> None:
    """Check that ``background`` is one of the known words."""
    word("background", value, structs.BACKGROUNDS)


def word(name: str, value: str, known: Iterable[str], others: str = "") -> None:
    """Check that ``value`` is one of the known words; ``others`` says whose the rest are."""
    if not isinstance(value, str) or value not in known:
        *first, last = (repr(option) for option in known)
        raise ArgumentError(f"{name} = {value!r}, want {', '.join(first)} or {last}{others}")


def function(name: str, value: Callable | None) -> None:
    """Check that what is called later, or None, can be called."""
    if value is not None and not callable(value):
        raise ArgumentTypeError(f"{name} is a {type(value).__name__}, want a function or None")


def truth(name: str, value: bool) -> bool:
    """Return ``value`` as a bool."""
    try:
        return bool(value)
    except (TypeError, ValueError):  # an array of several
        found = type(value).__name__
        raise ArgumentTypeError(f"{name} is a {found}, want True or False") from None


def integer(name: str, value: int, low: int, high: int) -> int:
    """Return ``value`` as an int from ``low`` to ``high``; floats are refused."""
    try:
        found = operator.index(value)
    except TypeError:
        raise ArgumentTypeError(f"{name} = {value!r}, want an integer") from None
    if not low <= found <= high:
        raise ArgumentError(f"{name} = {found}, want {low} to {high}")
    return found


def pixels(name: str, value: int | None) -> int:
    """Return the width of a feather, pixels; 0 is none, as is None."""
    return 0 if value is None else integer(name, value, 0, MAX_FEATHER)


def number(name: str, value: float, *, bounded: bool = True) -> float:
    """Return ``value`` as a float, finite or, where that is not wanted, not NaN."""
    found = any_number(name, value)
    if math.isnan(found) or (bounded and math.isinf(found)):
        raise ArgumentError(f"{name} = {found}, want a {'finite ' if bounded else ''}number")
    return found


def any_number(name: str, value: float) -> float:
    """Return ``value`` as a float, NaN and infinities too."""
    try:
        return float(value)
    except OverflowError:
        raise ArgumentError(f"{name} has more than 308 digits, want a number of float64") from None
    except TypeError:
        raise ArgumentTypeError(f"{name} = {value!r}, want a number") from None
    except ValueError:
        raise ArgumentError(f"{name} = {value!r}, want a number") from None


def threads(parallel: object) -> int:
    """Return the threads that an int asks for, as far as the library has them; 0 is its choice."""
    try:
        count = 0 if isinstance(parallel, bool) else operator.index(parallel)
    except TypeError:
        return 0
    if count < 0:
        raise ArgumentError(f"parallel = {count}, want a strictly positive number of threads")
    return min(count, MAX_WORKERS)


def output(name: str, array: object, shape: tuple[int, ...]) -> None:
    """Check that results of a shape can be written to an array of floats."""
    wanted = f"want an array of floats of shape {list(shape)}"
    if not isinstance(array, np.ndarray) or isinstance(array, np.ma.MaskedArray):
        raise ArgumentTypeError(f"{name} is a {type(array).__name__}, {wanted}")
    if array.dtype.kind != "f" or array.shape != shape:
        found = f"{array.dtype.name} of shape {list(array.shape)}"
        raise ArgumentError(f"{name} has {found}, {wanted}")
    if not array.flags.writeable:
        raise ArgumentError(f"{name} is read-only")


def new_array(shape: tuple[int, ...], dtype: type, make: Callable = np.empty) -> np.ndarray:
    """Return a new array by NumPy's ``empty`` or ``zeros``."""
    try:
        return make(shape, dtype)
    except (MemoryError, ValueError) as err:  # ValueError: more than an address can tell
        raise MemoryError(f"an output of shape {list(shape)} has no room in memory") from err


def holds(value: float, dtype: np.typing.DTypeLike) -> bool:
    """Whether floats of a dtype can hold a number: whole ones exactly, others about."""
    with np.errstate(all="ignore"):
        held = float(np.dtype(dtype).type(value))
    small = abs(held) < np.finfo(dtype).tiny
    lost = (np.isinf(held) or small or float(value).is_integer()) and held != value
    return not (lost and np.isfinite(value))


def shape(name: str, value: Sequence[int]) -> tuple[int, int]:
    """Return rows and columns, both at least 1."""
    try:
        height, width = value
    except TypeError:
        raise ArgumentTypeError(f"{name} = {value!r}, want rows and columns") from None
    except ValueError:
        raise ArgumentError(f"{name} = {value!r}, want rows and columns") from None
    return integer(f"{name}[0]", height, 1, 2**31), integer(f"{name}[1]", width, 1, 2**31)


def shapes(name: str, values: Sequence) -> list[tuple[int, int]]:
    """Return rows and columns of each tile."""
    return [shape(f"{name}[{i}]", value) for i, value in enumerate(entries(name, values))]


def pair(name: str, values: Sequence[int], low: int, high: int) -> tuple[int, int]:
    """Return two integers from ``low`` to ``high``."""
    try:
        first, second = values
    except (TypeError, ValueError):
        raise ArgumentTypeError(f"{name} = {values!r}, want two integers") from None
    return integer(f"{name}[0]", first, low, high), integer(f"{name}[1]", second, low, high)


def numbers(name: str, values: object) -> np.ndarray:
    """Return an array of float64, or what makes one."""
    try:
        with np.errstate(all="ignore"):
            found = np.asarray(values)
            if found.dtype.kind not in "biuf":
                raise TypeError(found.dtype.name)
            return found.astype(np.float64, copy=False)
    except (TypeError, ValueError, OverflowError) as err:
        raise ArgumentTypeError(f"{name} is no array of real numbers: {err}") from None


def entries(
    name: str, value: Sequence, count: int | None = None, *, optional: bool = False
) -> list:
    """Return a list, a tuple or the like as a list of ``count`` entries, None only if optional."""
    if not isinstance(value, Sequence) or isinstance(value, (str, bytes)):
        raise ArgumentTypeError(
            f"{name} is a {type(value).__name__}, want a list with one entry per tile"
        )
    if not value:
        raise ArgumentError(f"{name} is empty, want one entry per tile")
    if count is not None and len(value) != count:
        raise ArgumentError(f"{name} has {len(value)} entries, want {count}, one per tile")
    for i, entry in enumerate(value):
        if entry is None and not optional:
            raise ArgumentError(f"{name}[{i}] is None; leave the tile out of all lists")
    return list(value)


def images(tiles: list[np.ndarray | FileImage]) -> list[np.ndarray | FileImage]:
    """Return tiles [h, w] or [h, w, C] of which the first has channels that the library takes."""
    for i, tile in enumerate(tiles):
        if not isinstance(tile, (np.ndarray, FileImage)):
            raise ArgumentTypeError(
                f"tiles[{i}] is a {type(tile).__name__}, want a NumPy array, a path or (path, HDU)"
            )
        if len(tile.shape) not in (2, 3):
            raise ArgumentError(
                f"tiles[{i}] has shape {list(tile.shape)}, want [h, w] or [h, w, C]"
            )
    if channels(tiles) > MAX_CHANNELS:
        raise ArgumentError(
            f"tiles[0] has {channels(tiles)} channels, want 1 to {MAX_CHANNELS} as the last axis"
        )
    return tiles


def channels(tiles: Sequence[np.ndarray | FileImage]) -> int:
    """Return the channels of the first tile, which rule."""
    return (*tiles[0].shape, 1)[2]


def weights(values: Sequence[float] | None, count: int, profile: str) -> list[float]:
    """Return one finite weight above 0 per tile; ones for None."""
    if values is None:
        return [1.0] * count
    if profile == "v4.2":
        raise ArgumentError("tile_weights are given, but profile 'v4.2' has none; leave them out")
    if isinstance(values, np.ndarray):
        values = values.tolist() if values.ndim == 1 else values
    found = [
        number(f"tile_weights[{i}]", w)
        for i, w in enumerate(entries("tile_weights", values, count))
    ]
    for i, weight in enumerate(found):
        if weight <= 0:
            raise ArgumentError(f"tile_weights[{i}] = {weight}, want a number above 0")
    return found


def _clip(pair: tuple[float, float]) -> tuple[float, float]:
    try:
        low, high = pair
    except (TypeError, ValueError):
        raise ArgumentError(f"gain_clip = {pair!r}, want two numbers") from None
    low = number("gain_clip[0]", low, bounded=False)
    high = number("gain_clip[1]", high, bounded=False)
    if low > high:
        raise ArgumentError(f"gain_clip = ({low}, {high}), want the lower one first")
    if low == math.inf or high == -math.inf:
        raise ArgumentError(f"gain_clip = ({low}, {high}), want room for a finite gain")
    return low, high


def _choice(name: str, value: int | None) -> int:
    return 0 if value is None else integer(name, value, 1, _LARGEST[name])
