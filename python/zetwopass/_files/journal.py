"""What of a mosaic is done: the results of its stages, so that a later call can go on."""

from __future__ import annotations

import json
import os
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from ..errors import ArgumentError, FileError, writing
from .workspace import Workspace, sync

SAVE_SECONDS = 5.0  # between two notes of which chunks are written
_POLL_SECONDS = 0.1
_KEY, _TEMPORARY = "key.json", "note.new"


class Journal:
    """Notes in a workspace, one file each; a note that is there is whole and on the disk.

    Parameters
    ----------
    space
        Where they lie.
    key
        What the result depends on, JSON's types alone. Notes of another key are of no use.
    """

    def __init__(self, space: Workspace, key: dict) -> None:
        self._space = space
        self._key = json.loads(json.dumps(key))

    def begin(self, *, resume: bool) -> None:
        """Go on with the notes that are there, or remove them and everything beside them.

        Raises
        ------
        ArgumentError
            The notes are of another key; the message says what differs.
        """
        if resume and (self._space / _KEY).exists():
            try:
                found = json.loads((self._space / _KEY).read_text(encoding="utf-8"))
            except ValueError:
                found = {}
            differs = _difference(found, self._key)
            if differs:
                raise ArgumentError(
                    f"resume = True, but {self._space.target} was begun otherwise: {differs}; "
                    "give the same, or resume=False to begin anew"
                )
            return
        with writing(f"the output {self._space.target}"):
            self._space.clear()
        text = json.dumps(self._key, indent=1)
        self._put(_KEY, lambda path: path.write_text(text, encoding="utf-8"))

    def note(self, name: str, **arrays: object) -> None:
        """Keep arrays, or what NumPy makes arrays of, under a name."""

        def save(path: Path) -> None:
            with open(path, "wb") as file:
                np.savez(file, **arrays)

        self._put(f"{name}.npz", save)

    def noted(self, name: str) -> dict[str, np.ndarray] | None:
        """Return what was kept under a name, or None."""
        path = self._space / f"{name}.npz"
        try:
            with np.load(path) as found:
                return dict(found)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, zipfile.BadZipFile) as err:
            raise FileError(
                f"the note {path} can't be read: {err}; give resume=False to begin anew"
            ) from err

    def forget(self, name: str) -> None:
        """Remove what was kept under a name, if anything."""
        (self._space / f"{name}.npz").unlink(missing_ok=True)

    def _put(self, name: str, save: Callable[[Path], object]) -> None:
        """Write a file by ``save``; it has its name when all of it is on the disk."""
        with writing(f"the output {self._space.target}"):
            temporary = self._space / _TEMPORARY
            save(temporary)
            sync(temporary)
            os.replace(temporary, self._space / name)
            sync(self._space.folder)


class Saving:
    """Notes every few seconds which chunks of a growing file are on the disk; a context.

    ``snapshot`` returns the note's arrays, ``path`` is the file that the chunks are in. The last
    note is of all chunks; after a failure it is that of some seconds before, since Ctrl-C should
    not wait for the disk.
    """

    def __init__(self, journal: Journal, name: str, snapshot: Callable, path: Path) -> None:
        self._journal, self._name, self._path = journal, name, path
        self._snapshot = snapshot
        self._end = threading.Event()
        self._noting, self._left = threading.Lock(), False
        self._failure: Exception | None = None
        self._thread = threading.Thread(target=self._run, name="zetwopass-notes", daemon=True)

    def __enter__(self) -> Saving:
        self._thread.start()
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        """Wait for the last note; what failed meanwhile comes out here."""
        try:
            self._end.set()
            while kind is None and self._thread.is_alive():
                self._thread.join(_POLL_SECONDS)
        finally:
            with self._noting:
                self._left = True
        if kind is None and self._failure is not None:
            raise self._failure

    def _run(self) -> None:
        try:
            while not self._end.wait(SAVE_SECONDS):
                self._save()
            self._save()
        except Exception as err:  # noqa: BLE001 - the caller's thread raises it
            self._failure = err

    def _save(self) -> None:
        if self._left:
            return
        arrays = self._snapshot()  # first: what is in it is written, and in the file by the sync
        with writing(f"the output {self._path}"):
            sync(self._path)
        with self._noting:
            if not self._left:
                self._journal.note(self._name, **arrays)


def _difference(found: dict, wanted: dict) -> str:
    """Name the entries of two keys that differ, the values too where they are short."""
    lines = []
    for name in wanted | found:
        before, now = found.get(name), wanted.get(name)
        if before == now:
            continue
        values = f" = {before!r}, now {now!r}"
        lines.append(name + (values if len(values) < 200 else _place(before, now)))
    return "; ".join(lines)


def _place(before: object, now: object) -> str:
    """Say where two long values differ."""
    if not (isinstance(before, list) and isinstance(now, list)):
        return " differs"
    if len(before) != len(now):
        return f" had {len(before)} entries, now {len(now)}"
    place = next(i for i, pair in enumerate(zip(before, now, strict=True)) if pair[0] != pair[1])
    return f"[{place}] = {before[place]!r}, now {now[place]!r}"
