"""What is seen of a running command: a bar on a terminal, lines elsewhere, on stderr."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from .._engine import Stats
from ..errors import DeviceWarning, RangeWarning, TileWarning

STAGES = {
    "start": "starting",
    "headers": "reading headers",
    "first": "counting tiles",
    "blur": "blurring the coverage",
    "gains": "gains",
    "gains_done": "gains",
    "background": "matching backgrounds",
    "match": "matching backgrounds",
    "reproject": "adding up",
    "coadd": "adding up",
    "file": "finishing the file",
    "done": "done",
}
_STEP = 0.1  # of the whole, between two lines


def stage_name(stage: str) -> str:
    """Return what people call a stage."""
    return STAGES.get(stage, stage)


def duration(seconds: float) -> str:
    """Return seconds as ``m:ss`` or ``h:mm:ss``."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


@contextmanager
def watching(quiet: bool) -> Iterator[tuple[Callable[[Stats], None] | None, list[str]]]:
    """Yield what a call should report to, and the list of what it warned of.

    Warnings of zetwopass become lines on stderr, unless ``quiet``.
    """
    told: list[str] = []
    if quiet:
        with _warnings_to(told.append):
            yield None, told
        return
    console = Console(stderr=True, highlight=False, soft_wrap=True)

    def tell(text: str) -> None:
        told.append(text)
        console.print(f"Warning: {text}", markup=False)

    with _warnings_to(tell):
        if _is_screen(console):
            with _bar(console) as bar:
                yield _Moving(bar), told
        else:
            yield _Lines(), told


class _Lines:
    """A line for each stage, and for each tenth of the whole."""

    def __init__(self) -> None:
        self._stage, self._next = None, 0.0

    def __call__(self, stats: Stats) -> None:
        name = stage_name(stats.stage)
        if name == self._stage and stats.fraction < self._next:
            return
        self._stage = name
        self._next = (int(stats.fraction / _STEP + 1e-9) + 1) * _STEP
        click.echo(f"{stats.fraction:4.0%}  {name}{_left(stats, ', ')}", err=True)


class _Moving:
    """A bar with the stage before, and what is left of the time behind it."""

    def __init__(self, bar: Progress) -> None:
        self._bar = bar
        self._task = bar.add_task(stage_name("start"), total=1.0, left="")

    def __call__(self, stats: Stats) -> None:
        self._bar.update(
            self._task,
            completed=stats.fraction,
            description=stage_name(stats.stage),
            left=_left(stats),
        )


def _left(stats: Stats, before: str = "") -> str:
    known = stats.eta_seconds is not None and stats.stage != "done"
    return f"{before}{duration(stats.eta_seconds)} left" if known else ""


def _bar(console: Console) -> Progress:
    width = max(map(len, STAGES.values()))
    return Progress(
        TextColumn(f"{{task.description:<{width}}}"),
        BarColumn(bar_width=40, complete_style="cyan", finished_style="cyan"),
        TextColumn("{task.percentage:3.0f} %"),
        TextColumn("{task.fields[left]}", style="dim"),
        console=console,
        transient=True,
    )


def _is_screen(console: Console) -> bool:
    """Whether stderr is a terminal that can move its cursor; FORCE_COLOR does not make it one."""
    return sys.stderr is not None and sys.stderr.isatty() and not console.is_dumb_terminal


@contextmanager
def _warnings_to(tell: Callable[[str], None]) -> Iterator[None]:
    """Tell the warnings of zetwopass as lines; others are for programmers, who have ``-W``."""

    def show(message: Warning | str, category: type[Warning], *place: object) -> None:
        tell(" ".join(str(message).split()))

    with warnings.catch_warnings():
        if not sys.warnoptions:
            warnings.simplefilter("ignore")
        for category in (DeviceWarning, RangeWarning, TileWarning):
            warnings.simplefilter("always", category)
        warnings.showwarning = show
        yield
