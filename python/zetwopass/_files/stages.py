"""The stages of a mosaic from files: each is done once, also where a later call goes on."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np

from .._engine import Ended, FileTarget, Job, Plan, calls
from .course import Course
from .coverage import Given
from .journal import Journal, Saving
from .mosaicfile import MosaicFile
from .workspace import Workspace, allocate

_POLL_SECONDS = 0.1
_COVERAGE, _BLURRED = "coverage.map", "blurred.map"


class Stages:
    """First coverage, gains, match and coadd of a job, with notes of what is done.

    Attributes
    ----------
    pairs
        What the match has found.
    ended
        How the coadd has ended, with the first thing that kept a GPU from its part in any stage.
    """

    def __init__(
        self, space: Workspace, journal: Journal, job: Job, plan: Plan, course: Course
    ) -> None:
        self.pairs = np.zeros(0)
        self.ended: Ended | None = None
        self._space, self._journal, self._course = space, journal, course
        self._job, self._plan = job, plan

    def gains(self, given: Given | None, shape: tuple[int, int]) -> None:
        """Set the job's gains, from the coverage given or that of a first pass of its own."""
        noted = self._noted("gains")
        if noted is None:
            try:
                self._job.read_coverage(
                    self._coverage(given, shape), _map(self._space / _BLURRED, shape)
                )
                self._call("gains", "ztp_tile_gains")
            finally:  # Windows removes no file that is mapped
                self._job.read_coverage(shape, shape)
                self._job.write_to(coverage=shape)
            self._note("gains", gains=self._job.gains)
        else:
            self._job.gains[:] = noted["gains"]
        for name in (_COVERAGE, _BLURRED):
            (self._space / name).unlink(missing_ok=True)

    def match(self) -> None:
        """Set the job's offsets and groups, and the pairs."""
        job, noted = self._job, self._noted("match")
        if noted is None:
            self._call("match", "ztp_match_backgrounds")
            self.pairs = job.pairs
            planes = {"slopes": job.planes.slopes, "found": job.planes.found}
            found = {"offsets": job.offsets, "groups": job.groups, "pairs": self.pairs}
            self._note("match", **found, **planes)
        else:
            job.planes.slopes[:], job.planes.found[:] = noted["slopes"], noted["found"]
            job.offsets[:], job.groups[:] = noted["offsets"], noted["groups"]
            self.pairs = noted["pairs"]
        job.keep_offsets()

    def coadd(self, file: MosaicFile, shape: tuple[int, int, int]) -> None:
        """Write mosaic and coverage into the file, but for the chunks that are there already."""
        job, plan = self._job, self._plan
        chunks = np.array([plan.rows_per_chunk, plan.columns_per_chunk, plan.chunk_total])
        noted = self._noted("coadd")
        if noted is not None and np.array_equal(noted["layout"], chunks):
            job.chunks_done[:], job.shown[:] = noted["done"], noted["shown"]
        job.write_to(
            FileTarget(str(file.path), file.mosaic_at, shape),
            FileTarget(str(file.path), file.coverage_at, shape[:2]),
        )

        def snapshot() -> dict[str, object]:
            done = job.chunks_done.copy()  # before shown, which then holds at least their tiles
            return {"layout": chunks, "done": done, "shown": job.shown.copy(), **self._times()}

        with Saving(self._journal, "coadd", snapshot, file.path):
            self._call("coadd", "ztp_reproject_coadd")

    def _coverage(self, given: Given | None, shape: tuple[int, int]) -> np.ndarray:
        """Return the coverage of the first pass: the array given, or a map that is filled."""
        if given is not None and given.array is not None:
            return given.array
        path = self._space / _COVERAGE
        filled = path.exists() and self._noted("first") is not None
        coverage = _map(path, shape)
        if filled:
            return coverage
        if given is None:
            self._job.write_to(coverage=coverage)
            self._call("first", "ztp_first_coverage")
        else:
            with self._course.stage("first") as report:
                given.fill(
                    coverage, lambda row: self._course.counted("first", row, shape[0], report)
                )
        patiently(coverage.flush)
        self._note("first")
        return coverage

    def _call(self, stage: str, function: str) -> None:
        with self._course.stage(stage) as report:
            ended = calls.run(function, self._job, report)
        error = self.ended and self.ended.device_error
        self.ended = ended._replace(device_error=error or ended.device_error)

    def _note(self, name: str, **arrays: object) -> None:
        self._journal.note(name, **arrays, **self._times())

    def _noted(self, name: str) -> dict[str, np.ndarray] | None:
        """Return a note of an earlier call, after its times have been taken over."""
        noted = self._journal.noted(name)
        if noted is not None:
            stages = zip(noted["stages"].tolist(), noted["seconds"].tolist(), strict=True)
            for stage, seconds in stages:
                self._course.seconds[stage] = max(self._course.seconds[stage], seconds)
            self._course.peak = max(self._course.peak, int(noted["peak"]))
        return noted

    def _times(self) -> dict[str, object]:
        seconds = self._course.seconds
        return {
            "stages": np.array(list(seconds)),
            "seconds": np.array(list(seconds.values())),
            "peak": self._course.peak,
        }


def patiently(work: Callable[[], object]) -> None:
    """Do what may take seconds in the system, on another thread, so that Ctrl-C need not wait."""
    failures: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as err:  # noqa: BLE001 - the caller's thread raises it
            failures.append(err)

    thread = threading.Thread(target=run, name="zetwopass-disk", daemon=True)
    thread.start()
    while thread.is_alive():
        thread.join(_POLL_SECONDS)
    if failures:
        raise failures[0]


def _map(path: Path, shape: tuple[int, int]) -> np.memmap:
    """Return float32 [H, W] in a file, whose room is taken."""
    allocate(path, 4 * shape[0] * shape[1])
    return np.memmap(path, np.float32, "r+", shape=shape)
