"""The coverage of a pass by dask: of all kinds, and in files where it fits no memory."""

import numpy as np
import pytest

from dask_scene import CUT, given, same, scene, written
from zetwopass import ArgumentError, WriteError

pytest.importorskip("dask.array")
pytest.importorskip("distributed")

import dask  # noqa: E402
from dask import array as da  # noqa: E402

import zetwopass.dask  # noqa: E402

COVERAGES = {
    "dask": lambda coverage, folder: da.from_array(coverage, chunks=60),
    "zarr": lambda coverage, folder: zarr_store(folder / "coverage.zarr", coverage),
    "FITS": lambda coverage, folder: written(folder, "coverage", coverage),
}


def zarr_store(path, image):
    pytest.importorskip("zarr")
    da.from_array(image, chunks=60).to_zarr(str(path))
    return path


@pytest.mark.parametrize("scratch", [True, False])
@pytest.mark.parametrize("kind", COVERAGES)
def test_a_coverage_may_lie_elsewhere(kind, scratch, tmp_path, monkeypatch):
    # Without it a coverage has to be loaded before, and to fit the memory here.
    monkeypatch.setattr(zetwopass.dask.coverage, "_BYTES", 40_000)  # some 20 rows
    made = scene(sip=True, channels=1, nan_borders=True)
    arguments = given(made)
    coverage = COVERAGES[kind](made.coverage, tmp_path)
    folder = (tmp_path / "scratch") if scratch else None
    if folder:
        folder.mkdir()
    lazy = zetwopass.dask.second_pass(**arguments | {"coverage": coverage}, scratch=folder, **CUT)
    same(lazy, *dask.compute(lazy.mosaic, lazy.coverage), arguments)
    blurred = zetwopass.blur_coverage(made.coverage, sigma=arguments["sigma"])
    for path in folder.iterdir() if folder else ():
        wanted = blurred if path.name.startswith("blurred") else made.coverage
        np.testing.assert_array_equal(np.load(path), wanted)


class Lent:
    """A coverage of which rows can be had, and which notes how many at a time."""

    def __init__(self, whole):
        self.whole, self.shape, self.most = whole, whole.shape, 0

    def __getitem__(self, rows):
        self.most = max(self.most, len(self.whole[rows]))
        return self.whole[rows]


def test_a_coverage_is_never_here_whole_if_there_is_a_folder_for_it(tmp_path, monkeypatch):
    # Without it a mosaic larger than this process's memory can't be made.
    made = scene(sip=True, channels=1, nan_borders=True)
    monkeypatch.setattr(zetwopass.dask.coverage, "_BYTES", 40_000)
    lent = Lent(made.coverage)
    zetwopass.dask.second_pass(**given(made, coverage=lent), scratch=tmp_path, **CUT)
    assert 0 < 4 * lent.most * made.coverage.shape[1] <= 40_000


@pytest.mark.parametrize(
    ("changes", "kind", "words"),
    [
        ({"scratch": "/no/such"}, WriteError, "scratch can't be written"),
        ({"coverage": np.ones(5, "f4")}, ArgumentError, r"coverage is of shape \[5\]"),
        ({"coverage": 5}, ArgumentError, "coverage is int"),
        ({"coverage": np.ones((5, 5))}, ArgumentError, "coverage has dtype <f8"),
    ],
)
def test_a_folder_for_the_coverage_is_checked_and_so_is_that(changes, kind, words, tmp_path):
    # Without it a mistake ends in words of NumPy.
    made = scene(sip=True, channels=1, nan_borders=True)
    arguments = given(made) | {"scratch": tmp_path} | changes
    with pytest.raises(kind, match=words):
        zetwopass.dask.second_pass(**arguments)
