"""The benchmark runs and says what it claims to say; nothing here is about speed."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

import bench_table

BENCH = Path(__file__).with_name("bench.py")
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="peaks come from Linux's /proc")


@pytest.fixture(scope="module")
def bench(tmp_path_factory) -> tuple[str, dict]:
    folder = tmp_path_factory.mktemp("bench")
    options = ["--sizes", "tiny,S", "--profiles", "v4.5", "--repeat", "1", "--swarp", "never"]
    command = [sys.executable, str(BENCH), *options, "--out", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout == (folder / "bench.md").read_text()
    return done.stdout, json.loads((folder / "bench.json").read_text())


@pytest.mark.parametrize("size", ["tiny", "S"])
@pytest.mark.parametrize("what", ["zetwopass", "original"])
def test_table_has_a_row_for_every_contender_and_size(bench, what, size):
    """Without it a contender is lost in silence."""
    table, _ = bench
    assert re.search(rf"^\| {what} v4\.5, [^|]*\| {size} ", table, re.MULTILINE)


def test_json_has_what_the_table_is_made_of(bench):
    """Without it the raw numbers can't be read later."""
    _, result = bench
    assert {"machine", "versions", "sizes", "rows", "load", "small", "copy"} <= result.keys()


def test_every_row_has_wall_cpu_peak_and_stages(bench):
    """Without it an empty cell looks like a fast one."""
    _, result = bench
    wanted = ("wall_s", "cpu_s", "peak_bytes", "stages", "ratio")
    empty = [(row["what"], n) for row in result["rows"] for n in wanted if row[n] in (None, {})]
    assert empty == []


def test_stages_are_parts_of_the_whole(bench):
    """Without it a stage is lost, or counted twice."""
    _, result = bench
    for row in result["rows"]:
        assert all(seconds > 0 for seconds in row["stages"].values()), row
        assert sum(row["stages"].values()) <= row["wall_s"] * (1 + 1e-9), row


def test_peak_stays_within_plan_and_64_mb(bench):
    """Without it the promise about memory holds on paper only."""
    _, result = bench
    over = {(row["what"], row["size"]): bench_table.over_plan(row) for row in result["rows"]}
    assert over == dict.fromkeys(over, 0)
