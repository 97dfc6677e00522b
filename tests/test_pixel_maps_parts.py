"""What a WCS consists of decides how its positions are taken; nothing is trusted between nodes."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from astropy.coordinates import ICRS
from astropy.io import fits
from astropy.wcs import WCS, DistortionLookupTable, Sip
from numpy.polynomial import chebyshev, polynomial

from wcs_cases import BOUND, evaluate, make_wcs, truth
from zetwopass._sky import pixel_map, tangent
from zetwopass._sky import sky as one_sky
from zetwopass._sky.parts import parts_of

SIDE = 400


def table(kind: str) -> tuple[np.ndarray, float]:
    """Return a table with one small feature and its pixels per value."""
    if kind == "one node":
        values = np.zeros((100, 100), np.float32)
        values[41, 37] = 1.0
        return values, 4.0
    values = np.zeros((SIDE, SIDE), np.float32)
    if kind == "a block":
        values[190:206, 203:219] = 0.4
    elif kind == "a column":
        values[:, 300:303] = 0.3
    elif kind == "a corner":
        values[:3, :3] = 0.4
    else:
        values[...] = 0.75
    return values, 1.0


def with_tables(wcs: WCS, kind: str, where: str) -> WCS:
    """Return a copy with the table in x (`cpdis1`, `det2im1`) or in y, beside one of zeros.

    Both, because astropy's inverse knows nothing of a det2im that stands alone.
    """
    values, step = table(kind)
    copy = wcs.deepcopy()
    for name in (f"{where[:-1]}1", f"{where[:-1]}2"):
        data = values if name == where else np.zeros_like(values)
        setattr(copy, name, DistortionLookupTable(data, (1.0, 1.0), (1.0, 1.0), (step, step)))
    return copy


TABLES = [
    (kind, where)
    for kind in ("one node", "a block", "a column", "a corner", "constant")
    for where in ("cpdis1", "cpdis2", "det2im1", "det2im2")
]


def every_pixel(side):
    y, x = np.mgrid[:side, :side].astype(float)
    return x.ravel(), y.ravel()


@pytest.mark.parametrize("kind, where", TABLES)
def test_a_table_of_the_output_is_followed_to_its_last_pixel(kind, where):
    """Without it a feature narrower than a grid's cells moves pixels by its whole height."""
    output = with_tables(make_wcs(size=(SIDE, SIDE)), kind, where)
    tile = make_wcs(size=(SIDE, SIDE), turned=3.0)
    x, y = every_pixel(SIDE)
    found = pixel_map(tile, (SIDE, SIDE), output, (SIDE, SIDE))
    expected = truth(tile, output, x, y)  # needs no inverse of the table
    assert (found.grid is not None) == (kind == "constant")
    assert np.nanmax(np.abs(evaluate(found, x, y) - expected)) <= BOUND


@pytest.mark.parametrize("kind, where", TABLES)
def test_a_table_of_the_tile_is_followed_to_its_last_pixel(kind, where):
    """Without it the same happens on the tile's side; the way back, which is exact, judges."""
    output = make_wcs(size=(SIDE, SIDE), turned=3.0)
    tile = with_tables(make_wcs(size=(SIDE, SIDE)), kind, where)
    x, y = every_pixel(SIDE)
    found = pixel_map(tile, (SIDE, SIDE), output, (SIDE, SIDE))
    ends = evaluate(found, x, y)
    known = np.isfinite(ends).all(axis=1)
    inside = ((ends > 0) & (ends < SIDE - 1)).all(axis=1)
    assert inside.sum() > 0.8 * SIDE**2
    back = output.wcs_world2pix(tile.all_pix2world(ends[known & inside], 0), 0)
    assert np.abs(back - np.stack([x, y], -1)[known & inside]).max() <= 2 * BOUND


def test_a_table_that_shifts_far_does_not_lose_the_tile():
    """Without it the box is that of what lies between the features."""
    values = np.zeros((SIDE, SIDE), np.float32)
    values[100:140, :] = 60.0
    tile = make_wcs(size=(SIDE, SIDE))
    tile.cpdis1 = DistortionLookupTable(values, (1.0, 1.0), (1.0, 1.0), (1.0, 1.0))
    output = make_wcs(size=(2 * SIDE, SIDE))
    found = pixel_map(tile, (SIDE, SIDE), output, (SIDE, 2 * SIDE))
    x = np.arange(2 * SIDE, dtype=float)
    ends = evaluate(found, x, np.full_like(x, 120.0))
    shown = np.flatnonzero((ends[:, 0] >= -0.5) & (ends[:, 0] <= SIDE - 0.5))
    assert (shown[0], shown[-1]) == (260, 659)  # the tile lies 200 px from the left, and 60 on


def chebyshev_sip(wcs: WCS, degree: int, height: float, half: float) -> WCS:
    """Return a copy with a Chebyshev polynomial in x, of that height over +-half pixels."""
    wave = polynomial.Polynomial(chebyshev.cheb2poly([0] * degree + [height]))
    terms = np.zeros((degree + 1, degree + 1))
    terms[:, 0] = wave.coef / half ** np.arange(degree + 1)
    terms[:2] = 0
    copy = wcs.deepcopy()
    copy.wcs.ctype = ["RA---TAN-SIP", "DEC--TAN-SIP"]
    copy.sip = Sip(terms, np.zeros_like(terms), None, None, copy.wcs.crpix)
    return copy


@pytest.mark.parametrize("degree", [3, 5, 8, 9])
@pytest.mark.parametrize("height", [1e-5, 1e-4, 0.01, 0.3])
def test_polynomials_of_any_degree_stay_within_the_bound(degree, height):
    """Without it a polynomial may wave between the nodes, most of all at the tile's edges."""
    output = chebyshev_sip(make_wcs(size=(SIDE, SIDE)), degree, height, SIDE / 2)
    tile = make_wcs(size=(SIDE, SIDE), turned=1.0)
    x, y = every_pixel(SIDE)
    found = pixel_map(tile, (SIDE, SIDE), output, (SIDE, SIDE))
    assert np.nanmax(np.abs(evaluate(found, x, y) - truth(tile, output, x, y))) <= BOUND


def tpv(**terms) -> WCS:
    """Return a TPV WCS of 400 pixels of an arcminute; terms such as PV1_3."""
    cards = {
        "CTYPE1": "RA---TPV",
        "CTYPE2": "DEC--TPV",
        "CRPIX1": 200.4,
        "CRPIX2": 200.3,
        "CRVAL1": 150.0,
        "CRVAL2": 20.0,
        "CD1_1": -1 / 60,
        "CD1_2": 0.0,
        "CD2_1": 0.0,
        "CD2_2": 1 / 60,
        "PV1_1": 1.0,
        "PV2_1": 1.0,
    }
    return WCS(fits.Header({**cards, **terms}))


@pytest.mark.parametrize("terms, rough", [({"PV1_3": 1e-4}, True), ({"PV1_4": 1e-4}, False)])
def test_a_radial_term_of_tpv_is_followed_to_its_tip(terms, rough):
    """Without it the tip of a cone between two nodes is cut off; squares are smooth."""
    output, tile = tpv(**terms), make_wcs(size=(SIDE, SIDE), scale=60.0)
    x, y = every_pixel(SIDE)
    found = pixel_map(tile, (SIDE, SIDE), output, (SIDE, SIDE))
    assert (found.grid is None) == rough
    assert np.nanmax(np.abs(evaluate(found, x, y) - truth(tile, output, x, y))) <= BOUND


@pytest.mark.parametrize("code", ["TSC", "QSC", "HPX", "CAR", "AIT", "SFL", "MER"])
def test_facets_and_cuts_are_followed_to_the_last_pixel(code):
    """Without it a facet's corner, or the cut of the sky, hides in a corner of the box."""
    tile = WCS(naxis=2)
    tile.wcs.ctype = f"RA---{code}", f"DEC--{code}"
    tile.wcs.crval, tile.wcs.crpix, tile.wcs.cdelt = (0, 0), (180.5, 90.5), (-1, 1)
    size = 90
    y, x = np.mgrid[:size, :size].astype(float)
    for crval in ((179.0, 3.0), (44.0, 40.0), (135.0, -41.0), (170.0, 60.0)):
        output = make_wcs(crval, (size, size), scale=1800.0, turned=17.0)
        expected = truth(tile, output, x.ravel(), y.ravel())
        found = pixel_map(tile, (180, 360), output, (size, size))
        inside = (expected > -0.5).all(axis=1) & (expected < [359.5, 179.5]).all(axis=1)
        ends = evaluate(found, x.ravel(), y.ravel())
        # The inverse of QSC is good to 1e-4 degrees only, wcslib's own error.
        assert np.abs(ends - expected)[inside].max() <= (1e-3 if code == "QSC" else 2 * BOUND)


def test_what_wcslib_distorts_is_no_tangent_plane():
    """Without it a distortion that vanishes at the nine pixels tried passes for none."""
    assert parts_of(tpv(PV1_4=1e-4)).native
    sky = one_sky.read("wcs", tpv(PV1_4=1e-30))
    assert tangent.plane_of(sky, (SIDE, SIDE)) is None
    assert not parts_of(make_wcs()).native


def test_planes_of_one_pole_share_their_grid_exactly():
    """Without it a cutout of small pixels lies off the grid by the rounding of radians."""
    output = make_wcs(size=(SIDE, SIDE), scale=1e-6)
    tile = output[7:207, 11:211]
    plane = pixel_map(tile, (200, 200), output, (SIDE, SIDE)).plane
    corners = np.array([[11, 7, 1], [210, 7, 1], [11, 206, 1], [210, 206, 1]]).T
    ends = (plane @ corners)[:2] / (plane @ corners)[2]
    assert np.abs(ends - [[0, 199, 0, 199], [0, 0, 199, 199]]).max() < 1e-11


def skies(back):
    """Return a source and a target, equal but for what the source finds on the way back."""
    source = SimpleNamespace(frame=ICRS(), world=lambda p: p, pixel=lambda p: p + back)
    target = SimpleNamespace(frame=ICRS(), world=lambda p: p, pixel=lambda p: p)
    return source, target


@pytest.mark.parametrize(
    "back, counts",
    [(0, True), (0.9, True), (-1.1, False), (np.inf, False), (-np.inf, False), (np.nan, True)],
)
def test_the_way_back_is_judged_as_reproject_judges_it(back, counts):
    """Without it a way back to infinity, which is none, passes as one that is not known."""
    ends = one_sky.transfer(*skies(back), np.array([[3.0, 4.0]]))
    np.testing.assert_array_equal(ends, [[3.0, 4.0]] if counts else [[np.nan, np.nan]])


def test_infinite_pixels_of_astropy_stay_infinite():
    """Without it the rule above never sees one."""
    sky = one_sky.read("wcs", make_wcs())
    found = sky._where_finite(lambda p: np.array([[np.inf, 1.0], [np.nan, 1.0]]), np.zeros((2, 2)))
    np.testing.assert_array_equal(found, [[np.inf, 1.0], [np.nan, np.nan]])
