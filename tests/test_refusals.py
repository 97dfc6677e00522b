"""What ours in the place of reproject's functions refuse, and who does it then."""

import numpy as np
import pytest
import reproject
import reproject.mosaicking

import small
import zetwopass
from rivals import IMAGE, interp
from zetwopass import ArgumentError


@pytest.mark.parametrize("refusal", [ArgumentError("order = 7"), RuntimeError("a defect")])
def test_what_ours_refuse_theirs_do(ours, refusal):
    # Without it a program that worked stops.
    right = interp()
    ours.refusal = refusal
    with zetwopass.accelerate() as acceleration:
        for _ in range(3):
            for found, wanted in zip(interp(), right, strict=True):
                assert np.array_equal(found, wanted, equal_nan=True)
    assert acceleration.refused == {f"reproject_interp: {refusal}": 3}


def test_a_call_that_theirs_do_not_know_raises_what_it_always_did(ours):
    # Without it a typing error changes its error, or works.
    with zetwopass.accelerate() as acceleration:
        with pytest.raises(TypeError, match="unexpected keyword argument 'fill_value'"):
            interp(fill_value=0)
        with pytest.raises(TypeError, match="missing"):
            reproject.reproject_interp(IMAGE)
    assert acceleration.refused == {} and ours.calls == []


def test_an_argument_that_ours_do_not_know_goes_to_theirs(ours, monkeypatch):
    # Without it a newer reproject's arguments raise.
    monkeypatch.setattr(reproject, "reproject_interp", lambda a, b, new=1: ("theirs", new))
    monkeypatch.setattr(zetwopass, "reproject_interp", lambda a, b: "ours", raising=False)
    with zetwopass.accelerate() as acceleration:
        assert reproject.reproject_interp(1, 2) == "ours"
        assert reproject.reproject_interp(1, 2, new=3) == ("theirs", 3)
    assert sum(acceleration.refused.values()) == 1


def test_arguments_by_place_are_those_of_theirs(ours, monkeypatch):
    # Without it the third argument of an older reproject becomes another one.
    monkeypatch.setattr(reproject, "reproject_interp", lambda a, b, order: order)
    monkeypatch.setattr(zetwopass, "reproject_interp", lambda a, b, shape_out=0, order=1: order)
    with zetwopass.accelerate():
        assert reproject.reproject_interp(1, 2, "nearest") == "nearest"


def test_a_replaced_function_of_any_arguments_gets_them_as_they_came(ours, monkeypatch):
    # Without it what another program has put in the place of reproject's gets names of ours.
    monkeypatch.setattr(reproject, "reproject_interp", lambda *a, **k: (a, k))
    ours.refusal = ArgumentError("no")
    with zetwopass.accelerate() as acceleration:
        assert reproject.reproject_interp(1, 2, order=3) == ((1, 2), {"order": 3})
    assert acceleration.refused == {"reproject_interp: no": 1}


def test_what_can_be_read_once_is_read_once(ours, monkeypatch):
    # Without it theirs add up what ours have left: a mosaic of nothing.
    monkeypatch.setattr(
        reproject.mosaicking, "reproject_and_coadd", lambda input_data, *_, **__: list(input_data)
    )
    ours.refusal = ArgumentError("no")
    with zetwopass.accelerate():
        from reproject.mosaicking import reproject_and_coadd

        assert reproject_and_coadd(iter([1, 2, 3]), None) == [1, 2, 3]
    assert ours.calls == ["coadd"]


@pytest.mark.parametrize("start", [0.0, 2.0])
def test_arrays_that_theirs_add_to_are_as_they_were(ours, monkeypatch, start):
    # Without it a mosaic has what ours had written before it failed.
    def failing(input_data, output_projection, output_array=None, output_footprint=None, **_):
        output_array += 7
        output_footprint += 7
        raise zetwopass.LimitError("no memory")

    def both():
        arrays = np.full((5, 6), start), np.full((5, 6), start)
        reproject.mosaicking.reproject_and_coadd(
            [IMAGE],
            small.wcs_at(0, 0),
            shape_out=(5, 6),
            reproject_function=reproject.reproject_interp,
            output_array=arrays[0],
            output_footprint=arrays[1],
        )
        return arrays

    right = both()
    ours.refusal = ArgumentError("no")
    monkeypatch.setattr(zetwopass, "reproject_and_coadd", failing)
    with zetwopass.accelerate() as acceleration:
        found = both()
    assert acceleration.refused["reproject_and_coadd: no memory"] == 1
    assert np.array_equal(found, right, equal_nan=True)


def test_ours_may_ask_theirs(ours, monkeypatch):
    # Without it what ours leave to reproject comes back to ours for ever.
    monkeypatch.setattr(zetwopass, "reproject_interp", lambda *_, **__: interp(), raising=False)
    with zetwopass.accelerate() as acceleration:
        array, _ = reproject.reproject_interp(IMAGE, small.wcs_at(1, 1))
    assert array.shape == (5, 6) and acceleration.refused == {}


def test_their_coadd_uses_our_interpolation(ours):
    # Without it what is left to their coadd takes as long as ever.
    ours.refusal = ArgumentError("no")
    with zetwopass.accelerate():
        reproject.mosaicking.reproject_and_coadd(
            [IMAGE, IMAGE],
            small.wcs_at(0, 0),
            shape_out=(5, 6),
            reproject_function=reproject.reproject_interp,
        )
    assert ours.calls == ["coadd", "interp", "interp"]


@pytest.mark.parametrize("function", [reproject.reproject_interp, None])
def test_our_coadd_knows_both_interpolations(function):
    # Without it a program that bound theirs before gets no coadd of ours.
    with zetwopass.accelerate() as acceleration:
        mosaic, _ = reproject.mosaicking.reproject_and_coadd(
            [IMAGE],
            small.wcs_at(0, 0),
            shape_out=(3, 4),
            reproject_function=function or reproject.reproject_interp,
        )
    assert acceleration.refused == {}
    assert np.array_equal(mosaic, IMAGE[0])


def test_ctrl_c_is_no_refusal(ours):
    # Without it Ctrl-C starts the slow one.
    ours.refusal = KeyboardInterrupt()
    with zetwopass.accelerate() as acceleration:
        with pytest.raises(KeyboardInterrupt):
            interp()
        ours.refusal = None
        assert interp() == "interp"
    assert acceleration.refused == {}


def test_each_kind_of_refusal_is_said_once(ours, caplog):
    # Without it the log of a long run is ours alone.
    with zetwopass.accelerate(), zetwopass.accelerate() as second:
        for message in ("shape [3, 4]", "shape [50, 6]", "/a/file can't be read", "blank", "blank"):
            ours.refusal = ArgumentError(message)
            interp()
    assert second.refused["reproject_interp: blank"] == 2
    assert [r.getMessage().rpartition(": ")[2] for r in caplog.records] == [
        "shape [3, 4]",
        "/a/file can't be read",
        "blank",
    ]
