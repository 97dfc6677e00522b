"""What `assemble` refuses, and that it then leaves everything as it was."""

import gzip
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

import small
import tilefiles
import zetwopass
from zetwopass import ArgumentError, ArgumentTypeError, FileError, HDUError, NoRoomError, WriteError
from zetwopass._files import workspace


@pytest.fixture
def paths(tmp_path):
    return tilefiles.write(tmp_path / "tiles")


@pytest.fixture
def output(tmp_path):
    return tmp_path / "out.fits"


def assembled(paths, output, **changes):
    settings = {"like": tilefiles.grid(), "sigma": 5, **changes}
    return zetwopass.assemble(paths, output, **settings)


def test_a_file_that_is_there_stays_but_where_it_is_to_go(paths, output):
    # Without it a mosaic of yesterday is lost by a wrong name.
    output.write_text("yesterday")
    with pytest.raises(ArgumentError, match="out.fits is already there; give overwrite=True"):
        assembled(paths, output)
    assert output.read_text() == "yesterday"

    def look(stats):
        assert output.read_text() == "yesterday"

    assembled(
        paths, output, overwrite=True, callback=lambda stats: stats.stage == "done" or look(stats)
    )
    assert fits.getheader(output)["NAXIS1"] == 90


def test_a_file_that_appears_meanwhile_stays(paths, output):
    # Without it two programs that choose one name lose a mosaic.
    def appear(stats):
        if stats.stage == "coadd":
            output.write_text("another's")

    with pytest.raises(ArgumentError, match="already there"):
        assembled(paths, output, callback=appear)
    assert output.read_text() == "another's"
    assert tilefiles.left(output.parent) == ["out.fits", "tiles"]


def test_what_fails_leaves_the_old_file(paths, output):
    # Without it overwrite=True loses a mosaic for nothing.
    output.write_text("yesterday")
    cut(paths[1])
    with pytest.raises(FileError):
        assembled(paths, output, overwrite=True)
    assert output.read_text() == "yesterday"


def test_an_output_that_can_not_be_is_refused(paths, tmp_path):
    # Without it the tiles are read before the name turns out to be wrong.
    with pytest.raises(ArgumentError, match="is a folder, want the name of a file"):
        assembled(paths, tmp_path)
    with pytest.raises(WriteError, match="the folder of the output is not there: .*no"):
        assembled(paths, tmp_path / "no" / "out.fits")
    with pytest.raises(ArgumentError, match="tile_2.fits is one of the tiles"):
        assembled(paths, paths[0], overwrite=True)


def test_the_hidden_folder_has_to_be_one(paths, output):
    # Without it the error does not say what is in the way.
    (output.parent / ".out.fits.zetwopass").write_text("a file")
    with pytest.raises(WriteError, match=r"out.fits can't be written.*\.out\.fits\.zetwopass"):
        assembled(paths, output)


@pytest.mark.skipif(sys.platform == "win32", reason="folders have no such mode")
def test_a_folder_that_is_read_only_is_told():
    # Without it the error comes up when the mosaic is done.
    root = os.geteuid() == 0  # whom no mode keeps out
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        paths = tilefiles.write(folder / "tiles")
        folder.chmod(0o555)
        if root:
            os.seteuid(65534)
        try:
            with pytest.raises(WriteError, match="out.fits can't be written"):
                assembled(paths, folder / "out.fits")
        finally:
            if root:
                os.seteuid(0)
            folder.chmod(0o755)
        assert tilefiles.left(folder) == ["tiles"]


def test_a_disk_without_room_is_told_before(paths, output, monkeypatch):
    # Without it the disk fills up, and hours are lost.
    usage = workspace.shutil._ntuple_diskusage(10**9, 10**9, 1000)
    monkeypatch.setattr(workspace.shutil, "disk_usage", lambda path: usage)
    with pytest.raises(NoRoomError, match=r"want [0-9]+ bytes, but .* has 1000 free"):
        assembled(paths, output)
    assert tilefiles.left(output.parent) == ["tiles"]


LIMITED = """
import resource, tilefiles, zetwopass
resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))
try:
    zetwopass.assemble({paths!r}, {output!r}, like=tilefiles.grid(), sigma=5)
except zetwopass.NoRoomError as err:
    print(err)
"""


@pytest.mark.skipif(not hasattr(os, "posix_fallocate"), reason="no posix_fallocate")
def test_room_that_can_not_be_taken_is_told_at_once(paths, output):
    # Without it another program's files take the room meanwhile.
    names = [str(path) for path in paths]
    child = small.python(LIMITED.format(paths=names, output=str(output)), stderr=subprocess.PIPE)
    said, trace = child.communicate(timeout=small.GUARD)
    assert "mosaic.fits can't be written: [Errno 27]" in said, trace
    assert tilefiles.left(output.parent) == ["tiles"]


@pytest.mark.skipif(sys.platform == "win32", reason="files have no such mode")
def test_a_file_has_the_mode_that_others_have(paths, output):
    # Without it nobody else in the group can read the mosaic.
    before = os.umask(0o027)
    try:
        assembled(paths, output)
    finally:
        os.umask(before)
    assert output.stat().st_mode & 0o777 == 0o640


def cut(path):
    """Leave a file without the end of its pixels."""
    data = path.read_bytes()
    path.write_bytes(data[: len(data) - 20_000])


@pytest.mark.filterwarnings("ignore:File may have been truncated")
def test_a_tile_that_is_cut_off_is_named(paths, output):
    # Without it one bad copy among thousands has to be searched for.
    cut(paths[1])
    with pytest.raises(FileError, match=r"tile_10.fits"):
        assembled(paths, output)
    assert tilefiles.left(output.parent) == ["tiles"]


def test_a_packed_tile_that_is_cut_off_is_named(paths, output):
    # Without it a download that broke off ends in an error of zlib's.
    packed = paths[1].with_suffix(".fits.gz")
    packed.write_bytes(gzip.compress(paths[1].read_bytes())[:-5000])
    with pytest.raises(FileError, match=r"tile_10.fits.gz"):
        assembled([paths[0], packed], output)
    assert tilefiles.left(output.parent) == ["tiles"]


@pytest.mark.parametrize("stage", ["gains", "coadd"])
def test_a_tile_that_changes_meanwhile_is_named(paths, output, stage):
    # Without it a mosaic is half of one tile and half of another.
    def change(stats):
        if stats.stage == stage:
            os.utime(paths[0], (1, 1))

    with pytest.raises(FileError, match=r"tile_2.fits.*changed"):
        assembled(paths, output, callback=change)
    assert tilefiles.left(output.parent) == ["tiles"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows removes no file that is being read")
def test_a_tile_that_goes_meanwhile_is_named(paths, output):
    # Without it the error is of the system alone.
    def remove(stats):
        if stats.stage == "coadd":
            paths[0].unlink(missing_ok=True)

    with pytest.raises(FileError, match=r"tile_2.fits"):
        assembled(paths, output, callback=remove)


def coverage_file(path, *hdus):
    fits.HDUList([fits.PrimaryHDU(), *hdus]).writeto(path)
    return path


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda f: np.ones((3, 4), "f4"), ArgumentError, r"coverage has shape \[3, 4\]"),
        (lambda f: np.ones(small.CANVAS), ArgumentError, "coverage has dtype"),
        (lambda f: 7, ArgumentTypeError, "coverage is a int, want a float32 array, a path"),
        (lambda f: f / "no.fits", zetwopass.MissingFileError, "no.fits"),
        (lambda f: (coverage_file(f / "a.fits"), 3), HDUError, "a.fits has no HDU 3"),
        (lambda f: coverage_file(f / "a.fits"), HDUError, "a.fits has no image"),
        (
            lambda f: (coverage_file(f / "a.fits", fits.ImageHDU(np.ones(9))), 1),
            HDUError,
            "a.fits has no image in its HDU 1",
        ),
        (
            lambda f: coverage_file(f / "a.fits", fits.ImageHDU(np.ones((3, 4)))),
            ArgumentError,
            r"a.fits has shape \[3, 4\], want \[44, 90\], as the mosaic",
        ),
    ],
)
def test_a_coverage_that_can_not_be_is_refused(paths, tmp_path, output, make, error, message):
    # Without it gains are of another field.
    with pytest.raises(error, match=message):
        assembled(paths, output, coverage=make(tmp_path))
    assert not output.exists() and not list(tmp_path.glob(".*"))


def test_too_little_memory_is_told_before(paths, output):
    # Without it the first pass is done before the second turns out to be too large.
    with pytest.raises(zetwopass.BudgetError, match="max_chunk_bytes = 1000, want at least"):
        assembled(paths, output, max_chunk_bytes=1000)
    assert tilefiles.left(output.parent) == ["tiles"]


def test_settings_are_checked_before_files(output):
    # Without it thousands of headers are read for a wrong word.
    with pytest.raises(ArgumentError, match="profile = 'v5'"):
        assembled(["no.fits"], output, profile="v5")
