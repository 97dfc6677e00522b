"""A progress bar beside, or instead of, the caller's own callback."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ._run import OnStats, Stats


@contextmanager
def watched(progress: bool | Callable, callback: OnStats | None) -> Iterator[OnStats | None]:
    """Return what a call should report to: the callback, after a bar where one is wanted.

    ``progress`` is False, True for tqdm's own choice of bar, or a class with tqdm's interface.
    """
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
