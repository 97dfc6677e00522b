"""Under its own name a file is whole or not there: killed at any moment, or on a full disk."""

import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from PIL import Image

import newest
import small
import tilefiles
from commandline import image, run
from dropin import same

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="wants fork and mounts of Linux")

WRITTEN = ("out.fits", "out.html", "out.png", "out.tiff")

# Runs the command in a child for each case; the modules are loaded once, the library by each child.
CASES = """
import json, os, signal, subprocess, sys
import matplotlib.pyplot, PIL.Image, reproject.mosaicking, tifffile
from zetwopass.command import main
from zetwopass.report import page
root, tiles, grid = {paths!r}

def tell(*words):
    os.write(1, (json.dumps(words) + "\\n").encode())

def run(n, before):
    folder = os.path.join(root, f"{{n:03}}")
    os.makedirs(folder, exist_ok=True)
    if os.fork() == 0:
        before()
        os.dup2(2, 1)
        names = [os.path.join(folder, f"out.{{ending}}") for ending in ("fits", "html")]
        options = "--like", grid, "--report", names[1], "--png", "--tiff"
        sys.argv = ["zetwopass", "run", "-q", tiles, "-o", names[0], *options]
        main()
    code = os.waitstatus_to_exitcode(os.wait()[1])
    tell(n, "ended", code)
    return code
"""
# Each gets a signal before the n-th change that Python makes to the disk; the last one none.
SIGNALLED = """
CHANGES = ("os.rename", "os.remove", "os.truncate", "os.mkdir", "os.rmdir")

def end_before(n):
    left, out = n, os.dup(1)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    def hook(event, arguments):
        nonlocal left
        writes = event == "open" and arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
        if (writes or event in CHANGES) and str(arguments[0]).startswith(root):
            os.write(out, (json.dumps([n, event, str(arguments[0])]) + "\\n").encode())
            left -= 1
            if left == -1:
                signal.raise_signal({number})
    sys.addaudithook(hook)

for n in range(1000):
    if run(n, lambda: end_before(n)) == 0:
        break
"""
# Each has a disk of so many kB, which stays mounted until the namespace ends with this process.
FULL = """
for kb in {sizes}:
    folder = os.path.join(root, f"{{kb:03}}")
    os.mkdir(folder)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={{kb}}k", "tmpfs", folder], check=True)
    run(kb, lambda: None)
    for name in os.listdir(folder):
        tell(kb, "left", name, os.path.getsize(os.path.join(folder, name)))
    copy = folder + " found"
    subprocess.run(["cp", "-r", folder, copy], check=True)
"""


@pytest.fixture
def paths(tmp_path):
    """Return the folders of outputs and of tiles, and a grid."""
    tilefiles.write(tmp_path / "tiles")
    grid = image(tmp_path / "grid.fits", np.zeros(small.CANVAS, "f4"))
    (tmp_path / "runs").mkdir()
    return [str(tmp_path / "runs"), str(tmp_path / "tiles"), str(grid)]


@pytest.fixture
def whole(paths, tmp_path):
    """Return a folder with what an undisturbed run writes."""
    (tmp_path / "whole").mkdir()
    _, tiles, grid = paths
    out = tmp_path / "whole" / "out.fits"
    options = ("--like", grid, "--report", out.with_suffix(".html"), "--png", "--tiff")
    assert run("run", "-q", tiles, "-o", out, *options)[0] == 0
    return out.parent


def told(text, command=()):
    """Return what the cases tell, each a list."""
    head = f"import sys; sys.path[:0] = {sys.path!r}\n"
    done = subprocess.run(
        [*command, sys.executable, "-c", head + text],
        capture_output=True,
        text=True,
        timeout=small.GUARD,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def gains(path: Path) -> np.ndarray:
    return fits.getdata(path, "TILES")["GAIN"]


def assert_whole(folder: Path, whole: Path) -> None:
    for path in folder.iterdir():
        other = whole / path.name
        if path.suffix == ".fits":
            found, want = tilefiles.mosaic(path), tilefiles.mosaic(other)
            assert same((*found, gains(path)), (*want, gains(other))), path
        elif path.suffix in (".png", ".tiff") and not path.name.startswith("."):
            with Image.open(path) as found, Image.open(other) as want:
                assert np.array_equal(np.asarray(found), np.asarray(want)), path
        elif path.suffix == ".html":
            assert path.read_text(encoding="utf-8").rstrip().endswith("</html>"), path


@newest.wants("astropy", "6.1", "it can't draw with this matplotlib")
@pytest.mark.parametrize(("number", "code"), [(9, -9), (signal.SIGINT, 130)])  # SIGKILL
def test_a_signal_before_any_change_of_the_disk_leaves_whole_files_alone(
    paths, whole, number, code
):
    # Without it who ends a run finds half a mosaic, or half a picture, that looks whole.
    lines = told((CASES + SIGNALLED).format(paths=paths, number=int(number)))
    ends = [found for _, what, found in lines if what == "ended"]
    assert len(ends) > 40 and ends == [code] * (len(ends) - 1) + [0]
    made = {Path(path).name for _, what, path in lines if what == "open"}
    assert made and not made & set(WRITTEN)
    folders = sorted(Path(paths[0]).iterdir())
    assert len(folders) == len(ends) and tilefiles.left(folders[-1]) == list(WRITTEN)
    for folder in folders:
        assert_whole(folder, whole)
        if number == signal.SIGINT:
            assert not list(folder.glob(".*.part"))


def can_mount():
    if not shutil.which("unshare"):
        return False
    mount = ["unshare", "-rm", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
    return subprocess.run(mount, capture_output=True).returncode == 0


@newest.wants("astropy", "6.1", "it can't draw with this matplotlib")
def test_a_disk_of_any_size_has_whole_files_or_none(paths, whole):
    # Without it a full disk is found by who opens the picture.
    if not can_mount():
        pytest.skip("nothing may be mounted here")
    sizes = (4, 40, 80, 120, 200, 240, 280, 320, 400, 1000)
    lines = told((CASES + FULL).format(paths=paths, sizes=sizes), ("unshare", "-rm"))
    ends = {size: code for size, what, code, *_ in lines if what == "ended"}
    assert list(ends) == list(sizes) and set(ends.values()) == {0, 4}
    assert (ends[4], ends[1000]) == (4, 0)
    for size in sizes:
        folder = Path(paths[0]) / f"{size:03} found"
        left = tilefiles.left(folder)
        assert set(left) <= set(WRITTEN) and (left == list(WRITTEN)) == (ends[size] == 0)
        assert_whole(folder, whole)


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_an_output_that_takes_no_word_is_told(options):
    # Without it a script that writes to a full disk believes in half a line.
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "zetwopass", "info", *options],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=small.GUARD,
        )
    assert done.returncode == 4 and "No space left" in done.stderr
    assert "Traceback" not in done.stderr
