"""The drop-in and the GPU: asked for as ZeMosaic asks, and what is said where it fails."""

import logging
import types

import numpy as np
import pytest

import gpu
import small
import zetwopass
from dropin import gains, run, same, warnings_of, worker
from zetwopass import DeviceError
from zetwopass._engine import calls

HOOK = "_disable_phase5_gpu_runtime_state"
TOLD = "[TwoPass] the CPU has done all of the work: GPU: "

# The call's wish, the plan, and who computes then: the second pass, the gains.
ASKED = [
    (False, {}, "cpu", "cpu"),
    (True, {}, "hybrid", "hybrid"),
    (True, {"use_gpu": None}, "hybrid", "hybrid"),
    (True, {"use_gpu": True}, "hybrid", "hybrid"),
    (True, {"use_gpu": False}, "cpu", "hybrid"),
    (True, {"use_gpu": 0}, "cpu", "hybrid"),
    (None, {}, "cpu", "cpu"),
    (None, {"use_gpu": None}, "cpu", "cpu"),
    (None, {"use_gpu": True}, "cpu", "cpu"),
    (None, {"use_gpu": False}, "cpu", "cpu"),
    (False, {"use_gpu": True}, "cpu", "cpu"),
    (np.True_, None, "hybrid", "hybrid"),
]


@pytest.fixture
def jobs(monkeypatch):
    """Return the settings of all jobs that are run, a dict each; all run on the CPU."""
    seen, real = [], calls.run

    def call(function, job, on_stats=None, **others):
        if function == "ztp_plan":
            return real(function, job, on_stats, **others)
        names = ("device", "gpu_rows_per_chunk", "gpu_max_chunk_bytes")
        seen.append({name: getattr(job.struct, name) for name in names})
        job.struct.device = 1
        return real(function, job, on_stats)

    monkeypatch.setattr(calls, "run", call)
    return seen


@pytest.fixture
def module():
    """Return a module like ZeMosaic's with its hook, which notes its calls, and ours put in."""
    out = worker()
    out.failures = []
    setattr(out, HOOK, lambda reason, error=None: out.failures.append((reason, error)))
    zetwopass.install(out)
    return out


def both(module, **changes):
    """Call the two functions of a module."""
    module.run_second_pass_coverage_renorm(**small.drop_in(), use_gpu_two_pass=True, **changes)
    arguments = small.drop_in()
    arguments["final_wcs"] = arguments.pop("final_wcs_p1")
    del arguments["shape_out"]
    module.compute_per_tile_gains_from_coverage(**arguments, use_gpu=True, **changes)


@pytest.mark.parametrize(("asked", "plan", "all_of_it", "gains_alone"), ASKED)
@pytest.mark.parametrize("form", [dict, types.SimpleNamespace])
def test_the_gpu_is_used_where_the_replaced_functions_use_it(
    jobs, asked, plan, all_of_it, gains_alone, form
):
    # Without it a user's choice in ZeMosaic is not this function's.
    plan = None if plan is None else form(**plan)
    run(use_gpu_two_pass=asked, parallel_plan=plan)
    gains(use_gpu=asked, parallel_plan=plan)
    number = {"cpu": 1, "hybrid": 3}
    assert [job["device"] for job in jobs] == [number[all_of_it], number[gains_alone]]


def test_the_plans_rows_and_bytes_of_the_gpu_are_kept(jobs):
    # Without it ZeMosaic's own limits of the GPU's memory have no effect.
    run(parallel_plan={"gpu_rows_per_chunk": 5, "gpu_max_chunk_bytes": 1 << 33})
    run(parallel_plan={"gpu_rows_per_chunk": None, "gpu_max_chunk_bytes": -1})
    numbers = [(job["gpu_rows_per_chunk"], job["gpu_max_chunk_bytes"]) for job in jobs]
    assert numbers == [(5, 1 << 33), (0, 0)]


def test_a_gpu_that_is_not_there_is_one_warning_and_the_cpus_result(module, caplog):
    # Without it the user believes that the GPU works, or the mosaic is lost.
    if zetwopass.device_info().usable:
        pytest.skip("there is a GPU")
    found = module.run_second_pass_coverage_renorm(**small.drop_in(), use_gpu_two_pass=True)
    assert same(found, run(use_gpu_two_pass=False)[:2])
    (line,) = warnings_of(caplog)
    assert line.startswith(TOLD)
    ((reason, error),) = module.failures
    assert (reason, type(error)) == ("two_pass_gpu_failure", DeviceError)
    assert line == TOLD.removesuffix("GPU: ") + str(error)


def test_a_gpu_that_fails_midway_is_told_to_the_log_and_to_the_module(module, monkeypatch, caplog):
    # Without it ZeMosaic goes on with a GPU that is broken.
    gpu.fails(monkeypatch)
    both(module)
    assert warnings_of(caplog) == [TOLD.removesuffix("GPU: ") + gpu.WHY] * 2
    assert [(reason, str(error)) for reason, error in module.failures] == [
        ("two_pass_gpu_failure", gpu.WHY)
    ] * 2
    assert module.calls == []


FORBIDDEN = [(False, None), (None, {"use_gpu": True}), (True, {"use_gpu": False})]


@pytest.mark.parametrize(("asked", "plan"), FORBIDDEN)
def test_who_asks_for_no_gpu_hears_of_none(module, monkeypatch, caplog, asked, plan):
    # Without it ZeMosaic forgets its GPU, or a payload shows it, where the CPU was asked for.
    uses = []

    def note(payload):
        uses.append((payload["use_gpu"], payload["use_gpu_phase5"], payload["gpu_name"]))

    monkeypatch.setattr("zetwopass.zemosaic.telemetry.device_info", None)
    module.run_second_pass_coverage_renorm(
        **small.drop_in(), use_gpu_two_pass=asked, parallel_plan=plan, telemetry_ctrl=note
    )
    assert set(uses) == {(False, False, "")}
    assert (warnings_of(caplog), module.failures) == ([], [])


def test_a_module_without_the_hook_needs_none(module, monkeypatch, caplog):
    # Without it an older ZeMosaic loses the mosaic with the GPU.
    gpu.fails(monkeypatch)
    delattr(module, HOOK)
    both(module)
    assert len(warnings_of(caplog)) == 2 and module.calls == []


def test_a_hook_that_fails_costs_nothing(module, monkeypatch, caplog):
    # Without it ZeMosaic's own defect costs the mosaic.
    def fail(*_):
        raise OSError("full")

    gpu.fails(monkeypatch)
    setattr(module, HOOK, fail)
    found = module.run_second_pass_coverage_renorm(**small.drop_in(), use_gpu_two_pass=True)
    assert found[0].shape == (44, 90, 3)
    assert warnings_of(caplog)[1:] == [f"[TwoPass] {HOOK} failed: OSError('full')"]


@pytest.mark.parametrize("share", [0.75, 0.0])
def test_the_shares_are_one_line_where_a_gpu_took_part_or_was_to(monkeypatch, caplog, share):
    # Without it nobody knows whether the GPU was worth it.
    gpu.works(monkeypatch, share=share)
    with caplog.at_level(logging.INFO, "zetwopass"):
        run(use_gpu_two_pass=True)
        gains(use_gpu=True)
    there, name = round(44 * share), zetwopass.device_info().name or "none"
    assert shares(caplog) == [
        f"[TwoPass] done: rows(cpu/gpu)={44 - there}/{there} "
        f"share(cpu/gpu)={100 * (1 - share):.0f}%/{100 * share:.0f}% gpu={name}"
    ]


def test_the_cpus_share_alone_needs_no_word(monkeypatch, caplog):
    # Without it a failed GPU seems to have had a share, or a CPU's log speaks of a GPU.
    with caplog.at_level(logging.INFO, "zetwopass"):
        run(use_gpu_two_pass=False)
        gpu.fails(monkeypatch)
        run(use_gpu_two_pass=True)
    assert shares(caplog) == []


def shares(caplog):
    return [r.getMessage() for r in caplog.records if "done: " in r.getMessage()]
