"""A mosaic's file from what is known of it: begun or gone on with, stage by stage, and renamed."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import datetime, timezone

import numpy as np
from astropy.io import fits

from .._engine import computed_by
from ..errors import writing
from .cards import Made, of_making, of_tiles
from .course import Course
from .headers import check_unchanged
from .journal import Journal
from .mosaicfile import MosaicFile, file_bytes
from .stages import Stages, patiently
from .survey import Survey
from .tables import pairs_table, tiles_table
from .workspace import Workspace, check_room, sync, target_path

_FILE = "mosaic.fits"
_BEGUN = "%Y-%m-%dT%H:%M:%S"


def make(
    survey: Survey,
    space: Workspace,
    course: Course,
    version: str,
    overwrite: bool,
    resume: bool,
) -> Stages:
    """Make the mosaic in its workspace, and give it its name; return the stages, all done.

    Raises
    ------
    Error
        As `zetwopass.assemble` tells.
    """
    journal = Journal(space, survey.key(version))
    journal.begin(resume=resume)
    begun = _begun(journal)
    file = MosaicFile(
        space / _FILE, survey.shape, survey.grid.cards, _cards(survey, course, version, begun)
    )
    check_room(space.target, _needed(survey) - space.held_bytes())
    if not file.begin():
        journal.forget("coadd")
    stages = Stages(space, journal, survey.job, survey.plan, course)
    stages.gains(survey.given, survey.grid.shape)
    stages.match()
    stages.coadd(file, survey.shape)
    with course.stage("file"):
        device = computed_by(stages.ended)
        file.finish(
            _cards(survey, course, version, begun, device), _tables(survey, stages.pairs, space)
        )
        patiently(lambda: sync(file.path))
        check_unchanged(survey.headers)
        target_path(space.target, overwrite=overwrite)
        with writing(f"the output {space.target}"):
            os.replace(file.path, space.target)
        sync(space.target.parent)
    return stages


def written_bytes(survey: Survey) -> int:
    """Return the bytes of the finished file, about."""
    return file_bytes(survey.shape, len(survey.tiles), survey.plan.pair_count)


def _needed(survey: Survey) -> int:
    return written_bytes(survey) + survey.scratch_bytes


def _begun(journal: Journal) -> str:
    """Return when the mosaic was begun, UTC, by this call or the one that it goes on with."""
    noted = journal.noted("begun")
    if noted is not None:
        return str(noted["time"])
    now = datetime.now(timezone.utc).strftime(_BEGUN)
    journal.note("begun", time=np.array(now))
    return now


def _cards(
    survey: Survey, course: Course, version: str, begun: str, device: str = "cpu"
) -> list[fits.Card]:
    words = "counted from the tiles" if survey.given is None else survey.given.words
    seconds = {stage: time for stage, time in course.seconds.items() if stage != "file"}
    made = Made(version, begun, words, seconds, device, course.peak)
    return of_tiles(survey.headers) + of_making(survey.settings, len(survey.tiles), made)


def _tables(survey: Survey, pairs: np.ndarray, space: Workspace) -> Sequence[fits.BinTableHDU]:
    job = survey.job
    folder = space.target.parent
    return (
        tiles_table(survey.headers, survey.tiles, job, folder),
        pairs_table(pairs, survey.shape[2]),
    )
