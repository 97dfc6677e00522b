"""Stages one by one on one job, outputs that go to files, and coadds that go on."""

import contextlib

import numpy as np
import pytest

import small
import tile_forms
import zetwopass
from test_files import deep
from zetwopass._engine import FileTarget, Job, Outputs, calls, checks
from zetwopass._inputs import images_of, inputs

HEAD = 2880
H, W = small.CANVAS
MOSAIC, COVERAGE = (H, W, 3), (H, W)
SIZE = HEAD + 4 * H * W * 4


@pytest.fixture
def tiles(tmp_path):
    """Return the arguments with tiles in files, and what they give from arrays."""
    files, arrays = tile_forms.mosaic(tmp_path)
    return files, zetwopass.second_pass(**arrays, sigma=5, masks=small.masks())


def made(files, outputs, **options):
    """Return a job of the tiles, with the masks of `small`."""
    images, skies = images_of(files["tiles"], files["tiles_wcs"])
    job_tiles = inputs(images, skies, files["output_wcs"], (H, W), small.masks())
    settings = checks.settings(
        sigma=5, gain_clip=(0.85, 1.18), binary_weights=True, **{"rows_per_chunk": 5} | options
    )
    blurred = np.empty(COVERAGE, "f4")
    return Job(settings, job_tiles, coverage=files["coverage"], blurred=blurred, outputs=outputs)


def room(folder, size=SIZE):
    """Return a file of 0x55 bytes, and places in it for mosaic and coverage."""
    path = folder / "mosaic é.bin"
    path.write_bytes(b"\x55" * (size + 10))
    mosaic = FileTarget(str(path), HEAD, MOSAIC)
    return path, Outputs(mosaic, FileTarget(str(path), HEAD + 4 * H * W * 3, COVERAGE))


def read(path):
    """Return mosaic and coverage, and check that nothing else has been written."""
    whole = path.read_bytes()
    assert set(whole[:HEAD] + whole[SIZE:]) == {0x55}
    planes = np.frombuffer(whole[HEAD:SIZE], ">f4").reshape(4, H, W).astype("f4")
    return np.ascontiguousarray(np.moveaxis(planes[:3], 0, 2)), planes[3]


def assert_same(found, wanted):
    for first, second in zip(found, wanted, strict=True):
        assert first.tobytes() == second.tobytes()


@pytest.mark.parametrize("workers", [1, 3])
def test_targets_get_the_bits_of_arrays_as_big_endian_planes(tmp_path, tiles, workers):
    # Without it a mosaic on disk is another one, or its file's header is gone.
    files, wanted = tiles
    path, outputs = room(tmp_path)
    job = made(files, outputs, workers=workers)
    calls.run("ztp_second_pass", job)
    assert_same(read(path), wanted[:2])
    assert_same((job.gains, job.offsets, job.groups), wanted[2:5])


def test_one_output_may_go_to_a_file_and_the_other_to_an_array(tmp_path, tiles):
    # Without it the coverage, which the next stage reads, has to come back from a file.
    files, wanted = tiles
    path, outputs = room(tmp_path)
    coverage = np.empty(COVERAGE, "f4")
    calls.run("ztp_second_pass", made(files, Outputs(outputs.mosaic, coverage)))
    mosaic = np.frombuffer(path.read_bytes(), ">f4", 3 * H * W, HEAD).reshape(3, H, W)
    assert_same((np.moveaxis(mosaic, 0, 2).astype("f4"), coverage), wanted[:2])


def test_stages_one_by_one_give_what_the_second_pass_gives(tmp_path, tiles):
    # Without it a mosaic can't be made in steps, of which each may be done again.
    files, wanted = tiles
    path, outputs = room(tmp_path)
    job = made(files, outputs)
    job.record(job.plan())
    calls.run("ztp_tile_gains", job)
    calls.run("ztp_match_backgrounds", job)
    assert_same((job.gains, job.offsets, job.pairs), (*wanted[2:4], wanted.pairs))
    assert not job.chunks_done.any()
    job.keep_offsets()
    calls.run("ztp_reproject_coadd", job)
    assert_same((*read(path), job.groups), (*wanted[:2], wanted.groups))
    assert job.chunks_done.all() and job.shown.tolist() == [1, 1]


def test_offsets_that_are_known_are_subtracted(tiles):
    # Without it a coadd that goes on after a stop has other backgrounds.
    files, wanted = tiles
    outputs = Outputs(np.empty(MOSAIC, "f4"), np.empty(COVERAGE, "f4"))
    job = made(files, outputs)
    job.gains[:], job.offsets[:], job.groups[:] = wanted.gains, wanted.offsets + 7, [4, 4]
    job.keep_offsets()
    calls.run("ztp_reproject_coadd", job)
    np.testing.assert_allclose(outputs.mosaic, wanted.mosaic - 7, rtol=1e-5)
    assert job.groups.tolist() == [0, 0]


def test_a_coadd_leaves_chunks_alone_that_are_done(tmp_path, tiles):
    # Without it a call that goes on after a stop writes all of the mosaic again.
    files, wanted = tiles
    path, outputs = room(tmp_path)
    job = made(files, outputs)
    job.record(job.plan())
    rows, chunks = 5, len(job.chunks_done)
    assert chunks == -(-H // rows)
    job.gains[:], job.offsets[:], job.groups[:] = wanted.gains, wanted.offsets, wanted.groups
    job.keep_offsets()
    job.chunks_done[: chunks // 2] = 1
    calls.run("ztp_reproject_coadd", job)
    half = chunks // 2 * rows
    mosaic, coverage = read(path)
    assert_same((mosaic[half:], coverage[half:]), (wanted.mosaic[half:], wanted.coverage[half:]))
    assert set(mosaic[:half].tobytes() + coverage[:half].tobytes()) == {0x55}
    job.chunks_done[:] = job.chunks_done == 0
    job.chunks_done[:] = [0] * (chunks // 2) + [1] * (chunks - chunks // 2)
    calls.run("ztp_reproject_coadd", job)
    assert_same(read(path), wanted[:2])
    assert job.chunks_done.all()


def test_a_coadd_that_was_stopped_goes_on_with_the_same_bits(tmp_path):
    # Without it a mosaic of a day's work begins anew after Ctrl-C, or has a seam.
    files, arrays = deep(tmp_path)
    shape = (*files["coverage"].shape, 3)
    wanted = zetwopass.second_pass(**arrays)
    path = tmp_path / "mosaic.bin"
    size = 4 * shape[0] * shape[1]
    path.write_bytes(bytes(4 * size))
    outputs = Outputs(FileTarget(str(path), 0, shape), FileTarget(str(path), 3 * size, shape[:2]))

    def job():
        images, skies = images_of(files["tiles"], None)
        settings = checks.settings(
            sigma=5,
            gain_clip=(0.85, 1.18),
            binary_weights=True,
            workers=1,
            max_chunk_bytes=6_000_000,
        )
        job_tiles = inputs(images, skies, files["output_wcs"], shape[:2])
        blurred = np.empty(shape[:2], "f4")
        made = Job(
            settings, job_tiles, coverage=files["coverage"], blurred=blurred, outputs=outputs
        )
        plan = made.plan()
        assert plan.columns_per_chunk < shape[1]
        made.record(plan)
        made.gains[:], made.offsets[:] = wanted.gains, wanted.offsets
        made.groups[:] = wanted.groups
        made.keep_offsets()
        return made

    def stop(stats):
        if stats.stage == "reproject" and stats.chunk_index > 0:
            raise KeyboardInterrupt

    first, second = job(), job()
    with contextlib.suppress(KeyboardInterrupt):  # unless it was ready before anybody looked
        calls.run("ztp_reproject_coadd", first, stop)
    second.chunks_done[:], second.shown[:] = first.chunks_done, first.shown
    calls.run("ztp_reproject_coadd", second)
    planes = np.fromfile(path, ">f4").reshape(4, *shape[:2]).astype("f4")
    assert_same((np.moveaxis(planes[:3], 0, 2), planes[3]), wanted[:2])
    assert second.groups.tolist() == wanted.groups.tolist()


def test_tiles_that_were_shown_before_stay_in_their_groups(tiles):
    # Without it a tile whose chunks were all done before the stop is said to show nothing.
    files, wanted = tiles
    outputs = Outputs(np.empty(MOSAIC, "f4"), np.empty(COVERAGE, "f4"))
    for shown, groups in ([1, 0], [0, -1]), ([0, 0], [-1, -1]):
        job = made(files, outputs)
        job.record(job.plan())
        job.gains[:], job.offsets[:], job.groups[:] = wanted.gains, wanted.offsets, wanted.groups
        job.keep_offsets()
        job.chunks_done[:] = 1
        job.shown[:] = shown
        calls.run("ztp_reproject_coadd", job)
        assert (job.groups.tolist(), job.shown.tolist()) == (groups, shown)


def test_the_first_coverage_counts_tiles(tmp_path, tiles):
    # Without it files alone are not enough: somebody has to make a coverage map before.
    files, _ = tiles
    path, outputs = room(tmp_path)
    first = np.empty(COVERAGE, "f4")
    for to in first, outputs.coverage:
        job = made(files, outputs)
        job.write_to(coverage=to)
        calls.run("ztp_first_coverage", job)
    shown = np.zeros(COVERAGE)
    for t, mask in enumerate(small.masks()):
        shown += _shows(files, t, mask)
    np.testing.assert_array_equal(first, shown)
    np.testing.assert_array_equal(read(path)[1], first)
    job.read_coverage(first, np.empty(COVERAGE, "f4"))
    calls.run("ztp_tile_gains", job)
    assert np.isfinite(job.gains).all()


def _shows(files, t, mask):
    """Return where a tile shows something by itself."""
    one = files | {"tiles": files["tiles"][t : t + 1]}
    found = zetwopass.second_pass(**one, sigma=0, masks=[mask], profile="v4.5")
    return found.coverage > 0
