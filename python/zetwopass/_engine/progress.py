"""A progress bar beside, or instead of, the caller's own callback."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import numpy as np

from ..errors import ArgumentTypeError
from . import calls, checks
from .calls import Ended, OnStats, Stats
from .device import warn_device
from .job import Job


def run_watched(
    function: str, job: Job, callback: OnStats | None, progress: bool | Callable
) -> Ended:
    """Call a function of the library for the API's function that calls this, within `limited`."""
    with watched(progress, callback) as on_stats:
        ended = calls.run(function, job, on_stats)
    warn_device(ended, stacklevel=4)  # the caller of the API
    return ended


@contextmanager
def watched(progress: bool | Callable, callback: OnStats | None) -> Iterator[OnStats | None]:
    """Return what a call should report to: the callback, after a bar where one is wanted.

    ``progress`` is False, True for tqdm's own choice of bar, or a class with tqdm's interface.
    """
    checks.function("callback", callback)
    if not (callable(progress) or progress is None or isinstance(progress, (bool, np.bool_))):
        raise ArgumentTypeError(
            f"progress is a {type(progress).__name__}, want True, False or a class like tqdm's"
        )
    if not progress:
        yield callback
        return
    with _bar_class(progress)(
        total=1.0, bar_format="{desc}{percentage:3.0f}%|{bar}| {elapsed}"
    ) as bar:

        def report(stats: Stats) -> None:
            bar.set_description(stats.stage, refresh=False)
            bar.update(stats.fraction - bar.n)
            if callback is not None:
                callback(stats)

        yield report


def _bar_class(progress: bool | Callable) -> Callable:
    if callable(progress):
        return progress
    from tqdm.auto import tqdm

    return partial(tqdm, disable=sys.stderr is None)  # without a console there is none
