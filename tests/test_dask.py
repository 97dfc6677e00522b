"""The second pass by tasks of dask, on threads: its forms, its bits, and what it refuses."""

import numpy as np
import pytest
from astropy.io import fits

import tile_forms
from dask_scene import CUT, given, same, scene, written
from zetwopass import ArgumentError, ArgumentTypeError, FileError, RangeWarning, TileWarning

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


def test_tiles_may_be_parts_of_one_array():
    # Without it what makes one of them is left out for what makes another.
    made = scene(sip=True, channels=1, nan_borders=True)
    whole = da.from_array(np.stack(made.tiles), chunks=(3, 40, 50, 1))
    arguments = given(made)
    lazy = zetwopass.dask.second_pass(**arguments | {"tiles": list(whole)}, **CUT)
    same(lazy, *dask.compute(lazy.mosaic, lazy.coverage), arguments)


def test_the_mosaic_goes_to_a_store(tmp_path):
    # Without it the result can't be larger than memory.
    made = scene(sip=True, channels=1, nan_borders=True)
    lazy = zetwopass.dask.second_pass(**given(made), **CUT)
    lazy.mosaic.to_zarr(str(tmp_path / "mosaic.zarr"))
    stored = da.from_zarr(str(tmp_path / "mosaic.zarr")).compute()
    np.testing.assert_array_equal(stored, zetwopass.second_pass(**given(made)).mosaic)


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
