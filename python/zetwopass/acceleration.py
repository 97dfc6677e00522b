"""reproject's two functions replaced by ours, for every program of the process that calls them.

What ours refuses is done by the function that was replaced, with the same arguments.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import logging
import re
import sys
import threading
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from types import ModuleType

import numpy as np

from ._engine import require
from .errors import Error, MissingPackageError

# Where reproject shows them. The modules that they are of, private ones in its newer versions,
# stay as they are: by those its own functions are pickled.
_PLACES = {
    "reproject_interp": (
        "reproject",
        "reproject.interpolation",
        "reproject.interpolation.high_level",
    ),
    "reproject_and_coadd": ("reproject.mosaicking", "reproject.mosaicking.coadd"),
}
_VARYING = re.compile(r"\S*[0-9/\\]\S*")  # numbers and the names of files


class Acceleration:
    """Ours in the place of reproject's functions, until `uninstall`; a context manager.

    Parameters
    ----------
    modules
        Further modules that have imported reproject's functions, under any names.
    log
        The logger that hears of the first refusal of each kind; ``zetwopass`` by default.

    Attributes
    ----------
    log
        As given.
    """

    def __init__(
        self, modules: Iterable[ModuleType] = (), log: logging.Logger | None = None
    ) -> None:
        self.log = log or logging.getLogger("zetwopass")
        self._lock = threading.Lock()
        self._refused: Counter[str] = Counter()
        self._kinds: set[str] = set()
        self._claims = _PROCESS.claim(self, modules)

    @property
    def refused(self) -> dict[str, int]:
        """How often ours refused a call, by message, which reproject's function then did."""
        with self._lock:
            return dict(self._refused)

    def uninstall(self) -> None:
        """Put reproject's functions back, unless another acceleration lasts; do it once."""
        _PROCESS.release(self, self._claims)

    def note(self, message: str, kind: str) -> bool:
        """Count a refusal and return whether it is the first of its kind."""
        with self._lock:
            self._refused[message] += 1
            first = kind not in self._kinds
            self._kinds.add(kind)
        return first

    def __enter__(self) -> Acceleration:
        return self

    def __exit__(self, *_: object) -> None:
        self.uninstall()


def accelerate() -> Acceleration:
    """Put `reproject_interp` and `reproject_and_coadd` in the place of reproject's.

    To be called before the program imports them: it gets ours, under the names and with the
    signatures of reproject's. A call that ours refuses, or fails in, is done by the function that
    was replaced, with the same arguments; the first of each kind is said by a warning of the logger
    ``zetwopass``, and ``refused`` of what is returned counts them all.

    Any thread may call it, and any number of times: each result has counts and an ``uninstall`` of
    its own, and reproject's functions are back after the last. Then also those who have ours get
    what reproject's do.

    Returns
    -------
    Acceleration
        What undoes it, and counts what ours refused.

    Raises
    ------
    MissingPackageError
        reproject is not installed.
    LibraryError
        The library is not there. It is not loaded yet, so that the process may fork.

    Examples
    --------
    >>> import numpy as np
    >>> import zetwopass
    >>> from astropy.wcs import WCS
    >>> sky = WCS(dict(CTYPE1="RA---TAN", CTYPE2="DEC--TAN", CDELT1=-0.1, CDELT2=0.1))
    >>> with zetwopass.accelerate() as acceleration:
    ...     from reproject import reproject_interp  # ours
    ...
    ...     array, footprint = reproject_interp((np.ones((4, 6)), sky), sky[:, 2:], (4, 6))
    >>> array[0]
    array([ 1.,  1.,  1.,  1., nan, nan])
    >>> acceleration.refused
    {}
    """
    require()
    return Acceleration()


class _StandIn:
    """A function of ours in the place of one of reproject's, which does what ours refuses."""

    def __init__(self, name: str, theirs: Callable) -> None:
        self.name = name
        self.theirs = theirs
        self.users: tuple[Acceleration, ...] = ()
        self._local = threading.local()

        @functools.wraps(theirs)
        def function(*args: object, **kwargs: object) -> object:
            return self._answer(args, kwargs)

        function.__module__ = _PLACES[name][0]  # where pickle finds it
        self.function = function

    def _answer(self, args: tuple, kwargs: dict) -> object:
        """Return what ours makes of a call, else what theirs does.

        What ours itself leaves to reproject finds us there: it goes to theirs.
        """
        users = self.users
        if not users or getattr(self._local, "within", False):
            return self.theirs(*args, **kwargs)
        if self.name == "reproject_and_coadd":
            args, kwargs = tuple(map(_lasting, args)), {k: _lasting(kwargs[k]) for k in kwargs}
        ours = getattr(sys.modules[__package__], self.name)
        try:
            arguments = _arguments(self.theirs, ours, args, kwargs)
        except TypeError:
            return self.theirs(*args, **kwargs)  # which raises what it always did
        restore = _restorer(arguments) if self.name == "reproject_and_coadd" else None
        self._local.within = True
        try:
            return ours(**arguments)
        except Exception as err:  # noqa: BLE001 - whatever it is, theirs may do it
            refusal = err
        finally:
            self._local.within = False
        self._say(users, refusal)
        if restore is not None:
            restore()
        return self.theirs(*args, **kwargs)

    def _say(self, users: tuple[Acceleration, ...], err: Exception) -> None:
        message = f"{self.name}: {err}"
        kind = _VARYING.sub("", f"{type(err).__name__} {message}")
        for log in {user.log for user in users if user.note(message, kind)}:
            name = type(err).__name__
            log.warning("[zetwopass] reproject takes over: %s: %s", name, message)
            if not isinstance(err, Error):
                log.debug("[zetwopass] where it came from", exc_info=err)


def _lasting(value: object) -> object:
    """Return what can be read twice of what can be read once."""
    return list(value) if isinstance(value, Iterator) else value


def _arguments(theirs: Callable, ours: Callable, args: tuple, kwargs: dict) -> dict:
    """Return by name what is given, as theirs binds it, or ours where theirs takes any."""
    signature = inspect.signature(theirs)
    kinds = {p.kind: p.name for p in signature.parameters.values()}
    if inspect.Parameter.VAR_POSITIONAL in kinds:
        return _arguments(ours, ours, args, kwargs)
    found = signature.bind(*args, **kwargs).arguments
    others = found.pop(kinds.get(inspect.Parameter.VAR_KEYWORD), {})
    return {**found, **others}


def _restorer(arguments: dict) -> Callable[[], None]:
    """Return what puts the arrays that reproject adds to back to what they hold now."""
    before = []
    for name in ("output_array", "output_footprint"):
        array = arguments.get(name)
        if isinstance(array, np.ndarray) and array.flags.writeable:
            before.append((array, array.copy() if array.any() else 0))

    def restore() -> None:
        for array, value in before:
            array[...] = value

    return restore


class _Process:
    """What stands in for reproject's functions in this process, where, and for whom."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._stand_ins: list[_StandIn] = []
        self._claims: Counter[tuple[ModuleType, str]] = Counter()

    def claim(self, user: Acceleration, modules: Iterable[ModuleType]) -> list:
        """Put ours where reproject and the modules have theirs, and return these places.

        They are called by their names in reproject, and by any in the modules.
        """
        places = _places()
        with self._lock:
            claims = []
            for module, name in places:
                found = getattr(module, name)
                stand_in = self._known(found)
                if stand_in is None:
                    stand_in = _StandIn(name, found)
                    self._stand_ins.append(stand_in)
                claims.append((module, name, stand_in))
            for module in modules:
                for name, value in dict(vars(module)).items():
                    stand_in = self._known(value)
                    if stand_in is not None:
                        claims.append((module, name, stand_in))
            for module, name, stand_in in claims:
                self._claims[module, name] += 1
                if user not in stand_in.users:
                    stand_in.users += (user,)
                setattr(module, name, stand_in.function)
        return claims

    def release(self, user: Acceleration, claims: list) -> None:
        """Put theirs back where nobody else wants ours, or has put in something since."""
        with self._lock:
            while claims:
                module, name, stand_in = claims.pop()
                stand_in.users = tuple(other for other in stand_in.users if other is not user)
                self._claims[module, name] -= 1
                if self._claims[module, name]:
                    continue
                del self._claims[module, name]
                if getattr(module, name, None) is stand_in.function:
                    setattr(module, name, stand_in.theirs)

    def _known(self, value: object) -> _StandIn | None:
        for stand_in in self._stand_ins:
            if value is stand_in.theirs or value is stand_in.function:
                return stand_in
        return None


def _places() -> list[tuple[ModuleType, str]]:
    """Return reproject's modules that show its functions, with the functions' names."""
    try:
        importlib.import_module("reproject.mosaicking")
    except ImportError as err:
        raise MissingPackageError(
            f"reproject can't be imported, and there is nothing to accelerate: {err}"
        ) from err
    found = [(_imported(place), name) for name, places in _PLACES.items() for place in places]
    return [
        (module, name) for module, name in found if _is_shown(getattr(module, name, None), module)
    ]


def _is_shown(function: object, module: ModuleType | None) -> bool:
    """Whether it is a function of another module, not of this one."""
    return callable(function) and inspect.unwrap(function).__module__ != module.__name__


def _imported(name: str) -> ModuleType | None:
    """Return a module of reproject's if there is one of that name."""
    if name not in sys.modules:
        with warnings.catch_warnings(), suppress(ImportError):
            warnings.simplefilter("ignore")  # old names are deprecated
            importlib.import_module(name)
    return sys.modules.get(name)


_PROCESS = _Process()
