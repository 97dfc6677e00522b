"""The command line from disk to disk: real tiles, processes, exit codes, Ctrl-C."""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

import newest
import zetwopass
from commandline import image, run
from small import CANVAS, GUARD, mosaic, python, wcs_at

M17 = Path(__file__).parent / "testdata" / "2mass_m17"

on_posix = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")


@pytest.fixture(scope="module")
def tiles(tmp_path_factory):
    """Return a folder with the smallest mosaic's two tiles, and a grid for them."""
    folder = tmp_path_factory.mktemp("tiles")
    arguments = mosaic()
    for name, data, wcs in zip("ab", arguments["tiles"], arguments["tiles_wcs"], strict=True):
        image(folder / f"{name}.fits", np.moveaxis(data, 2, 0), wcs.to_header())
    grid = folder.with_name("grid")
    grid.mkdir()
    image(grid / "grid.fits", np.zeros(CANVAS, "f4"), wcs_at(0, 0).to_header())
    return folder


def like(tiles):
    return "--like", tiles.with_name("grid") / "grid.fits"


def test_real_tiles_become_a_mosaic_with_all_that_belongs_to_it(tmp_path):
    # Without it parts that work alone do not work together.
    code, (line,), errors = run(
        *("run", M17, "-o", tmp_path / "m17.fits", "--json", "--png", "--tiff"),
        *("--max-memory", "40MB", "--scale", 3),
    )
    made = json.loads(line)
    assert code == 0 and [error[:4] for error in errors][-1] == "100%"
    assert len(made["tiles"]) == 8 and {tile["group"] for tile in made["tiles"]} == {0}
    assert made["bytes"] == os.path.getsize(tmp_path / "m17.fits")
    assert sorted(os.listdir(tmp_path)) == ["m17.fits", "m17.png", "m17.tiff"]
    assert (tmp_path / "m17.png").read_bytes()[:4] == b"\x89PNG"
    code, lines, _ = run("info", tmp_path / "m17.fits")
    assert code == 0 and "8 in 1 group, 13 overlaps" in "\n".join(lines)


@newest.wants("astropy", "6.1", "it can't draw with this matplotlib")
def test_the_report_of_a_run_and_of_its_mosaic_are_pages(tmp_path, tiles):
    # Without it "--report" and "report" are options of something that isn't there.
    output, page = tmp_path / "out.fits", tmp_path / "page.html"
    made = run("run", "-q", tiles, "-o", output, *like(tiles), "--report", page)
    assert made == (0, [], [])
    code, (line,), errors = run("report", output)
    assert (code, line, errors) == (0, str(tmp_path / "out.html"), [])
    for path in (page, tmp_path / "out.html"):
        assert path.read_text(encoding="utf-8").lower().startswith("<!doctype html>")


def test_the_plan_is_what_is_made(tmp_path, tiles):
    # Without it the room that a plan asks for is not the one that is taken.
    output = tmp_path / "out.fits"
    code, (line,), _ = run("plan", tiles, "-o", output, "--json", *like(tiles))
    plan = json.loads(line)
    assert code == 0 and plan["shape"] == [*CANVAS, 3] and not output.exists()
    assert run("run", "-q", tiles, "-o", output, *like(tiles)) == (0, [], [])
    assert 0 <= plan["written_bytes"] - os.path.getsize(output) < 65536  # about, and never less


def test_the_plan_names_tiles_that_will_not_be_seen(tmp_path, tiles):
    # Without it a tile of another night is found missing after the run.
    far = wcs_at(0, 0).to_header()
    far["CRVAL1"] += 180
    image(tmp_path / "far.fits", np.ones((3, 9, 9), "f4"), far)
    code, lines, _ = run("plan", tiles, tmp_path / "far.fits", *like(tiles))
    assert code == 0 and f"nothing of {tmp_path / 'far.fits'} will be seen" in "\n".join(lines)


def test_the_same_command_makes_the_same_bits(tmp_path, tiles):
    # Without it "compare" has nothing that is the same.
    for name, workers in (("a", 1), ("b", 2)):
        made = run("run", "-q", tiles, "-o", tmp_path / f"{name}.fits", "--workers", workers)
        assert made == (0, [], [])
    code, lines, _ = run("compare", tmp_path / "a.fits", tmp_path / "b.fits")
    assert (code, lines[-1]) == (0, "the same")


def test_it_is_what_the_arrays_make(tmp_path, tiles):
    # Without it the command line is another second pass.
    output = tmp_path / "out.fits"
    first = image(tmp_path / "first.fits", mosaic()["coverage"])
    code, _, errors = run(
        "run", "-q", tiles, "-o", output, *like(tiles), "--coverage", first, "--sigma", 5
    )
    assert (code, errors) == (0, [])
    result = zetwopass.second_pass(**mosaic(), sigma=5)
    np.testing.assert_array_equal(fits.getdata(output), np.moveaxis(result.mosaic, 2, 0))
    np.testing.assert_array_equal(fits.getdata(output, "TILES")["GAIN"], result.gains)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda folder: (folder / "b.fits").unlink(), "there is no file"),
        (lambda folder: (folder / "b.fits").write_bytes(b""), "b.fits can't be read"),
        (lambda folder: os.truncate(folder / "b.fits", 9000), "b.fits"),
        (
            lambda folder: image(folder / "b.fits", np.ones((3, 9, 9)), fits.Header()),
            "b.fits has no",
        ),
        (lambda folder: (folder / "out.fits").write_bytes(b"x"), "out.fits is already there"),
        (lambda folder: (folder / "out.fits").mkdir(), "is a folder"),
        (lambda folder: fits.writeto(folder / "b.fits", np.ones((9, 9)), overwrite=True), "b.fits"),
    ],
    ids=["missing", "empty", "truncated", "no WCS", "there already", "a folder", "channels"],
)
def test_bad_input_is_3_and_leaves_nothing(tmp_path, tiles, change, said):
    # Without it a script takes half a mosaic for one, or loses the older one.
    for name in ("a.fits", "b.fits"):
        shutil.copy(tiles / name, tmp_path)
    change(tmp_path)
    before = sorted(os.listdir(tmp_path))
    names = tmp_path / "a.fits", tmp_path / "b.fits"
    code, lines, errors = run("run", *names, "-o", tmp_path / "out.fits", *like(tiles))
    assert (code, lines) == (3, []) and said in errors[-1] and errors[-1].startswith("Error: ")
    assert sorted(os.listdir(tmp_path)) == before


def test_too_little_memory_is_4(tmp_path, tiles):
    # Without it a script can't try again with more.
    code, _, errors = run("run", tiles, "-o", tmp_path / "out.fits", "--max-memory", 1000)
    assert code == 4 and errors[-1].startswith("Error: ")
    assert os.listdir(tmp_path) == []


def test_a_disk_without_room_is_4(tmp_path, tiles):
    # Without it a full disk is found at the end of a night.
    change = """
import collections, shutil
Usage = collections.namedtuple("Usage", "total used free")
shutil.disk_usage = lambda path: Usage(10, 9, 1)
"""
    child = python(program(["run", tiles, "-o", tmp_path / "out.fits"], change), stderr=-1)
    _, errors = child.communicate(timeout=GUARD)
    assert child.returncode == 4 and "1 free" in errors.splitlines()[-1]
    assert os.listdir(tmp_path) == []


@on_posix
@pytest.mark.parametrize("resume", [False, True])
def test_ctrl_c_leaves_no_half_file_and_resume_goes_on(tmp_path, tiles, resume):
    # Without it half a mosaic looks like a whole one, or what was done is done again.
    output = tmp_path / "out.fits"
    arguments = ["run", tiles, "-o", output, *like(tiles), *(["--resume"] if resume else [])]
    code, seen = interrupted(arguments)
    assert (code, seen[-1]) == (130, "cancelled") and "Traceback" not in "".join(seen)
    assert os.listdir(tmp_path) == ([".out.fits.zetwopass"] if resume else [])
    assert run(*arguments, "-q") == (0, [], [])
    assert os.listdir(tmp_path) == ["out.fits"]
    whole = tmp_path / "whole.fits"
    assert run("run", "-q", tiles, "-o", whole, *like(tiles)) == (0, [], [])
    assert run("compare", "-q", output, whole) == (0, [], [])


def interrupted(arguments):
    """Run the program and send SIGINT while the coadd is running; return code and stderr's lines.

    The callback waits there, so that the signal finds a run that goes on.
    """
    change = """
import time
from zetwopass.command import watching
tell = watching._Lines.__call__
def slowly(self, stats):
    tell(self, stats)
    while stats.stage == "coadd":
        time.sleep(0.01)
watching._Lines.__call__ = slowly
"""
    child = python(program(arguments, change), stderr=subprocess.PIPE)
    seen = []
    for line in child.stderr:
        seen.append(line.rstrip("\n"))
        if "adding up" in line and seen[-1].count("%") == 1 and not child.poll():
            child.send_signal(signal.SIGINT)
            break
    seen += child.stderr.read().splitlines()
    return child.wait(GUARD), seen


def program(arguments, change):
    """Return Python's text of the command line, changed; Ctrl-C ends it in the background too."""
    return f"""
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
{change}
sys.argv = {["zetwopass", *map(str, arguments)]!r}
from zetwopass.command import main
main()
"""
