"""Under a limit of the process a call works, or says which limit it is; the process lives."""

import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import newest
import small
import tilefiles
import zetwopass
from small import python
from zetwopass._engine import calls, ffi, limits

ABI = Path(__file__).parent / "abi"

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="limits of Linux")

# A child for each limit, forked before the library is loaded.
SWEEP = """
import hashlib, os, resource
import small, tilefiles, zetwopass
from astropy.io import fits
from zetwopass import _files, _sky
from zetwopass._engine import ffi
arguments, image = small.mosaic(), (small.mosaic(1)["tiles"][0][..., 0], small.wcs_at(0.3, 2.2))

def second_pass():
    out = zetwopass.second_pass(**arguments)
    return out.mosaic.tobytes() + out.coverage.tobytes()

def assemble():
    made = zetwopass.assemble("tiles", "out.fits", like=tilefiles.grid(), overwrite=True)
    return b"".join(array.tobytes() for array in tilefiles.mosaic(made.path))

def reproject_interp():
    return zetwopass.reproject_interp(image, small.wcs_at(0, 0), small.CANVAS)[0].tobytes()

def now(field):
    with open("/proc/self/status") as file:
        lines = dict(line.split(":") for line in file)
    return int(lines[field].split()[0]) * 1024

def outcome():
    try:
        return hashlib.sha256({call}()).hexdigest()
    except zetwopass.LimitError as err:
        return type(err).__name__ if isinstance(err, MemoryError) else "no MemoryError"

def child(limit):
    pid = os.fork()
    if not pid:
        limit()
        print(outcome(), outcome(), flush=True)
        os._exit(0)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if code:
        print("exit", code, flush=True)

child(lambda: None)
"""
MEMORY = """
for more in range(0, {end}, {step}):
    child(lambda: resource.setrlimit(resource.{name}, (now({field!r}) + (more << 20), -1)))
"""
THREADS = """
def nobody(threads):
    os.setuid(61234)  # root has no limit
    if not os.access(ffi._path(), os.R_OK):
        os._exit(77)
    resource.setrlimit(resource.RLIMIT_NPROC, (threads, threads))

for threads in range(22):
    child(lambda: nobody(threads))
"""


def swept(text, call="second_pass", **options):
    """Return the bits without a limit, and what became of all calls under one."""
    head = SWEEP.replace("{call}", call)
    child = python(head + text, stderr=subprocess.PIPE, **options)
    output, trace = child.communicate(timeout=300)
    if "exit 77" in output:
        pytest.skip("nobody else may read the library")
    first, *others = [line.split() for line in output.splitlines()]
    assert len(first[0]) == 64 and len(others) > 10, output + trace
    return first[0], {word for line in others for word in line}


@on_linux
@pytest.mark.parametrize(
    ("name", "field", "end", "step"),
    [("RLIMIT_AS", "VmSize", 1800, 47), ("RLIMIT_DATA", "VmData", 400, 17)],
)
def test_a_limit_of_memory_is_an_error_or_no_matter(name, field, end, step):
    # Without it Go's runtime ends the process.
    right, found = swept(MEMORY.format(name=name, field=field, end=end, step=step))
    assert found == {right, "LimitError"}


@on_linux
@pytest.mark.parametrize("call", ["assemble", "reproject_interp"])
def test_other_calls_under_a_limit_of_memory_are_an_error_or_no_matter(tmp_path, call):
    # Without it memory that is refused to a file's reader, or writer, is an error of no name.
    tilefiles.write(tmp_path / "tiles")
    text = MEMORY.format(name="RLIMIT_AS", field="VmSize", end=1800, step=97)
    right, found = swept(text, call, cwd=tmp_path)
    assert found == {right, "LimitError"}
    assert set(tilefiles.left(tmp_path)) <= {"out.fits", "tiles"}


@on_linux
@newest.wants("numpy", "2.0", "its OpenBLAS waits for ever for a thread that it can't have")
def test_a_limit_of_threads_is_an_error_or_no_matter():
    # Without it Go's runtime ends the process.
    if os.getuid():
        pytest.skip("wants to become somebody without threads")
    right, found = swept(THREADS)
    assert found == {right, "LimitError"}


BEYOND = """
import hashlib, resource, numpy as np, small, zetwopass
side, count, here = 1000, 80, small.wcs_at(0, 0)  # the pairs want more than the limit leaves
tiles = [np.zeros((side, side), np.float32)] * count
coverage = np.full((side, side), count, np.float32)
bits = lambda: hashlib.sha256(zetwopass.second_pass(**small.mosaic()).mosaic.tobytes()).digest()
right = bits()
with open("/proc/self/statm") as file:
    used = int(file.read().split()[0]) * resource.getpagesize()
limit = used + (400 << 20)
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
try:
    zetwopass.second_pass(tiles, [here] * count, here, coverage, workers=1)
except zetwopass.LimitError as err:
    print(err)
print(bits() == right)
"""


@on_linux
def test_a_plan_beyond_the_limit_is_refused_and_the_next_call_works():
    # Without it a large call under `ulimit -v` ends the process midway.
    child = python(BEYOND, stderr=subprocess.PIPE)
    output, trace = child.communicate(timeout=120)
    assert child.returncode == 0, trace
    message, after = output.splitlines()
    assert "address space (RLIMIT_AS, ulimit -v) is limited to " in message
    assert after == "True"


@on_linux
@pytest.mark.skipif(not shutil.which("gcc"), reason="no gcc")
def test_a_c_host_is_told_and_may_try_again(tmp_path):
    # Without it loading the library ends a C program under `ulimit -v`.
    library, program = Path(zetwopass.__file__).parent, tmp_path / "limits"
    options = [f"-L{library}", f"-Wl,-rpath,{library}", "-lzetwopass", "-o", program]
    include = ["-I", ABI.parents[1] / "include"]
    subprocess.run(["gcc", "-Wall", "-Werror", ABI / "limits.c", *include, *options], check=True)
    done = subprocess.run([program], check=False, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    name, message = done.stdout.split(" ", 1)
    assert name == "ZTP_LIMIT"
    assert message.startswith("limit of the process: address space (RLIMIT_AS, ulimit -v)")


def test_a_thread_that_python_cannot_start_is_named(monkeypatch):
    # Without it the caller gets a RuntimeError that doesn't say whose.
    def start(_thread):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", start)
    with pytest.raises(zetwopass.LimitError, match="can't start new thread.*pids.max"):
        zetwopass.second_pass(**small.mosaic())


@pytest.mark.parametrize("name", ["mosaic", "footprint", "workspace"])
def test_an_array_that_numpy_cannot_have_is_a_limit(name, monkeypatch):
    # Without it a MemoryError of NumPy's comes out, which `except zetwopass.Error` misses.
    side = 1 << 26
    with pytest.raises(zetwopass.LimitError, match="limit of the process: ") as caught:
        if name == "mosaic":
            zetwopass.second_pass(**small.mosaic(), shape_out=(side, side))
        elif name == "footprint":
            parts = list(zip(small.mosaic(1)["tiles"], small.mosaic()["tiles_wcs"], strict=True))
            parts = [(image[..., 0], wcs) for image, wcs in parts]
            zetwopass.reproject_and_coadd(parts, small.wcs_at(0, 0), (side, side))
        else:
            monkeypatch.setattr(limits, "CALL_BYTES", 1 << 60)
            zetwopass.blur_coverage(small.mosaic()["coverage"])
    assert isinstance(caught.value, MemoryError)


def test_a_library_without_room_is_a_limit(monkeypatch):
    # Without it the loader's failure reads like a broken installation.
    monkeypatch.setattr(ffi, "_library", None)
    monkeypatch.setattr(limits, "LIBRARY_BYTES", 1 << 60)
    with pytest.raises(zetwopass.LimitError, match="bytes of memory can't be had"):
        ffi.library()


def test_a_memory_error_of_the_callback_comes_out_as_it_is():
    # Without it the caller's own failure passes for the package's.
    mine = MemoryError("mine")

    def callback(_stats):
        raise mine

    with pytest.raises(MemoryError) as caught:
        zetwopass.second_pass(**small.mosaic(), callback=callback)
    assert caught.value is mine


def test_a_report_that_finds_no_memory_is_a_limit(monkeypatch):
    # Without it the caller is told that somebody cancelled the call.
    def snapshot(_stats):
        raise MemoryError

    monkeypatch.setattr(calls, "_snapshot", snapshot)
    with pytest.raises(zetwopass.LimitError, match="no memory"):
        zetwopass.second_pass(**small.mosaic())
