"""The benchmark runs and says what it claims to say; nothing here is about speed."""

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import bench_cancel
import bench_compare
import bench_floor
import bench_stages
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
    wanted = {"machine", "versions", "sizes", "rows", "load", "small", "rates", "compared"}
    assert wanted <= result.keys()


@pytest.mark.parametrize(
    "head", ["threads", "measured / floor", "gains", "blur of", "warp + coadd of 3 channels, tiny"]
)
def test_report_has_the_table(bench, head):
    """Without it a table is lost in silence."""
    table, _ = bench
    assert re.search(rf"^\| {re.escape(head)}", table, re.MULTILINE)


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


MOSAIC = {"tiles": 2, "tile_shape": [3, 5, 3], "canvas": [4, 10]}
RATES = [
    {"threads": 1, "copy_bytes_per_s": 100.0, "flops_per_s": 1000.0},
    {"threads": 2, "copy_bytes_per_s": 200.0, "flops_per_s": 2000.0},
]


def row(size: str = "M", workers: int = 1, **other) -> dict:
    """Return a row of the second pass, 1 s a stage but for other values."""
    stages = dict.fromkeys(("maps", "blur", "gains", "background", "reproject"), 1.0)
    what = f"zetwopass v4.5, {workers}"
    known = {"what": what, "size": size, "kind": "zetwopass", "profile": "v4.5", "wall_s": 5.0}
    return known | {"workers": workers, "stages": stages, "cpu_s": 5.0} | other


def cells(table: list[str]) -> list[list[str]]:
    """Return the body of a table as it reads."""
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table[2:]]


def test_a_pass_reads_tiles_and_coverage_once_and_writes_mosaic_and_coverage_once():
    """Without it the floor of the bytes is any number."""
    assert bench_floor.pass_bytes(MOSAIC) == 4 * (2 * 3 * 5 * 3 + 40 + 40 * 3 + 40)


@pytest.mark.parametrize(("profile", "planes"), [("v4.2", 1), ("v4.5", 2)])
def test_the_blur_takes_134_operations_a_pixel_and_plane(profile, planes):
    """Without it the floor of the blur is any number."""
    assert bench_floor.blur_operations(MOSAIC, profile) == 134 * 40 * planes


@pytest.mark.parametrize(("workers", "threads"), [(1, 1), (2, 2), (3, 2)])
def test_a_row_is_held_against_no_more_threads_than_it_has_workers(workers, threads):
    """Without it two workers look twice as near to the floor."""
    floor = bench_floor.floors(row(workers=workers), MOSAIC, RATES)
    assert floor == {"bytes_s": 11.6 / threads, "blur_s": 10.72 / threads}


def test_a_floor_does_not_rise_where_two_threads_are_slower_than_one():
    """Without it a busy second core brings a row nearer to its floor."""
    slow = {"threads": 2, "copy_bytes_per_s": 50.0, "flops_per_s": 500.0}
    floor = bench_floor.floors(row(workers=2), MOSAIC, [RATES[0], slow])
    assert floor == bench_floor.floors(row(workers=1), MOSAIC, RATES)


def test_floors_stand_beside_the_measured_seconds():
    """Without it a ratio is read from the wrong column."""
    table = bench_floor.floor_table([row(), row(kind="original")], {"M": MOSAIC}, RATES)
    assert cells(table) == [
        ["zetwopass v4.5, 1", "M", "5.00", "11.6", "0.43", "1.00", "10.7", "0.093"]
    ]


def test_warp_counts_tile_pixels_once_for_all_channels():
    """Without it the contenders are counted by different measures."""
    rows = [row(), row(workers=2), row(what="SWarp", kind="swarp", cpu_s=15.0)]
    size = MOSAIC | {"tile_shape": [1000, 1500, 3]}
    table = bench_compare.warp_table("M", rows, size, {"pixels": 1_500_000, "cpu_s": 50.0})
    assert cells(table) == [
        ["zetwopass v4.5, 1", "3", "1"],
        ["reproject_interp, no coadd", "0.03", "100"],
        ["SWarp", "0.2", "15"],
    ]


def test_swarp_has_no_row_where_it_is_not_installed():
    """Without it a missing program ends the benchmark."""
    rows = [row(), row(kind="swarp", cpu_s=None, workers=None)]
    table = bench_compare.warp_table("M", rows, MOSAIC, {"pixels": 15, "cpu_s": 1.0})
    assert len(cells(table)) == 2


def test_gains_stand_beside_the_original_of_the_same_size_and_profile():
    """Without it a ratio compares two maths or two mosaics."""
    original = row(kind="original", stages={"gains": 155.0})
    rows = [row(), row(size="L"), row(profile="v4.2"), original]
    assert cells(bench_compare.gain_table(rows)) == [
        ["zetwopass v4.5, 1", "M", "1.00", "155", "155"]
    ]


def test_the_series_is_in_ms_a_tile_and_other_sizes_are_left_out():
    """Without it tiles of other shapes look like scaling."""
    sizes = {"M": MOSAIC, "T10": MOSAIC | {"tiles": 10}}
    table = bench_compare.tile_table([row(), row(size="T10")], sizes)
    assert cells(table) == [["zetwopass v4.5, 1", "10", *["500.00"] * 2, *["100.00"] * 5]]


def test_ratios_of_the_blurs_are_to_one_worker_and_one_plane():
    """Without it a program on one thread is compared with two workers."""
    ns = {"v4.2, 1 worker": 10.0, "v4.5, 2 workers": 8.0, "scipy": 40.0, "cv2": 5.0}
    blurs = {"shape": [20, 30], "rows": [{"input": "noise", "sigma": 50, "ns": ns}]}
    table = bench_compare.blur_table("M", blurs)
    assert cells(table) == [["noise, sigma 50", "10.0", "8.0", "40.0", "5.0", "4", "0.5"]]


def test_all_blurs_give_the_same_image():
    """Without it another kernel or border is measured; the mask of v4.5 is 1 everywhere here.

    OpenCV sums in float32: 65 taps of 1/2 ulp each, twice, are 8e-6 of the value at most.
    """
    image = np.random.default_rng(1).random((40, 50), np.float32) + np.float32(0.5)
    calls = bench_stages.blur_calls(image, 8, [1, 2])
    images = {what: call().copy() for what, call in calls.items()}
    for what, blurred in images.items():
        np.testing.assert_allclose(blurred, images["scipy"], rtol=8e-6, err_msg=what)


def test_what_runs_long_is_not_run_again():
    """Without it the slowest program takes minutes of every benchmark."""
    now, runs = 0.0, []

    def call(seconds: float) -> None:
        nonlocal now
        now += seconds
        runs.append(seconds)

    calls = {"short": lambda: call(0.1), "long": lambda: call(bench_stages.LONG)}
    quickest = bench_stages._quickest(calls, 3, lambda: now)
    assert (runs.count(0.1), runs.count(bench_stages.LONG)) == (3, 1)
    assert quickest == pytest.approx({"short": 0.1, "long": bench_stages.LONG})


def test_cancels_are_told_by_the_stage_that_they_met(monkeypatch, capsys):
    """Without it a call that was done before its cancel counts as quickly cancelled."""
    ends = [(0.002, "blur", 300), (0.5, "done", 0), (0.3, "background", 300), (0.1, "blur", 300)]
    whole = [(2.0, "done", 0)] * 3
    monkeypatch.setattr(bench_cancel, "job", lambda *_: None)
    monkeypatch.setattr(bench_cancel, "passed", lambda made, after: (whole or ends).pop(0))
    monkeypatch.setattr(sys, "argv", ["bench_cancel.py", "--cancels", "4"])
    bench_cancel.main()
    said = capsys.readouterr().out
    assert said.startswith("L, which takes 2.00 s")
    rows = re.findall(r"^\| (\w+) +\| +(\d+) \| +(\d+) \| +\d+ \| +(\d+) \|$", said, re.MULTILINE)
    want = [
        ("blur", "2", "51", "100"),
        ("background", "1", "300", "300"),
        ("all", "3", "100", "300"),
    ]
    assert rows == want
