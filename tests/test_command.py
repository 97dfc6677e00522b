"""The command line: what it prints, and how it ends."""

import platform
import shutil
import sys
from pathlib import Path

import astropy
import numpy as np
import pytest

import zetwopass
from application import WORKER
from commandline import run
from zetwopass._engine import library_info
from zetwopass.command.group import commands

PACKAGE = Path(zetwopass.__file__).parent


def test_alone_it_tells_what_a_report_of_a_defect_needs():
    # Without it a report says that it doesn't work.
    code, lines, errors = run()
    told = dict(line.split(maxsplit=1) for line in lines)
    library, device = library_info(), zetwopass.device_info()
    assert (code, errors) == (0, [])
    assert told["zetwopass"] == zetwopass.__version__
    assert told["numpy"] == np.__version__ and told["astropy"] == astropy.__version__
    assert told["Python"] == f"{platform.python_version()}, {sys.executable}"
    *versions, place = told["library"].split(", ", 2)
    assert versions == [library.version, f"C interface {library.abi}"]
    assert Path(place).samefile(library.path)
    assert told["SIMD"] == device.simd and int(told["processors"]) > 0
    assert (device.name or device.reason.removeprefix("GPU: ")) in told["GPU"]


@pytest.mark.parametrize(
    ("text", "said"), [(None, "is not at "), ("no library", "can't be used: ")]
)
def test_alone_it_tells_the_rest_where_the_library_fails(tmp_path, text, said):
    # Without it those who need help most can't say what they have.
    copy = tmp_path / "zetwopass"
    shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("libzetwopass*", "__pycache__"))
    if text is not None:
        (copy / Path(library_info().path).name).write_text(text)
    code, lines, (error,) = run(folder=tmp_path)
    assert code == 1 and error.startswith("Error: the library of zetwopass ")
    assert said in error and str(copy) in error
    assert [line.split()[0] for line in lines][-3:] == ["Python", "system", "processors"]


def test_done_is_one_line_and_0(zemosaic):
    # Without it a script can't tell, or a user, what was done.
    worker = zemosaic / "zemosaic_worker.py"
    for command, said in (
        (("status",), "zetwopass is not there"),
        (
            ("install",),
            "is put in, with the scope second-pass; a copy is zemosaic_worker.py.before",
        ),
        (("install", "--scope", "phase5"), "has the scope phase5 now, before second-pass"),
        (("install", "--scope", "phase5"), "is there already, with the scope phase5"),
        (("status",), "zetwopass is there, with the scope phase5"),
        (("uninstall",), "is taken out; the file is what it was"),
        (("uninstall",), "zetwopass is not there"),
    ):
        code, (line,), errors = run("zemosaic", *command, zemosaic)
        assert (code, errors) == (0, []) and said in line
    assert worker.read_bytes() == WORKER.encode()


@pytest.mark.parametrize("command", ["install", "status", "uninstall"])
def test_refused_is_one_line_of_errors_and_1(tmp_path, command):
    # Without it a failure passes for done.
    folder = tmp_path / ("a b" if sys.platform == "win32" else "a\nb")  # which Windows can't name
    folder.mkdir()
    code, lines, (error,) = run("zemosaic", command, folder)
    assert (code, lines) == (1, [])
    assert "a b is a folder without a zemosaic_worker.py; a frozen ZeMosaic has none" in error


@pytest.mark.parametrize(
    "arguments",
    [("install",), ("install", ".", "--scope", "all"), ("remove", "."), ("status", 1, 2)],
)
def test_a_wrong_call_is_2(arguments):
    # Without it a typing error passes for refused.
    code, lines, errors = run("zemosaic", *arguments)
    assert (code, lines) == (2, []) and errors[0].startswith("Usage:")


def test_a_name_that_the_terminal_cannot_show_is_no_failure(zemosaic, monkeypatch):
    # Without it the work is done and a traceback says otherwise.
    monkeypatch.setenv("PYTHONIOENCODING", "latin-1")
    folder = zemosaic.rename(zemosaic.with_name("Жар"))
    code, (line,), errors = run("zemosaic", "install", folder)
    assert (code, errors) == (0, []) and "\\u0416" in line


@pytest.mark.parametrize("name", [None, *sorted(set(commands.commands) - {"zemosaic"})])
def test_the_help_of_every_command_is_in_the_documentation(name):
    # Without it a new command is known to those who read the source; test_docs.py keeps it true.
    page = Path(__file__).parents[1] / "docs" / "user" / "command.rst"
    words = ("zetwopass", *filter(None, [name]), "--help")
    assert f"   $ {' '.join(words)}\n" in page.read_text(encoding="utf-8")
