"""Claims on pixel maps (zetwopass._sky): tangent planes, the grid's formula, what is refused."""

from __future__ import annotations

import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from astropy.wcs import WCS

from wcs_cases import HEADERS, compare, evaluate, facing, make_wcs, read, with_sip
from zetwopass._sky import PixelMap, grid_positions, pixel_map
from zetwopass.errors import ArgumentError, WCSError

PLANES = {
    "same centre": ({}, {"turned": 33.0}),
    "400 arcsec apart": ({}, {"crval": (150.1, 20.05), "turned": 12.0, "scale": 1.95}),
    "RA wrap": ({"crval": (359.98, 1.0)}, {"crval": (0.03, 1.02)}),
    "north pole": ({"crval": (10.0, 89.97)}, {"crval": (150.0, 89.99), "turned": 70.0}),
    "south pole": ({"crval": (200.0, -89.98)}, {"crval": (20.0, -89.99)}),
    "on the pole": ({"crval": (30.0, 90.0)}, {"crval": (80.0, 89.98)}),
    "parity": ({}, {"flip": 1, "turned": -20.0}),
    "LONPOLE": ({"lonpole": 170.0}, {"lonpole": 213.0}),
    "FK5": ({"radesys": "ICRS"}, {"radesys": "FK5", "equinox": 2000.0}),
    "FK5 of 2015.5": (
        {"radesys": "FK5"},
        {"crval": (150.21, 19.92), "radesys": "FK5", "equinox": 2015.5},
    ),
    "Galactic": ({}, {"crval": (213.82, 50.25), "axes": ("GLON", "GLAT")}),
    "latitude first": ({}, {"crval": (20.0, 150.0), "axes": ("DEC-", "RA--")}),
}


@pytest.mark.parametrize("case", PLANES)
def test_planes_agree_with_astropy_to_1e_8_pixels(case):
    """Without it a sign or an angle of the homography is wrong somewhere on the sky."""
    output_keys, tile_keys = PLANES[case]
    output, tile = make_wcs(size=(500, 400), **output_keys), make_wcs(**tile_keys)
    found, inside = compare(tile, (200, 300), output, (400, 500), tolerance=1e-8)
    assert found.plane is not None
    assert inside > 500


@pytest.mark.parametrize("seed", range(20))
def test_random_planes_agree_with_astropy_to_1e_8_pixels(seed):
    """Without it a combination of angles that nobody thought of is wrong."""
    rng = np.random.default_rng(seed)
    crval = rng.uniform(0, 360), np.degrees(np.arcsin(rng.uniform(-1, 1)))
    near = crval[0] + rng.normal() * 0.05, float(np.clip(crval[1] + rng.normal() * 0.05, -90, 90))
    keys = [
        {
            "turned": rng.uniform(0, 360),
            "scale": rng.uniform(0.5, 20),
            "flip": rng.choice([-1, 1]),
            "lonpole": rng.uniform(0, 360),
        }
        for _ in range(2)
    ]
    output = make_wcs(crval, (500, 400), **keys[0])
    tile = make_wcs(near, (300, 200), **keys[1])
    found, _ = compare(tile, (200, 300), output, (400, 500), tolerance=1e-8, seed=seed)
    assert found is None or found.plane is not None


def in_arcseconds():
    """Return a TAN WCS told in arcseconds, not set yet."""
    wcs = WCS(naxis=2)
    wcs.wcs.ctype = "RA---TAN", "DEC--TAN"
    wcs.wcs.cunit = "arcsec", "arcsec"
    wcs.wcs.crval = 150 * 3600.0, 20 * 3600.0
    wcs.wcs.cdelt = -1.5, 1.5
    return wcs


def test_planes_take_crota_and_arcseconds():
    """Without it old headers, or those in other units, land in the wrong place."""
    tile = in_arcseconds()
    tile.wcs.crota = 0.0, 31.0
    tile.wcs.crpix = 150.0, 100.0
    found, _ = compare(
        tile.deepcopy(), (200, 300), make_wcs(size=(500, 400)), (400, 500), tolerance=1e-8
    )
    assert found.plane is not None


def test_the_callers_wcs_stays_as_it_is():
    """Without it wcslib turns the caller's arcseconds into degrees."""
    tile = in_arcseconds()
    pixel_map(tile, (20, 30), make_wcs(), (200, 300))
    assert tile.wcs.cunit[0] == "arcsec" and tile.wcs.crval[0] == 150 * 3600.0


def test_a_tangent_plane_with_hidden_distortions_is_no_plane():
    """Without it TPV, which wcslib renames to TAN once read, loses its polynomial."""
    path = next(path for path in HEADERS if "TPV" in path.name)
    tile = read(path)
    tile.wcs.set()
    assert tile.wcs.ctype[0] == "RA---TAN"
    assert pixel_map(tile, (512, 512), facing(tile, (512, 512), 600, 20.0), (600, 600)).grid.any()


def test_the_grid_spans_its_box_from_first_to_last_pixel():
    """Without it the core extrapolates at two of the four borders."""
    found = pixel_map(make_wcs(code="SIN"), (200, 300), make_wcs(size=(500, 400)), (400, 500))
    count = np.array(found.grid.shape[1::-1])
    last = np.array(found.origin) + (count - 1) * found.step
    assert found.origin == found.box[:2]
    assert np.allclose(last, np.array(found.box[2:]) - 1, rtol=0, atol=1e-9)
    assert found.grid.dtype == np.float64 and (count >= 4).all()


def lagrange(nodes: np.ndarray, t: float) -> np.ndarray:
    """Interpolate along the first axis by the definition, one basis polynomial at a time."""
    start = min(max(min(max(int(np.floor(t)), 0), len(nodes) - 2) - 1, 0), len(nodes) - 4)
    total = 0.0
    for k in range(4):
        others = [m for m in range(4) if m != k]
        basis = np.prod([(t - start - m) / (k - m) for m in others])
        total = total + basis * nodes[start + k]
    return total


@pytest.mark.parametrize("shape", [(4, 4), (5, 9), (7, 4)])
def test_grid_positions_are_the_stated_cubic(shape):
    """Without it the core, which has the same formula, and the measured error part ways."""
    rng = np.random.default_rng(3)
    nodes = rng.normal(size=(*shape, 2))
    origin, step = (10.0, -3.0), (2.5, 7.25)
    grid = PixelMap((0, 0, 1, 1), grid=nodes, origin=origin, step=step)
    low = np.array(origin)
    points = rng.uniform(low, low + np.array(step) * (np.array(shape[::-1]) - 1), (50, 2))
    points[0] = low
    slow = [
        lagrange(lagrange(nodes, (y - origin[1]) / step[1]), (x - origin[0]) / step[0])
        for x, y in points
    ]
    assert np.allclose(grid_positions(grid, *points.T), slow, rtol=0, atol=1e-12)


def test_cubics_are_interpolated_exactly():
    """Without it the stencil of border cells is shifted wrongly."""
    x, y = np.arange(6.0), np.arange(5.0)
    f = np.add.outer(y**3 - 2 * y, x**3 + x**2)
    grid = PixelMap((0, 0, 6, 5), grid=np.stack([f, -f], axis=-1))
    at = np.random.default_rng(0).uniform(0, 4, (2, 40))
    exact = at[0] ** 3 + at[0] ** 2 + at[1] ** 3 - 2 * at[1]
    assert np.allclose(grid_positions(grid, *at), np.stack([exact, -exact], -1), atol=1e-11)


def test_a_smaller_bound_gives_a_finer_grid_within_it():
    """Without it the bound is decoration."""
    tile, output = with_sip(make_wcs(), 3, 180), make_wcs(size=(500, 400))
    loose, tight = (
        pixel_map(tile, (200, 300), output, (400, 500), bound=bound) for bound in (1e-3, 1e-8)
    )
    x, y = np.random.default_rng(0).integers([[150], [150]], 300, (2, 500))
    error = np.abs(evaluate(loose, x, y) - evaluate(tight, x, y)).max()
    assert 1e-8 < error < 1e-3
    assert tight.positions is not None or tight.step[0] < loose.step[0]


def test_threads_that_share_wcs_objects_get_the_same_maps():
    """Without it astropy's unsafe WCS objects give wrong pixels (astropy issues 16244, 16245)."""
    output = with_sip(make_wcs(size=(500, 400)), 2, 320)
    tiles = [with_sip(make_wcs(turned=a), 3, 180) for a in (0.0, 50.0)] + [make_wcs(code="SIN")]

    def nodes(index: int) -> np.ndarray:
        return pixel_map(tiles[index % 3], (200, 300), output, (400, 500)).grid

    alone = [nodes(i) for i in range(3)]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(nodes, range(48)))
    assert all(np.array_equal(grid, alone[i % 3]) for i, grid in enumerate(together))


def test_an_output_header_is_read_as_the_wcs_it_holds():
    """Without it callers that pass a header, as the original allows, are refused."""
    output = make_wcs(size=(500, 400))
    by_header = pixel_map(make_wcs(turned=9), (200, 300), output.to_header(), (400, 500))
    by_wcs = pixel_map(make_wcs(turned=9), (200, 300), output, (400, 500))
    assert np.allclose(by_header.plane, by_wcs.plane, rtol=0, atol=1e-9)


def broken(**cards) -> WCS:
    wcs = make_wcs()
    for key, value in cards.items():
        setattr(wcs.wcs, key, value)
    return wcs


BROKEN = {
    "no WCS": (None, "is a NoneType"),
    "three axes": (WCS(naxis=3), "has 3 axes"),
    "not celestial": (WCS(naxis=2), "want a celestial pair"),
    "spectrum": (broken(ctype=["FREQ", "STOKES"], cunit=["", ""]), "want a celestial pair"),
    "singular": (broken(cd=[[1.0, 2.0], [2.0, 4.0]]), "singular"),
    "NaN": (broken(crval=[np.nan, 3.0]), "not finite"),
    "no such projection": (broken(ctype=["RA---XYZ", "DEC--XYZ"]), "can't be read|celestial"),
    "supergalactic": (make_wcs(axes=("SLON", "SLAT")), "can't be read.* frame"),
    "one axis of a pair": (broken(ctype=["RA---TAN", "FREQ"]), "can't be read|celestial"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_useless_wcs_is_refused_by_name(case):
    """Without it the user of 200 tiles can't tell which of them is broken."""
    wcs, message = BROKEN[case]
    with pytest.raises(WCSError, match=rf"^tiles_wcs\[3\].*({message})"):
        pixel_map(wcs, (200, 300), make_wcs(), (200, 300), name="tiles_wcs[3]")
    with pytest.raises(WCSError, match=f"^output_wcs.*({message})"):
        pixel_map(make_wcs(), (200, 300), wcs, (200, 300))


def test_sizes_and_bounds_that_make_no_sense_are_refused():
    """Without it they end in an obscure failure of NumPy."""
    wcs = make_wcs()
    for shape in [(200,), (200, 300, 3), (-1, 5), None]:
        with pytest.raises(ArgumentError, match="tile_shape"):
            pixel_map(wcs, shape, wcs, (200, 300))
    with pytest.raises(ArgumentError, match="bound"):
        pixel_map(wcs, (200, 300), wcs, (200, 300), bound=0.0)


def test_empty_tiles_have_no_map():
    """Without it a tile without rows raises although it merely contributes nothing."""
    assert pixel_map(make_wcs(), (0, 300), make_wcs(), (200, 300)) is None


def test_nothing_is_warned_about():
    """Without it users read about astropy's iterations far outside of their tiles."""
    tile = with_sip(make_wcs(), 300, 180, order=5)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        pixel_map(tile, (200, 300), make_wcs(size=(500, 400)), (400, 500))
