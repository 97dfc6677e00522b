"""Jobs with files: the library refuses what does not fit, and older structs have none of them."""

import ctypes
import os
import sys
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

import small
import tile_forms
from test_abi_errors import ARGUMENT, OK, OVERLAP, SHAPE, STRUCT, called, put
from test_files_targets import COVERAGE, HEAD, SIZE, made, room
from zetwopass import ArgumentError, errors
from zetwopass._engine import FileImage, FileTarget, Outputs, calls, ffi, files, structs

FILE, WRITE, MISSING, CANCELLED = 500, 501, 502, 300
COADD = "ztp_reproject_coadd"


@pytest.fixture
def given(tmp_path):
    """Return the arguments of two tiles in files."""
    return tile_forms.mosaic(tmp_path)[0]


@pytest.fixture
def job(tmp_path, given):
    """Return a job from files to files that is as it should be."""
    job = made(given, room(tmp_path)[1])
    job.record(job.plan())
    return job


def test_the_job_that_all_these_spoil_is_right(job):
    # Without it every one of them may fail for another reason.
    assert called(job) == (OK, "")
    assert called(job, COADD) == (OK, "")


def both(part):
    """Return a function that gives an image data beside its file."""

    def change(struct):
        owner = struct.tiles[1] if part == "image" else struct
        getattr(owner, part).data = struct.coverage.data

    return change


def known(struct):
    struct.offsets_known, struct.keep_background = 1, 1


WRONG = {
    "an HDU below 0": (put("tile.image_file.hdu", -1), ARGUMENT, "tiles[1].image_file.hdu = -1"),
    "an HDU too far": (put("tile.image_file.hdu", 9), FILE, "tile 1 é.fits"),
    "an HDU of no name": (put("tile.image_file.hdu_name", b"SCI"), FILE, "SCI"),
    "no such tile": (put("tile.image_file.path", b"/no/tile"), MISSING, "tiles[1].image"),
    "a mask of two places": (put("tile.mask_file.path", b"/no"), ARGUMENT, "tiles[1].mask has"),
    "a tile of two places": (both("image"), ARGUMENT, "tiles[1].image has data and a file"),
    "a mosaic of two places": (both("mosaic"), ARGUMENT, "mosaic has data and a file"),
    "another height": (put("tile.image.height", 41), SHAPE, "tiles[1].image has shape [41,60,3]"),
    "no such output": (put("mosaic_file.path", b"/no/mosaic"), WRITE, "/no/mosaic"),
    "an output on a folder": (put("mosaic_file.path", b"/"), WRITE, "no regular file"),
    "an offset below 0": (put("coverage_file.offset", -4), ARGUMENT, "coverage_file.offset"),
    "an offset too far": (put("coverage_file.offset", SIZE), WRITE, "want at least"),
    "an offset beyond numbers": (put("mosaic_file.offset", 1 << 62), ARGUMENT, "mosaic_file"),
    "outputs on each other": (put("coverage_file.offset", HEAD + 4), OVERLAP, "share bytes"),
    "an output without a size": (put("mosaic.height", 0), SHAPE, "mosaic"),
    "no memory for the blur": (put("blurred.data", None), ARGUMENT, "coverage_out is in a file"),
    "room for -1 pairs": (put("pair_room", -1), ARGUMENT, "pair_room = -1"),
    "pairs without a count": (put("pair_count", None), ARGUMENT, "pair_count is NULL"),
    "offsets known too early": (put("offsets_known", 1), ARGUMENT, "offsets_known"),
}
WRONG_COADD = {
    "no chunks": (put("chunk_count", 0), ARGUMENT, "chunk_count = 0"),
    "a chunk too few": (put("chunk_count", 8), SHAPE, "8"),
    "known and kept": (known, ARGUMENT, "keep_background"),
}


@pytest.mark.parametrize("what", WRONG | WRONG_COADD)
def test_a_wrong_field_has_its_status_and_is_named(job, what):
    # Without it a mistake of a caller costs a file, or memory that is not its own.
    change, status, name = (WRONG | WRONG_COADD)[what]
    change(job.struct)
    found, message = called(job, COADD if what in WRONG_COADD else "ztp_second_pass")
    assert (found, name in message) == (status, True), message


def test_what_becomes_of_a_tile_after_it_was_looked_at_is_told(given, job):
    # Without it a tile that is written again meanwhile is a part of the mosaic.
    path = Path(given["tiles"][1])
    whole = path.read_bytes()
    path.write_bytes(whole[:-4000])
    assert called(job)[0] == FILE
    fits.writeto(path, np.zeros((3, 40, 61), "f4"), overwrite=True)
    status, message = called(job)
    assert (status, "has shape [40,60,3], want [40,61,3] as" in message) == (SHAPE, True)
    path.unlink()
    status, message = called(job)
    assert (status, str(path) in message) == (MISSING, True)
    with pytest.raises(errors.MissingFileError, match="tile 1"):
        calls.run("ztp_second_pass", job)
    with pytest.raises(errors.MissingFileError, match="tile 1"):
        job.plan()


def test_sizes_of_0_are_the_files(job):
    # Without it a caller in C has to read headers.
    for t in range(2):
        job.struct.tiles[t].image = structs.Image()
        job.struct.tiles[t].mask = structs.Image()
    assert called(job) == (OK, "")


@pytest.mark.skipif(sys.platform == "win32", reason="links want rights there")
@pytest.mark.parametrize("link", [os.symlink, os.link])
def test_a_tile_is_not_written_to(tmp_path, given, job, link):
    # Without it a mistyped name costs a tile.
    before = Path(given["tiles"][1]).read_bytes()
    other = tmp_path / "other.fits"
    link(given["tiles"][1], other)
    for path in given["tiles"][1], str(other):
        job.write_to(FileTarget(path, 0, (8, 9, 3)), FileTarget(path, 4000, (8, 9)))
        status, message = called(job)
        assert (status, "the file of tiles[1].image" in message) == (OVERLAP, True), message
    assert Path(given["tiles"][1]).read_bytes() == before


@pytest.mark.skipif(sys.platform == "win32", reason="rights and pipes are others there")
def test_an_output_that_may_not_be_written_is_told(tmp_path, job):
    # Without it the call waits for a pipe's reader, or passes for done.
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    job.struct.mosaic_file.path = os.fsencode(pipe)
    status, message = called(job)
    assert (status, "no regular file" in message) == (WRITE, True)
    if os.geteuid() == 0:
        pytest.skip("root may write everything")
    path, outputs = room(tmp_path)
    path.chmod(0o400)
    job.write_to(*outputs)
    status, message = called(job)
    assert (status, "ermission" in message) == (WRITE, True)


@pytest.mark.skipif(sys.platform == "win32", reason="there is no such limit")
def test_a_disk_without_room_is_told_and_the_process_lives(job):
    # Without it a full disk ends the process, or the mosaic has holes.
    import resource

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (HEAD + 99, before[1]))
    try:
        with pytest.raises(errors.WriteError, match=r"mosaic: .*mosaic é.bin: file too large"):
            calls.run("ztp_second_pass", job)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert called(job) == (OK, "")


def test_a_flag_that_is_set_ends_the_reading_of_headers(job):
    # Without it ten thousand headers are read after Ctrl-C.
    flag = ctypes.c_int32(1)
    job.struct.cancel = ctypes.pointer(flag)
    job.struct.tiles[0].image_file.path = b"/no/tile"
    assert called(job)[0] == CANCELLED


def test_pairs_are_counted_whatever_the_room(job):
    # Without it memory behind the pairs is written, or nobody knows that some are missing.
    assert called(job) == (OK, "")
    assert len(job.pairs) == 1
    job._pairs[:] = 7
    job.struct.pair_room = 0
    assert called(job) == (OK, "")
    assert (job._pair_count[0], job._pairs["i"][0]) == (1, 7)
    job.struct.pairs = None
    assert called(job) == (OK, "")


def test_tiles_of_the_header_before_files_are_read_as_ever(tmp_path):
    # Without it a program compiled with that header opens files by what lies behind its tiles.
    plain = small.mosaic()
    outputs = Outputs(np.empty((*COVERAGE, 3), "f4"), np.empty(COVERAGE, "f4"))
    job = made(plain, outputs)
    assert called(job) == (OK, "")
    want = job.gains.tolist(), job.offsets.tolist()
    size = structs.Tile.image_file.offset
    tiles = b"".join(ctypes.string_at(ctypes.addressof(job.struct.tiles[t]), size) for t in (0, 1))
    memory = ctypes.create_string_buffer(tiles)
    job.struct.tiles = ctypes.cast(memory, ctypes.POINTER(structs.Tile))
    job.struct.tile_size = size
    assert called(job) == (OK, "")
    assert (job.gains.tolist(), job.offsets.tolist()) == want


def test_a_job_of_the_header_before_files_has_none_of_their_fields(tmp_path):
    # Without it what lies behind an older job is taken for paths and addresses.
    outputs = Outputs(np.empty((*COVERAGE, 3), "f4"), np.empty(COVERAGE, "f4"))
    job = made(small.mosaic(), outputs)
    struct, nowhere = job.struct, 8
    struct.mosaic_file.path, struct.coverage_file.path = b"/no/mosaic", b"/no/coverage"
    struct.chunks_done = struct.shown = struct.pairs = struct.pair_count = nowhere
    struct.offsets_known = 1
    struct.struct_size = structs.Job.mosaic_file.offset
    for function in ("ztp_second_pass", COADD, "ztp_match_backgrounds", "ztp_first_coverage"):
        assert called(job, function) == (OK, "")


def test_a_plan_of_the_header_before_files_is_not_written_beyond(job):
    # Without it the library writes to memory that is not the plan's.
    first = structs.PlanInfo.columns_per_chunk.offset
    names = ("columns_per_chunk", "read_bytes", "pair_count")
    for size, written in ((first, False), (ctypes.sizeof(structs.PlanInfo), True)):
        info = structs.PlanInfo(struct_size=size)
        for name in names:
            setattr(info, name, -7)
        assert ffi.library().ztp_plan(job.struct, info, None) == OK
        assert [getattr(info, name) >= 0 for name in names] == [written] * 3
        assert info.gpu_rows_per_chunk > 0


def test_an_unknown_size_is_no_version(job):
    # Without it a struct that is cut off in the middle of a field is read beyond its end.
    for field, offset in (
        ("struct_size", structs.Job.chunks_done.offset),
        ("tile_size", structs.Tile.mask_file.offset),
    ):
        before = getattr(job.struct, field)
        setattr(job.struct, field, offset)
        assert called(job)[0] == STRUCT
        setattr(job.struct, field, before)


def test_a_plan_wants_no_file_of_an_output(tmp_path, given):
    # Without it room on the disk has to be taken before anybody knows how much.
    nowhere = str(tmp_path / "none.fits")
    outputs = Outputs(FileTarget(nowhere, 0, (*COVERAGE, 3)), FileTarget(nowhere, 10**6, COVERAGE))
    assert made(given, outputs).plan().chunk_total > 0
    assert not os.path.exists(nowhere)


def test_planes_have_no_files(given, job):
    # Without it a job of planes reads one half of its tiles from memory that is not there.
    plane = np.zeros((1, *COVERAGE), "f4")
    job.struct.profile = 1
    job.struct.mosaic_planes.data = plane.ctypes.data
    status, message = called(job, COADD)
    assert (status, "tiles[0]" in message) == (ARGUMENT, True)


def test_names_with_a_zero_in_them_are_refused():
    # Without it C reads another name, up to the zero.
    for image in FileImage("a\0b", 0, (4, 5)), FileImage("a", "B\0C", (4, 5)):
        with pytest.raises(ArgumentError, match=r"tile = '.*' has a NUL in it"):
            files.source("tile", image)
    with pytest.raises(ArgumentError, match="has a NUL"):
        files.target("out", FileTarget("a\0b", 0, (4, 5)))
