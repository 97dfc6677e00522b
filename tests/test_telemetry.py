"""STATS_UPDATE: complete from the first payload, plain, forced at both ends, never going back."""

import logging
import pickle

import pytest

import gpu
import small
import zetwopass
from zetwopass import telemetry
from zetwopass._run import Stats

KEYS = {
    "phase_index": int,
    "phase_name": str,
    "stage": str,
    "tiles_done": int,
    "tiles_total": int,
    "chunk_index": int,
    "chunk_total": int,
    "eta_seconds": float,
    "cpu_workers": int,
    "use_gpu": bool,
    "use_gpu_phase5": bool,
    "rows_per_chunk": int,
    "gpu_rows_per_chunk": int,
    "max_chunk_bytes": int,
    "gpu_max_chunk_bytes": int,
    "cpu_percent": float,
    "ram_used_mb": float,
    "gpu_used_mb": float,
    "gpu_name": str,
}


class Controller:
    """Keeps what ZeMosaic's controller would get."""

    def __init__(self):
        self.sent = []

    def emit_stats(self, ctx, force=False):
        self.sent.append((ctx, force))

    @property
    def payloads(self):
        return [ctx for ctx, _ in self.sent]


def told(sink, function=zetwopass.run_second_pass_coverage_renorm, **changes):
    return function(**small.drop_in(telemetry_ctrl=sink, **changes))


def gains(sink, **changes):
    arguments = small.drop_in() | changes
    arguments["final_wcs"] = arguments.pop("final_wcs_p1")
    del arguments["shape_out"]
    return zetwopass.compute_per_tile_gains_from_coverage(**arguments, progress_emitter=sink)


def stats(stage, fraction, **changes):
    plain = dict.fromkeys(Stats._fields, 0)
    return Stats(**plain | {"stage": stage, "fraction": fraction, "eta_seconds": None} | changes)


def made(sink, tiles=10, log=None):
    log = log or logging.getLogger("test")
    return telemetry.Telemetry(sink, log, tiles, telemetry.Resources())


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


def test_real_rows_and_workers_are_told_once_they_are_planned():
    # Without it the log says 0 rows.
    controller = Controller()
    told(controller, parallel_plan={"rows_per_chunk": 8, "cpu_workers": 1})
    last = controller.payloads[-1]
    assert (last["rows_per_chunk"], last["cpu_workers"], last["chunk_total"]) == (8, 1, 6)
    assert last["max_chunk_bytes"] > 0


def test_a_gpus_rows_and_bytes_are_told_once_they_are_planned():
    # Without it the log says 0 rows, or the CPU's.
    controller = Controller()
    rows = {"rows_per_chunk": 8, "gpu_rows_per_chunk": 40}
    told(controller, use_gpu_two_pass=False, parallel_plan=rows)
    first, last = controller.payloads[0], controller.payloads[-1]
    assert (first["gpu_rows_per_chunk"], first["gpu_max_chunk_bytes"]) == (40, 0)
    assert (last["gpu_rows_per_chunk"], last["gpu_max_chunk_bytes"]) == (40, 40 * 90 * 4 * 4)
    told(controller, use_gpu_two_pass=False, parallel_plan={"gpu_max_chunk_bytes": 1 << 30})
    last = controller.payloads[-1]
    assert (last["gpu_rows_per_chunk"], last["gpu_max_chunk_bytes"]) == (44, 1 << 30)


def test_a_gpu_counts_once_it_has_really_computed(monkeypatch):
    # Without it a GPU that was only asked for is shown at work.
    for asked in (True, None):
        controller = Controller()
        with monkeypatch.context() as patch:
            gpu.works(patch, held=3 << 19)
            told(controller, use_gpu_two_pass=asked)
        first, last = controller.payloads[0], controller.payloads[-1]
        assert (first["use_gpu"], first["use_gpu_phase5"], first["gpu_used_mb"]) == (
            asked is True,
            False,
            0,
        )
        assert (last["use_gpu"], last["use_gpu_phase5"], last["gpu_used_mb"]) == (True, True, 1.5)


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


def test_an_unknown_eta_is_0():
    # Without it the GUI gets a None or a negative time.
    controller = Controller()
    teller = made(controller)
    teller.update(stats("blur", 0.1))
    teller.update(stats("blur", 0.2, eta_seconds=3.5))
    assert [p["eta_seconds"] for p in controller.payloads] == [0.0, 3.5]


def test_a_callable_gets_the_payloads():
    # Without it a caller without a controller sees nothing.
    seen = []
    told(seen.append)
    assert seen[-1]["stage"] == "reproject_done"
    assert all(set(payload) == set(KEYS) for payload in seen)


def test_a_callable_gets_one_payload_a_second_and_one_at_each_stage(monkeypatch):
    # Without it a log is flooded ten times a second, or silent for minutes.
    now = [100.0]
    monkeypatch.setattr(telemetry.time, "monotonic", lambda: now[0])
    seen = []
    teller = made(seen.append)
    for step in range(17):
        teller.update(stats("blur" if step < 4 else "reproject", step / 16))
        now[0] += 0.125
    teller.update(stats("done", 1.0))
    assert [(p["stage"], p["tiles_done"]) for p in seen] == [
        ("blur", 0),
        ("reproject", 2),
        ("reproject", 7),
    ]


def test_a_long_start_is_told_every_second(monkeypatch):
    # Without it nothing is heard while the maps of hundreds of tiles are made.
    now = [100.0]
    monkeypatch.setattr(telemetry.time, "monotonic", lambda: now[0])
    controller = Controller()
    teller = made(controller)
    teller.start()
    for _ in range(20):
        now[0] += 0.125
        teller.waiting()
    assert [p["stage"] for p in controller.payloads] == ["start"] * 3


def test_without_a_sink_the_log_gets_the_payloads(caplog):
    # Without it nothing tells how far a call is.
    with caplog.at_level(logging.DEBUG, "zetwopass"):
        told(None)
    lines = [r.getMessage() for r in caplog.records if "STATS_UPDATE" in r.getMessage()]
    assert "reproject_done" in lines[-1]
    assert all(line.startswith("[TwoPass] ") for line in lines)


def test_a_sink_that_fails_is_named_once_and_the_mosaic_comes(caplog):
    # Without it a defect of the GUI costs the mosaic.
    def fail(payload):
        raise OSError("the disk is full")

    with caplog.at_level(logging.WARNING, "zetwopass"):
        assert told(fail) is not None
    assert [r.getMessage() for r in caplog.records] == [
        "[TwoPass] telemetry stops, the second pass goes on: OSError('the disk is full')"
    ]


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit])
def test_an_interrupt_in_a_sink_ends_the_call(kind):
    # Without it the user can't stop a call from the GUI.
    def stop(payload):
        if payload["stage"] == "gains":
            raise kind

    with pytest.raises(kind):
        told(stop)


def test_gains_alone_tell_their_own_end():
    # Without it the emitter of the gains never hears that they are done.
    seen = []
    assert len(gains(seen.append)) == 2
    assert (seen[0]["stage"], seen[-1]["stage"]) == ("start", "gains_done")
    assert seen[-1]["tiles_done"] == seen[-1]["tiles_total"] == 2


def test_psutils_own_count_stays_untouched(monkeypatch):
    # Without it the controller's percentages are those of the last tenth of a second.
    calls = []
    monkeypatch.setattr("psutil.cpu_percent", lambda *_: calls.append(1) or 0.0)
    told(Controller())
    assert calls == []
