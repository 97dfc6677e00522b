"""What tests of more than one file are given."""

import sys

import pytest

import zetwopass
from application import OTHERS, WORKER
from commandline import Here
from rivals import PLACES, Ours, places
from zetwopass._engine import ffi


def pytest_addoption(parser):
    parser.addoption("--scenes", type=int, default=0, help="fresh scenes of test_any_scene.py")


@pytest.fixture
def zemosaic(tmp_path):
    """Return a folder with the application, which is not imported."""
    path = tmp_path / "zemosaic"
    path.mkdir()
    (path / "zemosaic_worker.py").write_bytes(WORKER.encode())
    for name, text in OTHERS.items():
        (path / f"{name}.py").write_text(text)
    return path


@pytest.fixture
def imported(zemosaic, monkeypatch):
    """Return what imports one of the application's modules, which are forgotten afterwards."""
    monkeypatch.syspath_prepend(zemosaic)
    names = ("zemosaic_worker", *OTHERS)
    for name in names:
        assert name not in sys.modules
    yield lambda name="zemosaic_worker": __import__(name)
    for name in names:
        sys.modules.pop(name, None)


@pytest.fixture
def unloaded(monkeypatch, tmp_path):
    """Pretend that the library is not loaded yet and lies at a path, where nothing is."""
    folder = tmp_path / "package"
    folder.mkdir()
    name = ffi._path().name
    monkeypatch.setattr(ffi, "_library", None)
    monkeypatch.setattr(ffi, "__file__", str(folder / "_engine" / "ffi.py"))
    return folder / name


@pytest.fixture
def ours(monkeypatch):
    """Put functions that note their calls in the place of ours; none may stay in reproject."""
    found, before = Ours(), places()
    for name in PLACES:
        monkeypatch.setattr(zetwopass, name, getattr(found, name), raising=False)
    yield found
    monkeypatch.undo()
    assert places() == before


@pytest.fixture
def here(monkeypatch, capsys):
    """Return what calls the command line in this process."""
    return Here(monkeypatch, capsys)
