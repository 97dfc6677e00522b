"""A missing or broken library is told wherever the speed would be lost, and what helps."""

import logging
import shutil
import subprocess
import sys
import zipfile
from importlib.metadata import entry_points
from pathlib import Path

import pytest

import small
import zetwopass
from application import is_ours
from dropin import gains, warnings_of, worker
from rivals import places
from zetwopass import LibraryError
from zetwopass._engine import ffi, remedy
from zetwopass.zemosaic import block_status, put_block, remove_block

PACKAGE = Path(zetwopass.__file__).parent
NAMES = ("run_second_pass_coverage_renorm", "compute_per_tile_gains_from_coverage")


def lost():
    """Return what is said of the library."""
    with pytest.raises(LibraryError) as caught:
        zetwopass.second_pass(**small.mosaic())
    return str(caught.value)


def test_a_missing_library_says_where_it_should_be_and_what_helps(unloaded):
    # Without it the user sees an OSError of the loader.
    said = lost()
    assert f"is not at {unloaded}; this is {sys.platform} on " in said
    assert "a wheel for this system" in said and "./build.sh" in said


@pytest.mark.parametrize(
    ("where", "name"), [(sys, "frozen"), (remedy, "__compiled__")], ids=["PyInstaller", "Nuitka"]
)
def test_a_frozen_program_is_told_how_to_freeze(unloaded, monkeypatch, where, name):
    # Without it its maker looks for a wheel, which he has.
    monkeypatch.setattr(where, name, True, raising=False)
    said = lost()
    assert "--collect-binaries zetwopass" in said and "wheel" not in said
    assert f"--include-data-files=FOLDER/{unloaded.name}=zetwopass/{unloaded.name}" in said


def test_the_library_of_another_system_is_named(unloaded):
    # Without it a folder copied from another system looks whole.
    other = unloaded.with_suffix(".other")
    other.write_bytes(b"")
    assert f"{unloaded}, where there is {other.name} of another system" in lost()


def test_a_package_in_an_archive_names_the_archive(tmp_path):
    # Without it a place inside of a file is looked for.
    archive = tmp_path / "library.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for path in PACKAGE.rglob("*.py"):
            file.write(path, path.relative_to(PACKAGE.parent))
    text = "import sys; sys.path.insert(0, sys.argv[1]); import zetwopass; zetwopass.device_info()"
    done = subprocess.run(
        [sys.executable, "-c", text, archive],
        capture_output=True,
        text=True,
        timeout=small.GUARD,
    )
    assert "inside of the archive library.zip, from which no library" in done.stderr


def test_a_file_that_is_no_library_says_so(unloaded):
    # Without it a broken installation looks like a defect.
    unloaded.write_text("not a library")
    said = lost()
    assert f"{unloaded} can't be used: " in said and "a wheel for this system" in said


@pytest.mark.skipif(not shutil.which("gcc"), reason="no gcc")
def test_a_library_of_another_version_is_refused(unloaded, tmp_path):
    # Without it structs of another layout are read as ours.
    names = [name for name in ffi._SIGNATURES if name != "ztp_abi_version"]
    text = "unsigned ztp_abi_version(void) { return 99; }\n"
    text += "".join(f"void {name}(void) {{}}\n" for name in names)
    source = tmp_path / "other.c"
    source.write_text(text)
    subprocess.run(["gcc", "-shared", "-fPIC", source, "-o", unloaded], check=True)
    with pytest.raises(LibraryError, match="C interface 99, this package wants 1; this is "):
        ffi.library()


# Where the speed would be lost


@pytest.mark.usefixtures("unloaded")
@pytest.mark.parametrize("scope", ["second-pass", "phase5"])
def test_install_refuses_at_once_and_replaces_nothing(scope):
    # Without it nobody knows before the first call that it will be slow.
    module = worker()
    before, theirs = dict(vars(module)), places()
    with pytest.raises(LibraryError, match="is not at"):
        zetwopass.install(module, scope=scope)
    assert vars(module) == before and places() == theirs


@pytest.mark.usefixtures("unloaded")
def test_accelerate_refuses_at_once_and_replaces_nothing():
    # Without it every call of reproject's is refused first, and slow then.
    theirs = places()
    with pytest.raises(LibraryError, match="is not at"):
        zetwopass.accelerate()
    assert places() == theirs


class Controller:
    """A controller of telemetry like ZeMosaic's: what it calls back shows texts in the window."""

    enabled = False

    def __init__(self):
        self.shown = []

    def _callback(self, text, progress, level, **others):
        self.shown.append((level, text))


def test_a_call_goes_to_the_original_and_tells_log_and_window(unloaded, caplog):
    # Without it the second pass takes minutes again, and nobody who looks at the window knows why.
    unloaded.write_text("not a library")
    module, window = worker(), Controller()
    zetwopass.install(module)
    found = module.run_second_pass_coverage_renorm(**small.drop_in(telemetry_ctrl=window))
    assert found == ("mosaic", [0.5, 0.5])
    (said,) = warnings_of(caplog)
    assert said.startswith("[TwoPass] LibraryError; the replaced function takes over: the library")
    ((level, shown),) = window.shown
    assert level == "WARN" and shown.startswith("[zetwopass] not in use, the replaced function")
    assert said.endswith("./build.sh") and shown.endswith("./build.sh")


@pytest.mark.usefixtures("unloaded")
def test_alone_there_is_a_warning_and_no_gain(caplog):
    # Without it gains of one look computed.
    assert gains() == [1.0, 1.0]
    assert "nothing takes over: the library of zetwopass is not at" in warnings_of(caplog)[0]


@pytest.mark.usefixtures("unloaded")
def test_a_window_that_fails_costs_a_warning(caplog):
    # Without it a closed queue stops the original's second pass too.
    window = Controller()
    window._callback = lambda *_: 1 / 0
    assert zetwopass.run_second_pass_coverage_renorm(**small.drop_in(telemetry_ctrl=window)) is None
    assert warnings_of(caplog)[1].startswith("[TwoPass] telemetry_ctrl._callback failed: ZeroDiv")


@pytest.mark.parametrize("scope", ["second-pass", "phase5"])
def test_a_worker_file_says_it_to_the_log_and_then_to_the_window(
    zemosaic, imported, request, caplog, scope
):
    # Without it only who reads the log of an import knows why Phase 5 is slow.
    put_block(str(zemosaic), scope)
    path = request.getfixturevalue("unloaded")
    theirs = places()
    module = imported()
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert "[zetwopass] not in use, ZeMosaic computes with its own: Lib" in record.getMessage()
    assert repr(f"is not at {path}").strip("'") in record.getMessage()  # the repr of an error
    assert [is_ours(getattr(module, name)) for name in NAMES] == [True, True]
    assert module.reproject_interp.__module__.startswith("reproject.") and places() == theirs
    window = Controller()
    result = module.run_second_pass_coverage_renorm(**small.drop_in(telemetry_ctrl=window))
    assert result == ("mosaic", "coverage")
    ((level, shown),) = window.shown
    assert level == "WARN" and f"is not at {path}" in shown


def test_a_worker_of_an_unknown_kind_stays_as_it_is(zemosaic, imported, request, caplog):
    # Without it a missing library breaks what it can't even replace.
    put_block(str(zemosaic), "second-pass")
    path = zemosaic / "zemosaic_worker.py"
    path.write_text(path.read_text().replace("tile_weights=None", "weighs=None"))
    request.getfixturevalue("unloaded")
    assert not any(is_ours(getattr(imported(), name)) for name in NAMES)
    assert "LibraryError" in caplog.records[0].getMessage()


def test_a_worker_file_is_not_changed_where_the_library_is_missing(zemosaic, request):
    # Without it "is put in" is said of what will never be in use.
    path = zemosaic / "zemosaic_worker.py"
    before = path.read_bytes()
    request.getfixturevalue("unloaded")
    with pytest.raises(LibraryError, match="is not at"):
        put_block(str(zemosaic), "phase5")
    assert path.read_bytes() == before and [p.name for p in zemosaic.glob("*.before*")] == []


def test_status_says_whether_the_library_can_be_used(zemosaic, request):
    # Without it the block is there, and nothing says that it does nothing.
    put_block(str(zemosaic), "second-pass")
    assert block_status(str(zemosaic)).endswith("and this Python can use it")
    path = request.getfixturevalue("unloaded")
    assert f"this Python can't use it: the library of zetwopass is not at {path}" in block_status(
        str(zemosaic)
    )


def test_the_block_is_taken_out_without_the_library(zemosaic, request):
    # Without it a broken package can't be got rid of.
    put_block(str(zemosaic), "second-pass")
    request.getfixturevalue("unloaded")
    assert remove_block(str(zemosaic)).endswith("the file is what it was")


def test_pyinstaller_is_told_of_the_hook():
    # Without it programs are frozen without the library.
    (ours,) = (e for e in entry_points(group="pyinstaller40") if e.value.startswith("zetwopass."))
    (folder,) = ours.load()()
    assert (Path(folder) / "hook-zetwopass.py").is_file()
