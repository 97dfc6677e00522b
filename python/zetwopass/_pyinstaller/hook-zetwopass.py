"""Bring the library along: it is loaded by its path, which PyInstaller does not see."""  # noqa: N999 - its name is PyInstaller's

from PyInstaller.utils.hooks import collect_dynamic_libs

binaries = collect_dynamic_libs("zetwopass")
