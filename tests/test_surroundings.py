"""Where programs may run: in a window without a console, without fork, anywhere on the disk."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import small
import zetwopass

PACKAGE = Path(zetwopass.__file__).parent


def run(text, *arguments, paths=(PACKAGE.parent,), **environment):
    """Run a program of lines; it puts into the file ``sys.argv[1]`` what it has to say."""
    paths = os.pathsep.join(map(str, (*paths, Path(__file__).parent)))
    done = subprocess.run(
        [sys.executable, "-c", text, *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": paths, **environment},
        capture_output=True,
        text=True,
        timeout=small.GUARD,
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return Path(arguments[0]).read_text(encoding="utf-8")


WINDOW = """
import os, sys

for file in (0, 1, 2):
    os.close(file)
sys.stdin = sys.stdout = sys.stderr = sys.__stdin__ = sys.__stdout__ = sys.__stderr__ = None
import reproject
import rivals, small, zetwopass
from zetwopass.command import main

_, path, folder = sys.argv


def watched():
    return zetwopass.second_pass(**small.mosaic(), progress=True).device


def warned():
    arguments = small.mosaic()
    arguments["tiles"][0][:] = float("nan")
    return zetwopass.second_pass(**arguments).groups.tolist()


def refused():
    with zetwopass.accelerate() as acceleration:
        try:
            reproject.reproject_interp(None, small.wcs_at(0, 0), shape_out=(3, 4))
        except Exception:
            return len(acceleration.refused)


def dropped_in():
    return zetwopass.run_second_pass_coverage_renorm(**small.drop_in())[1].shape


def failed():
    return zetwopass.run_second_pass_coverage_renorm(**small.drop_in(tiles_wcs=[1, 2]))


def ended(*arguments):
    sys.argv = ["zetwopass", "zemosaic", "status", *arguments]
    try:
        main()
    except SystemExit as end:
        return end.code


with open(path, "w", encoding="utf-8") as out:
    for function in (watched, warned, refused, dropped_in, failed):
        print(function(), file=out)
    print(ended(folder), ended(path), ended("nowhere"), ended(), file=out)
"""


def test_a_window_without_a_console_is_enough(tmp_path, zemosaic):
    # Without it what pythonw runs, or is frozen, ends at the first word that it says.
    said = run(WINDOW, tmp_path / "said", zemosaic).splitlines()
    assert said == ["cpu", "[-1, 0]", "1", "(44, 90)", "None", "0 0 1 2"]


POOR = """
import os, sys

for name in ("fork", "forkpty", "register_at_fork"):
    vars(os).pop(name, None)
sys.modules["resource"] = None
import small, zetwopass


def look(path):
    with open(path, "w", encoding="utf-8") as file:
        print(zetwopass.second_pass(**small.mosaic()).device, file=file, end="")


look(sys.argv[1])
"""


def test_a_system_without_fork_and_limits_is_enough(tmp_path):
    # Without it the package can't be imported on Windows.
    assert run(POOR, tmp_path / "said") == "cpu"


ANYWHERE = """
import sys
import small, zetwopass
from zetwopass._engine import library

said = library()._name, zetwopass.second_pass(**small.mosaic()).device
with open(sys.argv[1], "wb") as file:
    file.write("\\n".join(said).encode("utf-8", "surrogateescape"))
"""


@pytest.mark.parametrize(
    "locale", [{}, {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}]
)
def test_a_package_in_any_folder_and_locale_finds_its_library(tmp_path, locale):
    # Without it it does not load for who has an accent in his name.
    folder = tmp_path / "Ma mosaïque à moi – Жар"
    copy = folder / "zetwopass"
    shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    place, device = run(ANYWHERE, tmp_path / "said", paths=(folder,), **locale).split("\n")
    assert (Path(place).parent, device) == (copy, "cpu")
