"""The command line, as tests call it: as a process, or in this one."""

import json
import subprocess
import sys
import time
import warnings
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

import zetwopass
from small import CANVAS, GUARD, wcs_at
from zetwopass.assembly import Assembly
from zetwopass.command import main
from zetwopass.plans import AssemblyPlan

PACKAGES = Path(zetwopass.__file__).parents[1]


def run(*arguments, folder=PACKAGES, **options):
    """Return the exit code, and the lines of both outputs, of ``python -m zetwopass``."""
    done = subprocess.run(
        [sys.executable, "-m", "zetwopass", *map(str, arguments)],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=GUARD,
        **options,
    )
    return done.returncode, done.stdout.splitlines(), done.stderr.splitlines()


class Here:
    """Calls the program's `main` in this process; used as a fixture, ``here``."""

    def __init__(self, monkeypatch, capsys):
        self._monkeypatch, self._capsys = monkeypatch, capsys

    def __call__(self, *arguments):
        """Return the exit code, and the lines of both outputs."""
        self._monkeypatch.setattr(sys, "argv", ["zetwopass", *map(str, arguments)])
        with pytest.raises(SystemExit) as end:
            main()
        out, err = self._capsys.readouterr()
        return end.value.code, out.splitlines(), err.splitlines()

    def json(self, *arguments):
        """Return the exit code and the object that is printed; nothing may be on stderr."""
        code, (line,), errors = self(*arguments, "--json")
        assert errors == []
        return code, json.loads(line)


def image(path, data, wcs=None, further=(), **cards):
    """Write an image, by default with a WCS of the smallest mosaic, and return its path."""
    header = wcs_at(0, 0).to_header() if wcs is None else wcs
    header.update({key.replace("_", "-"): value for key, value in cards.items()})
    primary = fits.PrimaryHDU(np.asarray(data), header)
    fits.HDUList([primary, *further]).writeto(path, overwrite=True)
    return path


def mosaic(path, data, coverage=None):
    """Write a file as ``assemble`` does, of two tiles of which one shows nothing."""
    planes = np.moveaxis(data, 2, 0)
    if coverage is None:
        coverage = np.ones(CANVAS, "f4")
    tiles = fits.BinTableHDU.from_columns(
        [
            fits.Column("NAME", "16A", array=["tile_2.fits", "tile_10.fits"]),
            fits.Column("GAIN", "D", array=[0.98, 1.0]),
            fits.Column("OFFSET", "3D", array=[[1, 2, 3], [0, 0, np.nan]]),
            fits.Column("GROUP", "J", array=[0, -1]),
        ],
        name="TILES",
    )
    pairs = fits.BinTableHDU.from_columns([fits.Column("I", "K", array=[])], name="PAIRS")
    cards = {
        "ZTPVERS": "0.2.0",
        "ZTPPROF": "v4.5",
        "ZTPSIGMA": 50,
        "ZTPCLIPL": 0.85,
        "ZTPCLIPH": 1.18,
        "ZTPDEV": "cpu",
        "ZTPPEAK": 25_000_000,
        "ZTPS01": "coadd",
        "ZTPT01": 0.25,
        "EXPTIME": 240.0,
        "BUNIT": "adu",
    }
    return image(
        path, planes, None, [fits.ImageHDU(coverage, name="COVERAGE"), tiles, pairs], **cards
    )


class FakeAssembly:
    """Stands in for `zetwopass.assembly`: notes what it is called with, and writes a mosaic.

    ``failure`` is raised midway, where it is set; ``pause`` is waited for after each of ``steps``.
    """

    STAGES = ("headers", "first", "gains", "match", "coadd", "file")

    def __init__(self):
        self.calls, self.failure = [], None
        self.pause, self.steps = 0, 12

    def assemble(self, tiles, output, *, callback=None, **settings):
        """Report in steps, warn of a tile, and write."""
        self.calls.append((tiles, output, settings))
        for step in range(self.steps):
            if callback is not None:
                part = min(step, 11)
                callback(stats(self.STAGES[part // 2], part / 12, eta=12 - part))
            time.sleep(self.pause)
        if self.failure is not None:
            raise self.failure
        warnings.warn("nothing of tile 1 is to be seen", zetwopass.TileWarning, stacklevel=2)
        warnings.warn("astropy has changed a date", UserWarning, stacklevel=2)
        mosaic(output, np.ones((*CANVAS, 3), "f4"))
        return Assembly(
            path=Path(output),
            gains=np.array([0.98, 1.02]),
            offsets=np.array([[1.0, 2, np.nan], [0, 0, 0]]),
            groups=np.array([0, 1], np.int32),
            pairs=np.zeros(1, [("i", "i8"), ("j", "i8"), ("pixels", "i8"), ("step", "f8", 3)]),
            tiles=["a.fits", "b.fits"],
            plan=self.plan,
            seconds={"first": 0.5, "coadd": 1.25},
            device="cpu",
            device_error=None,
            slopes=np.zeros((2, 3, 2)),
            damping=np.full((2, 3), np.inf),
            left_out=np.full((2, 3, 2), np.nan),
        )

    def plan_assembly(self, tiles, output, **settings):
        """Return a plan of two tiles."""
        self.calls.append((tiles, output, settings))
        if self.failure is not None:
            raise self.failure
        return AssemblyPlan(
            tiles=["a.fits", "b.fits"],
            shape=(*CANVAS, 3),
            wcs=wcs_at(0, 0),
            plan=self.plan,
            read_bytes=120_000_000,
            written_bytes=48_000,
            scratch_bytes=16_000,
            free_bytes=5_000_000_000,
            unseen=["b.fits"],
        )

    plan = zetwopass.Plan(
        **dict.fromkeys(zetwopass.Plan._fields, 0)
        | {"workers": 2, "rows_per_chunk": 64, "chunk_total": 7, "bytes": 2_500_000}
    )


def stats(stage, fraction, eta=None):
    """Return what a call reports of itself."""
    values = dict.fromkeys(zetwopass.Stats._fields, 0)
    return zetwopass.Stats(**values | {"stage": stage, "fraction": fraction, "eta_seconds": eta})
