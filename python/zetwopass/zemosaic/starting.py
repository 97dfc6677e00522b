"""What the block in a zemosaic_worker.py calls when that is imported, in whatever process."""

from __future__ import annotations

import logging
import sys
from contextlib import suppress
from types import ModuleType

from .._engine import library
from ..errors import ArgumentError, LibraryError
from . import generations
from .adapter import Installation, install
from .generations import GAINS, SECOND_PASS


def start(space: dict, scope: str) -> Installation:
    """Install into the module of these globals; else raise, nothing done.

    But where the library can't be used, the two functions are replaced all the same: they hand
    their calls on to ZeMosaic's own, and tell its window why, which no import can reach.
    """
    module = sys.modules.get(space["__name__"])
    if not isinstance(module, ModuleType) or vars(module) is not space:
        module = _Module(space)
    try:
        library()
    except LibraryError:
        with suppress(ArgumentError, AttributeError):
            found = generations.of_functions(getattr(module, SECOND_PASS), getattr(module, GAINS))
            Installation(module, found, "second-pass")
        raise
    installation = install(module, scope=scope)
    log = space.get("logger")
    if not isinstance(log, logging.Logger):
        log = logging.getLogger("zetwopass")
    log.info("[zetwopass] in use: scope=%s profile=%s", scope, installation.profile)
    return installation


class _Module:
    """A module that is loaded and is not, or not yet, in ``sys.modules``."""

    def __init__(self, space: dict) -> None:
        self.__dict__ = space
