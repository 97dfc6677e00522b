"""A call can be watched and stopped, and leaves nothing behind."""

import gc
import os
import signal
import subprocess
import sys
import threading
import weakref

import pytest

import held
import small
import zetwopass
from small import python
from zetwopass._engine import Job, Settings, calls, structs


def test_the_callback_sees_the_stages_in_order_on_its_own_thread():
    # Without it a GUI is touched from a foreign thread, or its bar goes back.
    seen, threads = [], set()

    def watch(stats):
        seen.append(stats)
        threads.add(threading.get_ident())

    zetwopass.second_pass(**small.mosaic(), callback=watch)
    assert threads == {threading.get_ident()}
    stages = list(dict.fromkeys(stats.stage for stats in seen))
    assert stages == [stage for stage in structs.STAGES if stage in stages]
    assert {"start", "gains", "reproject", "done"} <= set(stages)
    fractions = [stats.fraction for stats in seen]
    assert fractions == sorted(fractions) and fractions[-1] == 1
    assert all(type(value) in (int, float, bool, str, type(None)) for s in seen for value in s)


def test_a_bar_follows_the_call():
    # Without it progress=True shows nothing, or swallows the callback.
    made, seen = [], []

    class Bar:
        def __init__(self, **options):
            self.n = 0.0
            made.append(self)

        __enter__ = lambda self: self
        __exit__ = lambda self, *_: None
        set_description = lambda self, text, refresh: None

        def update(self, step):
            self.n += step

    zetwopass.second_pass(**small.mosaic(), progress=Bar, callback=seen.append)
    assert made[0].n == pytest.approx(1)
    assert seen


def test_an_exception_of_the_callback_ends_the_call(monkeypatch):
    # Without it an error is lost, or the library writes on to arrays that are gone.
    held.at("background", patch=monkeypatch.setattr)
    seen = []

    def fail(stats):
        seen.append(stats)
        if stats.stage == "background":
            raise KeyError("enough")

    with pytest.raises(KeyError, match="enough"):
        zetwopass.second_pass(**small.mosaic(), callback=fail)
    assert seen[-1].stage == "background"
    assert not [t for t in threading.enumerate() if t.name == "zetwopass"]


def test_ctrl_c_ends_a_plan(monkeypatch):
    # Without it a plan of many tiles holds Ctrl-C back to its end.
    seen = []

    def interrupted(*_):
        raise KeyboardInterrupt

    def cancelled(thread):
        seen.append(job.struct.cancel.contents.value)
        thread.join()

    job = Job(Settings(), coverage=(40, 60), blurred=(40, 60), mosaic_shape=(40, 60, 1))
    monkeypatch.setattr(calls, "_deliver", interrupted)
    monkeypatch.setattr(calls, "_join", cancelled)
    with pytest.raises(KeyboardInterrupt):
        job.plan()
    assert seen == [1]


@pytest.mark.skipif(sys.platform == "win32", reason="os.kill knows no SIGINT")
@pytest.mark.parametrize("stage", structs.STAGES[:-1])
def test_a_signal_ends_a_call_without_a_callback(monkeypatch, stage):
    # Without it Ctrl-C waits for the end of the call, or of one of its stages.
    running = []

    def interrupt(*_):
        running.extend(thread.name for thread in threading.enumerate())
        raise KeyboardInterrupt

    held.at(stage, lambda: os.kill(os.getpid(), signal.SIGINT), monkeypatch.setattr)
    before = signal.signal(signal.SIGINT, interrupt)
    try:
        with pytest.raises(KeyboardInterrupt):
            zetwopass.second_pass(**small.mosaic())
    finally:
        signal.signal(signal.SIGINT, before)
    assert "zetwopass" in running
    assert not [t for t in threading.enumerate() if t.name == "zetwopass"]


INTERRUPTED = """
import signal, threading, held, small, zetwopass
held.at("background")
signal.signal(signal.SIGINT, signal.default_int_handler)  # a background job inherits "ignore"
try:
    zetwopass.second_pass(**small.mosaic(), callback=lambda s: print(s.stage, flush=True))
    print("finished", flush=True)
except KeyboardInterrupt:
    print("interrupted, threads:", threading.active_count(), flush=True)
    raise
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT for a child")
def test_ctrl_c_ends_the_process_in_the_middle_of_a_call():
    # Without it the user has to kill a mosaic that is not wanted any more.
    child = python(INTERRUPTED, stderr=subprocess.PIPE)
    try:
        while child.stdout.readline().strip() != "background":
            assert child.poll() is None
        child.send_signal(signal.SIGINT)
        output, trace = child.communicate(timeout=small.GUARD)
    finally:
        child.kill()
    assert "interrupted, threads: 1" in output and "finished" not in output
    assert trace.rstrip().endswith("KeyboardInterrupt")


def test_nothing_is_left_behind():
    # Without it every call leaks its tiles.
    arguments = small.mosaic()
    watched = weakref.ref(arguments["tiles"][0])
    gc.collect()
    gc.disable()
    try:
        zetwopass.second_pass(**arguments, callback=lambda stats: None)
        arguments.clear()
        assert watched() is None
    finally:
        gc.enable()
    assert not [t for t in threading.enumerate() if t.name == "zetwopass"]


def test_a_second_ctrl_c_does_not_leave_the_call_behind():
    # Without it the library writes on while the caller believes that it has stopped.
    class Stubborn:
        """A thread that is interrupted twice while it is waited for."""

        left = 3

        def is_alive(self):
            return self.left > 0

        def join(self, _timeout):
            self.left -= 1
            if self.left:
                raise KeyboardInterrupt

    thread = Stubborn()
    with pytest.raises(KeyboardInterrupt):
        calls._join(thread)
    assert thread.left == 0
