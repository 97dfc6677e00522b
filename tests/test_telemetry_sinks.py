"""STATS_UPDATE goes to a controller, a callable, an emitter or the log, and stops no call."""

import logging

import pytest

from payloads import KEYS, Controller, gains, made, stats, told
from zetwopass.zemosaic import telemetry


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


def test_an_emitter_of_zemosaics_kind_is_called_as_zemosaic_does():
    # Without it a caller's own emitter gets a dict where it wants a number, and falls silent.
    seen = []

    def emit(tiles_done, *, chunk_index=None, chunk_total=None, stage=None, force=False):
        seen.append((tiles_done, chunk_index, chunk_total, stage, force))

    gains(emit)
    assert (seen[0], seen[-1][3:]) == ((0, 0, 2, "start", True), ("gains_done", True))
    assert {stage for *_, stage, _ in seen} == {"start", "blur", "gains", "gains_done"}
    assert seen[-1][0] == 2 and all(0 <= index <= total > 0 for _, index, total, *_ in seen)
    payloads = []
    gains(payloads.append)
    assert payloads[-1]["stage"] == "gains_done"
