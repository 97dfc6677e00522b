"""Claim: what planes were found is in the mosaic's file, in its report, and printed."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.io import fits
from astropy.wcs import WCS

import zetwopass
from dropin import worker
from slow_planes import Scene

SKY = WCS({"CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CDELT1": -1e-3, "CDELT2": 1e-3})


def write(scene, folder):
    """Write a scene's tiles and its grid; return their names, and the grid's."""
    paths = []
    for t, (tile, (y, x)) in enumerate(zip(scene.tiles, scene.corners, strict=True)):
        paths.append(str(folder / f"tile-{t:02}.fits"))
        fits.writeto(paths[-1], tile, SKY[y:, x:].to_header())
    fits.writeto(folder / "grid.fits", scene.sky.astype("f4"), SKY.to_header())
    return paths, str(folder / "grid.fits")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Return a folder with a mosaic of planes, what assemble says of it, and the tiles."""
    folder = tmp_path_factory.mktemp("planes")
    paths, grid = write(Scene.of(2, planes=2), folder)
    options = {"like": grid, "sigma": 2, "background": "plane"}
    return folder, zetwopass.assemble(paths, folder / "m.fits", **options), paths, options


def test_the_table_of_tiles_has_the_planes(made):
    # Without it what was subtracted is lost.
    folder, found, _, _ = made
    with fits.open(folder / "m.fits") as hdus:
        table, header = hdus["TILES"].data, hdus[0].header
        assert header["ZTPBACKG"] == "plane"
        assert "by a plane per tile" in str(header["HISTORY"])
        count = len(table)
        assert np.array_equal(table["OFFSET"].reshape(count, 1), found.offsets)
        assert np.array_equal(table["SLOPE"].reshape(count, 1, 2), found.slopes)
        assert np.array_equal(table["DAMPING"].reshape(count, 1), found.damping)
        assert np.array_equal(table["LEFT_OUT"].reshape(count, 1, 2), found.left_out)
    assert np.isfinite(found.damping).all()


def test_a_run_that_was_cut_off_goes_on_with_its_planes(made, monkeypatch):
    # Without it the rest of a mosaic would have other backgrounds.
    folder, found, paths, options = made
    target = folder / "cut.fits"

    def cut(stats):
        if stats.stage == "coadd":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        zetwopass.assemble(paths, target, resume=True, callback=cut, **options)
    again = zetwopass.assemble(paths, target, resume=True, **options)
    assert np.array_equal(again.slopes, found.slopes)
    assert np.array_equal(again.damping, found.damping)
    assert np.array_equal(fits.getdata(target), fits.getdata(folder / "m.fits"), equal_nan=True)


def test_a_run_does_not_go_on_with_other_backgrounds(made):
    # Without it a mosaic would be of constants here and planes there.
    folder, _, paths, options = made
    target = folder / "other.fits"

    def cut(stats):
        if stats.stage == "coadd":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        zetwopass.assemble(paths, target, resume=True, callback=cut, **options)
    constant = options | {"background": "constant"}
    with pytest.raises(zetwopass.ArgumentError, match="background = 'plane', now 'constant'"):
        zetwopass.assemble(paths, target, resume=True, **constant)


def test_the_command_says_what_became_of_planes(made, here, tmp_path):
    # Without it one would not know that constants were taken.
    _, found, paths, options = made
    like = ("--like", options["like"], "--sigma", 2)

    def planes(*arguments):
        code, lines, _ = here("run", *arguments)
        assert code == 0
        return [line for line in lines if line.startswith("planes")]

    (said,) = planes(*paths, *like, "--background", "plane", "-o", tmp_path / "p.fits")
    assert "12 tiles; left-out overlaps are off by" in said
    assert planes(*paths, *like, "-o", tmp_path / "c.fits") == []
    told = ("run", *paths, *like, "--background", "plane", "-q", "-o", tmp_path / "j.fits")
    code, made = here.json(*told)
    assert [tile["slope"] for tile in made["tiles"]] == found.slopes.tolist()
    level, grid = write(Scene.of(2), tmp_path)
    like = ("--like", grid, "--sigma", 2, "--background", "plane")
    (said,) = planes(*level, *like, "-o", tmp_path / "level.fits")
    assert "constants: no slopes tell left-out overlaps better" in said


def test_zemosaic_gets_planes_where_install_was_told_so():
    # Without it its mosaics would change by themselves, or never.
    scene = Scene.of(2, planes=2)
    wcs = [SKY[y:, x:] for y, x in scene.corners]
    coverage, module = np.ones(scene.sky.shape, "f4"), worker()
    with pytest.raises(zetwopass.ArgumentError, match="background = 'tilt'"):
        zetwopass.install(module, background="tilt")
    for options in ({}, {"background": "plane"}):
        want = zetwopass.second_pass(
            scene.tiles, wcs, SKY, coverage, sigma=2, gain_clip=(1, 1), **options
        )
        with zetwopass.install(module, **options):
            mosaic, _ = module.run_second_pass_coverage_renorm(
                *(scene.tiles, wcs, SKY, coverage, coverage.shape), sigma_px=2, gain_clip=(1, 1)
            )
        assert np.array_equal(mosaic, want.mosaic, equal_nan=True)
        assert want.slopes.any() == bool(options)


def test_the_report_shows_planes_beside_constants(made, tmp_path):
    # Without it a reader takes the offsets for all that was subtracted.
    pytest.importorskip("jinja2")
    from zetwopass import report
    from zetwopass.report.assembled import opened

    folder, found, paths, options = made
    report.write_report(folder / "m.fits", tmp_path / "m.html")
    page = (tmp_path / "m.html").read_text(encoding="utf-8")
    assert "Planes are subtracted from 12 tiles" in page
    with opened(folder / "m.fits", None) as seen:
        before, after = seen.pairs.sizes
        assert np.sqrt(np.mean(after**2)) < 0.2 * np.sqrt(np.mean(before**2))
        assert np.abs(seen.tiles.levels).max() < 12  # not those of pixel (0, 0)
    level, grid = write(Scene.of(2), tmp_path)
    zetwopass.assemble(level, tmp_path / "level.fits", **options | {"like": grid})
    report.write_report(tmp_path / "level.fits", tmp_path / "level.html")
    page = (tmp_path / "level.html").read_text(encoding="utf-8")
    assert "no slopes tell left-out overlaps better than constants do" in page
