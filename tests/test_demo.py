"""The demo's files hold what they say, and its picture's claim is true."""

import contextlib
import io

import numpy as np
import pytest
from astropy.io import fits
from astropy.wcs import WCS
from PIL import Image

import newest
import sky

demo = pytest.importorskip(
    "demo", reason="the demo measures memory as Unix does", exc_type=ImportError
)
import demo_figure  # noqa: E402

pytestmark = newest.wants("astropy", "7.0", "it can't draw the picture's labels")

# From tests/testdata/2mass_m17/SOURCE.md; their scatter is 3e-5 DN.
SAME_SCAN = {(0, 1): 0.594666, (2, 3): 2.029175, (4, 5): 1.443787, (6, 7): 1.346802}


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    """Return the folder that the demo filled, what it printed and the Demo itself."""
    made, run = [], demo.run
    folder, text = tmp_path_factory.mktemp("demo") / "new" / "folder", io.StringIO()
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(text):
        patch.setattr(demo, "run", lambda: made.append(run()) or made[0])
        assert demo.main(["--output", str(folder)]) == 0
    return folder, text.getvalue(), made[0]


@pytest.mark.parametrize("name", ["mosaic.fits", "coverage.fits"])
def test_files_lie_where_the_mosaic_lies_in_the_sky(shown, name):
    # Without it the written mosaic cannot be laid over any catalogue.
    with fits.open(shown[0] / name, checksum=True) as hdus:
        assert hdus[0].data.shape == sky.m17().shape_out
        assert WCS(hdus[0].header).wcs.compare(sky.m17().output_wcs.wcs)


def test_mosaic_file_holds_the_second_pass_and_its_constants(shown):
    # Without it the gains and backgrounds that made the file are lost.
    folder, _, made = shown
    with fits.open(folder / "mosaic.fits") as hdus:
        np.testing.assert_array_equal(hdus[0].data, made.second.mosaic[..., 0])
        np.testing.assert_array_equal(hdus["TILES"].data["GAIN"], made.second.gains)
        np.testing.assert_array_equal(hdus["TILES"].data["BACKGROUND"], made.second.offsets[:, 0])


def test_steps_before_are_those_known_of_the_tiles(shown):
    # Without it the picture may compare anything; 1e-4 DN is three times the scatter.
    found = {(p.first, p.second): abs(p.step("before")) for p in shown[2].pairs if p.same_scan}
    assert found == pytest.approx(SAME_SCAN, abs=1e-4)


def test_match_leaves_a_quarter_of_the_steps(shown):
    # Without it the picture's title is false: 3.41 to 0.70 DN, all 13 overlaps together.
    made = shown[2]
    assert len(made.pairs) == 13
    assert made.rms("after") < made.rms("before") / 4


def test_planes_leave_less_of_the_steps_and_tell_left_out_overlaps(shown):
    # Without it the README's numbers are nobody's: 0.70 to 0.05 DN, and 1.63 to 0.66.
    _, said, made = shown
    assert made.rms("sloped") < made.rms("after") / 10
    assert "are 1.629 DN off what constants tell of them, and\n0.659 DN off what planes do" in said


def test_match_lowers_the_steps_within_scans_as_a_whole(shown):
    # Without it seams move from the edges between scans to those inside: 1.45 to 1.00 DN rms.
    # Not each of them falls: other overlaps pull at 4-5.
    pairs = [pair for pair in shown[2].pairs if pair.same_scan]
    before, after = (np.sqrt(np.mean([p.step(w) ** 2 for p in pairs])) for w in ("before", "after"))
    assert after < 0.75 * before


def test_picture_is_an_image_of_the_stated_size(shown):
    # Without it the README shows a broken picture.
    path = shown[0] / "report.png"
    with Image.open(path) as picture:
        picture.load()
        assert (picture.format, picture.size) == ("PNG", demo_figure.SIZE)
        assert len(picture.convert("RGB").getcolors(1 << 24)) > 100
    assert path.stat().st_size < 1.5e6


def test_summary_names_every_file(shown):
    # Without it nobody finds what was made.
    folder, text, _ = shown
    assert {str(path) in text for path in folder.iterdir()} == {True}


def test_unwritable_output_is_one_clear_line(tmp_path, capsys):
    # Without it a typo costs the whole computation, or shows a traceback.
    (tmp_path / "file").touch()
    assert demo.main(["--output", str(tmp_path / "file" / "folder")]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith(f"demo: can't write to {tmp_path / 'file' / 'folder'}: ")
    assert said.err.count("\n") == 1


def test_interrupt_ends_the_demo_without_a_traceback(tmp_path, capsys, monkeypatch):
    # Without it Ctrl-C shows the insides of the demo; 130 is the shell's status for it.
    def interrupted():
        raise KeyboardInterrupt

    monkeypatch.setattr(demo, "run", interrupted)
    assert demo.main(["--output", str(tmp_path)]) == 130
    assert "interrupted" in capsys.readouterr().err
