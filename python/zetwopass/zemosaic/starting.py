"""What the block in a zemosaic_worker.py calls when that is imported, in whatever process."""

from __future__ import annotations

import logging
import sys
from types import ModuleType

from .._engine import library
from .adapter import Installation, install


def start(space: dict, scope: str) -> Installation:
    """Install into the module of these globals, if the library loads; else raise, nothing done."""
    library()
    module = sys.modules.get(space["__name__"])
    if not isinstance(module, ModuleType) or vars(module) is not space:
        module = _Module(space)
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
