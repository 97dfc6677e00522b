"""Putting the drop-in in: what is replaced, what takes over, and what is said."""

import logging

import pytest
from astropy.wcs import WCS

import small
import zetwopass
from dropin import Diagnosis, gains, run, same, warnings_of, worker
from zetwopass import ArgumentError, WCSError

TILES = small.mosaic()["tiles"]
NAMES = ("run_second_pass_coverage_renorm", "compute_per_tile_gains_from_coverage")


def test_install_replaces_two_names_and_nothing_else():
    # Without it another part of ZeMosaic changes.
    module = worker()
    before = dict(vars(module))
    zetwopass.install(module)
    changed = {name for name, value in vars(module).items() if value is not before.get(name)}
    assert changed == set(NAMES)


def test_uninstall_restores_both_functions():
    # Without it ZeMosaic can't go back to its own.
    module = worker()
    before = dict(vars(module))
    with zetwopass.install(module) as installation:
        assert module.run_second_pass_coverage_renorm is not before[NAMES[0]]
    installation.uninstall()
    assert all(vars(module)[name] is value for name, value in before.items())


def test_uninstall_leaves_a_later_replacement_alone():
    # Without it somebody else's patch is lost.
    module = worker()
    installation = zetwopass.install(module)
    module.run_second_pass_coverage_renorm = later = lambda: None
    installation.uninstall()
    assert module.run_second_pass_coverage_renorm is later
    assert module.compute_per_tile_gains_from_coverage.__name__ == "compute_gains"


def test_a_profile_that_is_said_wins():
    # Without it nobody can say what the code does not.
    assert zetwopass.install(worker("v4.5"), profile="v4.2").profile == "v4.2"


def test_the_profile_rules_the_result():
    # Without it the profile is a word only.
    maps = small.masks()
    module = worker("v4.2")
    zetwopass.install(module)
    old = module.run_second_pass_coverage_renorm(**small.drop_in(tiles_coverage=maps))
    plain = zetwopass.second_pass(**small.mosaic(), sigma=5, masks=maps, profile="v4.2")
    assert same(old, plain[:2])


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda m: delattr(m, NAMES[0]), f"has no function {NAMES[0]}"),
        (lambda m: setattr(m, NAMES[1], 3), f"has no function {NAMES[1]}"),
        (zetwopass.install, "is replaced already"),
    ],
)
def test_a_module_without_the_functions_is_refused(spoil, message):
    # Without it an installation does nothing, or falls back to itself.
    module = worker()
    spoil(module)
    with pytest.raises(ArgumentError, match=message):
        zetwopass.install(module)


def test_an_unknown_profile_is_refused():
    # Without it a typing error picks a profile by chance.
    with pytest.raises(ArgumentError, match="profile = 'v4'"):
        zetwopass.install(worker(), profile="v4")


# Taking over


def test_a_wcs_that_cannot_be_read_goes_to_the_replaced_function_with_one_warning(caplog):
    # Without it a mosaic that worked is lost, or the log repeats itself.
    module = worker()
    zetwopass.install(module)
    wcs = [small.wcs_at(0, 0), WCS(naxis=3)]
    found = module.run_second_pass_coverage_renorm(
        **small.drop_in(tiles_wcs=wcs, tile_weights=[1, 2])
    )
    assert found == ("mosaic", [0.5, 0.5])
    assert [name for name, _ in module.calls] == ["new", "gains"]
    (line,) = warnings_of(caplog)
    assert line.startswith("[TwoPass] WCSError; the replaced function takes over: tiles_wcs[1]")


def test_the_replaced_function_gets_only_what_it_knows():
    # Without it an old ZeMosaic raises TypeError for tile_weights.
    module = worker("v4.2")
    zetwopass.install(module)
    wcs = [small.wcs_at(0, 0), None]
    arguments = small.drop_in(tiles_wcs=wcs, tile_weights=[1, 2], telemetry_ctrl=None)
    assert module.run_second_pass_coverage_renorm(**arguments) == ("mosaic", "coverage")


def test_a_failure_of_the_library_goes_to_the_replaced_function(monkeypatch, caplog):
    # Without it a defect here stops ZeMosaic.
    def fail(*_, **__):
        raise zetwopass.LibraryError("a defect")

    monkeypatch.setattr("zetwopass._engine.calls.run", fail)
    module = worker()
    zetwopass.install(module)
    assert module.run_second_pass_coverage_renorm(**small.drop_in())[0] == "mosaic"
    assert warnings_of(caplog) == [
        "[TwoPass] LibraryError; the replaced function takes over: a defect"
    ]


def test_after_the_replaced_function_the_gains_are_ours_again():
    # Without it one failure switches the library off for good.
    module = worker()
    zetwopass.install(module)
    module.run_second_pass_coverage_renorm(**small.drop_in(tiles_wcs=[None, None]))
    module.calls.clear()
    assert module.run_second_pass_coverage_renorm(**small.drop_in())[0].shape == (44, 90, 3)
    assert module.calls == []


def test_an_unusable_input_is_none_without_asking_the_replaced_function(caplog):
    # Without it the same failure is computed twice.
    module = worker()
    zetwopass.install(module)
    assert module.run_second_pass_coverage_renorm(**small.drop_in(coverage_p1=None)) is None
    assert module.calls == []
    assert len(warnings_of(caplog)) == 1


def test_gains_that_fail_are_the_replaced_functions_or_ones(caplog):
    # Without it the caller gets no list.
    module = worker()
    zetwopass.install(module)
    arguments = small.drop_in(sigma_px=None)
    arguments["final_wcs"] = arguments.pop("final_wcs_p1")
    del arguments["shape_out"]
    assert module.compute_per_tile_gains_from_coverage(**arguments) == [0.5, 0.5]
    assert zetwopass.compute_per_tile_gains_from_coverage(**arguments) == [1.0, 1.0]
    assert len(warnings_of(caplog)) == 2


def test_an_interrupt_is_nobodys_failure():
    # Without it Ctrl-C starts the slow function.
    def stop(_):
        raise KeyboardInterrupt

    module = worker()
    zetwopass.install(module)
    with pytest.raises(KeyboardInterrupt):
        module.run_second_pass_coverage_renorm(**small.drop_in(telemetry_ctrl=stop))
    assert module.calls == []


UNKNOWN = {
    "a clip of NaN": {"gain_clip": (0.85, float("nan"))},
    "a clip above all numbers": {"gain_clip": (float("inf"), float("inf"))},
    "a blur of kilometres": {"sigma_px": 5000},
    "a mask of words": {"tiles_coverage": [["many"], None]},
    "a missing mask without weights": {"tiles_coverage": [small.masks()[0], None]},
    "a missing tile": {"tiles": [TILES[0], None]},
    "five channels": {"channels": 5},
    "channels 3 then 1": {"tiles": [t[..., : 3 - 2 * i] for i, t in enumerate(TILES)]},
    "a shape of three": {"shape_out": (44, 90, 3)},
    "an empty shape": {"shape_out": (0, 90)},
    "a tile with four axes": {"tiles": [t[None] for t in TILES]},
}


@pytest.mark.parametrize("what", UNKNOWN)
def test_what_a_generation_might_do_goes_to_the_replaced_function(what, caplog):
    # Without it there is no second pass where ZeMosaic would have made one.
    module = worker()
    zetwopass.install(module)
    found = module.run_second_pass_coverage_renorm(**small.drop_in(**UNKNOWN[what]))
    assert found == ("mosaic", [0.5, 0.5])
    assert len(warnings_of(caplog)) == 1


# What is said


def test_begin_and_gains_are_the_lines_that_zemosaics_checklist_looks_for(caplog):
    # Without it the author's own check of a run's log fails.
    with caplog.at_level(logging.INFO, "zetwopass"):
        run()
        run(coverage_p1=None)
    lines = [r.getMessage() for r in caplog.records if r.levelno == logging.INFO]
    begin = "[TwoPass] run_second_pass_coverage_renorm start: tiles=2 wcs=2 coverage="
    assert lines[0].startswith(begin + "(44, 90) sigma=5 clip=(0.85, 1.18)")
    low, high = sorted(gains())
    want = f"[TwoPass] Computed gains count=2 finite=2 lowest={low:.4f} highest={high:.4f}"
    assert [line for line in lines if "Computed gains" in line] == [want]
    assert lines[-1].startswith(begin + "None")


def test_the_plan_is_one_line_with_real_rows(caplog):
    # Without it the log says rows 0/0.
    with caplog.at_level(logging.INFO, "zetwopass"):
        run(parallel_plan={"rows_per_chunk": 8, "gpu_rows_per_chunk": 16})
    (line,) = [r.getMessage() for r in caplog.records if "plan:" in r.getMessage()]
    assert line.startswith("[TwoPass] ") and "rows(cpu/gpu)=8/16 chunk_mb(cpu/gpu)=" in line


def test_the_callers_logger_is_used(caplog):
    # Without it the lines are missing in ZeMosaic's log.
    with caplog.at_level(logging.INFO, "zemosaic"):
        run(logger=logging.getLogger("zemosaic"))
    assert {r.name for r in caplog.records} == {"zemosaic"}


def test_tiles_without_ties_are_named(caplog):
    # Without it nobody can explain the seam.
    plain = small.drop_in()
    far = [small.wcs_at(x, 0) for x in (200, 220, 400, 90_000)]
    wide = {
        "tiles": plain["tiles"] + [plain["tiles"][0]] * 4,
        "tiles_wcs": plain["tiles_wcs"] + far,
        "shape_out": (44, 600),
    }
    with caplog.at_level(logging.INFO, "zetwopass"):
        run(**wide)
    (line,) = warnings_of(caplog)
    assert line.endswith("seams may show: tiles 2, 3; tile 4 (alone)")
    assert "[TwoPass] nothing of tile 5 is on the mosaic" in caplog.text


def test_one_group_needs_no_word(caplog):
    # Without it every mosaic comes with a warning.
    run()
    run(tiles=small.mosaic()["tiles"][:1], tiles_wcs=[small.wcs_at(0, 0)])
    assert warnings_of(caplog) == []


def test_a_wcs_that_cannot_be_evaluated_costs_its_tile_only(monkeypatch, caplog):
    # Without it one odd tile costs the mosaic.
    from zetwopass import _sky

    real = _sky.pixel_map

    def pixel_map(*arguments, name, **others):
        if name == "tiles_wcs[1]":
            raise WCSError("tiles_wcs[1] can't be evaluated")
        return real(*arguments, name=name, **others)

    alone = run(tiles=small.mosaic()["tiles"][:1], tiles_wcs=small.mosaic()["tiles_wcs"][:1])
    monkeypatch.setattr(_sky, "pixel_map", pixel_map)
    found = run()
    assert same(found[:2], alone[:2]) and found[2].tolist() == [alone[2][0], 1.0]
    (line,) = warnings_of(caplog)
    assert line.startswith("[TwoPass] the WCS of tile 1 can't be evaluated")


def test_gains_are_recorded_as_plain_floats():
    # Without it the diagnosis can't be written as JSON.
    diagnosis = Diagnosis()
    zetwopass.run_second_pass_coverage_renorm(**small.drop_in(), debug_diag=diagnosis)
    assert [type(g) for g in diagnosis.gains] == [float, float]
    assert diagnosis.gains == gains()


def test_a_diagnosis_that_fails_costs_nothing(caplog):
    # Without it a debugging aid costs the mosaic.
    class Broken:
        def record_gains(self, gains):
            raise OSError("full")

    arguments = small.drop_in(debug_diag=Broken())
    assert zetwopass.run_second_pass_coverage_renorm(**arguments) is not None
    assert warnings_of(caplog) == ["[TwoPass] debug_diag.record_gains failed: OSError('full')"]


def test_a_budget_below_one_chunk_is_lifted_with_a_warning(caplog):
    # Without it a small wish sends the mosaic to the slow function.
    assert same(run(parallel_plan={"max_chunk_bytes": 10}), run())
    (line,) = warnings_of(caplog)
    assert line.startswith("[TwoPass] max_chunk_bytes is ignored: ")
