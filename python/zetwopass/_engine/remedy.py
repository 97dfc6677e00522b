"""What is said of a library that is not there or can't be used, and what helps."""

from __future__ import annotations

import platform
import struct
import sys
from pathlib import Path

from ..errors import LibraryError

_INSTALL = "install zetwopass again, by a wheel for this system, or build it with ./build.sh"
_FREEZE = (
    "this program was frozen without what it needs: freeze it again, with PyInstaller's "
    "--collect-binaries zetwopass, cx_Freeze's --zip-exclude-packages zetwopass, Nuitka's "
    "--include-data-files=FOLDER/{name}=zetwopass/{name}, or with that file at that place"
)


def missing(path: Path) -> LibraryError:
    """Return the error of a library that is not at ``path``."""
    archive = next((parent for parent in path.parents if parent.is_file()), None)
    others = sorted(found.name for found in path.parent.glob(f"{path.stem}.*"))
    instead = ""
    if archive is not None:
        instead = f", inside of the archive {archive.name}, from which no library can be loaded"
    elif others:
        instead = f", where there is {', '.join(others)} of another system"
    return LibraryError(f"the library of zetwopass is not at {path}{instead}; {_what_helps(path)}")


def unusable(path: Path, why: object) -> LibraryError:
    """Return the error of a library at ``path`` that is not what it should be."""
    said = f"the library of zetwopass at {path} can't be used: {why}"
    return LibraryError(f"{said}; {_what_helps(path)}")


def _what_helps(path: Path) -> str:
    system = f"this is {sys.platform} on {platform.machine()}, {8 * struct.calcsize('P')} bits"
    return f"{system}; {_FREEZE.format(name=path.name) if _frozen() else _INSTALL}"


def _frozen() -> bool:
    """Whether a freezer has made this program; Nuitka marks modules, the others Python."""
    return bool(getattr(sys, "frozen", False)) or "__compiled__" in globals()
