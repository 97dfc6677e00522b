"""The second pass by tasks of dask, on threads: its forms, its bits, and what it refuses."""

import numpy as np
import pytest
from astropy.io import fits

import tile_forms
from dask_scene import CUT, given, same, scene
from zetwopass import (
    ArgumentError,
    ArgumentTypeError,
    FileError,
    RangeWarning,
    TileWarning,
    WriteError,
)

pytest.importorskip("dask.array")
pytest.importorskip("distributed")

import dask  # noqa: E402
from dask import array as da  # noqa: E402

import zetwopass.dask  # noqa: E402

CASES = {
    "planes, masks and weights": {"channels": 3, "masks": "holes", "weighted": True},
    "grids": {"sip": True, "channels": 1, "nan_borders": True},
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("profile", ["v4.5", "v4.2"])
def test_tasks_give_the_bits_of_one_machine(case, profile):
    # Without it a mosaic depends on how many machines there are.
    made = scene(**CASES[case])
    arguments = given(made, profile=profile)
    if profile == "v4.2":
        arguments["tile_weights"] = None
    lazy = zetwopass.dask.second_pass(**arguments, **CUT)
    assert lazy.mosaic.chunksize == (100, 130, made.tiles[0].shape[2])
    same(lazy, *dask.compute(lazy.mosaic, lazy.coverage), arguments)


def written(folder, name, image):
    path = folder / f"{name}.fits"
    axes = np.moveaxis(image, 2, 0) if image.ndim == 3 else image
    fits.HDUList([fits.PrimaryHDU(), fits.ImageHDU(axes, name="SCI")]).writeto(path)
    return path, "SCI"


def test_tiles_of_all_kinds_may_stand_side_by_side(tmp_path):
    # Without it a kind of array or file that is promised fails, or has other values.
    zarr = pytest.importorskip("zarr")
    made = scene(channels=3, masks="holes", weighted=True)
    tiles, masks = list(made.tiles), list(made.masks)
    tiles[0] = da.from_array(tiles[0], chunks=(40, 50, 1))
    tiles[1] = written(tmp_path, "tile", tiles[1])
    da.from_array(tiles[2], chunks=(50, 50, 3)).to_zarr(str(tmp_path / "two.zarr"))
    tiles[2] = tmp_path / "two.zarr"
    tiles[3] = zarr.open(str(tmp_path / "two.zarr"), mode="r")
    masks[0] = da.from_array(masks[0])
    masks[1] = written(tmp_path, "mask", masks[1])
    masks[3] = None
    plain = list(made.tiles)
    plain[3] = plain[2]
    coverage = da.from_array(made.coverage, chunks=100)
    arguments = given(made, tiles=plain, masks=[*made.masks[:3], None, *made.masks[4:]])
    changes = {"tiles": tiles, "masks": masks, "coverage": coverage}
    lazy = zetwopass.dask.second_pass(**arguments | changes, **CUT)
    same(lazy, *dask.compute(lazy.mosaic, lazy.coverage), arguments)


def test_tiles_that_are_all_files_tell_where_they_lie(tmp_path):
    # Without it a caller reads every header in vain.
    made = scene(sip=True, channels=1, nan_borders=True)
    paths = []
    for i, (tile, wcs) in enumerate(zip(made.tiles, made.wcs, strict=True)):
        paths.append(tmp_path / f"{i}.fits")
        fits.PrimaryHDU(tile[..., 0], wcs.to_header(relax=True)).writeto(paths[-1])
    arguments = given(made, tiles=paths, tiles_wcs=None)
    lazy = zetwopass.dask.second_pass(**arguments, **CUT)
    same(lazy, *dask.compute(lazy.mosaic, lazy.coverage), arguments)


def test_the_mosaic_goes_to_a_store(tmp_path):
    # Without it the result can't be larger than memory.
    made = scene(sip=True, channels=1, nan_borders=True)
    lazy = zetwopass.dask.second_pass(**given(made), **CUT)
    lazy.mosaic.to_zarr(str(tmp_path / "mosaic.zarr"))
    stored = da.from_zarr(str(tmp_path / "mosaic.zarr")).compute()
    np.testing.assert_array_equal(stored, zetwopass.second_pass(**given(made)).mosaic)


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


def test_another_shape_and_blocks_that_no_tile_meets():
    # Without it a canvas larger than the coverage, or empty corners, have other values.
    made = scene(sip=True, channels=1, nan_borders=True)
    height, width = made.shape_out
    arguments = given(made, shape_out=(height + 150, width - 40))
    lazy = zetwopass.dask.second_pass(**arguments, chunks=64, task_bytes=1)
    same(lazy, *dask.compute(lazy.mosaic, lazy.coverage), arguments)


def test_tiles_that_show_nothing_are_in_no_group():
    # Without it a tile of NaN, or one off the mosaic, counts as a part of it.
    made = scene(sip=True, channels=1, nan_borders=True)
    tiles = [*made.tiles]
    tiles[11], tiles[2] = np.full_like(tiles[11], np.nan), np.full_like(tiles[2], np.nan)
    skies = [*made.wcs]
    skies[5] = skies[5].deepcopy()
    skies[5].wcs.crval = [200, -60]
    arguments = given(made, tiles=tiles, tiles_wcs=skies)
    with pytest.warns(TileWarning, match="2, 5") as seen:
        lazy = zetwopass.dask.second_pass(**arguments, **CUT)
    assert seen[0].filename == __file__
    assert set(np.flatnonzero(lazy.groups < 0)) == {2, 5, 11}
    with pytest.warns(TileWarning):
        same(lazy, *dask.compute(lazy.mosaic, lazy.coverage), arguments)


def test_weights_beyond_float32_are_as_on_one_machine():
    # Without it sums overflow in a task, and pixels are lost.
    made = scene(channels=3, masks="holes", weighted=True)
    arguments = given(made, tile_weights=[1e39 * w for w in made.tile_weights])
    with pytest.warns(RangeWarning):
        lazy = zetwopass.dask.second_pass(**arguments, **CUT)
    with pytest.warns(RangeWarning):
        same(lazy, *dask.compute(lazy.mosaic, lazy.coverage), arguments)


def spoiled(part, item):
    made = scene(channels=3, masks="holes", weighted=True)
    entries = list(getattr(made, part))
    entries[4] = item
    return given(made, **{part: entries})


HALVES = da.zeros((90, 120, 3), "f8")
UNKNOWN = da.ones((90, 120), dtype="f4")[da.ones(90, dtype="f4") > 0]


@pytest.mark.parametrize(
    ("part", "item", "kind", "words"),
    [
        ("tiles", 5, ArgumentTypeError, r"tiles\[4\] is a int"),
        ("tiles", HALVES, ArgumentError, r"tiles\[4\] has dtype <f8.*astype"),
        ("tiles", UNKNOWN, ArgumentError, r"tiles\[4\] has shape \[nan"),
        ("tiles", da.zeros((90, 120), dtype="f4"), ArgumentError, r"tiles\[4\].* 3 channels"),
        ("tiles", "/no/such.zarr", FileError, r"tiles\[4\]"),
        ("tiles", "/no/such.fits", FileError, r"tiles\[4\]"),
        ("masks", np.ones((5, 5), "f4"), ArgumentError, r"masks\[4\] has shape \[5, 5\]"),
        ("masks", np.ones((90, 120, 1), "f4"), ArgumentError, r"masks\[4\] has shape"),
    ],
)
def test_what_cannot_be_a_tile_is_refused_by_name(part, item, kind, words):
    # Without it a task fails far away, when all others have run.
    with pytest.raises(kind, match=words):
        zetwopass.dask.second_pass(**spoiled(part, item), **CUT)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"chunks": 0}, r"chunks\[0\] = 0"),
        ({"chunks": (100, -1)}, r"chunks\[1\] = -1"),
        ({"task_bytes": 0}, "task_bytes = 0"),
        ({"workers": 0}, "workers = 0"),
        ({"tiles_wcs": None}, "tiles_wcs is None"),
        ({"profile": "v5"}, "profile = 'v5'"),
        ({"gain_clip": (2, 1)}, "gain_clip"),
    ],
)
def test_arguments_that_make_no_sense_are_refused(changes, words):
    # Without it a mistake costs the time of all tasks.
    made = scene(sip=True, channels=1, nan_borders=True)
    with pytest.raises(ArgumentError, match=words):
        zetwopass.dask.second_pass(**given(made, **changes))


@pytest.mark.parametrize(("part", "shape"), [("tiles", (90, 120, 3)), ("masks", (90, 120))])
def test_errors_of_a_task_name_the_tile(part, shape):
    # Without it one damaged tile of thousands has to be looked for.
    lying = da.from_delayed(dask.delayed(np.ones)((7, 7), "f4"), shape, np.float32)
    with pytest.raises(ArgumentError, match=rf"{part}\[4\] has shape \[7, 7\]"):
        zetwopass.dask.second_pass(**spoiled(part, lying), **CUT)


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda path: path.write_bytes(path.read_bytes()[:6000]), "can't be read"),
        (lambda path: path.unlink(), "can't be read"),
        (lambda path: replaced(path, np.ones((3, 7, 7), "f4")), r"shape \[7, 7, 3\], had \[90"),
    ],
)
def test_a_file_that_is_damaged_later_is_named(damage, words, tmp_path):
    # Without it the error tells the tile's number in its task, which nobody knows.
    path, hdu = written(tmp_path, "tile", scene(channels=3, masks="holes", weighted=True).tiles[4])
    arguments = spoiled("tiles", (path, hdu))
    lazy = zetwopass.dask.second_pass(**arguments, **CUT)
    damage(path)
    with pytest.raises(FileError, match=rf"tiles\[4\].*{words}"):
        lazy.mosaic.compute()


def replaced(path, axes):
    hdus = fits.HDUList([fits.PrimaryHDU(), fits.ImageHDU(axes, name="SCI")])
    hdus.writeto(path, overwrite=True)


@pytest.mark.parametrize("form", tile_forms.FORMS)
def test_files_of_every_form_are_read_as_on_one_machine(tmp_path, form):
    # Without it a tile is another one where a worker has read it.
    files, arrays = tile_forms.mosaic(tmp_path, form)
    lazy = zetwopass.dask.second_pass(**files, sigma=5)
    same(lazy, *dask.compute(lazy.mosaic, lazy.coverage), arrays | {"sigma": 5})


def test_a_mosaic_that_is_written_is_whole_or_not_there(tmp_path):
    # Without it half a mosaic lies there after a failure, or one that was good is gone.
    path, hdu = written(tmp_path, "tile", scene(channels=3, masks="holes", weighted=True).tiles[4])
    arguments = spoiled("tiles", (path, hdu))
    lazy = zetwopass.dask.second_pass(**arguments, **CUT)
    target = tmp_path / "out" / "mosaic.fits"
    target.parent.mkdir()
    header = arguments["output_wcs"].to_header()
    zetwopass.dask.write_mosaic(lazy, target, header)
    before = target.read_bytes()
    with pytest.raises(ArgumentError, match="already there"):
        zetwopass.dask.write_mosaic(lazy, target, header)
    path.unlink()
    with pytest.raises(FileError, match=r"tiles\[4\]"):
        zetwopass.dask.write_mosaic(lazy, target, header, overwrite=True)
    assert list(target.parent.iterdir()) == [target] and target.read_bytes() == before


def test_blocks_are_as_large_as_their_tiles_admit():
    # Without it a deep mosaic's blocks want more tiles at a time than a worker has room for.
    made = scene(sip=True, channels=1, nan_borders=True)
    height, width = made.shape_out
    large = zetwopass.dask.second_pass(**given(made))
    small = zetwopass.dask.second_pass(**given(made), task_bytes=1)
    assert large.mosaic.numblocks == (1, 1, 1)
    assert small.mosaic.chunksize[:2] == (
        -(-height // -(-height // 512)),
        -(-width // -(-width // 512)),
    )


def test_no_block_is_a_narrow_rest():
    # Without it some tasks take longer to send than to do.
    boxes = np.array([[0, 0, 900, 900]])
    blocks = zetwopass.dask.blocks.cut(None, (6100, 8300), boxes, np.ones(1), 10, (2, 1), 2)
    assert blocks == ((3050, 3050), (4150, 4150))
    many = zetwopass.dask.blocks.cut(None, (6100, 8300), boxes, np.ones(1), 10, (2, 1), 64)
    assert max(many[0] + many[1]) <= 2048 and min(many[0] + many[1]) > 1500
