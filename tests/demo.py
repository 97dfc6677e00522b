"""Shows what the second pass does to eight real 2MASS tiles of M17; `./build.sh demo` runs it."""

from __future__ import annotations

import argparse
import os
import resource
import sys
import tempfile
import textwrap
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from astropy.io import fits

import demo_figure
import sky
import zetwopass
from demo_pairs import Pair, pairs_of
from zetwopass import report
from zetwopass.api import GAIN_CLIP, SIGMA

PROFILE = "v4.5"
FILES = ("mosaic.fits", "coverage.fits", "report.png", "assembled.fits", "report.html")
OUTPUT = Path(__file__).parent.parent / "build" / "demo"


@dataclass
class Demo:
    """Both passes over the tiles of ``scene``.

    first [H, W] and second [H, W] are the mosaics in DN, ``older_gains`` [T] those of the profile
    v4.2, and ``planes`` with slopes as backgrounds, for comparison; ``names`` [T] the tiles' files;
    ``seconds`` how long each step took.
    """

    scene: sky.Scene
    names: list[str]
    first: np.ndarray
    second: zetwopass.SecondPass
    older_gains: np.ndarray
    planes: zetwopass.SecondPass
    pairs: list[Pair]
    seconds: dict[str, float]
    peak_bytes: int

    def rms(self, when: str) -> float:
        """Return the root mean square of the pairs' steps in DN, as in `Pair.step`."""
        return float(np.sqrt(np.mean([pair.step(when) ** 2 for pair in self.pairs])))


@dataclass
class Stopwatch:
    """Seconds of wall time by step; a step begins where the one before it ends."""

    seconds: dict[str, float] = field(default_factory=dict)
    step: str = ""
    since: float = 0.0

    def begin(self, step: str) -> None:
        now = time.perf_counter()
        if self.step:
            self.seconds[self.step] = self.seconds.get(self.step, 0.0) + now - self.since
        self.step, self.since = step, now


def main(arguments: list[str] | None = None) -> int:
    """Run the demo; return 0, 1 after an error and 130 after Ctrl-C."""
    output = _options(arguments).output
    try:
        _claim(output)
        demo = run()
        files = write(demo, output)
    except (KeyboardInterrupt, OSError, zetwopass.Error) as err:
        # Closing a file that was half read can raise an error of its own.
        if any(isinstance(e, KeyboardInterrupt) for e in (err, err.__context__)):
            print("\ndemo: interrupted", file=sys.stderr)
            return 130
        print(f"demo: {err}", file=sys.stderr)
        return 1
    print(summary(demo, files))
    return 0


def run() -> Demo:
    """Make both mosaics and measure the steps between neighbouring tiles before and after."""
    watch = Stopwatch()
    watch.begin("read the tiles")
    names = [path.name for path in sorted(sky.M17.glob("*.fits.gz"))]
    if not names:
        raise FileNotFoundError(f"no tiles (*.fits.gz) in {sky.M17}")
    scene = sky.m17()
    watch.begin("first pass")
    planes = [tile[..., 0] for tile in scene.tiles]
    first, coverage = zetwopass.reproject_and_coadd(
        list(zip(planes, scene.wcs, strict=True)),
        scene.output_wcs,
        scene.shape_out,
        blank_pixel_value=np.nan,
    )
    second, older_gains = _second_pass(scene, coverage, watch)
    peak_bytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    watch.begin("compare the overlaps")
    planes = zetwopass.second_pass(
        scene.tiles, scene.wcs, scene.output_wcs, coverage, profile=PROFILE, background="plane"
    )
    pairs = pairs_of(scene, names, second, planes)
    watch.begin("")
    return Demo(scene, names, first, second, older_gains, planes, pairs, watch.seconds, peak_bytes)


def write(demo: Demo, output: Path) -> list[Path]:
    """Write mosaic, coverage and picture, and from the files a mosaic and its report."""
    watch = Stopwatch(demo.seconds)
    files = [output / name for name in FILES]
    watch.begin("write FITS")
    mosaic = fits.PrimaryHDU(demo.second.mosaic[..., 0], _header(demo, "DN"))
    fits.HDUList([mosaic, _table(demo)]).writeto(files[0], overwrite=True, checksum=True)
    coverage = fits.PrimaryHDU(demo.second.coverage, _header(demo, "tiles"))
    coverage.writeto(files[1], overwrite=True, checksum=True)
    watch.begin("draw the picture")
    demo_figure.save(demo, files[2])
    watch.begin("assemble from files")
    zetwopass.assemble(sorted(sky.M17.glob("*.fits.gz")), files[3], overwrite=True)
    watch.begin("write the report")
    report.write_report(*files[3:])
    watch.begin("")
    return files


def summary(demo: Demo, files: list[Path]) -> str:
    """Return what the demo tells on the terminal."""
    height, width = demo.scene.shape_out
    lines = [
        f"M17 in K, {len(demo.names)} tiles of 2MASS -> mosaic of {width} x {height} pixels",
        "",
        f"tile  file                              gain {PROFILE}  gain v4.2  background, DN",
    ]
    found = (demo.names, demo.second.gains, demo.older_gains, demo.second.offsets[:, 0])
    lines += [
        f"{t:4}  {name:32}  {gain:9.4f}  {older:9.4f}  {background:+14.3f}"
        for t, (name, gain, older, background) in enumerate(zip(*found, strict=True))
    ]
    lines += [*_about_gains(demo.second.gains), ""]
    lines.append("overlap  median step, DN: before -> after (with planes)")
    lines += [
        f"  {p.first} - {p.second}  {abs(p.step('before')):22.3f} -> {abs(p.step('after')):5.3f}"
        f" ({abs(p.step('sloped')):5.3f})  {'same scan' if p.same_scan else ''}".rstrip()
        for p in demo.pairs
    ]
    rms = f"{demo.rms('before'):22.3f} -> {demo.rms('after'):5.3f} ({demo.rms('sloped'):5.3f})"
    lines += [f"    rms  {rms}", *_about_planes(demo.planes)]
    lines += ["", *_about_resources(demo), "", "written:"]
    return "\n".join(lines + [f"  {path} ({path.stat().st_size / 1e6:.2f} MB)" for path in files])


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="demo",
        description="Makes a mosaic of eight real 2MASS tiles of M17 twice: as a plain mean of the "
        "tiles, and by the second pass with its default settings. Writes mosaic.fits (with the "
        "tiles' gains and backgrounds), coverage.fits and report.png, which shows both side by "
        "side, and prints the numbers; and, from the files again, assembled.fits and report.html. "
        "Takes a few seconds.",
    )
    parser.add_argument(
        "--output",
        type=Path,
        default=Path(os.path.relpath(OUTPUT)),
        metavar="DIR",
        help="where the files go; made if missing (default: %(default)s)",
    )
    return parser.parse_args(arguments)


def _claim(output: Path) -> None:
    """Refuse a folder that can't be written to before anything is computed."""
    try:
        output.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=output).close()
    except OSError as err:
        raise OSError(f"can't write to {output}: {err.strerror}; choose another --output") from err


def _second_pass(scene, coverage, watch) -> tuple[zetwopass.SecondPass, np.ndarray]:
    inputs = (scene.tiles, scene.wcs, scene.output_wcs, coverage)
    names = {"start": "pixel maps", "gains_done": "gains", "done": "reproject"}
    watch.begin("second pass: pixel maps")
    second = zetwopass.second_pass(
        *inputs,
        profile=PROFILE,
        progress=sys.stderr.isatty(),
        callback=lambda stats: watch.begin(f"second pass: {names.get(stats.stage, stats.stage)}"),
    )
    watch.begin("gains of v4.2")
    return second, zetwopass.tile_gains(*inputs, profile="v4.2")


def _header(demo: Demo, unit: str) -> fits.Header:
    wcs = demo.scene.output_wcs
    header = wcs.to_header()
    for axis in (0, 1):  # to_header keeps 12 digits
        header[f"CRVAL{axis + 1}"] = wcs.wcs.crval[axis]
        header[f"CRPIX{axis + 1}"] = wcs.wcs.crpix[axis]
        header[f"CDELT{axis + 1}"] = wcs.wcs.cdelt[axis]
    header["BUNIT"] = unit
    header["OBJECT"] = "M17"
    header["FILTER"] = "K"
    header["NCOMBINE"] = (len(demo.names), "tiles, see the extension TILES of mosaic.fits")
    header["CREATOR"] = f"zetwopass {zetwopass.__version__}"
    header["PROFILE"] = (PROFILE, "generation of the maths")
    header["SIGMA"] = (SIGMA, "[pix] blur of the coverage")
    header["GAINMIN"], header["GAINMAX"] = GAIN_CLIP
    header["BGMATCH"] = (True, "one constant per tile subtracted")
    header["HISTORY"] = "zetwopass.second_pass: gains from the coverage of a plain coadd,"
    header["HISTORY"] = "background match, bilinear reprojection, mean of the tiles."
    for line in textwrap.wrap(demo_figure.CREDIT, 72):
        header["COMMENT"] = line
    return header


def _table(demo: Demo) -> fits.BinTableHDU:
    columns = [
        fits.Column("FILE", "40A", array=np.array(demo.names)),
        fits.Column("GAIN", "D", array=demo.second.gains),
        fits.Column("BACKGROUND", "D", unit="DN", array=demo.second.offsets[:, 0]),
        fits.Column("GROUP", "J", array=demo.second.groups),
        fits.Column("GAIN_V42", "D", array=demo.older_gains),
    ]
    table = fits.BinTableHDU.from_columns(columns, name="TILES")
    table.header["COMMENT"] = "mosaic = mean of (GAIN * tile - BACKGROUND), reprojected."
    table.header["COMMENT"] = "GAIN_V42: what profile v4.2 would give; not applied here."
    return table


def _about_gains(gains: np.ndarray) -> list[str]:
    if (gains != 1).any():
        return []
    return [
        "All gains of v4.5 are 1: it counts only pixels whose blurred coverage is 2 or more, and",
        "these overlaps are too narrow for that. So here the background match does all the work.",
    ]


def _about_planes(planes: zetwopass.SecondPass) -> list[str]:
    constants, sloped = planes.left_out[0, 0]
    return [
        f"Overlaps that were left out are {constants:.3f} DN off what constants tell of them, and",
        f"{sloped:.3f} DN off what planes do, damped by {planes.damping[0, 0]:g}.",
    ]


def _about_resources(demo: Demo) -> list[str]:
    prefix = "second pass: "
    parts = {k: v for k, v in demo.seconds.items() if k.startswith(prefix)}
    others = {k: v for k, v in demo.seconds.items() if k not in parts}
    detail = ", ".join(f"{k.removeprefix(prefix)} {v:.2f}" for k, v in parts.items())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return [
        f"second pass {sum(parts.values()):.2f} s ({detail})",
        "the rest: " + ", ".join(f"{k} {v:.2f} s" for k, v in others.items()),
        f"peak memory {demo.peak_bytes / 1e6:.0f} MB by the end of the second pass, "
        + f"{peak / 1e6:.0f} MB with the comparison and the picture",
    ]


if __name__ == "__main__":
    sys.exit(main())
