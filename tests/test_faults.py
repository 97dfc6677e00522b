"""Whatever a host does to a call, it gets its result or a typed error, and lives on."""

import ctypes
import multiprocessing
import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import bits
import small
import zetwopass
from dropin import same
from small import python
from test_files_targets import COVERAGE, made
from zetwopass._engine import Outputs, ffi, structs

CANCELLED = 300
STAGES = structs.STAGES[:-1]
has_fork = pytest.mark.skipif(
    "fork" not in multiprocessing.get_all_start_methods(), reason="no fork"
)


# The callback


class Mine(Exception):
    """What a callback raises."""


@pytest.mark.parametrize("stage", structs.STAGES)
def test_what_a_callback_raises_comes_out_at_every_stage(stage):
    # Without it an error of the caller's is lost, or the library writes on to what is gone.
    seen = []

    def fail(stats):
        seen.append(stats.stage)
        if stats.stage == stage:
            raise Mine

    with pytest.raises(Mine):
        zetwopass.second_pass(**small.mosaic(), callback=fail)
    assert seen[-1] == stage
    assert not [t for t in threading.enumerate() if t.name == "zetwopass"]


def test_a_callback_that_waits_changes_no_bit():
    # Without it a window that is slow to draw loses what the library tells meanwhile, or more.
    one, seen = zetwopass.second_pass(**small.mosaic()), []

    def wait(stats):
        time.sleep(0.02)
        seen.append(stats.stage)

    assert same(one[:5], zetwopass.second_pass(**small.mosaic(), callback=wait)[:5])
    assert seen[0] == "start" and seen[-1] == "done"


def test_a_callback_that_calls_again_gets_its_result_and_so_does_the_call():
    # Without it a host that draws a preview in its callback hangs.
    one, inner = zetwopass.second_pass(**small.mosaic()), []
    again = lambda _: inner.append(zetwopass.second_pass(**small.mosaic()))
    outer = zetwopass.second_pass(**small.mosaic(), callback=again)
    assert len(inner) > 3
    assert all(same(one[:5], found[:5]) for found in (outer, *inner))


def test_a_callback_in_c_may_call_the_library_again():
    # Without it the thread that calls waits for itself: there on_stats runs in the middle.
    jobs = [job_of_arrays() for _ in range(2)]
    found = []

    @structs.StatsFunction
    def again(_stats, _user):
        found.append(ffi.library().ztp_second_pass(jobs[1].struct, None))

    jobs[0].struct.on_stats = again
    assert ffi.library().ztp_second_pass(jobs[0].struct, None) == 0
    assert len(found) > 3 and set(found) == {0}
    assert jobs[0].offsets.tolist() == jobs[1].offsets.tolist()


def job_of_arrays():
    outputs = Outputs(np.empty((*COVERAGE, 3), "f4"), np.empty(COVERAGE, "f4"))
    return made(small.mosaic(), outputs)


@pytest.mark.parametrize("stage", range(len(STAGES)), ids=STAGES)
def test_a_cancel_at_any_stage_is_answered_with_its_status(stage):
    # Without it a host believes in a mosaic that was never finished, or waits to its end.
    job, flag, error = job_of_arrays(), ctypes.c_int32(0), structs.Error()

    @structs.StatsFunction
    def cancel(stats, _user):
        flag.value |= stats.contents.stage >= stage

    job.struct.on_stats, job.struct.cancel = cancel, ctypes.pointer(flag)
    status = ffi.library().ztp_second_pass(job.struct, error)
    assert (status, error.status, flag.value) == (CANCELLED, CANCELLED, 1)


# Threads and processes


def test_eight_threads_with_jobs_of_their_own_get_what_each_gets_alone():
    # Without it a buffer of one job is taken for another's, of another size.
    names = [name for name in bits.JOBS if name.startswith(("second pass", "planes", "reproj"))]
    known = dict(line.split(" ", 1)[::-1] for line in bits.KNOWN.read_text().splitlines())
    with ThreadPoolExecutor(8) as pool:
        runs = {name: pool.submit(bits.result, name, 1 + n % 3) for n, name in enumerate(names)}
        found = {name: run.result(timeout=small.GUARD) for name, run in runs.items()}
    assert found == {name: known[name] for name in names}


COPIES = """
import pathlib, shutil, threading
from concurrent.futures import ThreadPoolExecutor
import bits
from zetwopass._engine import ffi

first = ffi.library()
second = ffi._load(pathlib.Path(shutil.copy(first._name, {folder!r})))
here = threading.local()
ffi.library = lambda: here.library

def run(library):
    here.library = library
    return [f"{{bits.result(name, 2)}} {{name}}" for name in bits.JOBS]

with ThreadPoolExecutor(2) as pool:
    found = list(pool.map(run, (first, second)))
print(first._handle != second._handle, found == [bits.KNOWN.read_text().splitlines()] * 2)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="two of Go's runtimes are untested there")
def test_two_copies_of_the_library_in_one_process_compute_at_once(tmp_path):
    # Without it a program with two plugins that each bring one loses both.
    child = python(COPIES.format(folder=str(tmp_path)), stderr=subprocess.PIPE)
    output, trace = child.communicate(timeout=small.GUARD)
    assert (child.returncode, output, trace) == (0, "True True\n", "")


DAEMON = """
import os, sys
import small, zetwopass

if os.fork():
    os.wait()
    sys.exit()
os.setsid()
if os.fork():
    os._exit(0)
os.chdir("/")
os.umask(0)
for file in (0, 1, 2):
    os.close(file)
found = zetwopass.second_pass(**small.mosaic()).mosaic.tobytes()
with open({path!r}, "wb") as file:
    file.write(found)
with open({fifo!r}, "w") as file:
    file.write("done")
"""


@has_fork
def test_a_daemon_without_terminal_and_files_computes(tmp_path):
    # Without it a server loses its first call: to descriptors that are closed, to a parent gone.
    path, fifo = tmp_path / "mosaic", tmp_path / "fifo"
    os.mkfifo(fifo)
    child = python(DAEMON.format(path=str(path), fifo=str(fifo)))
    assert fifo.read_text() == "done"
    assert child.wait(small.GUARD) == 0
    assert path.read_bytes() == zetwopass.second_pass(**small.mosaic()).mosaic.tobytes()


# The end of the interpreter

HELD = """
import threading, held, small, zetwopass
there = threading.Event()
held.at({stage!r}, there.set)
threading.Thread(target=lambda: zetwopass.second_pass(**small.mosaic()), daemon=True).start()
there.wait()
"""
COMPUTING = """
import threading, numpy as np, zetwopass
there, image = threading.Event(), np.ones((2000, 2000), np.float32)
def work():
    while True:
        zetwopass.blur_coverage(image, sigma=20, callback=lambda _: there.set())
threading.Thread(target=work, daemon=True).start()
there.wait()
"""
WAITED_FOR = """
import threading, small, zetwopass
there = threading.Event()
def work():
    found = zetwopass.second_pass(**small.mosaic(), callback=lambda _: there.set())
    print(found.device, flush=True)
threading.Thread(target=work).start()
there.wait()
"""
AT_EXIT = """
import atexit, small, zetwopass
def last():
    try:
        print(zetwopass.second_pass(**small.mosaic()).device)
    except zetwopass.LimitError:  # no thread can be started any more, from Python 3.12 on
        print("cpu")
atexit.register(last)
"""
FROM_CALLBACK = """
import {module}, small, zetwopass
zetwopass.second_pass(**small.mosaic(), callback=lambda _: {module}.{exit}(7))
"""


FAULTS_UNDER_WINE = pytest.mark.skipif(
    sys.platform == "win32", reason="under wine it ends in an access violation, one time in eight"
)


@pytest.mark.parametrize(
    ("text", "code", "output"),
    [
        *[pytest.param(HELD.format(stage=s), 0, "", id=f"at {s}") for s in ("start", "reproject")],
        pytest.param(COMPUTING, 0, "", id="while it computes", marks=FAULTS_UNDER_WINE),
        pytest.param(WAITED_FOR, 0, "cpu\n", id="that waits"),
        pytest.param(AT_EXIT, 0, "cpu\n", id="at exit"),
        pytest.param(FROM_CALLBACK.format(module="sys", exit="exit"), 7, "", id="sys.exit"),
        pytest.param(FROM_CALLBACK.format(module="os", exit="_exit"), 7, "", id="os._exit"),
    ],
)
def test_the_interpreter_ends_during_a_call_as_it_should(text, code, output):
    # Without it a program that is closed while it computes ends in a crash, or never.
    child = python(text, stderr=subprocess.PIPE)
    try:
        found, trace = child.communicate(timeout=small.GUARD)
    finally:
        child.kill()
    assert (child.returncode, found, trace) == (code, output, "")
