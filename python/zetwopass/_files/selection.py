"""Which files are tiles: paths, patterns, folders and lists, in an order that people expect."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ..errors import ArgumentError, ArgumentTypeError, FileError, MissingFileError, reading

Index = int | str  # of an HDU: its number from 0, or its name
Entry = str | os.PathLike | tuple[str | os.PathLike, Index]

_ENDINGS = tuple(end + packed for end in (".fits", ".fit", ".fts") for packed in ("", ".gz"))
_WANTED = "want a path, (path, hdu), a pattern, a folder or @list"


class Chosen(NamedTuple):
    """A file that is a tile; ``hdu`` None is the first image in it."""

    path: str
    hdu: Index | None = None

    @property
    def name(self) -> str:
        """What messages call it."""
        return self.path if self.hdu is None else f"{self.path}[{self.hdu}]"


def select(tiles: Entry | Sequence[Entry]) -> list[Chosen]:
    """Return the files that are meant, those of each entry in natural order: 2 before 10.

    Raises
    ------
    MissingFileError
        An entry stands for no file; the message names it.
    ArgumentError
        There is no entry, one of another type, or a file comes twice.
    """
    if isinstance(tiles, (str, os.PathLike)):
        tiles = [tiles]
    elif not isinstance(tiles, Sequence) or isinstance(tiles, bytes):
        raise ArgumentTypeError(f"tiles is a {type(tiles).__name__}, want a list; in it: {_WANTED}")
    found = [chosen for i, entry in enumerate(tiles) for chosen in _of_entry(f"tiles[{i}]", entry)]
    if not found:
        raise ArgumentError("tiles is empty, want at least one file")
    _check_single(found)
    return found


def natural(path: str) -> list:
    """Return a key that sorts paths as people count: a2 before a10."""
    return [int(part) if part.isdigit() else part for part in re.split(r"([0-9]+)", path)]


def _of_entry(name: str, entry: Entry) -> Iterator[Chosen]:
    if isinstance(entry, tuple) and len(entry) == 2:
        path, hdu = entry
        if isinstance(path, (str, os.PathLike)) and isinstance(hdu, (int, str)):
            yield Chosen(_existing(name, os.fspath(path)), hdu)
            return
    if not isinstance(entry, (str, os.PathLike)):
        raise ArgumentTypeError(f"{name} = {entry!r}, {_WANTED}")
    path = os.fspath(entry)
    if isinstance(path, bytes):
        raise ArgumentTypeError(f"{name} = {path!r}, want a path of letters")
    if path.startswith("@"):
        yield from _of_list(name, path[1:])
    elif os.path.isdir(path):
        yield from _of_folder(name, path)
    elif os.path.exists(path) or not glob.has_magic(path):
        yield Chosen(_existing(name, path))
    else:
        yield from _of_pattern(name, path)


def _existing(name: str, path: str) -> str:
    if not os.path.exists(path):
        raise MissingFileError(f"{name}: there is no file {path}")
    if not os.path.isfile(path):
        raise FileError(f"{name}: {path} is no file")
    return path


def _of_folder(name: str, folder: str) -> list[Chosen]:
    with reading(name):
        files = [
            entry.path
            for entry in os.scandir(folder)
            if entry.name.lower().endswith(_ENDINGS)
            and not entry.name.startswith(".")
            and entry.is_file()
        ]
    if not files:
        raise MissingFileError(
            f"{name}: the folder {folder} holds no tile; their names end in {', '.join(_ENDINGS)}"
        )
    return [Chosen(path) for path in sorted(files, key=natural)]


def _of_pattern(name: str, pattern: str) -> list[Chosen]:
    files = [path for path in glob.glob(pattern, recursive=True) if os.path.isfile(path)]
    if not files:
        raise MissingFileError(f"{name}: no file matches {pattern}")
    return [Chosen(path) for path in sorted(files, key=natural)]


def _of_list(name: str, path: str) -> list[Chosen]:
    with reading(name), open(path, encoding="utf-8-sig") as lines:
        entries = [line.strip() for line in lines]
    folder = os.path.dirname(path)
    files = [
        Chosen(_existing(f"{path}, line {number}", os.path.join(folder, entry)))
        for number, entry in enumerate(entries, 1)
        if entry
    ]
    if not files:
        raise ArgumentError(f"{name}: the list {path} names no file")
    return files


def _check_single(found: list[Chosen]) -> None:
    seen: set[tuple[str, Index | None]] = set()
    for chosen in found:
        key = os.path.realpath(chosen.path), chosen.hdu
        if key in seen:
            raise ArgumentError(f"tiles names {chosen.name} twice; each tile counts once")
        seen.add(key)
