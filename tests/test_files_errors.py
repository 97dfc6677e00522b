"""Every file that can't be used is refused by its name, with what is wrong, and nothing else."""

import os
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

import small
import tile_forms
import zetwopass
from zetwopass import (
    ArgumentError,
    ArgumentTypeError,
    FileError,
    HDUError,
    MissingFileError,
    WCSError,
)


class BytesPath(os.PathLike):
    """A path whose system path is bytes."""

    def __fspath__(self):
        return b"tile.fits"


def emptied(path):
    Path(path).write_bytes(b"")
    return path


def truncated(path):
    whole = Path(path).read_bytes()
    Path(path).write_bytes(whole[: len(whole) - 2881])
    return path


def text(path):
    Path(path).write_text("not an image, but a letter to the observer\n" * 99)
    return path


def removed(path):
    Path(path).unlink()
    return path


def compressed(path):
    array, header = fits.getdata(path, header=True, memmap=False)
    fits.HDUList([fits.PrimaryHDU(), fits.CompImageHDU(array, header)]).writeto(
        path, overwrite=True
    )
    return path, 1


def table(path):
    fits.append(path, np.zeros(9, "i4,f8"))
    return path, 1


def without_data(path):
    header = fits.getheader(path)
    fits.HDUList(
        [fits.PrimaryHDU(), fits.ImageHDU(fits.getdata(path, memmap=False), header)]
    ).writeto(path, overwrite=True)
    return path


def one_channel(path):
    array, header = fits.getdata(path, header=True, memmap=False)
    fits.writeto(path, array[0], header, overwrite=True)
    return path


def five_channels(path):
    array, header = fits.getdata(path, header=True, memmap=False)
    fits.writeto(path, array[[0, 0, 1, 1, 2]], header, overwrite=True)
    return path


def without_wcs(path):
    fits.writeto(path, fits.getdata(path, memmap=False), overwrite=True)
    return path


def flipped_bit(path):
    whole = bytearray(Path(path).read_bytes())
    whole[whole.index(b"BITPIX") + 28] = ord("7")
    Path(path).write_bytes(bytes(whole))
    return path


DAMAGE = {
    "missing": (removed, MissingFileError, "No such file"),
    "empty": (emptied, FileError, "Empty or corrupt"),
    "truncated": (truncated, FileError, "HDU 0"),
    "a text": (text, FileError, "tile 1 é.fits|SIMPLE"),
    "a directory": (lambda path: str(Path(path).parent), FileError, "tiles"),
    "tile-compressed": (compressed, FileError, "CompImageHDU"),
    "a table": (table, FileError, "BinTableHDU"),
    "without data": (without_data, FileError, r"no data; use \(path, hdu\)"),
    "without a WCS": (without_wcs, WCSError, r"the WCS of tiles\[1\] \(.*tile 1 é.fits\)"),
    "of one channel": (one_channel, ArgumentError, "has 1 channels, want at least 3"),
    "of five channels": (five_channels, FileError, "the axes"),
    "a BITPIX that there is not": (flipped_bit, FileError, "tile 1 é"),
    "an HDU too far": (lambda path: (path, 3), HDUError, r"has no HDU 3, only \['PRIMARY'\]"),
    "an HDU of another name": (lambda path: (path, "SCI"), HDUError, "has no HDU 'SCI'"),
    "an HDU below 0": (lambda path: (path, -1), ArgumentError, r"the HDU of tiles\[1\] = -1"),
    "half an HDU": (lambda path: (path, 0.5), ArgumentTypeError, r"the HDU of tiles\[1\] = 0.5"),
    "a NUL in the path": (lambda path: path + "\0", FileError, "null"),
    "a path of bytes": (os.fsencode, ArgumentTypeError, r"tiles\[1\] is a bytes, want a NumPy"),
    "a path object of bytes": (lambda _: BytesPath(), ArgumentTypeError, "a path of bytes"),
    "three things": (lambda path: (path, 0, 0), ArgumentTypeError, r"tiles\[1\] is a tuple"),
}


@pytest.mark.parametrize("function", [zetwopass.second_pass, zetwopass.plan])
@pytest.mark.parametrize("what", DAMAGE)
def test_a_tile_that_cannot_be_used_is_named_with_what_is_wrong(tmp_path, what, function):
    # Without it somebody searches ten thousand files for the one that is damaged.
    harm, error, message = DAMAGE[what]
    files, _ = tile_forms.mosaic(tmp_path)
    files["tiles"][1] = harm(files["tiles"][1])
    with pytest.raises(error, match=message) as caught:
        function(**files, sigma=5)
    assert r"tiles[1]" in str(caught.value)
    assert isinstance(caught.value, zetwopass.Error)


def test_masks_and_coverage_are_refused_by_their_own_names(tmp_path):
    # Without it the tile's file is searched for what is wrong with its mask.
    files, _ = tile_forms.mosaic(tmp_path)
    mask = tile_forms.saved(tmp_path / "mask.fits", np.ones((3, 4), "f4"))
    with pytest.raises(ArgumentError, match=r"mask of tiles\[1\] has shape \[3, 4\], want \[40,"):
        zetwopass.second_pass(**files, masks=[None, mask])
    for name in ("masks", "coverage"):
        wrong = [None, str(tmp_path / "none.fits")] if name == "masks" else tmp_path / "none.fits"
        with pytest.raises(MissingFileError, match=rf"^{name}.*none.fits"):
            zetwopass.second_pass(**files | {name: wrong})
    with pytest.raises(FileError, match=r"coverage: .* has shape \[40, 60, 3\], want \[H, W\]"):
        zetwopass.second_pass(**files | {"coverage": files["tiles"][0]})
    cut = truncated(tile_forms.saved(tmp_path / "cut.fits", small.mosaic()["coverage"]))
    with pytest.raises(FileError, match="coverage"):
        zetwopass.second_pass(**files | {"coverage": cut})


def test_arrays_have_no_wcs_of_their_own(tmp_path):
    # Without it the message is about None, which nobody has written.
    files, arrays = tile_forms.mosaic(tmp_path)
    mixed = files | {"tiles": [files["tiles"][0], arrays["tiles"][1]]}
    with pytest.raises(ArgumentError, match=r"tiles_wcs is None, but tiles\[1\] is no file"):
        zetwopass.second_pass(**mixed)


def test_a_failed_call_leaves_the_files_as_they_were(tmp_path):
    # Without it an error costs the only copy.
    files, _ = tile_forms.mosaic(tmp_path)
    files["tiles"][1] = truncated(files["tiles"][1])
    before = [Path(path).read_bytes() for path in files["tiles"]]
    with pytest.raises(FileError):
        zetwopass.second_pass(**files)
    assert [Path(path).read_bytes() for path in files["tiles"]] == before
    for path in files["tiles"]:  # nor is any of them open, which Windows would tell
        Path(path).unlink()
