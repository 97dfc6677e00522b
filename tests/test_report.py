"""The report of a mosaic: what is in it, of which files, and that it stands alone."""

import re
import sys
from html.parser import HTMLParser

import numpy as np
import pytest
from astropy.io import fits

import mosaic_file
import newest
import sky
import small
import tilefiles
import zetwopass
from zetwopass import report

for package in ("jinja2", "matplotlib"):
    pytest.importorskip(package, reason=f"no {package}, which a report wants")
pytestmark = newest.wants("astropy", "6.1", "it can't draw with this matplotlib")

SECTIONS = [
    *("pictures", "coverage", "levels", "overlaps", "steps", "worst", "groups", "cost"),
    *("settings", "tiles"),
]
VOID = {"meta", "link", "img", "input", "br"}


class Page(HTMLParser):
    """Elements with their attributes in order, the text outside of styles and scripts."""

    def __init__(self, path):
        super().__init__()
        self.source = path.read_text(encoding="utf-8")
        self.elements, self.words, self.open = [], [], []
        self.feed(self.source)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if not set(self.open) & {"style", "script"}:
            self.words.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.words).split())

    def all(self, tag):
        return [attributes for found, attributes in self.elements if found == tag]


def page(mosaic, tmp_path, **options):
    return Page(report.write_report(mosaic, tmp_path / "report.html", **options))


@pytest.fixture(scope="module")
def m17(tmp_path_factory):
    return mosaic_file.m17(tmp_path_factory.mktemp("m17") / "m17.fits")


@pytest.fixture(scope="module")
def real(m17):
    return page(m17, m17.parent)


@pytest.fixture
def four(tmp_path):
    """Return a mosaic of four tiles in a row: 0 and 1 overlap, 2 is alone, 3 is elsewhere."""
    with pytest.warns(zetwopass.TileWarning):
        return mosaic_file.grid(tmp_path, across=4, step=(30, 50), gone=(3,))


def edit(mosaic, hdu, column, value):
    with fits.open(mosaic, mode="update") as hdus:
        hdus[hdu].data[column] = value


def test_a_report_has_every_section_in_its_order(real):
    # Without it a part of what the report is for can go missing unseen.
    assert [a["id"] for a in real.all("section")] == SECTIONS
    assert not real.open


def test_a_report_asks_for_nothing_outside_of_itself(real):
    # Without it a report is empty where there is no network, or tells others who reads it.
    assert not re.findall(r"https?:|//[\w.]+\.\w+/|@import|url\((?!#)", real.source)
    links = [a[k] for _, a in real.elements for k in ("src", "href") if k in a]
    assert {link.partition(":")[0][:1] if link[0] == "#" else link[:5] for link in links} <= {
        "#",
        "data:",
    }


def test_every_picture_tells_what_it_shows_and_ids_are_unique(real):
    # Without it who can't see the pictures has nothing, and clips of one chart cut another.
    images, charts = real.all("img"), real.all("svg")
    assert len(images) == 2 + 2 * 8
    assert {chart["role"] for chart in charts} == {"img"}
    assert all(a["alt"] for a in images)
    assert all(a["aria-label"] for a in charts)
    ids = [a["id"] for _, a in real.elements if "id" in a]
    assert sorted(ids) == sorted(set(ids))


def test_every_reference_within_the_page_has_its_target(real):
    # Without it markers and clips of the charts are lost with their prefixes.
    ids = {a["id"] for _, a in real.elements if "id" in a}
    used = set(re.findall(r'(?:url\(|href=")#([^)"]+)', real.source))
    assert used
    assert used <= ids


def test_the_numbers_are_those_of_the_mosaic(real, m17):
    # Without it the report may tell of anything: 3.41 to 0.70 DN are known of these tiles.
    assert "3.41 → 0.70 DN" in real.text
    assert "Overlaps tie all 8 tiles together" in real.text
    assert "aK_asky_990502s1440198.fits.gz" in real.text
    offsets = fits.getdata(m17, "TILES")["OFFSET"]
    assert f"{offsets[6]:+.2f}".replace("-", "−") in real.text


def test_a_step_after_is_that_before_less_the_offsets(real, m17):
    # Without it the worst pairs are others, with wrong numbers: of these tiles 4 and 5.
    tiles, pairs = (fits.getdata(m17, name) for name in ("TILES", "PAIRS"))
    after = pairs["STEP"] - (tiles["OFFSET"][pairs["I"]] - tiles["OFFSET"][pairs["J"]])
    worst = np.argmax(np.abs(after))
    assert (pairs["I"][worst], pairs["J"][worst]) == (4, 5)
    before = pairs["STEP"][worst]
    assert f"step {before:+.2f} {after[worst]:+.2f}" in real.text


def test_the_page_speaks_of_its_figures_by_colours_of_the_theme(real):
    # Without it charts are black on black in the dark: a colour that stands for a variable stays.
    assert "var(--after)" in real.source
    assert not re.search(r"#0100[0-9a-f]{2}\b", real.source)
    assert "prefers-color-scheme: dark" in real.source
    assert set(re.findall(r"var\((--[\w-]+)\)", real.source)) <= {
        *re.findall(r"(--[\w-]+):", real.source)
    }


def test_without_its_tiles_a_report_shows_the_mosaic_alone_and_says_so(four, tmp_path):
    # Without it a report fails once the tiles are put away, or shows a before that is none.
    for file in (tmp_path / "tiles of one night").iterdir():
        file.unlink()
    found = page(four, tmp_path)
    assert [a["id"] for a in found.all("img")] == ["picture-after"]
    assert "There is no picture of before: the tiles tile 0.fits, tile 1.fits, tile 2.fits" in (
        found.text
    )
    assert "No cut-out" in found.text
    assert "<script" not in found.source


def test_tiles_that_have_moved_are_found_in_their_new_folder(four, tmp_path):
    # Without it whoever moves tiles, or sends the mosaic to another machine, loses the pictures.
    moved = (tmp_path / "tiles of one night").rename(tmp_path / "elsewhere")
    assert len(page(four, tmp_path).all("img")) == 1
    assert len(page(four, tmp_path, tiles_root=moved).all("img")) > 2


def test_a_file_that_is_no_tile_any_more_counts_as_gone(four, tmp_path):
    # Without it a report fails for a tile that was overwritten since.
    (tmp_path / "tiles of one night" / "tile 1.fits").write_text("something else")
    assert "no picture of before: the tile tile 1.fits" in page(four, tmp_path).text


def test_lone_tiles_and_those_that_show_nothing_are_named(four, tmp_path):
    # Without it nobody knows where a seam may come from, or which tile is missing.
    edit(four, "TILES", "GROUP", [0, 0, 1, -1])
    found = page(four, tmp_path)
    assert "Tiles that overlap no other 2 tile 2.fits" in found.text
    assert "Tiles of which nothing is to be seen 3 tile 3.fits" in found.text


def test_names_are_text_whatever_they_hold(tmp_path):
    # Without it a file's name breaks the page, or runs as a script in it.
    found = page(mosaic_file.grid(tmp_path, across=2, name="{}" + mosaic_file.ODD), tmp_path)
    assert f"0{mosaic_file.ODD}" in found.text
    assert not found.all("b<")
    assert "before: " not in found.text


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_any_number_of_channels_can_be_shown(tmp_path, channels):
    # Without it a mosaic in colours, or in two bands, has no report.
    found = page(mosaic_file.grid(tmp_path, across=3, channels=channels), tmp_path)
    assert len(found.all("img")) == 2 + 2 * 2
    heads = found.text.partition("tile name gain")[2]
    names = {3: ["red", "green", "blue"]}.get(channels, [f"channel {c}" for c in range(channels)])
    wanted = [f"offset, {name}" for name in names] if channels > 1 else ["offset"]
    assert heads.split(" group")[0].strip() == " ".join(wanted)


def test_a_mosaic_in_colours_on_a_grid_with_sip_has_a_report(tmp_path):
    # Without it a mosaic on a camera's own grid has none: astropy has SIP of two axes alone.
    like = sky.tile_wcs(sky.CENTRE, small.CANVAS, sip=True)
    like.array_shape = small.CANVAS
    made = zetwopass.assemble(tilefiles.write(tmp_path / "tiles"), tmp_path / "m.fits", like=like)
    assert len(page(made.path, tmp_path).all("img")) == 2 + 2  # the mosaic's and one seam's


def test_one_tile_has_a_report_without_steps(tmp_path):
    # Without it the smallest mosaic has none.
    found = page(mosaic_file.grid(tmp_path, across=1), tmp_path)
    assert "No two tiles overlap" in found.text
    assert [a["id"] for a in found.all("section")] == [
        name for name in SECTIONS if name not in ("steps", "worst")
    ]


def test_what_is_not_known_is_a_dash_and_no_number(tmp_path):
    # Without it one step without a number, as of tiles that share NaN alone, spoils all others.
    mosaic = mosaic_file.grid(tmp_path, across=3, channels=3)
    edit(mosaic, "PAIRS", "STEP", [[np.nan] * 3, [1.5, np.nan, -0.5]])
    with fits.open(mosaic, mode="update") as hdus:
        hdus[0].data[:, 3:20, 30:50] = np.nan
    text = page(mosaic, tmp_path).text
    assert "red +1.5" in text
    assert "green – –" in text
    assert not re.search(r"\bnan\b", text)


def test_the_pictures_are_the_mosaic_and_what_it_would_be_without_the_match(m17):
    # Without it the slider compares two pictures of which neither is what was written.
    from zetwopass.report import assembled, blocks, pictures

    with assembled.opened(m17, None) as found:
        before, after = (plane[0] for plane in pictures._coadds(found, 4))
        wanted = blocks.means(found.image, 4)[0]
    for box, offset in zip(found.tiles.boxes // 4, found.tiles.offsets[:, 0], strict=True):
        inside = np.s_[box[1] : box[3], box[0] : box[2]]
        # Both are means of the same light, sampled otherwise where the stars of thousands DN are.
        assert np.nanmean((after - wanted)[inside]) == pytest.approx(0, abs=0.2)
        assert np.nanmedian((before - after)[inside]) == pytest.approx(offset, abs=1e-3)


def test_two_hundred_tiles_fit_into_five_megabytes(tmp_path):
    # Without it a report can't be sent by mail; noise all over is the worst that a picture can be.
    mosaic = mosaic_file.many(tmp_path)
    assert len(fits.getdata(mosaic, "PAIRS")) > 1800
    written = report.write_report(mosaic, tmp_path / "report.html")
    assert written.stat().st_size < 5e6
    assert len(Page(written).all("img")) == 2 + 2 * 8


def test_a_report_is_written_whole_or_not_at_all(four, tmp_path, monkeypatch):
    # Without it a failure leaves half a report in the place of the one before.
    target = tmp_path / "report.html"
    target.write_text("the one before")
    monkeypatch.setattr("pathlib.Path.replace", lambda *_: (_ for _ in ()).throw(OSError("full")))
    with pytest.raises(zetwopass.WriteError, match="report.html can't be written: full"):
        report.write_report(four, target)
    assert target.read_text() == "the one before"
    assert sorted(path.suffix for path in tmp_path.iterdir()) == ["", ".fits", ".html"]


def test_a_missing_package_is_told_with_its_remedy(tmp_path, monkeypatch):
    # Without it whoever has not installed the extra sees an ImportError of ours.
    monkeypatch.setitem(sys.modules, "jinja2", None)
    with pytest.raises(zetwopass.MissingPackageError, match=r"pip install 'zetwopass\[report\]'"):
        report.write_report(tmp_path / "mosaic.fits", tmp_path / "report.html")


def test_a_mosaic_that_is_missing_or_of_others_is_named(tmp_path):
    # Without it a wrong path is a traceback out of astropy.
    with pytest.raises(zetwopass.MissingFileError, match="mosaic = .*none.fits"):
        report.write_report(tmp_path / "none.fits", tmp_path / "report.html")
    fits.writeto(tmp_path / "plain.fits", np.zeros((4, 5), np.float32))
    with pytest.raises(zetwopass.FileError, match="has no COVERAGE; a report is of a file that"):
        report.write_report(tmp_path / "plain.fits", tmp_path / "report.html")
    assert not (tmp_path / "report.html").exists()
