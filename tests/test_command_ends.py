"""How the program ends, and where it writes: terminals, pipes, no console, Ctrl-C."""

import errno
import os
import re
import select
import shutil
import signal
import subprocess
import sys

import numpy as np
import pytest
from astropy.io import fits

import zetwopass
from commandline import image, run
from small import GUARD, SHAPE, python
from zetwopass.command import ends

FAKED = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # else a test in the background has none
import zetwopass.assembly
from commandline import FakeAssembly
fake = FakeAssembly()
{change}
zetwopass.assembly.assemble = fake.assemble
sys.argv = ["zetwopass", "run", "a.fits", "-o", "out.fits"]
from zetwopass.command import main
main()
"""
on_posix = pytest.mark.skipif(sys.platform == "win32", reason="terminals and signals of POSIX")


def on_terminal(text, folder, interrupt_at=None, **variables):
    """Run Python with a terminal for its outputs; return the exit code and what was written.

    Ctrl-C is typed when ``interrupt_at`` is seen.
    """
    import pty

    ours, theirs = pty.openpty()
    environment = os.environ | {"TERM": "xterm-256color", "COLUMNS": "100", **variables}
    environment.pop("NO_COLOR" if "NO_COLOR" not in variables else "", None)
    child = python(text, cwd=folder, env=environment, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    seen = b""
    while select.select([ours], [], [], GUARD)[0]:
        try:
            seen += os.read(ours, 65536)
        except OSError as err:  # Linux's way to say that the other side is closed
            assert err.errno == errno.EIO
            break
        if interrupt_at is not None and interrupt_at in seen:
            child.send_signal(signal.SIGINT)
            interrupt_at = None
    os.close(ours)
    return child.wait(GUARD), seen.decode()


@on_posix
def test_on_a_terminal_a_bar_moves_and_is_gone_at_the_end(tmp_path):
    # Without it one stares at an empty line for an hour.
    slowly = "fake.pause = 0.15"  # longer than a bar takes to be drawn again
    code, seen = on_terminal(FAKED.format(change=slowly), tmp_path)
    plain = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", seen)
    assert code == 0
    frames = re.findall(r"(\S[a-z ]+?) +([━╸╺]+) +(\d+) % (\d+:\d\d left)?", plain)
    assert {len(bar) for _, bar, _, _ in frames} == {40}
    assert {"reading headers", "adding up"} <= {stage for stage, *_ in frames}
    shares = [int(share) for *_, share, _ in frames]
    assert shares == sorted(shares) and shares[-1] == 92
    assert "0:01 left" in plain
    assert "\x1b[?25l" in seen and "\x1b[?25h" in seen  # the cursor comes back
    assert "\x1b[1A\x1b[2K" in seen or "\x1b[2K" in seen.rpartition("━")[2]  # the bar goes
    assert plain.rstrip().splitlines()[-1].startswith("time ")


@on_posix
def test_no_color_is_heeded(tmp_path):
    # Without it the bar is unreadable where somebody has said so.
    _, seen = on_terminal(FAKED.format(change="fake.pause = 0.15"), tmp_path, NO_COLOR="1")
    colours = {code for found in re.findall(r"\x1b\[([0-9;]*)m", seen) for code in found.split(";")}
    assert "━" in seen and not colours - {"", "0", "1", "2"}  # bold and faint are none


@on_posix
def test_a_dumb_terminal_gets_lines(tmp_path):
    # Without it an editor's window is full of escapes.
    _, seen = on_terminal(FAKED.format(change=""), tmp_path, TERM="dumb")
    assert "\x1b" not in seen and " 17%  counting tiles, 0:10 left" in seen


@on_posix
def test_ctrl_c_on_a_terminal_brings_the_cursor_back(tmp_path):
    # Without it the shell's prompt has no cursor, and half a bar before it.
    forever = "fake.pause = 0.15; fake.steps = 10**9"
    code, seen = on_terminal(FAKED.format(change=forever), tmp_path, b"counting")
    assert code == 130 and seen.rstrip().endswith("cancelled") and "\x1b[?25h" in seen
    assert "Traceback" not in seen and list(tmp_path.iterdir()) == []


@on_posix
def test_force_color_makes_no_terminal_of_a_pipe(tmp_path):
    # Without it logs of machines that test have ten bars a second.
    child = python(
        FAKED.format(change=""),
        cwd=tmp_path,
        env=os.environ | {"FORCE_COLOR": "1"},
        stderr=subprocess.PIPE,
    )
    _, errors = child.communicate(timeout=GUARD)
    assert "\x1b" not in errors and errors.startswith("  0%  reading headers")


@on_posix
def test_a_reader_that_has_had_enough_is_no_failure(tmp_path):
    # Without it "| head" ends with a traceback.
    names = [f"{i:0100}.fits" for i in range(1000)]  # more than a pipe holds
    tiles = fits.BinTableHDU.from_columns([fits.Column("NAME", "105A", array=names)], name="TILES")
    path = image(tmp_path / "m.fits", np.ones(SHAPE, "f4"), None, [tiles], ZTPVERS="0")
    child = python(
        f"import sys; sys.argv = ['zetwopass', 'info', {str(path)!r}]\n"
        "from zetwopass.command import main; main()",
        stderr=subprocess.PIPE,
    )
    assert child.stdout.readline() == f"{path}\n"
    child.stdout.close()
    assert (child.wait(GUARD), child.stderr.read()) == (141, "")


@pytest.mark.parametrize("arguments", [["run", "a.fits", "-o", "out.fits"], ["info"], ["-h"]])
def test_without_a_console_it_runs(tmp_path, arguments):
    # Without it pythonw, and a scheduled task, end at the first word.
    text = FAKED.format(change="sys.stdout = sys.stderr = sys.__stdout__ = sys.__stderr__ = None")
    text = re.sub(r"sys.argv = .*", f"sys.argv = {['zetwopass', *arguments]!r}", text)
    child = python(text, cwd=tmp_path, stderr=subprocess.PIPE)
    output, errors = child.communicate(timeout=GUARD)
    assert (child.returncode, output, errors) == (0, "", "")
    assert (tmp_path / "out.fits").exists() == (arguments[0] == "run")


@pytest.mark.parametrize("encoding", ["cp1252", "cp437", "utf-8"])
def test_no_name_and_no_bar_is_more_than_a_code_page_takes(tmp_path, encoding):
    # Without it the work is done and a traceback says otherwise.
    a = image(tmp_path / "Жар.fits", np.ones(SHAPE, "f4"))
    b = image(tmp_path / "b.fits", np.zeros(SHAPE, "f4"))
    environment = os.environ | {"PYTHONIOENCODING": encoding}
    for arguments in (["info", a], ["compare", a, b], ["run", "--help"]):
        code, lines, errors = run(*arguments, env=environment, encoding=encoding)
        assert (code, errors) == (int(arguments[0] == "compare"), []) and lines


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_a_script_of_the_shell(shell):
    # Without it the line in the documentation puts an error into somebody's shell.
    code, lines, _ = run("completion", shell)
    assert code == 0 and any("_ZETWOPASS_COMPLETE" in line for line in lines)
    if shutil.which(shell):
        done = subprocess.run([shell, "-n"], input="\n".join(lines), text=True, timeout=GUARD)
        assert done.returncode == 0


def test_completion_knows_commands_and_options():
    # Without it a tab offers nothing, or what is no more.
    for words, wanted in (("zetwopass co", "compare"), ("zetwopass run --li", "--like")):
        text = "from zetwopass.command import main; main()"
        environment = os.environ | {
            **{"_ZETWOPASS_COMPLETE": "bash_complete", "COMP_WORDS": words},
            **{"COMP_CWORD": str(len(words.split()) - 1)},
        }
        child = python(text, env=environment)
        assert f"plain,{wanted}" in child.communicate(timeout=GUARD)[0].splitlines()


def test_the_console_script_is_the_same_program():
    # Without it `pip install` gives a command that is not there.
    from importlib.metadata import entry_points

    (found,) = entry_points(group="console_scripts", name="zetwopass")
    assert found.load() is zetwopass.command.main


def test_a_cause_without_room_is_no_room():
    # Without it a full disk beneath a message of ours passes for bad input.
    error = zetwopass.FileError("out.fits can't be written")
    error.__cause__ = OSError(errno.ENOSPC, "No space left on device")
    assert ends.of_failure(error).exit_code == 4


def test_version_is_one_word(here):
    # Without it a script takes a line apart.
    assert here("--version") == (0, [zetwopass.__version__], [])
