"""Results as arrays of dask or in a zarr store are those of the plain call."""

import importlib

import numpy as np
import pytest

from test_combine import CANVAS, COMBINES, coadd, images, weights
from zetwopass import ArgumentError

dask = pytest.importorskip("dask.array")
zarr = pytest.importorskip("zarr")


def lazily(data, **changes):
    array, footprint = coadd(data, return_type="dask", **changes)
    assert isinstance(array, dask.Array) and isinstance(footprint, dask.Array)
    return array, footprint


def same(found, want):
    """Positions of a chunk are those of the whole to rounding."""
    for ours, theirs in zip(found, want, strict=True):
        np.testing.assert_allclose(np.asarray(ours), theirs, rtol=0, atol=1e-9)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("combine", [*COMBINES, "median"])
def test_chunks_are_parts_of_the_whole(combine, weighted):
    # Without it tiles are cut, moved or left out at the chunks' borders.
    changes = {"combine_function": combine, "blank_pixel_value": -3.0}
    if weighted:
        changes["input_weights"] = weights()
    found = lazily(images(), block_size=(17, 23), **changes)
    assert found[0].chunks == ((17, 17, 17, 9), (23, 23, 23, 11))
    same(found, coadd(images(), **changes))


def test_planes_come_one_by_one_with_their_weights():
    # Without it a chunk holds all planes, or the weights of another.
    for given in (weights(planes=(3,)), weights()):
        found = lazily(images(planes=(3,)), input_weights=given)
        assert found[0].chunks[0] == (1, 1, 1)
        same(found, coadd(images(planes=(3,)), input_weights=given))


def test_images_of_dask_are_read_when_they_are_wanted():
    # Without it the call itself loads what does not fit into memory.
    read = []

    def load(block):
        read.append(block.shape)
        return block

    data = [
        (
            dask.from_array(image, chunks=(1, 38, 46)).map_blocks(
                load, dtype=float, meta=np.empty(0)
            ),
            sky,
        )
        for image, sky in images(planes=(3,))
    ]
    found = lazily(data)
    assert not read
    want = coadd(images(planes=(3,)))
    same([found[0][1]], [want[0][1]])
    assert read == [(1, 38, 46)] * 3
    same(coadd(data), want)


def test_two_arrays_of_one_name_are_told():
    # Without it dask takes one image for both, in silence.
    arrays = [dask.from_array(image, name="same") for image, _ in images()]
    data = [(array, sky) for array, (_, sky) in zip(arrays, images(), strict=True)]
    with pytest.warns(UserWarning, match="share the name 'same'") as told:
        lazily(data)
    assert told[0].filename.endswith("test_combine.py")


def test_a_store_holds_the_result(tmp_path):
    # Without it a mosaic that is larger than the memory has no place.
    path = tmp_path / "mosaic.zarr"
    changes = {"combine_function": "max", "blank_pixel_value": np.nan, "block_sizes": (40, 30)}
    found = coadd(images(), return_type="zarr", zarr_path=path, zarr_batch_size=1, **changes)
    assert isinstance(found[0], dask.Array)
    want = coadd(images(), **changes)
    same(found, want)
    np.testing.assert_array_equal(zarr.open_group(path)["footprint"][:], found[1].compute())


def test_nothing_on_the_output_is_blank_in_chunks():
    # Without it chunks without an image fail, or are 0.
    far = images()[0][1].deepcopy()
    far.wcs.crval = 10, -60
    array, footprint = lazily([(np.ones((4, 5)), far)], blank_pixel_value=-1)
    same((array, footprint), (np.full(CANVAS, -1.0), np.zeros(CANVAS)))


REFUSED = {
    "another return": ({"return_type": "Dask"}, "return_type should be set to"),
    "an output": ({"return_type": "dask", "output_array": np.zeros(CANVAS)}, "output_array"),
    "a footprint": ({"return_type": "dask", "output_footprint": np.zeros(CANVAS)}, "footprint"),
    "a match": ({"return_type": "dask", "match_background": True}, "match_background"),
    "memory maps": ({"return_type": "dask", "intermediate_memmap": True}, "intermediate_memmap"),
    "no path": ({"return_type": "zarr"}, "zarr_path should be set"),
    "a number as path": ({"return_type": "zarr", "zarr_path": 5}, "zarr_path is a int"),
    "a path that is there": ({"return_type": "zarr", "zarr_path": "."}, "already exists"),
    "a path for nothing": ({"zarr_path": "new"}, "zarr_path can only be set"),
    "no batch": (
        {"return_type": "zarr", "zarr_path": "new", "zarr_batch_size": 0},
        "zarr_batch_size = 0, want 1",
    ),
    "larger blocks than axes": ({"return_type": "dask", "block_size": (1, 2, 3)}, "block_size"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_can_not_be_lazy_is_refused(what):
    # Without it an option is ignored in silence.
    changes, message = REFUSED[what]
    with pytest.raises(ArgumentError, match=message):
        coadd(images(), **changes)


@pytest.mark.parametrize(("kind", "missing"), [("dask", "dask.array"), ("zarr", "zarr")])
def test_a_missing_package_is_named(kind, missing, monkeypatch, tmp_path):
    # Without it an ImportError comes up, of a package that nobody has asked for.
    def absent(name):
        if name == missing:
            raise ImportError(f"No module named {name!r}")
        return found(name)

    found = importlib.import_module
    monkeypatch.setattr(importlib, "import_module", absent)
    changes = {"zarr_path": tmp_path / "new"} if kind == "zarr" else {}
    with pytest.raises(ArgumentError, match=f"return_type = '{kind}' wants {missing}"):
        coadd(images(), return_type=kind, **changes)
