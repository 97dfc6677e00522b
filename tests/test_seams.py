"""What is left of the steps across the edges of tiles, in mosaics with and without a feather."""

import numpy as np
import pytest
from astropy.io import fits
from astropy.wcs import WCS

import newest
import sky
import zetwopass

for package in ("jinja2", "matplotlib"):
    pytest.importorskip(package, reason=f"no {package}, which a report wants")
pytestmark = newest.wants("astropy", "6.1", "a report of it is not drawn")

import seams  # noqa: E402
from zetwopass.report import edges  # noqa: E402

SLOPE = 0.2  # a pixel, of the second tile's own
OVERLAP = 60


@pytest.fixture(scope="module")
def sloped(tmp_path_factory):
    """Return two tiles of a bumpy sky, the second with a slope that no constant evens."""
    folder = tmp_path_factory.mktemp("sloped")
    rng = np.random.default_rng(61)
    y, x = np.mgrid[:200, :340]
    truth = 1000 + 300 * np.exp(-((x - 170) ** 2 + (y - 90) ** 2) / 900) + 0.5 * y
    truth[rng.integers(0, 200, 60), rng.integers(0, 340, 60)] += 2000
    base = WCS(dict(CTYPE1="RA---TAN", CTYPE2="DEC--TAN", CRVAL1=83.8, CRVAL2=-5.4))
    base.wcs.crpix, base.wcs.cdelt = (170, 100), (-4e-4, 4e-4)
    files = []
    for t, (x0, x1) in enumerate(((0, 200), (200 - OVERLAP, 340))):
        tile = truth[:, x0:x1] + rng.normal(0, 1, (200, x1 - x0))
        tile += t * SLOPE * (x[:, x0:x1] - (199.5 - OVERLAP / 2))
        files.append(folder / f"{t}.fits")
        fits.writeto(files[-1], tile.astype("f4"), base[:, x0:x1].to_header())
    return files


def test_a_known_step_is_measured(sloped, tmp_path):
    # Without it the measure tells of the sky, or of the overlap, and not of the edge.
    found = edges.steps_of(seams.profiles(sloped, tmp_path))
    # In the mean of two tiles half of their difference at the edge is the step there.
    assert len(found) == 6
    np.testing.assert_allclose(np.abs(found), SLOPE * OVERLAP / 4, atol=0.25)


def test_a_feather_takes_the_steps_out_of_the_mosaic(sloped, tmp_path):
    # Without it a feather may do something else than what it is for.
    plain, narrow, wide = (
        seams.rms(edges.steps_of(seams.profiles(sloped, tmp_path, feather=feather)))
        for feather in (None, 20, OVERLAP)
    )
    assert narrow < plain / 2
    assert wide < plain / 10


def test_the_steps_of_real_tiles_become_less_with_every_wider_feather(tmp_path):
    # Without it what the documentation measures on M17 may not hold any more.
    files = sorted(sky.M17.glob("*.fits.gz"))
    options = {str(feather): {"feather": feather} for feather in (None, 10, 30)}
    lines = seams.table(options, files)
    found = [float(line.split()[1]) for line in lines[2:]]
    assert found[0] > 1.3 * found[1] > 2 * found[2]


def test_a_report_tells_what_is_left(sloped, tmp_path):
    # Without it the page has the steps of the overlaps alone, which a feather leaves as they are.
    from zetwopass import report

    made = zetwopass.assemble(sloped, tmp_path / "mosaic.fits", feather=20)
    page = report.write_report(made.path, tmp_path / "report.html").read_text(encoding="utf-8")
    assert "a mean of the tiles, feathered over 20 pixels, 6 stretches of the tiles' edges" in page
    assert "feather, pixels of a tile" in page
