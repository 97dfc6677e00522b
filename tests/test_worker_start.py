"""The block in a worker file when that is imported: what it replaces, and what may fail there."""

import importlib.util
import inspect
import logging
import multiprocessing
import sys

import pytest
import reproject

import zetwopass
from application import SECOND_PASS, is_ours
from rivals import IMAGE
from small import GUARD, python
from zetwopass.zemosaic import put_block

NAMES = {SECOND_PASS, "compute_per_tile_gains_from_coverage"}
REPROJECTS = {
    "zemosaic_worker": {
        "reproject_interp",
        "reproject_and_coadd",
        "actual_reproject_interp",
        "actual_reproject_and_coadd",
    },
    "zemosaic_utils": {"reproject_interp", "cpu_coadd"},
    "grid_mode": {"reproject_interp"},
}


def look(queue, folder, name):
    """Say, in a child, who answers for the second pass."""
    sys.path.insert(0, str(folder))
    queue.put(is_ours(getattr(__import__(name), SECOND_PASS)))


@pytest.mark.parametrize("put", [True, False])
def test_a_spawned_worker_has_what_the_file_says(zemosaic, put):
    # Without it the GUI, which spawns its worker, computes with the original without a word.
    if put:
        put_block(str(zemosaic), "second-pass")
    context = multiprocessing.get_context("spawn")
    queue = context.Queue()
    child = context.Process(target=look, args=(queue, zemosaic, "zemosaic_worker"), daemon=True)
    child.start()
    try:
        assert queue.get(timeout=GUARD) is put
    finally:
        child.kill()
        child.join()


def test_the_second_pass_scope_changes_two_names_and_leaves_none(zemosaic, imported):
    # Without it another part of ZeMosaic changes, or finds names that it does not know.
    plain = imported()
    sys.modules.pop("zemosaic_worker")
    put_block(str(zemosaic), "second-pass")
    worker = imported()
    assert set(vars(worker)) == set(vars(plain))
    assert {name for name in vars(worker) if is_ours(getattr(worker, name))} == NAMES
    for name in REPROJECTS["zemosaic_worker"]:
        assert getattr(worker, name) is getattr(plain, name)


def test_the_phase5_scope_reaches_every_name_of_a_function(zemosaic, imported, ours, ended):
    # Without it parts of Phase 5 take as long as ever.
    put_block(str(zemosaic), "phase5")
    worker = imported()
    assert {name for name in vars(worker) if is_ours(getattr(worker, name))} == NAMES
    for module, names in REPROJECTS.items():
        for name in names:
            data, said = ([IMAGE], "coadd") if "coadd" in name else (IMAGE, "interp")
            assert getattr(imported(module), name)(data, None) == said, (module, name)
    assert worker.lazily()(IMAGE, None) == "interp"


@pytest.fixture
def ended(monkeypatch):
    """End what the block has begun, before ``ours`` looks."""
    begun = []

    def begin(*arguments):
        begun.append(zetwopass.Acceleration(*arguments))
        return begun[-1]

    monkeypatch.setattr("zetwopass.zemosaic.phase5.Acceleration", begin)
    yield
    for acceleration in begun:
        acceleration.uninstall()


def test_a_module_that_is_not_in_sys_modules_gets_it_too(zemosaic, imported):
    # Without it a loader of its own, or a module of the same name, gets nothing or the wrong one.
    other = imported()
    put_block(str(zemosaic), "second-pass")
    spec = importlib.util.spec_from_file_location(
        "zemosaic_worker", zemosaic / "zemosaic_worker.py"
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert is_ours(getattr(module, SECOND_PASS))
    assert not is_ours(getattr(other, SECOND_PASS))


def test_a_module_that_is_loaded_again_gets_it_again(zemosaic, imported):
    # Without it a reload goes back to the originals, or stops.
    put_block(str(zemosaic), "second-pass")
    worker = imported()
    first = getattr(worker, SECOND_PASS)
    importlib.reload(worker)
    assert is_ours(getattr(worker, SECOND_PASS)) and getattr(worker, SECOND_PASS) is not first


def test_the_log_says_that_it_is_in_use(zemosaic, imported, caplog):
    # Without it nobody knows which code has run.
    put_block(str(zemosaic), "second-pass")
    with caplog.at_level(logging.INFO, "ZeMosaicWorker"):
        imported()
    assert [r.getMessage() for r in caplog.records] == [
        "[zetwopass] in use: scope=second-pass profile=v4.5"
    ]


# What fails

BROKEN = {  # what the package does, and what is said of it
    "missing": (None, "ModuleNotFoundError"),
    "SystemExit": ("raise SystemExit(3)", "SystemExit(3)"),
    "KeyboardInterrupt": ("raise KeyboardInterrupt", "KeyboardInterrupt()"),
    "a defect": ("1 / 0", "ZeroDivisionError"),
    "another version": ("", "ModuleNotFoundError"),
    "two lines": ("raise RuntimeError('two\\nlines')", r"'two\nlines'"),
}
IMPORTED = """
import logging
sys.path[:2] = [{folder!r}]
logging.basicConfig(format="%(levelname)s %(name)s %(message)s", stream=sys.stdout)
import zemosaic_worker
print(type(zemosaic_worker.run_second_pass_coverage_renorm).__name__)
print(zemosaic_worker.reproject_interp.__module__, hasattr(zemosaic_worker, "_zetwopass_start"))
"""


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_package_leaves_the_originals_and_one_line(zemosaic, kind):
    # Without it ZeMosaic doesn't start because of us, or is slow without a word.
    put_block(str(zemosaic), "phase5")
    text, named = BROKEN[kind]
    if text is not None:
        (zemosaic / "zetwopass").mkdir()
        (zemosaic / "zetwopass" / "__init__.py").write_text(text)
    hidden = 'sys.modules["zetwopass"] = None' if text is None else ""
    child = python(hidden + IMPORTED.format(folder=str(zemosaic)))
    try:
        said, function, others, *rest = child.communicate(timeout=GUARD)[0].splitlines()
    finally:
        child.kill()
    assert said.startswith("WARNING ZeMosaicWorker [zetwopass] not in use, ZeMosaic computes with")
    assert named in said
    home = inspect.unwrap(reproject.reproject_interp).__module__
    assert (function, others, rest) == ("function", f"{home} False", [])


@pytest.fixture
def originals(zemosaic, imported, caplog):
    """Return what imports the worker, and the one line that is said."""

    def found(scope):
        put_block(str(zemosaic), scope)
        worker = imported()
        for module, names in REPROJECTS.items():
            for name in names:
                assert getattr(imported(module), name).__module__.startswith("reproject.")
        assert worker.lazily() is worker.reproject_interp
        assert not any(is_ours(getattr(worker, name)) for name in NAMES)
        (record,) = caplog.records
        return record.getMessage()

    return found


@pytest.mark.parametrize("scope", ["second-pass", "phase5"])
def test_functions_of_an_unknown_kind_leave_the_originals_and_one_line(originals, scope, zemosaic):
    # Without it one of the two scopes is half there.
    path = zemosaic / "zemosaic_worker.py"
    path.write_text(path.read_text().replace("tile_weights=None", "weighs=None"))
    assert "say it with profile=" in originals(scope)


def test_phase5_without_reproject_leaves_the_originals_of_the_second_pass(
    zemosaic,
    imported,
    monkeypatch,
    caplog,
):
    # Without it an application without reproject gets one half of what was asked for.
    path = zemosaic / "zemosaic_worker.py"
    text = "\n".join(line for line in path.read_text().splitlines() if "reproject" not in line)
    path.write_text(text.replace("import grid_mode\nimport zemosaic_utils\n", "") + "    pass\n")
    monkeypatch.setitem(sys.modules, "reproject", None)
    monkeypatch.setitem(sys.modules, "reproject.mosaicking", None)
    put_block(str(zemosaic), "phase5")
    assert not is_ours(getattr(imported(), SECOND_PASS))
    (record,) = caplog.records
    assert "MissingPackageError" in record.getMessage()
