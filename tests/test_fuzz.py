"""Random and mutated jobs for the C interface, with every array between pages nobody may touch."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import small
from zetwopass._engine import ffi

HERE = Path(__file__).parent
JOBS = 20000


@pytest.fixture(scope="module")
def fuzzer(tmp_path_factory):
    if not sys.platform.startswith("linux") or shutil.which("gcc") is None:
        pytest.skip("no gcc, or pages that are guarded otherwise")
    made = tmp_path_factory.mktemp("fuzz") / "fuzz"
    source, include = HERE / "fuzz" / "fuzz.c", HERE.parent / "include"
    flags = ["-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror", f"-I{include}"]
    subprocess.run(["gcc", *flags, "-o", made, source, "-ldl"], check=True)
    return made


def run(fuzzer, seed, jobs=JOBS):
    command = [fuzzer, ffi.library()._name, str(seed), str(jobs), str(small.GUARD)]
    return subprocess.run(command, capture_output=True, text=True, timeout=2 * small.GUARD)


def test_no_job_ends_the_process_or_writes_beside_an_array(fuzzer):
    # Without it a size, an address or a number that nobody thought of ends the host, writes what
    # is not its own, comes as an internal error, or gives other bits with other workers.
    ended = run(fuzzer, 1)
    assert ended.returncode == 0, ended.stdout + ended.stderr[:4000]
    done, right, again = (int(part.split()[0]) for part in ended.stdout.split(";")[0].split(","))
    assert done == JOBS and right > JOBS // 4 and again > JOBS // 100


def test_nothing_is_left_of_jobs_that_end_in_any_way(fuzzer):
    # Without it a host that computes for days runs out of memory, threads or files.
    ended = run(fuzzer, 10**6, 14000)
    assert ended.returncode == 0, ended.stdout + ended.stderr[:4000]
    numbers = [int(n) for n in re.findall(r"\d+", ended.stdout.split("held:")[1])]
    early, late = numbers[:3], numbers[3:]
    assert late[0] <= early[0] + 16 * 1024, ended.stdout  # kB, what Go's heap may leave
    assert late[2] == early[2], ended.stdout
    assert late[1] <= early[1] + 2, ended.stdout  # Go starts one where another waits in a call


def test_the_fuzzer_tells_the_seed_of_a_job_that_fails(fuzzer):
    # Without it what it finds can't be done again.
    command = [fuzzer, "no/library.so", "7", "1", "9"]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=small.GUARD)
    assert ended.returncode == 1 and "ended the child: exit 3" in ended.stdout
