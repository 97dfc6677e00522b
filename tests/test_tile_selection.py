"""Which files are tiles: every way to name them, their order, and what is refused."""

import os
from pathlib import Path

import pytest

from zetwopass import ArgumentError, ArgumentTypeError, FileError, MissingFileError
from zetwopass._files import select


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Sit in a folder with files of many names, none of which is looked into."""
    for name in ("a10.fits", "a2.FITS", "b.fit.gz", "c.fts", ".d.fits", "e.txt"):
        (tmp_path / name).touch()
    (tmp_path / "inner.fits").mkdir()
    (tmp_path / "inner.fits" / "f.fits").touch()
    (tmp_path / "list").mkdir()
    (tmp_path / "list" / "tiles.txt").write_text("../c.fts\n\n  ../a10.fits \n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def names(tiles):
    return [Path(chosen.path).name for chosen in select(tiles)]


@pytest.mark.parametrize(
    ("tiles", "wanted"),
    [
        ("a10.fits", ["a10.fits"]),
        (Path("a10.fits"), ["a10.fits"]),
        (["e.txt", "a2.FITS"], ["e.txt", "a2.FITS"]),
        (".", ["a2.FITS", "a10.fits", "b.fit.gz", "c.fts"]),
        ("a*", ["a2.FITS", "a10.fits"]),
        ("**/f.fits", ["f.fits"]),
        ("@list/tiles.txt", ["c.fts", "a10.fits"]),
        (["c.fts", "a?.*", "inner.fits"], ["c.fts", "a2.FITS", "f.fits"]),
    ],
)
def test_tiles_are_found_by_every_way_to_name_them(folder, tiles, wanted):
    # Without it a mosaic misses tiles, or has others in another order than people count.
    assert names(tiles) == wanted


def test_a_file_whose_name_looks_like_a_pattern_is_itself(folder):
    # Without it files that a camera calls [1].fits can't be named.
    (folder / "[1].fits").touch()
    assert names("[1].fits") == ["[1].fits"]


def test_an_hdu_is_told_with_the_path(folder):
    # Without it only the first image of a file can be a tile.
    found = select([("c.fts", 2), (Path("c.fts"), "SCI"), "c.fts"])
    assert [(chosen.hdu, chosen.name) for chosen in found] == [
        (2, "c.fts[2]"),
        ("SCI", "c.fts[SCI]"),
        (None, "c.fts"),
    ]


@pytest.mark.parametrize(
    ("tiles", "error", "message"),
    [
        ([], ArgumentError, "tiles is empty"),
        (7, ArgumentTypeError, "tiles is a int, want a list"),
        (b"a10.fits", ArgumentTypeError, "tiles is a bytes"),
        ([7], ArgumentTypeError, r"tiles\[0\] = 7, want a path"),
        ([("c.fts", None)], ArgumentTypeError, "want a path, "),
        ([os.fsencode("c.fts")], ArgumentTypeError, r"tiles\[0\] = b'c.fts'"),
        (["c.fts", "no.fits"], MissingFileError, r"tiles\[1\]: there is no file no.fits"),
        ([("no.fits", 1)], MissingFileError, "there is no file no.fits"),
        ([("list", 1)], FileError, "list is no file"),
        ("z*.fits", MissingFileError, r"no file matches z\*.fits"),
        ("list", MissingFileError, "the folder list holds no tile"),
        ("@no.txt", MissingFileError, "no.txt"),
        (["c.fts", "./c.fts"], ArgumentError, r"tiles names ./c.fts twice"),
    ],
)
def test_what_is_no_tile_is_refused_by_its_name(folder, tiles, error, message):
    # Without it nobody knows which of many names is wrong.
    with pytest.raises(error, match=message):
        select(tiles)


def test_a_list_is_refused_by_its_line(folder):
    # Without it one wrong line of thousands has to be searched for.
    Path("short.txt").write_text("c.fts\nno.fits\n", encoding="utf-8")
    with pytest.raises(MissingFileError, match=r"short.txt, line 2: there is no file no.fits"):
        select("@short.txt")
    Path("short.txt").write_text("\n", encoding="utf-8")
    with pytest.raises(ArgumentError, match=r"the list short.txt names no file"):
        select("@short.txt")


def test_a_list_that_is_no_text_is_refused(folder):
    # Without it a FITS file after @ ends in an error of Python's alone.
    Path("list.bin").write_bytes(b"\xff\xfe\xfd")
    with pytest.raises(FileError, match=r"tiles\[0\] can't be read"):
        select("@list.bin")
