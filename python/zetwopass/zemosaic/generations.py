"""Which generation of the maths ZeMosaic's functions have, told by their code.

ZeMosaic changed its maths on 2025-12-19; the masks of the coadd came an hour later and
``tile_weights`` after four days: no argument's name tells what a function does. So its code is
read, which Python has where there is no source, through decorators and the module's own helpers.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import partial
from types import CodeType, FunctionType, MethodType
from typing import NamedTuple

from ..errors import ArgumentError

SECOND_PASS = "run_second_pass_coverage_renorm"
GAINS = "compute_per_tile_gains_from_coverage"

_NEW_MATHS = {"nanmedian", "two_pass_coverage_threshold"}
_OLD_MATHS = {"median", "gaussian_filter"}
_COADDS = {"reproject_and_coadd", "reproject_and_coadd_wrapper"}
_MOST_FUNCTIONS = 1000  # that are looked into: objects may pretend to wrap without end


class Generation(NamedTuple):
    """What a second pass does.

    Attributes
    ----------
    profile
        ``'v4.5'`` or ``'v4.2'``.
    masks_weigh
        Whether ``tiles_coverage`` masks the coadd, and not the gains alone.
    tiles_weigh
        Whether there are ``tile_weights``.
    background
        ``'constant'``, what ZeMosaic's own subtract, or ``'plane'``.
    """

    profile: str
    masks_weigh: bool
    tiles_weigh: bool
    background: str = "constant"


def of_profile(profile: str) -> Generation:
    """Return the last generation of a profile."""
    if profile not in ("v4.5", "v4.2"):
        raise ArgumentError(f"profile = {profile!r}, want 'v4.5' or 'v4.2'")
    return Generation(profile, profile == "v4.5", profile == "v4.5")


def of_functions(second_pass: Callable, gains: Callable) -> Generation:
    """Return the generation of the two functions of a module.

    Raises
    ------
    ArgumentError
        It can't be told.
    """
    known = set(_signature(second_pass))
    profile = _by_code(_words(gains)) or _by_signature(known)
    if profile == "v4.2":
        return of_profile(profile)
    words = _words(second_pass)
    if "tile_weights" in words | known:
        return of_profile("v4.5")
    if not words & _COADDS:
        raise _unknown(f"the code of {SECOND_PASS} doesn't say how it weighs")
    return Generation("v4.5", "input_weights" in words, False)


def _by_code(words: set[str]) -> str | None:
    """Return the profile of gains whose code has these words, None where they say nothing."""
    if words >= _NEW_MATHS:
        return "v4.5"
    if words & _NEW_MATHS:
        known, unknown = (words & _NEW_MATHS).pop(), (_NEW_MATHS - words).pop()
        raise _unknown(f"{GAINS} knows {known} and not {unknown}, as no generation that is known")
    return "v4.2" if words >= _OLD_MATHS else None


def _by_signature(known: set[str]) -> str:
    """Return the profile where there is no code to be read, if the arguments leave no doubt.

    ``debug_diag`` came before the maths changed, ``tile_weights`` after it.
    """
    if "tile_weights" in known:
        return "v4.5"
    if "coverage_p1" in known and "debug_diag" not in known:
        return "v4.2"
    raise _unknown(f"the code of {GAINS} doesn't say which generation of the maths it is")


def _unknown(what: str) -> ArgumentError:
    return ArgumentError(f"{what}; say it with profile='v4.5' or profile='v4.2'")


def parameters(function: Callable) -> set[str]:
    """Return the names of a function's parameters, none where it takes any."""
    found = _signature(function)
    return set() if any(p.kind is p.VAR_KEYWORD for p in found.values()) else set(found)


def _signature(function: Callable) -> Mapping[str, inspect.Parameter]:
    """Return a function's parameters, none where Python doesn't know them."""
    try:
        return inspect.signature(function).parameters
    except (TypeError, ValueError):
        return {}


def _words(function: Callable) -> set[str]:
    """Return the names and the texts of a function's code and of what it calls in its module."""
    words: set[str] = set()
    seen: dict[int, object] = {}
    ahead: list[object] = [function]
    while ahead and len(seen) < _MOST_FUNCTIONS:
        found = ahead.pop()
        if id(found) in seen or not callable(found) or isinstance(found, type):
            continue
        seen[id(found)] = found
        if isinstance(found, FunctionType):
            own = set(_of_code(found.__code__))
            words |= own
            ahead += _called(found, own)
        ahead += _wrapped(found)
    return words


def _of_code(code: CodeType) -> Iterator[str]:
    yield from code.co_names + code.co_varnames
    ahead = list(code.co_consts)
    while ahead:
        found = ahead.pop()
        if isinstance(found, CodeType):
            yield from _of_code(found)
        elif isinstance(found, str):
            yield found
        elif isinstance(found, (tuple, frozenset)):
            ahead += found


def _called(function: FunctionType, names: set[str]) -> Iterator[FunctionType]:
    """Find the functions of its module among a function's names, and ours of any module."""
    space = function.__globals__
    for name in names & space.keys():
        found = space[name]
        if isinstance(found, FunctionType) and (
            found.__globals__ is space or found.__name__ in (SECOND_PASS, GAINS)
        ):
            yield found


def _wrapped(found: object) -> Iterator[object]:
    """Find what may be the function that a callable wraps."""
    yield getattr(found, "__wrapped__", None)
    if isinstance(found, FunctionType):
        for cell in found.__closure__ or ():
            with suppress(ValueError):  # not filled yet
                yield cell.cell_contents
        yield from (*(found.__defaults__ or ()), *(found.__kwdefaults__ or {}).values())
    elif isinstance(found, MethodType):
        yield from (found.__func__, found.__self__)
    elif isinstance(found, partial):
        yield from (found.func, *found.args, *found.keywords.values())
    else:
        yield inspect.getattr_static(found, "__call__", None)
        yield from getattr(found, "__dict__", {}).values()
