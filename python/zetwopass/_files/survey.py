"""All that is known of a mosaic before its pixels are read: tiles, grid, maps, job and plan."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from .._engine import FileImage, Job, Plan, Settings, TileInput
from .._inputs import ranges
from .._sky import pixel_map
from ..errors import ArgumentError
from . import coverage
from .cards import KEPT
from .course import Course
from .coverage import Given
from .grid import Grid, grid_of
from .headers import TileHeader, read_headers
from .selection import Chosen

_SAMPLE = 4  # bytes of a float32


class Survey(NamedTuple):
    """Of T tiles of C channels on a grid; ``given`` is a first pass's coverage, or None."""

    headers: list[TileHeader]
    grid: Grid
    tiles: list[TileInput]
    given: Given | None
    settings: Settings
    job: Job
    plan: Plan

    @property
    def names(self) -> list[str]:
        """The tiles' files, as they were named."""
        return [header.name for header in self.headers]

    @property
    def shape(self) -> tuple[int, int, int]:
        """Rows, columns and channels of the mosaic."""
        return (*self.grid.shape, self.headers[0].shape[2])

    @property
    def scratch_bytes(self) -> int:
        """Of the maps that stand on the disk until the gains are known."""
        in_memory = self.given is not None and self.given.array is not None
        height, width = self.grid.shape
        return _SAMPLE * height * width * (1 if in_memory else 2)

    @property
    def read_bytes(self) -> int:
        """Of the tiles' files as float32, about, by all stages one after the other."""
        # The plan is of one call for all; what is in memory between match and coadd is read anew.
        again = sum(math.prod(header.shape) for header in self.headers)
        masks = sum(math.prod(header.shape[:2]) for header in self.headers if header.mask)
        first = masks if self.given is None else 0
        return self.plan.read_bytes + _SAMPLE * (again + first)

    def key(self, version: str) -> dict:
        """Return what the mosaic's bits depend on, in the types of JSON."""
        settings = self.settings
        return {
            "version": version,
            "profile": settings.profile,
            "sigma": settings.sigma,
            "gain_clip": list(settings.gain_clip),
            "threshold": settings.threshold,
            "feather": settings.feather,
            "background": settings.background,
            "device": settings.device,
            "shape": list(self.shape),
            "grid": [str(card) for card in self.grid.cards.cards],
            "coverage": None if self.given is None else self.given.key(),
            "tiles": [
                [os.path.realpath(header.path), header.hdu, header.bytes, header.changed]
                for header in self.headers
            ],
        }


def survey(
    chosen: Sequence[Chosen],
    target: Path,
    settings: Settings,
    course: Course,
    grid_asked: tuple,
    first: object,
) -> Survey:
    """Read the headers of tiles, and place them on the grid.

    ``grid_asked`` is what `grid_of` is told of it, ``first`` the coverage that is given.

    Raises
    ------
    ArgumentError, FileError, WCSError, MissingPackageError, BudgetError
        As `zetwopass.assemble` tells.
    """
    for one in chosen:
        if os.path.realpath(one.path) == os.path.realpath(target):
            raise ArgumentError(f"output: {target} is one of the tiles; name another file")
    headers = []
    with course.stage("headers") as report:
        for header in read_headers(chosen, KEPT):
            headers.append(header)
            course.counted("headers", len(headers), 2 * len(chosen), report)
        grid = grid_of(headers, *grid_asked)
        given = coverage.given(first, grid.shape)
        tiles = []
        for header in headers:
            tiles.append(_input(header, grid, settings.profile))
            course.counted("headers", len(headers) + len(tiles), 2 * len(chosen), report)
        ranges.check_coverage([tile.weight_scale for tile in tiles])
    channels = headers[0].shape[2]
    job = Job(
        settings,
        tiles,
        coverage=grid.shape,
        blurred=grid.shape,
        mosaic_shape=(*grid.shape, channels),
    )
    plan = job.plan()
    job.record(plan)
    return Survey(headers, grid, tiles, given, settings, job, plan)


def _input(header: TileHeader, grid: Grid, profile: str) -> TileInput:
    """Return a tile for the library; in 'v4.2' masks and weights have no say in the coadd."""
    rows_columns, weighted = header.shape[:2], profile == "v4.5"
    image = rows_columns if header.shape[2] == 1 else header.shape
    mask = None
    if header.mask is not None:
        mask = FileImage(header.path, header.mask, rows_columns)
    return TileInput(
        name=header.name,
        image=FileImage(header.path, header.hdu, image),
        map=pixel_map(
            header.sky, rows_columns, grid.sky, grid.shape, name=f"the WCS of {header.name}"
        ),
        mask=mask,
        weight=mask if weighted else None,
        weight_scale=header.weight if weighted else 1.0,
    )
