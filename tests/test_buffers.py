"""NumPy memory is borrowed as it lies, or refused with the remedy."""

import numpy as np
import pytest

from zetwopass import ArgumentError
from zetwopass._engine import buffers, structs
from zetwopass._sky import PixelMap


def address(array):
    return array.__array_interface__["data"][0]


def layout(image):
    shape = (image.height, image.width, image.channels)
    return image.data, shape, (image.stride_y, image.stride_x, image.stride_c)


def test_views_are_borrowed_without_a_copy():
    # Without it every call copies gigabytes.
    rgb = np.zeros((6, 8, 3), np.float32)
    for view in (rgb, rgb[1::2, ::3], rgb[..., 1:], rgb.transpose(1, 0, 2), rgb[:, :, ::2]):
        assert layout(buffers.image("rgb", view)) == (address(view), view.shape, view.strides)


def test_a_plane_has_one_channel():
    # Without it mono tiles need a reshape by the caller.
    plane = np.zeros((6, 8), np.float32)
    assert layout(buffers.image("plane", plane)) == (address(plane), (6, 8, 1), (32, 4, 4))


def test_channels_beyond_those_asked_for_are_left_out():
    # Without it a tile with an alpha channel can't be used.
    rgba = np.zeros((6, 8, 4), np.float32)
    assert layout(buffers.image("rgba", rgba, channels=3))[1] == (6, 8, 3)


def test_strides_of_an_axis_of_length_one_do_not_matter():
    # Without it NumPy's odd strides of single rows are refused by chance.
    row = np.zeros((4, 8, 1), np.float32)[::-1][1:2]
    assert row.strides[0] < 0
    assert layout(buffers.image("row", row))[2] == (4, 4, 4)


def test_repeated_memory_can_be_read():
    # Without it a constant mask takes the memory of a full one.
    ones = np.broadcast_to(np.float32(1), (6, 8))
    assert layout(buffers.image("ones", ones))[2] == (0, 0, 4)


def unaligned(shape):
    raw = np.zeros(int(np.prod(shape)) * 4 + 1, np.uint8)
    return raw[1:].view(np.float32).reshape(shape)


def odd_strides(shape):
    return np.zeros(shape, np.dtype([("a", "f4"), ("b", "u1")], align=False))["a"]


REFUSED = {
    "a list": (lambda: [[1.0]], "is a list, want a NumPy array"),
    "float64": (lambda: np.zeros((4, 5)), r"dtype <f8, want native float32.*astype\('f4'\)"),
    "big-endian": (lambda: np.zeros((4, 5), ">f4"), r"dtype >f4.*astype\('f4'\)"),
    "integers": (lambda: np.zeros((4, 5), "u2"), "dtype <u2"),
    "one axis": (lambda: np.zeros(5, "f4"), r"shape \[5\], want \[H, W\]"),
    "four axes": (lambda: np.zeros((1, 2, 3, 4), "f4"), r"shape \[1, 2, 3, 4\]"),
    "no rows": (lambda: np.zeros((0, 5), "f4"), r"shape \[0, 5\], want no size of 0"),
    "no channels": (lambda: np.zeros((4, 5, 0), "f4"), "want no size of 0"),
    "upside down": (lambda: np.zeros((4, 5), "f4")[::-1], r"strides \(-20, 4\).*copy\(\)"),
    "odd strides": (lambda: odd_strides((4, 5)), r"strides \(25, 5\).*copy\(\)"),
    "unaligned": (lambda: unaligned((4, 5)), r"strides.*copy\(\)"),
    "masked": (lambda: np.ma.zeros((4, 5), "f4"), r"masked array.*filled\(np.nan\)"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_the_library_cannot_read_is_refused_with_a_remedy(what):
    # Without it the library reads other memory than was meant, or a copy is made unasked.
    make, message = REFUSED[what]
    with pytest.raises(ArgumentError, match=f"^tiles\\[3\\].*{message}"):
        buffers.image("tiles[3]", make())


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: np.broadcast_to(np.float32(1), (4, 5)), "read-only"),
        (lambda: np.lib.stride_tricks.as_strided(np.zeros(9, "f4"), (4, 5), (0, 4)), "repeats"),
    ],
)
def test_memory_that_cannot_be_written_is_refused_for_outputs(make, message):
    # Without it a read-only array is written to, or a pixel twice.
    with pytest.raises(ArgumentError, match=f"^out.*{message}"):
        buffers.image("out", make(), writable=True)


def test_a_plane_of_another_shape_is_refused():
    # Without it a mask of another tile is read beyond its end.
    plane = np.zeros((4, 5), np.float32)
    with pytest.raises(ArgumentError, match=r"mask has shape \[4, 5\], want \[5, 4\]"):
        buffers.plane("mask", plane, (5, 4))
    with pytest.raises(ArgumentError, match=r"mask has shape \[4, 5, 1\], want \[H, W\]"):
        buffers.plane("mask", plane[..., None])


def test_maps_of_each_kind_keep_their_numbers():
    # Without it tiles land elsewhere on the mosaic.
    plane, nodes = buffers.pixel_map(PixelMap((1, 2, 3, 4), plane=np.arange(9.0).reshape(3, 3)))
    assert (plane.x0, plane.y0, plane.x1, plane.y1) == (1, 2, 3, 4)
    assert (plane.kind, list(plane.plane), nodes) == (structs.MAP_PLANE, list(range(9)), None)

    lattice = np.zeros((5, 7, 2))
    grid, nodes = buffers.pixel_map(
        PixelMap((0, 0, 9, 8), grid=lattice, origin=(1.5, 2.5), step=(3.0, 4.0))
    )
    assert (grid.kind, grid.nodes, nodes is lattice) == (structs.MAP_GRID, address(lattice), True)
    found = (grid.nx, grid.ny, grid.origin_x, grid.origin_y, grid.step_x, grid.step_y)
    assert found == (7, 5, 1.5, 2.5, 3.0, 4.0)

    places, nodes = buffers.pixel_map(PixelMap((0, 0, 7, 5), positions=lattice))
    assert (places.kind, places.nodes) == (structs.MAP_POSITIONS, address(lattice))


def test_a_tile_off_the_mosaic_has_an_empty_box():
    # Without it a tile that shows nothing can't be passed on.
    empty, nodes = buffers.pixel_map(None)
    assert (empty.x0, empty.x1, nodes) == (0, 0, None)
