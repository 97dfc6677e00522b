"""A progress bar beside, or instead of, the caller's own callback."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np

from . import _checks
from ._run import OnStats, Stats
from .errors import ArgumentTypeError


@contextmanager
def watched(progress: bool | Callable, callback: OnStats | None) -> Iterator[OnStats | None]:
    """Return what a call should report to: the callback, after a bar where one is wanted.

    ``progress`` is False, True for tqdm's own choice of bar, or a class with tqdm's interface.
    """
    _checks.function("callback", callback)
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

    return tqdm
