"""Ours in the place of reproject's functions: where, for whom and how long."""

import inspect
import logging
import pickle
import sys
import types
from concurrent.futures import ThreadPoolExecutor

import pytest
import reproject

import small
import zetwopass
from rivals import IMAGE, THEIRS, interp, places
from zetwopass import ArgumentError, MissingPackageError


def test_ours_stand_wherever_reproject_shows_its_functions(ours):
    # Without it a program gets the slow one by another name of the same thing.
    with zetwopass.accelerate():
        found = [f(IMAGE, None) for (n, _), f in places().items() if n == "reproject_interp"]
        assert set(found) == {"interp"} and len(found) > 1
        from reproject.mosaicking import reproject_and_coadd

        assert reproject_and_coadd([IMAGE], None) == "coadd"


def test_ours_have_the_names_and_the_signatures_of_theirs(ours):
    # Without it a program that inspects them calls them in another way.
    with zetwopass.accelerate():
        for (name, _), function in places().items():
            assert function.__name__ == name
            assert inspect.signature(function) == inspect.signature(THEIRS[name])


def test_ours_and_theirs_can_be_pickled(ours):
    # Without it neither can be given to another process.
    with zetwopass.accelerate():
        for function in [*places().values(), *THEIRS.values()]:
            assert pickle.loads(pickle.dumps(function)) is function


def test_the_order_of_the_end_does_not_matter(ours):
    # Without it the end of one part's acceleration is the end of another's.
    first, second = zetwopass.accelerate(), zetwopass.accelerate()
    first.uninstall()
    first.uninstall()
    assert interp() == "interp"
    second.uninstall()
    assert reproject.reproject_interp is THEIRS["reproject_interp"]


def test_who_has_imported_ours_gets_theirs_after_the_end(ours):
    # Without it the end is none for those who were quick.
    with zetwopass.accelerate():
        from reproject import reproject_interp
    array, _ = reproject_interp(IMAGE, small.wcs_at(0, 0), shape_out=(3, 4))
    assert ours.calls == [] and array.shape == (3, 4)


def test_what_somebody_has_put_in_since_stays(ours, monkeypatch):
    # Without it somebody else's patch is lost.
    acceleration = zetwopass.accelerate()
    inner = reproject.reproject_interp
    reproject.reproject_interp = later = lambda *args, **kwargs: inner(*args, **kwargs)
    acceleration.uninstall()
    assert reproject.reproject_interp is later
    ours.refusal = ArgumentError("no")
    with zetwopass.accelerate():
        assert interp(return_footprint=False).shape == (5, 6)
    assert reproject.reproject_interp is later
    reproject.reproject_interp = THEIRS["reproject_interp"]


def test_many_threads_leave_what_was_there(ours):
    # Without it two at once take ours for theirs, and fall back without end.
    def one(_):
        with zetwopass.accelerate():
            return interp()

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(one, range(200))) == {"interp"}


def test_a_missing_reproject_is_said(monkeypatch):
    # Without it the program fails somewhere else.
    monkeypatch.setitem(sys.modules, "reproject", None)
    monkeypatch.setitem(sys.modules, "reproject.mosaicking", None)
    with pytest.raises(MissingPackageError, match="reproject can't be imported"):
        zetwopass.accelerate()
    monkeypatch.undo()


# In ZeMosaic's modules


def test_modules_that_have_bound_theirs_get_ours_until_the_end(ours):
    # Without it an application that imports reproject first is as slow as ever.
    worker = types.ModuleType("zemosaic_worker")
    worker.run_second_pass_coverage_renorm = lambda tile_weights=None: None
    worker.compute_per_tile_gains_from_coverage = lambda coverage_p1: None
    worker.zemosaic_utils = types.ModuleType("zemosaic_utils")
    worker.zemosaic_utils.cpu_coadd = THEIRS["reproject_and_coadd"]
    worker.by_another_name = THEIRS["reproject_interp"]
    worker.logger = logging.getLogger("ZeMosaicWorker")
    worker.reproject_interp = own = lambda: None
    with zetwopass.install(worker, scope="phase5") as installation:
        assert worker.by_another_name(IMAGE, None) == "interp"
        assert worker.zemosaic_utils.cpu_coadd([IMAGE], None) == "coadd"
        assert worker.reproject_interp is own
        assert installation.acceleration.log is worker.logger
        with zetwopass.accelerate():
            pass
        assert worker.by_another_name(IMAGE, None) == "interp"
    assert worker.by_another_name is THEIRS["reproject_interp"]
    assert worker.zemosaic_utils.cpu_coadd is THEIRS["reproject_and_coadd"]


def test_an_unknown_scope_is_refused():
    # Without it a typing error is the second pass alone.
    with pytest.raises(ArgumentError, match="scope = 'all', want 'second-pass' or 'phase5'"):
        zetwopass.install(types.ModuleType("zemosaic_worker"), scope="all")
