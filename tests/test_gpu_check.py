"""What measures the GPU runs, on whatever GPU there is; nothing here is about speed."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

import zetwopass

CHECK = Path(__file__).with_name("gpu_check.py")
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a script for Linux")


def run(*options: str) -> subprocess.CompletedProcess:
    command = [sys.executable, str(CHECK), "--size", "tiny", "--repeat", "1", *options]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.skipif(not zetwopass.device_info().usable, reason="there is no GPU")
def test_the_gpu_is_compared_with_the_cpu_and_with_another_program():
    """Without it the check would break unseen: where it counts nobody can mend it."""
    done = run("--rival", "numpy")
    assert done.returncode == 0, done.stdout + done.stderr
    for name in ("zetwopass, cpu", "zetwopass, gpu", "zetwopass, hybrid", "the same by numpy"):
        assert re.search(rf"^\| {name} \| \d", done.stdout, re.MULTILINE), done.stdout
    assert "numpy: mosaic within" in done.stdout


@pytest.mark.skipif(zetwopass.device_info().usable, reason="there is a GPU")
def test_without_a_gpu_the_check_fails_and_says_why():
    """Without it a check that measured nothing could pass."""
    done = run("--rival", "numpy")
    assert done.returncode == 1 and "GPU" in done.stdout
