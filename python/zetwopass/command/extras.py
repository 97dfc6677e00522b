"""Packages that only some options want: refused before the work where they are missing."""

from __future__ import annotations

import importlib

from ..errors import MissingPackageError

# By option: what installs them, and the names of modules and packages.
_WANTED = {
    "--png": ("images", {"PIL": "Pillow"}),
    "--tiff": ("images", {"tifffile": "tifffile"}),
    "--report": ("report", {"jinja2": "jinja2", "matplotlib": "matplotlib"}),
}


def require(option: str) -> None:
    """Refuse an option whose packages are not installed.

    Raises
    ------
    MissingPackageError
        The message says how they are installed.
    """
    extra, packages = _WANTED[option]
    for module, name in packages.items():
        try:
            importlib.import_module(module)
        except ImportError as err:
            remedy = f"python -m pip install 'zetwopass[{extra}]'"
            raise MissingPackageError(f"{option} wants {name}: {remedy} ({err})") from err
