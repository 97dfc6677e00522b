"""The command line: what it prints, and how it ends."""

import subprocess
import sys
from pathlib import Path

import pytest

import zetwopass
from application import WORKER
from small import GUARD


def run(*arguments):
    """Return the exit code, and the lines of both outputs, of ``python -m zetwopass``."""
    done = subprocess.run(
        [sys.executable, "-m", "zetwopass", *map(str, arguments)],
        cwd=Path(zetwopass.__file__).parents[1],
        capture_output=True,
        text=True,
        timeout=GUARD,
    )
    return done.returncode, done.stdout.splitlines(), done.stderr.splitlines()


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
    (tmp_path / "a\nb").mkdir()
    code, lines, (error,) = run("zemosaic", command, tmp_path / "a\nb")
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
