"""STATS_UPDATE: complete from the first payload, plain, forced at both ends, never going back."""

import pickle

import pytest

import gpu
import small
from payloads import KEYS, Controller, gains, made, stats, told


def test_every_payload_has_all_keys_with_plain_values():
    # Without it a column is missing in the log, or the GUI ignores a number.
    controller = Controller()
    told(controller)
    for payload in controller.payloads:
        assert {key: type(value) for key, value in payload.items()} == KEYS
        assert pickle.loads(pickle.dumps(payload)) == payload


def test_the_phase_is_named_as_in_zemosaic():
    # Without it the GUI shows the numbers at another phase.
    controller = Controller()
    told(controller)
    names = {(p["phase_index"], p["phase_name"]) for p in controller.payloads}
    assert names == {(5, "Phase 5: Two-Pass Coverage Renorm")}


def test_first_and_last_are_forced():
    # Without it the controller's limit may drop the start or the end.
    controller = Controller()
    told(controller)
    first, last = controller.sent[0], controller.sent[-1]
    assert (first[0]["stage"], first[0]["tiles_done"], first[1]) == ("start", 0, True)
    assert (last[0]["stage"], last[0]["tiles_done"], last[1]) == ("reproject_done", 2, True)
    assert last[0]["tiles_total"] == 2
    assert not any(force for _, force in controller.sent[1:-1])


def test_stages_come_in_order_under_their_names():
    # Without it the GUI shows a stage that it doesn't know.
    controller = Controller()
    told(controller)
    stages = list(dict.fromkeys(payload["stage"] for payload in controller.payloads))
    order = ["start", "blur", "gains", "gains_done", "background", "reproject", "reproject_done"]
    assert stages == [stage for stage in order if stage in stages]
    assert {"start", "gains", "reproject"} <= set(stages)


def test_real_rows_and_workers_are_told_from_the_start():
    # Without it the log says 0 rows.
    controller = Controller()
    told(controller, parallel_plan={"rows_per_chunk": 8, "cpu_workers": 1})
    assert {(p["rows_per_chunk"], p["cpu_workers"]) for p in controller.payloads} == {(8, 1)}
    assert controller.payloads[-1]["chunk_total"] == 6


SIZES = (
    *("tiles_total", "chunk_total", "cpu_workers", "rows_per_chunk", "gpu_rows_per_chunk"),
    *("max_chunk_bytes", "gpu_max_chunk_bytes"),
)
PLANS = [None, {"rows_per_chunk": 0}, {"max_chunk_bytes": 10}, {"rows_per_chunk": 1 << 40}]
FAR = small.wcs_at(90_000, 0)


@pytest.mark.parametrize("plan", PLANS)
@pytest.mark.parametrize("wcs", [small.mosaic()["tiles_wcs"], [FAR, FAR]], ids=["two", "none"])
@pytest.mark.parametrize("function", ["second_pass", "gains"])
def test_no_payload_has_a_size_of_0_or_an_index_beyond_it(function, wcs, plan):
    # Without it the log says chunk 0/0, or 0 rows, at the start or where there is nothing to do.
    controller = Controller()
    call = told if function == "second_pass" else gains
    call(controller, tiles_wcs=wcs, parallel_plan=plan)
    assert len(controller.payloads) > 2
    for payload in controller.payloads:
        assert min(payload[size] for size in SIZES) > 0, payload
        assert 0 <= payload["chunk_index"] <= payload["chunk_total"], payload
    done = [payload["tiles_done"] for payload in controller.payloads]
    assert done == sorted(done) and done[-1] == controller.payloads[-1]["tiles_total"]
    last = controller.payloads[-1]
    assert last["chunk_index"] == last["chunk_total"]


def test_all_tiles_are_chunks_that_are_done_when_the_gains_are():
    # Without it the end of the gains is told as chunk 0.
    controller = Controller()
    teller = made(controller)
    teller.start()
    teller.update(stats("gains_done", 0.3))
    chunks = [(p["chunk_index"], p["chunk_total"]) for p in controller.payloads]
    assert chunks == [(0, 10), (10, 10)]


def test_a_gpus_rows_and_bytes_are_told_from_the_start():
    # Without it the log says 0 rows, or the CPU's.
    controller = Controller()
    rows = {"rows_per_chunk": 8, "gpu_rows_per_chunk": 40}
    told(controller, use_gpu_two_pass=False, parallel_plan=rows)
    told_of = {(p["gpu_rows_per_chunk"], p["gpu_max_chunk_bytes"]) for p in controller.payloads}
    assert told_of == {(40, 40 * 90 * 4 * 4)}
    told(controller, use_gpu_two_pass=False, parallel_plan={"gpu_max_chunk_bytes": 1 << 30})
    last = controller.payloads[-1]
    assert (last["gpu_rows_per_chunk"], last["gpu_max_chunk_bytes"]) == (44, 1 << 30)


def test_a_gpu_counts_once_it_has_really_computed(monkeypatch):
    # Without it a GPU that was only asked for is shown at work.
    controller = Controller()
    gpu.works(monkeypatch, held=3 << 19)
    told(controller, use_gpu_two_pass=True)
    keys = ("use_gpu", "use_gpu_phase5", "gpu_used_mb")
    first, *_, last = ([p[key] for key in keys] for p in controller.payloads)
    assert (first, last) == ([True, False, 0], [True, True, 1.5])


def test_a_gpu_that_failed_is_not_in_the_last_payload(monkeypatch):
    # Without it a failure looks like a success.
    gpu.fails(monkeypatch)
    controller = Controller()
    told(controller, use_gpu_two_pass=True)
    uses = [(p["use_gpu"], p["use_gpu_phase5"]) for p in controller.payloads]
    assert (uses[0], uses[-1]) == ((True, False), (False, False))


def test_tiles_done_never_goes_back():
    # Without it the bar jumps.
    controller = Controller()
    teller = made(controller)
    for fraction in (0.0, 0.31, 0.2, 0.99, 1.0):
        teller.update(stats("reproject", fraction))
    teller.finish("reproject_done", 3)
    assert [p["tiles_done"] for p in controller.payloads] == [0, 3, 3, 9, 10, 10]


def test_an_eta_that_is_not_known_is_negative():
    # Without it the GUI shows 00:00:00 for a run of minutes, and leaves its own aside.
    controller = Controller()
    teller = made(controller)
    teller.start()
    teller.update(stats("blur", 0.1))
    teller.update(stats("blur", 0.01, eta_seconds=1e6))  # nothing to go by
    teller.update(stats("gains", 0.2, eta_seconds=3.5))
    assert [p["eta_seconds"] for p in controller.payloads] == [-1.0, -1.0, -1.0, 3.5]


def test_the_end_of_the_second_pass_is_not_the_end_of_the_run():
    # Without it the GUI's own time left falls to 00:00:00 while ZeMosaic goes on for minutes.
    controller = Controller()
    teller = made(controller)
    teller.update(stats("reproject", 0.99, eta_seconds=0.4))
    teller.update(stats("reproject", 1.0, eta_seconds=0.0))
    teller.finish("reproject_done", 3)
    assert [p["eta_seconds"] for p in controller.payloads] == [-1.0, -1.0, -1.0]


def test_psutils_own_count_stays_untouched(monkeypatch):
    # Without it the controller's percentages are those of the last tenth of a second.
    calls = []
    monkeypatch.setattr("psutil.cpu_percent", lambda *_: calls.append(1) or 0.0)
    told(Controller())
    assert calls == []
