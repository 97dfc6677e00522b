"""Windows's own traps: consoles, programs without one, long paths, libraries of others."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import small
import tile_forms
import zetwopass
from small import GUARD, python

pytestmark = pytest.mark.skipif(sys.platform != "win32", reason="traps of Windows")

PACKAGE = Path(zetwopass.__file__).parent
CONSOLE = getattr(subprocess, "CREATE_NEW_CONSOLE", 0)

INTERRUPTED = """
import os, signal
import held, small, zetwopass
held.at("background", lambda: os.kill(0, signal.CTRL_C_EVENT))
try:
    zetwopass.second_pass(**small.mosaic())
except KeyboardInterrupt:
    print("interrupted", flush=True)
    zetwopass.blur_coverage(small.mosaic()["coverage"], sigma=2)
    print("goes on")
"""


def test_a_consoles_ctrl_c_ends_a_call_and_nothing_else():
    # Without it Ctrl-C in a window waits for the end, or Go's runtime ends the process.
    child = python(INTERRUPTED, stderr=subprocess.PIPE, creationflags=CONSOLE)
    output, trace = child.communicate(timeout=GUARD)
    assert (child.returncode, output.split("\n")[:2]) == (0, ["interrupted", "goes on"]), trace


WINDOWED = """
import sys
sys.stdout = sys.stderr = None  # as pythonw.exe has them; wine leaves them open
import small, zetwopass
found = zetwopass.second_pass(**small.mosaic(), progress=True)
with open(sys.argv[1], "w") as file:
    file.write(str(found.gains.size))
"""


def test_a_program_without_a_console_shows_no_bar_and_computes(tmp_path):
    # Without it a GUI's worker fails at the first line that somebody prints.
    told, script = tmp_path / "told", tmp_path / "program.py"
    paths = [str(PACKAGE.parent), str(Path(__file__).parent)]
    script.write_text(f"import sys; sys.path[:0] = {paths!r}\n{WINDOWED}", encoding="utf-8")
    subprocess.run([sys.executable, script, told], check=True, timeout=GUARD)
    assert told.read_text() == "2"


def long_folder(parent: Path) -> Path:
    """Return a folder whose name is beyond what Windows took once, 260 letters."""
    folder = parent
    while len(str(folder)) < 300:
        folder = folder / ("x" * 40)
    return folder


def test_a_package_at_a_long_path_loads_its_library(tmp_path):
    # Without it an installation deep in a profile is said to have no library.
    folder = long_folder(tmp_path) / "zetwopass"
    try:
        shutil.copytree(PACKAGE, folder)
    except OSError:
        pytest.skip("this Windows has long paths off")
    text = (
        f"import sys; sys.path.insert(0, {str(folder.parent)!r}); "
        "import zetwopass; print(zetwopass.device_info().simd, zetwopass.__file__)"
    )
    done = subprocess.run(
        [sys.executable, "-c", text], capture_output=True, text=True, timeout=GUARD
    )
    assert str(folder) in done.stdout, done.stderr


@pytest.mark.parametrize("name", ["libzetwopass.dll", "nvcuda.dll"])
def test_a_library_of_the_working_folder_or_the_path_is_not_loaded(tmp_path, name):
    # Without it a file in the folder of somebody's tiles runs in the program that opens them.
    (tmp_path / name).write_bytes(b"not a library")
    environment = os.environ | {"PATH": f"{tmp_path};{os.environ['PATH']}"}
    text = "import zetwopass; print(zetwopass.device_info())"
    child = python(text, cwd=tmp_path, env=environment)
    output, _ = child.communicate(timeout=GUARD)
    assert output.strip() == str(zetwopass.device_info())


def test_a_mosaic_that_another_program_has_open_is_refused_at_the_start(tmp_path):
    # Without it hours are computed for a file that can't be replaced in the end.
    files, _ = tile_forms.mosaic(tmp_path)
    output, seen = tmp_path / "out.fits", []
    output.write_text("old")
    with open(output), pytest.raises(zetwopass.WriteError, match="another program"):
        zetwopass.assemble(
            files["tiles"], output, like=small.colour(), overwrite=True, callback=seen.append
        )
    assert (seen, output.read_text()) == ([], "old")
