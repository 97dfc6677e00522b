"""One library serves machines with and without an NVIDIA driver: none may stop it or Python."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import small
import zetwopass
from small import python

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="asks Linux's loader and nm")
LIBRARY = Path(zetwopass.__file__).parent / "libzetwopass.so"
FAKE = Path(__file__).parents[1] / "build" / "fake"

BLUR = """
import small, zetwopass
print(zetwopass.blur_coverage(small.mosaic()["coverage"]).tobytes().hex())
"""


def test_the_library_under_test_has_cuda():
    # Without it the other tests here say nothing.
    assert b"libcuda.so.1\0" in LIBRARY.read_bytes(), "run ./build.sh cuda"


@pytest.mark.parametrize(
    ("folder", "settings"),
    [
        ("nowhere", {}),
        (FAKE, {"ZTP_FAKE_DEVICES": "0"}),
        (FAKE, {"ZTP_FAKE_INIT": "100"}),
        (FAKE, {"ZTP_FAKE_INIT": "999"}),
    ],
    ids=["no driver", "no device", "no device, it says", "a broken driver"],
)
def test_a_machine_without_gpu_computes_the_same(folder, settings):
    # Without it `import` or the first call ends the process, with no message from Python.
    assert folder == "nowhere" or (FAKE / "libcuda.so.1").exists(), "run ./build.sh fake"
    child = python(BLUR, env={"LD_LIBRARY_PATH": str(folder), **settings})
    out, _ = child.communicate(timeout=small.GUARD)
    assert child.returncode == 0
    here = zetwopass.blur_coverage(small.mosaic()["coverage"])
    found = np.frombuffer(bytes.fromhex(out), np.float32).reshape(here.shape)
    np.testing.assert_array_equal(found, here)


def lines_of(*command):
    return subprocess.run([*command, LIBRARY], capture_output=True, text=True, check=True).stdout


def test_the_library_needs_libc_alone():
    # Without it a machine without driver can't load the library.
    needed = set(re.findall(r"NEEDED.*\[(.+)\]", lines_of("readelf", "-d")))
    assert "libc.so.6" in needed
    assert {name for name in needed if not name.startswith("ld-linux")} == {"libc.so.6"}


def test_the_library_shows_none_of_the_drivers_functions():
    # Without it our cuInit would stand in for the driver's in CuPy.
    names = re.findall(r" \w (\w+)$", lines_of("nm", "-D", "--defined-only"), re.MULTILINE)
    assert names
    assert [name for name in names if not name.startswith("ztp_")] == []
