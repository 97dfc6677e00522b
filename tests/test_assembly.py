"""The file that `assemble` writes: the bits of `second_pass`, and all that is known of them."""

import os

import numpy as np
import pytest
from astropy.io import fits
from astropy.wcs import WCS

import sky
import small
import tilefiles
import zetwopass
from dropin import same


@pytest.fixture
def paths(tmp_path):
    return tilefiles.write(tmp_path / "tiles")


def expected(paths, header, **changes):
    """Return what `second_pass` makes of the same tiles, with the slow count as coverage."""
    tiles, wcs = tilefiles.arrays(paths)
    output = WCS(header).celestial
    shape = header["NAXIS2"], header["NAXIS1"]
    coverage = sky.footprint_count(tiles, wcs, output, shape)
    return zetwopass.second_pass(tiles, wcs, output, coverage, **changes)


def written(made):
    return *tilefiles.mosaic(made.path), made.gains, made.offsets, made.groups


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(
    "changes",
    [
        {"sigma": 5},
        {"sigma": 5, "workers": 1, "rows_per_chunk": 7, "max_chunk_bytes": 4_000_000},
        {"sigma": 0, "profile": "v4.2", "gain_clip": (0.5, float("inf"))},
        {"sigma": 5, "threshold": 0},
    ],
)
def test_a_mosaic_from_files_has_the_bits_of_one_from_arrays(tmp_path, channels, changes):
    # Without it files are a second maths.
    paths = tilefiles.write(tmp_path / "tiles", channels)
    made = zetwopass.assemble(paths, tmp_path / "out.fits", like=tilefiles.grid(), **changes)
    changes = {name: value for name, value in changes.items() if name != "max_chunk_bytes"}
    wanted = expected(paths, fits.getheader(made.path), **changes)
    assert same(written(made), wanted[:5])
    assert made.tiles == [str(path) for path in paths]


def test_real_tiles_have_the_bits_of_arrays(tmp_path):
    # Without it only what the tests draw themselves is known to be right.
    made = zetwopass.assemble(sky.M17, tmp_path / "m17.fits")
    paths = [sky.M17 / os.path.basename(name) for name in made.tiles]
    wanted = expected(paths, fits.getheader(made.path))
    assert same(written(made), wanted[:5])
    assert len(made.pairs) == 13


def test_alpha_and_frames_are_mask_and_weight(tmp_path):
    # Without it ZeMosaic's master tiles bring their borders along, and all count alike.
    paths = tilefiles.write(tmp_path / "tiles", masked=True)
    coverage = small.mosaic()["coverage"]
    like = tilefiles.grid()
    made = zetwopass.assemble(paths, tmp_path / "out.fits", like=like, coverage=coverage, sigma=5)
    tiles, wcs = tilefiles.arrays(paths)
    masks = [fits.getdata(path, "ALPHA").astype("f4") for path in paths]
    arguments = tiles, wcs, WCS(fits.getheader(made.path)).celestial, coverage
    wanted = zetwopass.second_pass(*arguments, masks=masks, tile_weights=[3, 4], sigma=5)
    assert same(written(made), wanted[:5])
    assert fits.getdata(made.path, "TILES")["WEIGHT"].tolist() == [3, 4]


def test_the_older_maths_has_masks_in_gains_alone(tmp_path):
    # Without it a master tile counts otherwise than in the function that is replaced.
    paths = tilefiles.write(tmp_path / "tiles", masked=True)
    coverage = small.mosaic()["coverage"]
    settings = {"sigma": 5, "profile": "v4.2"}
    made = zetwopass.assemble(
        paths, tmp_path / "out.fits", like=tilefiles.grid(), coverage=coverage, **settings
    )
    tiles, wcs = tilefiles.arrays(paths)
    masks = [fits.getdata(path, "ALPHA").astype("f4") for path in paths]
    arguments = tiles, wcs, WCS(fits.getheader(made.path)).celestial, coverage
    assert same(written(made), zetwopass.second_pass(*arguments, masks=masks, **settings)[:5])


def test_masks_count_in_the_first_coverage(tmp_path):
    # Without it a pixel that a tile hides is taken for a deep one.
    paths = tilefiles.write(tmp_path / "tiles", masked=True)
    first = {}

    def look(stats):
        maps = list(tmp_path.glob(".*/coverage.map"))
        if stats.stage == "gains" and maps and not first:
            first["seen"] = np.fromfile(maps[0], "f4").reshape(small.CANVAS)

    zetwopass.assemble(paths, tmp_path / "out.fits", like=tilefiles.grid(), sigma=5, callback=look)
    assert first["seen"].max() == 2
    assert first["seen"][:, 21:24].max() == 0  # of tile 0's masked columns, left of tile 1


def test_a_coverage_may_be_a_file(tmp_path, paths):
    # Without it the first pass of another program has to be read by hand.
    coverage = small.mosaic()["coverage"]
    primary, extension = tmp_path / "primary.fits", tmp_path / "extension.fits"
    fits.PrimaryHDU(coverage[None].astype("f8")).writeto(primary)
    fits.HDUList(
        [
            fits.PrimaryHDU(np.ones((3, *small.CANVAS), "f4")),
            fits.ImageHDU(coverage, name="COVERAGE"),
        ]
    ).writeto(extension)
    made = [
        zetwopass.assemble(
            paths,
            tmp_path / f"{i}.fits",
            like=tilefiles.grid(),
            sigma=5,
            threshold=0,
            coverage=given,
        )
        for i, given in enumerate((coverage, primary, str(extension), (extension, 1)))
    ]
    assert (made[0].gains != 1).any()
    for other in made[1:]:
        assert same(written(made[0]), written(other))
    assert "primary.fits" in str(fits.getheader(made[1].path)["HISTORY"])


CARDS = {
    "BUNIT": "adu",
    "OBJECT": "M 17",
    "FILTER": "K",
    "TELESCOP": "2MASS",
    "EXPTIME": 7.8,
    "DATE-OBS": "2000-01-01T12:00:00.0",
}


def test_a_mosaic_keeps_what_its_tiles_say(tmp_path):
    # Without it a mosaic has no unit, no date, and is of nothing.
    paths = tilefiles.write(tmp_path / "tiles", **CARDS)
    with fits.open(paths[1], mode="update") as hdus:
        hdus[0].header.update(
            {"OBJECT": "NGC 1", "EXPTIME": 10.0, "DATE-OBS": "2000-01-01T11:00:00"}
        )
    made = zetwopass.assemble(paths, tmp_path / "out.fits", sigma=5)
    header = fits.getheader(made.path)
    assert [header[key] for key in ("BUNIT", "FILTER", "TELESCOP")] == ["adu", "K", "2MASS"]
    assert "OBJECT" not in header
    assert header["EXPTIME"] == pytest.approx(17.8)
    assert header["DATE-OBS"] == "2000-01-01T11:00:00.000"
    assert header["DATE-END"] == "2000-01-01T12:00:07.800"
    table = fits.getdata(made.path, "TILES")
    assert table["EXPTIME"].tolist() == [7.8, 10.0]
    assert table["DATE-OBS"].tolist() == ["2000-01-01T12:00:00.0", "2000-01-01T11:00:00"]
    assert table["FILTER"].tolist() == ["K", "K"]


def test_what_not_all_tiles_say_is_left_out_or_told(tmp_path):
    # Without it a sum over some tiles is taken for that of all.
    paths = tilefiles.write(tmp_path / "tiles", **{**CARDS, "DATE-END": "2000-01-01T13:00:00"})
    with fits.open(paths[1], mode="update") as hdus:
        for key in ("EXPTIME", "BUNIT"):
            del hdus[0].header[key]
        hdus[0].header["DATE-OBS"] = "yesterday"
    header = fits.getheader(zetwopass.assemble(paths, tmp_path / "out.fits", sigma=5).path)
    assert "BUNIT" not in header and "DATE-OBS" not in header and "DATE-END" not in header
    assert header.comments["EXPTIME"] == "[s] sum of 1 of 2 tiles"


def test_an_end_is_the_latest_word_of_all_tiles(tmp_path):
    # Without it a stack of a night ends when its first frame does.
    cards = {**CARDS, "DATE-END": "2000-01-01T13:00:00"}
    paths = tilefiles.write(tmp_path / "tiles", **cards)
    made = zetwopass.assemble(paths, tmp_path / "out.fits", sigma=5)
    assert fits.getheader(made.path)["DATE-END"] == "2000-01-01T13:00:00.000"
    with fits.open(paths[1], mode="update") as hdus:
        del hdus[0].header["DATE-END"], hdus[0].header["EXPTIME"]
    made = zetwopass.assemble(paths, tmp_path / "out.fits", sigma=5, overwrite=True)
    assert "DATE-END" not in fits.getheader(made.path)


def test_a_file_says_how_it_was_made(paths, tmp_path):
    # Without it a mosaic can't be made again.
    settings = {"sigma": 5, "gain_clip": (float("-inf"), 1.1), "device": "cpu"}
    made = zetwopass.assemble(paths, tmp_path / "out.fits", **settings)
    header = fits.getheader(made.path)
    assert header["ZTPVERS"] == zetwopass.__version__
    keys = ("ZTPPROF", "ZTPSIGMA", "ZTPCLIPL", "ZTPCLIPH", "ZTPTHRES", "ZTPDEV")
    assert [header[key] for key in keys] == ["v4.5", 5, "-inf", 1.1, 2.0, "cpu"]
    stages = [header[f"ZTPS{n:02d}"] for n in range(1, 6)]
    assert stages == ["headers", "first", "gains", "match", "coadd"]
    assert all(header[f"ZTPT{n:02d}"] >= 0 for n in range(1, 6))
    assert 0 <= header["ZTPPEAK"] <= made.plan.bytes
    assert "counted from the tiles" in str(header["HISTORY"])


@pytest.mark.filterwarnings("ignore:.*datfix")
@pytest.mark.parametrize("channels", [1, 3])
def test_the_file_is_fits_to_the_letter(tmp_path, channels):
    # Without it other programs refuse the mosaic, or find it elsewhere on the sky.
    paths = tilefiles.write(tmp_path / "tiles", channels, **CARDS)
    like = tilefiles.grid()
    made = zetwopass.assemble(paths, tmp_path / "out.fits", like=like, sigma=5)
    assert made.path.stat().st_size % 2880 == 0
    with fits.open(made.path) as hdus:
        hdus.verify("exception")
        assert [hdu.name for hdu in hdus] == ["PRIMARY", "COVERAGE", "TILES", "PAIRS"]
        assert hdus[0].shape == ((44, 90) if channels == 1 else (3, 44, 90))
        corners = [[0, 0], [89, 43]]
        for hdu in hdus[:2]:
            wcs = WCS(hdu.header).celestial
            assert np.allclose(
                wcs.all_pix2world(corners, 0), WCS(like).all_pix2world(corners, 0), 0, 1e-11
            )
        tiles, pairs = hdus["TILES"].data, hdus["PAIRS"].data
        assert same([tiles["GAIN"], tiles["GROUP"]], [made.gains, made.groups])
        assert np.array_equal(tiles["OFFSET"].reshape(2, channels), made.offsets)
        assert pairs["PIXELS"].tolist() == made.pairs["pixels"].tolist()
        assert np.array_equal(pairs["STEP"].reshape(-1, channels), made.pairs["step"])


def test_tables_name_tiles_as_seen_from_the_mosaic(paths, tmp_path):
    # Without it a folder that is moved, mosaic and tiles, loses them.
    made = zetwopass.assemble(paths, tmp_path / "out.fits", like=tilefiles.grid(), sigma=5)
    table = fits.getdata(made.path, "TILES")
    assert table["NAME"].tolist() == ["tiles/tile_2.fits", "tiles/tile_10.fits"]
    assert table["HDU"].tolist() == [0, 0]
    boxes = np.transpose([table[name] for name in ("X0", "Y0", "X1", "Y1")])
    assert (boxes[:, :2] < boxes[:, 2:]).all()
    assert made.pairs[["i", "j"]].tolist() == [(0, 1)]
    assert made.pairs["step"][0] == pytest.approx([-100] * 3, abs=3)


def test_names_beyond_ascii_are_written_by_numbers(tmp_path):
    # Without it FITS, which has ASCII alone, ends the call at its end.
    folder = tmp_path / "n\u00e9buleuse"
    paths = tilefiles.write(folder)
    made = zetwopass.assemble(paths, tmp_path / "out.fits", sigma=5)
    names = fits.getdata(made.path, "TILES")["NAME"].tolist()
    assert names == ["n\\xe9buleuse/tile_2.fits", "n\\xe9buleuse/tile_10.fits"]


def test_a_mosaic_may_be_the_grid_of_another(paths, tmp_path):
    # Without it two filters don't lie on each other.
    first = zetwopass.assemble(paths, tmp_path / "first.fits", sigma=5)
    again = zetwopass.assemble(paths, tmp_path / "again.fits", like=first.path, sigma=5)
    assert same(written(first), written(again))


def test_a_sip_grid_is_written_whole(paths, tmp_path):
    # Without it a mosaic on a camera's own grid lies elsewhere by pixels.
    like = sky.tile_wcs(sky.CENTRE, small.CANVAS, sip=True)
    like.array_shape = small.CANVAS
    made = zetwopass.assemble(paths, tmp_path / "out.fits", like=like, sigma=5)
    found = WCS(fits.getheader(made.path), naxis=2)
    corners = [[0, 0], [89, 43]]
    assert np.allclose(found.all_pix2world(corners, 0), like.all_pix2world(corners, 0), 0, 1e-11)


def test_tiles_that_show_nothing_are_warned_of(paths, tmp_path):
    # Without it a tile of another field is in the table, and nobody knows.
    with fits.open(paths[1], mode="update") as hdus:
        hdus[0].header["CRVAL1"] += 10
    with pytest.warns(zetwopass.TileWarning, match="nothing of tile 1 is to be seen"):
        made = zetwopass.assemble(paths, tmp_path / "out.fits", like=tilefiles.grid(), sigma=5)
    assert made.groups.tolist() == [0, -1]
    assert len(made.pairs) == 0 and len(fits.getdata(made.path, "PAIRS")) == 0


def test_progress_goes_through_the_stages_and_never_back(paths, tmp_path):
    # Without it a bar jumps, or ends before its end.
    seen = []
    zetwopass.assemble(paths, tmp_path / "out.fits", sigma=5, callback=seen.append)
    stages = list(dict.fromkeys(stats.stage for stats in seen))
    assert stages == ["headers", "first", "gains", "match", "coadd", "done"]
    fractions = [stats.fraction for stats in seen]
    assert fractions == sorted(fractions) and fractions[-1] == 1
    assert all(stats.eta_seconds is None or stats.eta_seconds >= 0 for stats in seen)
