"""Claims on pixel maps that are no homographies: real headers, distortions, the whole sky."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.wcs import WCS

from wcs_cases import (
    BOUND,
    HEADERS,
    compare,
    depth,
    evaluate,
    facing,
    header,
    make_wcs,
    read,
    with_sip,
    with_table,
)
from zetwopass._sky import pixel_map
from zetwopass.errors import WCSError

# Three axes although the image has two: the original refuses it as well; `.celestial` is usable.
REFUSED = {"distortions__magpis_SIN_GAL.fits": "3 axes"}
# No grid: facets have edges, and the all-sky map ends inside of the image.
FACETS = {"1904-66_CSC", "1904-66_HPX", "1904-66_QSC", "1904-66_TSC"}
ALL_POSITIONS = FACETS | {"distortions__rosat_allsky_AIT_GAL.fits"}
# As an output the map of ZPN ends inside of the image, too.
ALL_POSITIONS_AS_OUTPUT = ALL_POSITIONS | {"1904-66_ZPN"}


@pytest.mark.parametrize("path", HEADERS, ids=lambda path: path.stem)
def test_real_headers_as_tiles_agree_with_astropy(path):
    """Without it a projection, a frame or a distortion in use out there maps wrongly."""
    tile, cards = read(path), header(path)
    shape = cards["NAXIS2"], cards["NAXIS1"]
    if path.stem in REFUSED:
        with pytest.raises(WCSError, match=REFUSED[path.stem]):
            pixel_map(tile, shape, make_wcs(), (200, 300))
        tile = tile.celestial
    size = round(1.2 * max(shape))
    output = facing(tile, shape, size, 20.0)
    found, inside = compare(tile, shape, output, (size, size))
    assert inside > 800
    assert (found.positions is not None) == (path.stem in ALL_POSITIONS)


@pytest.mark.parametrize("path", HEADERS, ids=lambda path: path.stem)
def test_real_headers_as_outputs_agree_with_astropy(path):
    """Without it a mosaic on a projection other than TAN maps wrongly."""
    output, cards = read(path), header(path)
    canvas = cards["NAXIS2"], cards["NAXIS1"]
    if path.stem in REFUSED:
        with pytest.raises(WCSError, match="output_wcs has 3 axes"):
            pixel_map(make_wcs(), (200, 300), output, canvas)
        output = output.celestial
    size = round(0.6 * max(canvas))
    tile = facing(output, canvas, size, -35.0)
    found, inside = compare(tile, (size, size), output, canvas)
    assert inside > 800
    assert (found.positions is not None) == (path.stem in ALL_POSITIONS_AS_OUTPUT)


CURVED = {
    "SIP of 3 pixels": (lambda wcs: with_sip(wcs, 3, 180), {}),
    "SIP of 20 pixels": (lambda wcs: with_sip(wcs, 20, 180, order=4), {}),
    "SIP in FK5": (lambda wcs: with_sip(wcs, 3, 180), {"radesys": "FK5"}),
    "SIN": (lambda wcs: wcs, {"code": "SIN"}),
    "FK4": (lambda wcs: wcs, {"crval": (149.3, 20.23), "radesys": "FK4", "equinox": 1950.0}),
    "table": (lambda wcs: with_table(wcs, (200, 300), 2.0), {}),
}


@pytest.mark.parametrize("case", CURVED)
@pytest.mark.parametrize("turned", [0.0, 40.0])
def test_curved_tiles_lose_no_pixel_and_agree_with_astropy(case, turned):
    """Without it edges that bulge are cut off, or positions are off by more than the bound."""
    change, keys = CURVED[case]
    tile = change(make_wcs(turned=turned, **keys))
    output = make_wcs(size=(500, 400), radesys="ICRS")
    # astropy's inverse of distortions stops at 1e-4 pixels.
    found, inside = compare(tile, (200, 300), output, (400, 500), count=60000, tolerance=1.2e-4)
    assert found.plane is None and inside > 10000


@pytest.mark.parametrize("pixels", [1.0, 20.0, 60.0])
def test_positions_under_sip_show_the_same_sky(pixels):
    """Without it astropy's loose inverse of SIP, 1e-4 pixels, ends up in every position."""
    tile = with_sip(make_wcs(turned=25.0), pixels, 180)
    output = make_wcs(size=(500, 400))
    found = pixel_map(tile, (200, 300), output, (400, 500))
    x, y = np.random.default_rng(1).integers([[found.box[0]], [found.box[1]]], 300, (2, 3000))
    ends = evaluate(found, x, y)
    held = depth(ends, (200, 300)) > 0
    here, there = tile.all_pix2world(ends[held], 0), output.all_pix2world(x[held], y[held], 0)
    linear = tile.wcs_world2pix(here, 0) - tile.wcs_world2pix(np.transpose(there), 0)
    assert held.sum() > 500
    assert np.abs(linear).max() < 2 * BOUND


def test_sip_on_the_output_is_undone():
    """Without it the polynomial of a mosaic's own WCS is ignored."""
    output = with_sip(make_wcs(size=(500, 400)), 15, 320)
    compare(make_wcs(turned=30.0), (200, 300), output, (400, 500), count=20000)


EDGES = {
    "tile of one pixel": (
        make_wcs((150.001, 20.001), size=(1, 1), code="SIN"),
        (1, 1),
        make_wcs(),
        (200, 300),
    ),
    "plane of one pixel": (
        make_wcs((150.001, 20.001), size=(1, 1)),
        (1, 1),
        make_wcs(),
        (200, 300),
    ),
    "output of one pixel": (make_wcs(code="SIN"), (200, 300), make_wcs(size=(1, 1)), (1, 1)),
    "output of 3 by 200": (make_wcs(code="SIN"), (200, 300), make_wcs(size=(3, 200)), (200, 3)),
    "output of one row": (make_wcs(code="ZEA"), (200, 300), make_wcs(size=(90, 1)), (1, 90)),
    "tile ten times larger": (
        make_wcs(size=(3000, 2000), code="STG"),
        (2000, 3000),
        make_wcs(),
        (200, 300),
    ),
    "tile pixels ten times larger": (
        make_wcs(scale=15.0, code="SIN"),
        (200, 300),
        make_wcs(),
        (200, 300),
    ),
    "tile pixels ten times smaller": (
        make_wcs(scale=0.15, code="SIN"),
        (200, 300),
        make_wcs(),
        (200, 300),
    ),
    "RA wrap": (make_wcs((359.99, 0.0), code="SIN"), (200, 300), make_wcs((0.02, 0.0)), (200, 300)),
    "at the pole": (
        with_sip(make_wcs((77.0, 89.98)), 4, 180),
        (200, 300),
        make_wcs((200.0, 90.0)),
        (200, 300),
    ),
}


@pytest.mark.parametrize("case", EDGES)
def test_odd_sizes_and_places_agree_with_astropy(case):
    """Without it a box of one pixel divides by zero, or a wrap or pole breaks the grid."""
    _, inside = compare(*EDGES[case], count=30000, tolerance=1.2e-4)
    assert inside > 0


def all_sky(code: str) -> WCS:
    """Return the whole sky in 180 rows and 360 columns of a degree."""
    return make_wcs((0.0, 0.0), (360, 180), scale=3600.0, code=code)


@pytest.mark.parametrize("code", ["CAR", "AIT", "MOL", "HPX", "SFL"])
@pytest.mark.parametrize("centre", [(180.0, 10.0), (30.0, 90.0), (178.0, -80.0), (3.0, 5.0)])
def test_all_sky_outputs_hold_tiles_at_their_edges(code, centre):
    """Without it a tile that a wrap or a pole cuts in pieces shows one of them, or none."""
    tile = make_wcs(centre, (40, 30), scale=3000.0, turned=15.0)
    _, inside = compare(tile, (30, 40), all_sky(code), (180, 360), count=20000)
    assert inside > 50


@pytest.mark.parametrize("code", ["CAR", "AIT", "HPX"])
def test_all_sky_tiles_wrap(code):
    """Without it the seam of an all-sky image runs across the mosaic as garbage."""
    output = make_wcs((180.0, 10.0), (120, 100), scale=1800.0)
    _, inside = compare(all_sky(code), (180, 360), output, (100, 120), tolerance=1e-8)
    assert inside > 1000


def test_more_than_one_turn_of_sky_counts_once():
    """Without it a map wider than 360 degrees shows a tile twice, unlike reproject."""
    wide = make_wcs((0.0, 0.0), (400, 180), scale=3600.0, code="CAR")
    tile = make_wcs((180.0, 10.0), (40, 30), scale=3000.0)
    _, inside = compare(tile, (30, 40), wide, (180, 400), count=20000)
    assert inside > 50


@pytest.mark.parametrize("bend", [lambda wcs: wcs, lambda wcs: with_sip(wcs, 3, 180)])
def test_a_tile_on_the_far_side_has_no_map(bend):
    """Without it the mirror image behind a tangent plane, or a whole empty canvas, comes out."""
    tile = bend(make_wcs((330.0, -20.0)))
    assert pixel_map(tile, (200, 300), make_wcs(size=(5000, 4000)), (4000, 5000)) is None


@pytest.mark.parametrize("bend", [lambda wcs: wcs, lambda wcs: with_sip(wcs, 3, 180)])
def test_a_tile_beside_the_canvas_has_no_map(bend):
    """Without it every tile costs time on every canvas."""
    tile = bend(make_wcs((151.0, 20.0)))
    assert pixel_map(tile, (200, 300), make_wcs(size=(500, 400)), (400, 500)) is None


@pytest.mark.parametrize("code", ["TAN", "SIN", "ZEA"])
def test_a_tile_across_the_horizon_keeps_its_near_part(code):
    """Without it a tile partly behind the output's tangent plane is lost, or seen mirrored."""
    tile = make_wcs((150.0, 50.0), (60, 60), scale=3600.0, code=code)
    output = make_wcs((150.0, -40.0), (800, 800), scale=3600.0)
    _, inside = compare(tile, (60, 60), output, (800, 800), count=20000)
    assert inside > 10
