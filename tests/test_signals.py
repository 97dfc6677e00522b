"""Signals of the host: their handlers harm nothing, come in time, and find things as they were."""

import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import zetwopass
from small import python

ABI = Path(__file__).parent / "abi"

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or not shutil.which("gcc"), reason="wants gcc on Linux"
)


@pytest.fixture(scope="module")
def handler(tmp_path_factory):
    """Return a library of handlers, compiled."""
    library = tmp_path_factory.mktemp("handler") / "handler.so"
    source = ABI / "handler.c"
    subprocess.run(
        ["gcc", "-O1", "-shared", "-fPIC", "-pthread", source, "-o", library], check=True
    )
    return library


STORM = """
import ctypes
import numpy as np, zetwopass
image = np.random.default_rng(0).random((700, 700), np.float32)
blur = lambda: zetwopass.blur_coverage(image, sigma=20).tobytes()
right = blur()
handler = ctypes.CDLL({library!r})
number = {number}
handler.install(number, {flags}, {size})
handler.begin(number)
same = 0
while handler.seen() < 20000 or same < 20:
    assert blur() == right
    same += 1
handler.end()
print("as ever")
"""
ON_STACK, KB = 0x08000000, 1024


@pytest.mark.parametrize(
    ("name", "flags", "size"),
    [
        ("SIGUSR1", ON_STACK, 16 * KB),
        ("SIGUSR1", 0, 64),
        ("SIGUSR1", 0, 32 * KB),
        ("SIGALRM", 0, 32 * KB),
        ("SIGCHLD", 0, 32 * KB),
        ("SIGPROF", 0, 32 * KB),
    ],
)
def test_a_storm_of_signals_changes_no_bit(handler, name, flags, size):
    # Without it a handler runs on a stack of Go's, and overwrites the heap beside it.
    number = getattr(signal, name).value
    child = python(
        STORM.format(library=str(handler), number=number, flags=flags, size=size),
        stderr=subprocess.PIPE,
    )
    output, trace = child.communicate(timeout=120)
    assert (child.returncode, output) == (0, "as ever\n"), trace[-2000:]


def test_a_c_host_has_its_signals_and_its_thread_as_it_left_them(tmp_path):
    # Without it a C program misses signals during a call, or ever after.
    library, program = Path(zetwopass.__file__).parent, tmp_path / "signals"
    subprocess.run(
        ["gcc", "-std=gnu99", "-Wall", "-Wextra", "-Werror", "-pthread", ABI / "signals.c"]
        + ["-I", ABI.parents[1] / "include", f"-L{library}", f"-Wl,-rpath,{library}"]
        + ["-lzetwopass", "-o", program],
        check=True,
    )
    done = subprocess.run([program], check=False, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
