"""Bring along what PyInstaller does not see: the library, loaded by its path, and templates."""  # noqa: N999 - its name is PyInstaller's

from PyInstaller.utils.hooks import collect_data_files, collect_dynamic_libs

datas = collect_data_files("zetwopass.report")
binaries = collect_dynamic_libs("zetwopass")
