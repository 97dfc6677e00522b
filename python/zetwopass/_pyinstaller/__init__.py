"""What PyInstaller asks the package for, by its entry point ``pyinstaller40``."""

from __future__ import annotations

from pathlib import Path


def get_hook_dirs() -> list[str]:
    """Return the folder of ``hook-zetwopass.py``."""
    return [str(Path(__file__).parent)]
