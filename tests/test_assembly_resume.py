"""What is cut off leaves no file under its name, and can go on with the same bits."""

import json
import signal
import sys
import threading

import numpy as np
import pytest

import small
import tilefiles
import zetwopass
from dropin import same
from zetwopass._files import journal as notes

WORK = ".out.fits.zetwopass"
SETTINGS = {"sigma": 5, "rows_per_chunk": 4}


@pytest.fixture
def paths(tmp_path):
    return tilefiles.write(tmp_path / "tiles")


@pytest.fixture
def output(tmp_path):
    return tmp_path / "out.fits"


def assembled(paths, output, **changes):
    settings = {"like": tilefiles.grid(), **SETTINGS, **changes}
    return zetwopass.assemble(paths, output, **settings)


@pytest.fixture
def whole(paths, tmp_path):
    """Return what an undisturbed call makes."""
    return result(assembled(paths, tmp_path / "whole.fits"))


def result(made):
    return *tilefiles.mosaic(made.path), made.gains, made.offsets, made.groups, made.pairs["step"]


KILLED = """
import os, signal, tilefiles, zetwopass
from zetwopass._files import making
def kill(*_):
    os.kill(os.getpid(), signal.SIGKILL)
if {stage!r} == "file":
    making.MosaicFile.finish = kill
def watch(stats):
    if stats.stage == {stage!r}:
        kill()
zetwopass.assemble({paths!r}, {output!r}, like=tilefiles.grid(), callback=watch, **{settings!r})
"""


def killed(paths, output, stage):
    """Assemble in a process that is killed as soon as a stage is told of."""
    names = [str(path) for path in paths]
    text = KILLED.format(stage=stage, paths=names, output=str(output), settings=SETTINGS)
    child = small.python(text)
    child.communicate(timeout=small.GUARD)
    assert child.returncode == -signal.SIGKILL


needs_kill = pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL")


@needs_kill
@pytest.mark.parametrize("stage", ["headers", "first", "gains", "match", "coadd", "file"])
def test_after_a_kill_there_is_no_file_and_a_later_call_goes_on(paths, output, whole, stage):
    # Without it half a mosaic is taken for a whole one, or hours are lost.
    killed(paths, output, stage)
    assert not output.exists()
    made = assembled(paths, output, resume=True)
    assert same(result(made), whole)
    assert WORK not in tilefiles.left(output.parent)


@needs_kill
def test_chunks_that_are_done_are_not_done_again(paths, output, whole):
    # Without it what goes on does all of the coadd anew.
    killed(paths, output, "file")
    note = dict(np.load(output.parent / WORK / "coadd.npz"))
    assert len(note["done"]) == 11 and note["done"].all()
    note["done"][3:] = 0
    np.savez(output.parent / WORK / "coadd.npz", **note)
    scribble(output.parent / WORK / "mosaic.fits")
    mosaic, coverage, *others = result(assembled(paths, output, resume=True))
    rows = 3 * SETTINGS["rows_per_chunk"]
    assert (mosaic[:rows] == 7).all() and (coverage[:rows] == 7).all()
    assert same([mosaic[rows:], coverage[rows:]], [whole[0][rows:], whole[1][rows:]])
    assert same(others, whole[2:])


def scribble(path):
    """Write 7 to all pixels of an unfinished file."""
    from astropy.io import fits

    with fits.open(path, mode="update", memmap=True) as hdus:
        for hdu in hdus[:2]:
            hdu.data[...] = 7


@needs_kill
def test_other_chunks_begin_the_coadd_anew(paths, output, whole):
    # Without it rows are missing where chunks of another size are taken for done.
    killed(paths, output, "file")
    scribble(output.parent / WORK / "mosaic.fits")
    assert same(result(assembled(paths, output, resume=True, rows_per_chunk=5)), whole)


@needs_kill
@pytest.mark.parametrize("name", ["mosaic.fits", "coadd.npz", "gains.npz", "match.npz"])
def test_what_is_missing_is_done_again(paths, output, whole, name):
    # Without it a mosaic has holes where somebody has tidied up.
    killed(paths, output, "file")
    (output.parent / WORK / name).unlink()
    assert same(result(assembled(paths, output, resume=True)), whole)


@needs_kill
def test_without_resume_all_is_done_anew(paths, output, whole):
    # Without it a call goes on with what nobody asked for.
    killed(paths, output, "file")
    scribble(output.parent / WORK / "mosaic.fits")
    assert same(result(assembled(paths, output, sigma=5)), whole)


@needs_kill
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"sigma": 6}, "sigma = 5, now 6"),
        ({"gain_clip": (0.5, 2)}, r"gain_clip = \[0.85, 1.18\], now \[0.5, 2.0\]"),
        ({"profile": "v4.2"}, "profile = 'v4.5', now 'v4.2'"),
        ({"like": None}, r"shape = \[44, 90, 3\], now .*; grid"),
        ({"coverage": small.mosaic()["coverage"]}, "coverage = None, now"),
    ],
)
def test_other_settings_are_refused_with_what_differs(paths, output, changes, message):
    # Without it a mosaic is of two settings, or nobody knows which to give.
    killed(paths, output, "coadd")
    with pytest.raises(zetwopass.ArgumentError, match=f"resume = True, but .*{message}"):
        assembled(paths, output, resume=True, **changes)


@needs_kill
def test_other_tiles_are_refused_with_their_names(paths, output):
    # Without it a tile that has changed is in one part of the mosaic and not in the other.
    killed(paths, output, "coadd")
    paths[1].touch()
    with pytest.raises(zetwopass.ArgumentError, match=r"tiles\[1\] = .*tile_10.fits"):
        assembled(paths, output, resume=True)
    with pytest.raises(zetwopass.ArgumentError, match="tiles.* had 2 entries, now 1|tiles = "):
        assembled(paths[:1], output, resume=True)


@needs_kill
def test_a_changed_coverage_is_refused(paths, output):
    # Without it gains are of a coverage that is no more.
    coverage = small.mosaic()["coverage"]
    with pytest.raises(Stop):
        assembled(paths, output, coverage=coverage, resume=True, callback=stop_at("coadd"))
    with pytest.raises(zetwopass.ArgumentError, match="coverage = "):
        assembled(paths, output, coverage=coverage + 1, resume=True)
    assert assembled(paths, output, coverage=coverage, resume=True).path == output


@needs_kill
def test_a_damaged_note_is_told(paths, output):
    # Without it the error is of zip files, and no remedy is told.
    killed(paths, output, "coadd")
    (output.parent / WORK / "gains.npz").write_bytes(b"PK\3\4 and no more")
    with pytest.raises(zetwopass.FileError, match=r"gains.npz can't be read.*resume=False"):
        assembled(paths, output, resume=True)
    (output.parent / WORK / "key.json").write_text("{")
    with pytest.raises(zetwopass.ArgumentError, match="was begun otherwise: version = None"):
        assembled(paths, output, resume=True)


class Stop(Exception):
    """What a callback raises."""


def stop_at(stage, error=Stop):
    def watch(stats):
        if stats.stage == stage:
            raise error

    return watch


@pytest.mark.parametrize("stage", ["headers", "first", "gains", "match", "coadd"])
def test_an_exception_leaves_nothing(paths, output, stage):
    # Without it every failure leaves gigabytes that nobody sees.
    with pytest.raises(Stop):
        assembled(paths, output, callback=stop_at(stage))
    assert tilefiles.left(output.parent) == ["tiles"]


@pytest.fixture
def interruptible():
    """Let SIGINT interrupt, also where the tests run in the background, where it is ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def interrupt_at(stage):
    def watch(stats):
        if stats.stage == stage:
            signal.raise_signal(signal.SIGINT)

    return watch


@pytest.mark.usefixtures("interruptible")
@pytest.mark.parametrize("stage", ["headers", "first", "gains", "match", "coadd"])
def test_ctrl_c_leaves_nothing_at_any_stage(paths, output, stage):
    # Without it half a mosaic stays, or the disk's room is lost.
    with pytest.raises(KeyboardInterrupt):
        assembled(paths, output, callback=interrupt_at(stage))
    assert tilefiles.left(output.parent) == ["tiles"]


@pytest.mark.usefixtures("interruptible")
def test_ctrl_c_leaves_nothing_and_with_resume_what_is_needed(paths, output, whole):
    # Without it Ctrl-C costs the disk's room, or all that was done.
    interrupt = interrupt_at("coadd")
    with pytest.raises(KeyboardInterrupt):
        assembled(paths, output, callback=interrupt)
    assert tilefiles.left(output.parent) == ["tiles", "whole.fits"]
    with pytest.raises(KeyboardInterrupt):
        assembled(paths, output, callback=interrupt, resume=True)
    assert (output.parent / WORK / "match.npz").exists() and not output.exists()
    assert same(result(assembled(paths, output, resume=True)), whole)
    assert tilefiles.left(output.parent) == ["out.fits", "tiles", "whole.fits"]


def test_a_stage_that_is_done_is_not_done_again(paths, output):
    # Without it what goes on begins with the first pass once more.
    with pytest.raises(Stop):
        assembled(paths, output, callback=stop_at("coadd"), resume=True)
    assert not list(output.parent.glob(f"{WORK}/*.map"))
    seen = []
    made = assembled(paths, output, resume=True, callback=lambda stats: seen.append(stats.stage))
    assert set(seen) == {"headers", "coadd", "done"}
    assert made.seconds["match"] > 0


def test_a_first_coverage_that_is_done_is_kept(paths, output, whole):
    # Without it the longest sweep over the tiles is done twice.
    with pytest.raises(Stop):
        assembled(paths, output, callback=stop_at("gains"), resume=True)
    seen = []
    made = assembled(paths, output, resume=True, callback=lambda stats: seen.append(stats.stage))
    assert "first" not in seen and same(result(made), whole)


def test_two_calls_do_not_meet(paths, output):
    # Without it two runs write into one file.
    found = []

    def again(stats):
        if stats.stage == "coadd" and not found:
            with pytest.raises(zetwopass.WriteError) as caught:
                assembled(paths, output, resume=True)
            found.append(str(caught.value))

    assembled(paths, output, callback=again)
    assert "another call is writing this output" in found[0]


def test_the_key_is_readable(paths, output):
    # Without it nobody can tell what a hidden folder was for.
    with pytest.raises(Stop):
        assembled(paths, output, callback=stop_at("coadd"), resume=True)
    key = json.loads((output.parent / WORK / "key.json").read_text(encoding="utf-8"))
    assert key["sigma"] == 5 and key["tiles"][0][0] == str(paths[0].resolve())


def test_what_fails_beside_a_coadd_comes_out(tmp_path, monkeypatch):
    # Without it a full disk is found out when hours are gone.
    monkeypatch.setattr(notes, "SAVE_SECONDS", 0)
    failed = threading.Event()

    def snapshot():
        failed.set()
        raise OSError("no disk")

    with pytest.raises(OSError, match="no disk"):
        with notes.Saving(None, "coadd", snapshot, tmp_path):
            assert failed.wait(small.GUARD)
