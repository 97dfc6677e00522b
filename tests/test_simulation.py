"""The simulation of a large cluster: its plan is the library's, and its clock is right."""

import sys

import pytest

pytest.importorskip("dask.array")
pytest.importorskip("distributed")

import simulate_cluster  # noqa: E402
from cluster_costs import Clock, Costs  # noqa: E402
from simulate_cluster import Task, World  # noqa: E402

COSTS = Costs(read=1e-9, gain=2e-9, pair=2e-8, coadd=2e-8, blur=4e-9, task=1e-3)
ENDLESS = World(network=float("inf"), storage=float("inf"))


def test_a_small_run_prints_what_the_page_tells(monkeypatch, capsys):
    # Without it the numbers of the page can't be had again.
    options = ["--tiles", "100", "--size", "40000", "--workers", "4", "--canvas", "300"]
    monkeypatch.setattr(sys, "argv", ["simulate_cluster.py", *options, "--empty-tasks", "40"])
    simulate_cluster.main()
    printed = capsys.readouterr().out
    assert "100 tiles, 276 MB each; 342 pairs" in printed
    assert "4 x 1 cells" in printed and "coverage and blur" in printed


def test_every_tile_is_brought_and_every_pixel_is_made():
    # Without it the simulation forgets work, and a cluster seems quicker than it is.
    planned, _ = simulate_cluster.plan(100, 40_000, 4, Clock())
    tasks = simulate_cluster.work(planned, COSTS)
    times = [len(tiles) for tiles in planned.plan.bundles]
    assert sum(task.reads for task in tasks["tiles"]) == planned.sizes[0] * sum(times)
    assert sum(task.writes for task in tasks["coadd"]) == 16 * 40_000**2
    seconds = COSTS.coadd * planned.sizes.sum() / 12
    assert sum(task.seconds for task in tasks["coadd"]) == pytest.approx(seconds)
    assert {task.cell for task in tasks["pairs"]} == set(range(4))


TASKS = [Task(k % 3, 2.0, 10.0, 0.0) for k in range(12)]


@pytest.mark.parametrize(
    ("world", "overhead", "seconds"),
    [
        (ENDLESS, 0, 8),  # four tasks each
        (ENDLESS, 3, 12 * 3 + 2),  # one after the other by the scheduler
        (World(network=float("inf"), storage=2), 0, 12 * 5 + 2),  # likewise by the storage
        (World(network=2, storage=float("inf")), 0, 4 * 5 + 2),  # each worker's own
    ],
)
def test_the_slowest_part_sets_the_pace(world, overhead, seconds):
    # Without it the page names the wrong one as that which breaks first.
    phase = simulate_cluster.run(TASKS, 3, world, overhead)
    assert (phase.tasks, phase.work, phase.read) == (12, 24, 120)
    assert phase.seconds == pytest.approx(seconds)


def test_tasks_without_a_cell_go_to_whoever_is_free():
    # Without it a worker waits while others have much to do.
    tasks = [Task(-1, 6.0, 0, 0), *[Task(-1, 1.0, 0, 0) for _ in range(6)]]
    # A second of them was fetched by the worker of the long one, while that began.
    assert simulate_cluster.run(tasks, 2, ENDLESS, 0).seconds == 7
