"""What of ZeMosaic's Phase 5 lies outside of its second pass: reproject's functions."""

from __future__ import annotations

import logging
import sys
from types import ModuleType

from ..acceleration import Acceleration

SCOPES = ("second-pass", "phase5")

_OTHERS = ("zemosaic_utils", "grid_mode")  # beside the worker they import reproject


def accelerated(worker: ModuleType) -> Acceleration:
    """Put ours where reproject shows its functions and ZeMosaic's modules have them.

    Refusals are said to the worker's logger.
    """
    found = {id(worker): worker}
    package = getattr(worker, "__package__", None)
    for name in _OTHERS:
        full = f"{package}.{name}" if package else name
        for module in (getattr(worker, name, None), sys.modules.get(full)):
            if isinstance(module, ModuleType):
                found[id(module)] = module
    log = getattr(worker, "logger", None)
    return Acceleration(found.values(), log if isinstance(log, logging.Logger) else None)
