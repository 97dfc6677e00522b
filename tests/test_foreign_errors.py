"""What leaves the package is its own error, and the builtin one that a caller expects."""

import gzip

import numpy as np
import pytest
from astropy.io import fits
from astropy.nddata import NDData
from astropy.wcs import WCS

import small
import zetwopass
from zetwopass import (
    ArgumentError,
    ArgumentTypeError,
    FileError,
    HDUError,
    LimitError,
    MissingFileError,
    WCSError,
    WCSTypeError,
    errors,
    reproject_and_coadd,
)

IMAGE = np.arange(2400, dtype="f4").reshape(small.SHAPE)
TILE = small.wcs_at(0.3, 2.2)
PAIR = (IMAGE, TILE)


def coadd(entry=PAIR, **changes):
    arguments = {
        "input_data": [entry],
        "output_projection": small.wcs_at(0, 0),
        "shape_out": small.CANVAS,
    }
    return reproject_and_coadd(**arguments | changes)


def whole(path):
    fits.PrimaryHDU(IMAGE, TILE.to_header()).writeto(path / "whole.fits")
    return (path / "whole.fits").read_bytes()


def integers(path):
    fits.PrimaryHDU(IMAGE.astype("u2"), TILE.to_header()).writeto(path / "u2.fits")
    return fits.open(path / "u2.fits", memmap=True)


def written(path, content):
    (path / "broken.fits").write_bytes(content)
    return str(path / "broken.fits")


def table():
    return fits.BinTableHDU.from_columns([fits.Column("x", "E", array=[1.0, 2.0])])


def lookup():
    hdu = fits.PrimaryHDU(IMAGE, TILE.to_header())
    for axis in (1, 2):
        hdu.header[f"CPDIS{axis}"] = "LOOKUP"
        for card in ("EXTVER: 1", "NAXES: 2", "AXIS.1: 1", "AXIS.2: 2"):
            hdu.header.append((f"DP{axis}", card))
    return hdu


def refused(path):
    header = TILE.to_header()
    header["CTYPE1"] = "RA---XYZ"
    return IMAGE, header


# An entry, from a folder for files; its error; other kinds that it is; what its message has.
ENTRIES = {
    "a missing file": (lambda p: str(p / "no"), MissingFileError, FileNotFoundError, "No such"),
    "a missing path": (lambda p: p / "no", MissingFileError, FileNotFoundError, "No such file"),
    "a folder": (str, FileError, OSError, "(Is a directory|Permission denied)"),
    "an empty file": (lambda p: written(p, b""), FileError, OSError, "can't be read"),
    "another file": (lambda p: written(p, b"junk" * 999), FileError, OSError, "No SIMPLE"),
    "half a header": (lambda p: written(p, whole(p)[:1000]), FileError, OSError, "can't be read"),
    "half an image": (lambda p: written(p, whole(p)[:6000]), FileError, OSError, "can't be read"),
    "half a compressed file": (
        lambda p: written(p, gzip.compress(whole(p))[:-300]),
        FileError,
        OSError,
        "can't be read",
    ),
    "integers in a memory map": (integers, FileError, ValueError, "memory-mapped"),
    "an HDU without data": (
        lambda _: fits.PrimaryHDU(None, TILE.to_header()),
        ArgumentError,
        ValueError,
        "has no data in its HDU 'PRIMARY'",
    ),
    "a table": (lambda _: table(), ArgumentTypeError, TypeError, "is a BinTableHDU, want"),
    "two HDUs": (
        lambda _: fits.HDUList([fits.PrimaryHDU(), table()]),
        ArgumentError,
        ValueError,
        "has 2 HDUs; tell which with hdu_in=",
    ),
    "tables that are elsewhere": (lambda _: lookup(), WCSError, ValueError, "the WCS of"),
    "a header that wcslib refuses": (refused, WCSError, ValueError, "the WCS of"),
    "no WCS": (lambda _: NDData(IMAGE), WCSTypeError, TypeError, "is a NoneType, want"),
    "a word as WCS": (lambda _: (IMAGE, "TAN"), WCSTypeError, TypeError, "is a str, want"),
    "a WCS alone": (lambda _: TILE, ArgumentTypeError, TypeError, "is a WCS, want"),
    "an array alone": (lambda _: IMAGE, ArgumentTypeError, TypeError, "is a ndarray, want"),
    "a number": (lambda _: 5, ArgumentTypeError, TypeError, "is a int, want"),
    "bytes": (lambda _: b"name", ArgumentTypeError, TypeError, "is a bytes, want"),
    "three parts": (lambda _: (IMAGE, TILE, 1), ArgumentError, ValueError, "has 3 parts"),
    "rows of several lengths": (
        lambda _: ([[1, 2], [3]], TILE),
        ArgumentError,
        ValueError,
        "can't be read",
    ),
    "words": (lambda _: (IMAGE.astype(str), TILE), ArgumentError, ValueError, "real numbers"),
    "objects": (lambda _: (IMAGE.astype(object), TILE), ArgumentError, ValueError, "real numbers"),
    "a mask": (
        lambda _: NDData(IMAGE, wcs=TILE, mask=IMAGE > 9),
        ArgumentError,
        ValueError,
        "has a mask; set what it hides to NaN",
    ),
}


def ours(error, builtin, match, function, *args, **kwargs):
    with pytest.raises(error, match=match) as caught:
        function(*args, **kwargs)
    assert isinstance(caught.value, zetwopass.Error) and isinstance(caught.value, builtin)
    assert type(caught.value) is error


@pytest.mark.filterwarnings("ignore::astropy.utils.exceptions.AstropyUserWarning")
@pytest.mark.parametrize("what", ENTRIES)
def test_an_image_that_cannot_be_read_is_named(what, tmp_path):
    # Without it `except zetwopass.Error`, or the `except` of reproject's time, lets it through.
    make, error, builtin, message = ENTRIES[what]
    entry = make(tmp_path)
    match = rf"input_data\[0\].*{message}|{message}.*input_data\[0\]"
    ours(error, builtin, match, coadd, entry)


@pytest.mark.filterwarnings("ignore::astropy.utils.exceptions.AstropyUserWarning")
@pytest.mark.parametrize("what", ["a missing file", "half an image", "a table", "a number"])
def test_a_weight_that_cannot_be_read_is_named(what, tmp_path):
    # Without it weights have errors of their own, or the image is blamed.
    make, error, builtin, message = ENTRIES[what]
    weights = [make(tmp_path)]
    ours(error, builtin, rf"input_weights\[0\].*{message}", coadd, input_weights=weights)


@pytest.mark.parametrize("hdu", ["SCI", 5, ("PRIMARY", 2), 1.0, [], {}])
def test_an_hdu_that_is_not_there_is_a_key_and_an_index_error(hdu):
    # Without it neither `except KeyError` nor `except IndexError` of a caller holds.
    match = r"^input_data\[0\] has no HDU hdu_in = .*, only \['PRIMARY'\]$"
    for builtin in (KeyError, IndexError):
        hdus = fits.HDUList([fits.PrimaryHDU(*PAIR[:1])])
        ours(HDUError, builtin, match, coadd, hdus, hdu_in=hdu)


@pytest.mark.parametrize("hdu", [slice(0, 2), 1])
def test_an_hdu_without_an_image_is_a_type_error(hdu):
    # Without it a list or a table is taken for an image.
    hdus = fits.HDUList([fits.PrimaryHDU(), table()])
    ours(ArgumentTypeError, TypeError, "want an image HDU", coadd, hdus, hdu_in=hdu)


@pytest.mark.parametrize("raised", [MemoryError(), np.zeros])
def test_want_of_memory_in_a_file_is_a_memory_error(raised, monkeypatch):
    # Without it the caller thinks that the file is broken.
    def full(*_, **__):
        if isinstance(raised, Exception):
            raise raised
        raised((2**20, 2**24))

    monkeypatch.setattr(fits, "open", full)
    ours(LimitError, MemoryError, r"input_data\[0\] can't be read", coadd, "image.fits")


def test_an_output_without_room_is_a_memory_error():
    # Without it NumPy's error comes up, of one kind or another.
    for side in (2**23, 2**31):  # 2^48 bytes and more
        ours(LimitError, MemoryError, "has no room", coadd, shape_out=(side, side))


ARGUMENTS = {
    "input_data": [5, None, "image.fits", b"image.fits", NDData(IMAGE, wcs=TILE), PAIR, IMAGE],
    "input_weights": [5, "weight.fits", [5], [None]],
    "output_projection": [5, None, {}, b"name", fits.PrimaryHDU(IMAGE)],
    "shape_out": [5, (1.5, 2)],
    "background_reference": ["a", 1.5],
    "output_array": [5, [[1.0]], np.ma.zeros(small.CANVAS)],
    "output_footprint": ["x"],
    "progress_bar": [5, "tqdm", lambda _: None],
    "match_background": [np.zeros(2)],
    "blank_pixel_value": [None, 1j, np.zeros(2)],
}


@pytest.mark.parametrize(
    ("name", "value"),
    [(name, value) for name, values in ARGUMENTS.items() for value in values],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_arguments_of_a_wrong_type_are_type_errors(name, value):
    # Without it Python's own error comes up somewhere below, and names nothing.
    kinds = (TypeError, zetwopass.Error, ValueError)
    with pytest.raises(zetwopass.Error, match=name) as caught:
        coadd(**{name: value})
    assert all(isinstance(caught.value, kind) for kind in kinds)


VALUES = {
    "input_data": [[], {}],
    "input_weights": [[], [IMAGE, IMAGE], [np.ones((3, 4))]],
    "output_projection": [fits.Header(), fits.Header([("NAXIS", "two")]), WCS(naxis=3)],
    "shape_out": ["ab", (3,), (1, 2, 3), (0, 5), {}],
    "combine_function": [[], None, "mode"],
    "order": [[], [[1], [2, 3]], np.zeros(2), "bicubic"],
    "parallel": [-1],
    "output_array": [np.zeros((3, 4)), np.zeros(small.CANVAS, int)],
    "output_footprint": [np.ones(3)],
}


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, values in VALUES.items() for value in values]
)
def test_values_without_a_meaning_are_value_errors(name, value):
    # Without it a call that can't be meant fails with words about something else.
    with pytest.raises(zetwopass.Error, match=name) as caught:
        coadd(**{name: value})
    assert isinstance(caught.value, ValueError)


def test_a_missing_output_file_is_none_of_the_images(tmp_path):
    # Without it the wrong one is looked for.
    where = str(tmp_path / "no.fits")
    match = "output_projection can't be read"
    ours(MissingFileError, FileNotFoundError, match, coadd, output_projection=where)


class Mine(Exception):
    """An error of the caller's."""


def test_a_callers_own_errors_pass_through():
    # Without it the caller can't tell a bar that failed from an image that did.
    error = Mine("stop")

    def bar(items):
        yield next(iter(items))
        raise error

    def images():
        raise error
        yield

    for changes in ({"progress_bar": bar}, {"input_data": images()}):
        with pytest.raises(Mine) as caught:
            coadd(**changes)
        assert caught.value is error


@pytest.mark.parametrize(
    "kind", [kind for kind in vars(errors).values() if isinstance(kind, type)], ids=str
)
def test_every_error_tells_its_message_and_survives_a_pickle(kind):
    # Without it KeyError's quotes are around it, or a process pool hides it.
    import pickle

    if issubclass(kind, zetwopass.Error):
        error = pickle.loads(pickle.dumps(kind("what 'came'")))
        assert type(error) is kind and str(error) == "what 'came'"
        assert type(kind.__new__(kind)) is kind  # as tblib makes those that a cluster sends
