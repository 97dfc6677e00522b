"""Tiles on the output's own grid come through whole: cutouts, ZeMosaic's SDS mode."""

import numpy as np
import pytest

import sky
import zetwopass

DEVICES = ("cpu", "gpu") if zetwopass.device_info().usable else ("cpu",)
SHAPE, CANVAS = (37, 53), (60, 90)


def canvas_wcs(kind):
    """Return a WCS whose grid the tiles share."""
    wcs = sky.tile_wcs(sky.CENTRE, CANVAS, rotation=33.0, sip=kind == "SIP")
    if kind in ("SIN", "ZEA"):
        wcs.wcs.ctype = [f"RA---{kind}", f"DEC--{kind}"]
        wcs.wcs.set()
    return wcs


def cutout_wcs(output, x, y):
    """Return the WCS of a cutout whose pixel (0, 0) is the output's (x, y)."""
    return output[y : y + SHAPE[0], x : x + SHAPE[1]]


def spoiled(rng, channels):
    """Return a tile with NaN in corners, edges, second rows and columns, and at random."""
    tile = rng.normal(100, 5, (*SHAPE, channels)).astype("f4")
    tile[rng.random(tile.shape) < 0.2] = np.nan
    tile[1, ::3], tile[-2, 1::3], tile[::3, 1], tile[1::3, -2] = (np.nan,) * 4
    tile[0, 5:9], tile[-1, 20:25], tile[3:6, 0], tile[9:12, -1] = (np.nan,) * 4
    tile[20, 20] = np.inf
    return tile


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("channels", [1, 2, 3])
@pytest.mark.parametrize("kind", ["TAN", "SIN", "ZEA", "SIP"])
def test_a_cutout_comes_back_as_it_is(kind, channels, device):
    # Without it each such tile loses its left and top edge, and all pixels beside a NaN.
    output = canvas_wcs(kind)
    tile = spoiled(np.random.default_rng(5), channels)
    made = zetwopass.second_pass(
        [tile],
        [cutout_wcs(output, 11, 7)],
        output,
        np.ones(CANVAS, np.float32),
        gain_clip=(1, 1),
        profile="v4.2",
        device=device,
    )
    want = np.zeros((*CANVAS, channels), np.float32)
    want[7 : 7 + SHAPE[0], 11 : 11 + SHAPE[1]] = np.nan_to_num(tile, nan=0, posinf=np.inf)
    np.testing.assert_allclose(made.mosaic, want, rtol=2e-7)
    footprint = np.zeros(CANVAS, bool)
    footprint[7 : 7 + SHAPE[0], 11 : 11 + SHAPE[1]] = ~np.isnan(tile[..., 0])
    np.testing.assert_array_equal(made.coverage > 0, footprint)


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("turns", [1, 2, 3])
@pytest.mark.parametrize("flip", [False, True])
def test_a_tile_turned_by_right_angles_comes_back_turned(turns, flip, device):
    # Without it the four sides of a tile are not alike: which edge is lost depends on the turn.
    output = canvas_wcs("TAN")
    tile = spoiled(np.random.default_rng(6), 1)[..., 0][:37, :37]
    wcs = cutout_wcs(output, 20, 10)
    wcs.wcs.set()
    ways = np.array([[0, 1], [-1, 0]]) if turns == 1 else np.array([[-1, 0], [0, -1]])
    if turns == 3:
        ways = np.array([[0, -1], [1, 0]])
    if flip:
        ways = ways @ np.array([[-1, 0], [0, 1]])
    # The tile's pixel p lies at 18 + ways @ (p - 18) of the cutout.
    wcs.wcs.crpix = 19 + ways.T @ (wcs.wcs.crpix - 19)
    wcs.wcs.cd = wcs.wcs.cd @ ways
    wcs.wcs.set()
    made = zetwopass.second_pass(
        [tile], [wcs], output, np.ones(CANVAS, np.float32), gain_clip=(1, 1), device=device
    )
    y, x = np.mgrid[:37, :37]
    col, row = 18 + ways @ np.stack([x.ravel() - 18, y.ravel() - 18])
    want = np.full(CANVAS, np.nan, np.float32)
    want[10 + row, 20 + col] = np.where(np.isinf(tile), np.nan, tile).ravel()  # v4.5 clears inf
    np.testing.assert_allclose(made.mosaic[..., 0], want, rtol=2e-7)


@pytest.mark.parametrize("device", DEVICES)
def test_masks_on_the_grid_cut_where_they_say(device):
    # Without it a weight of 1e-13, left by the noise of a position, shows a pixel that is masked.
    output, rng = canvas_wcs("TAN"), np.random.default_rng(7)
    tile = rng.normal(100, 5, SHAPE).astype("f4")
    mask = (rng.random(SHAPE) < 0.5).astype("f4")
    made = zetwopass.second_pass(
        [tile],
        [cutout_wcs(output, 11, 7)],
        output,
        np.full(CANVAS, 2, np.float32),
        gain_clip=(1, 1),
        masks=[mask],
        device=device,
    )
    want = np.zeros(CANVAS, np.float32)
    want[7 : 7 + SHAPE[0], 11 : 11 + SHAPE[1]] = mask
    np.testing.assert_array_equal(made.coverage, want)


def test_a_millionth_of_a_pixel_off_the_grid_is_off_it():
    # Without it the slack would hide real shifts: between tangent planes it is 1e-9 pixels.
    output = canvas_wcs("TAN")
    wcs = cutout_wcs(output, 11, 7)
    wcs.wcs.crpix = wcs.wcs.crpix + [1e-6, 0]
    tile = np.ones(SHAPE, np.float32)
    tile[5, 5] = np.nan
    made = zetwopass.second_pass(
        [tile], [wcs], output, np.ones(CANVAS, np.float32), gain_clip=(1, 1), profile="v4.2"
    )
    lost = np.argwhere(made.coverage[8:40, 12:60] == 0) + [8 - 7, 12 - 11]
    assert {tuple(p) for p in lost.tolist()} == {(5, 4), (5, 5)}
