"""The C interface: the header compiles anywhere, ctypes mirrors it, and C can call the library."""

import ctypes
import shutil
import subprocess
from pathlib import Path

import pytest

import zetwopass
from zetwopass import errors
from zetwopass._engine import ffi, structs

ROOT = Path(__file__).parents[1]
INCLUDE = ROOT / "include"
STRICT = ["-Wall", "-Wextra", "-pedantic", "-Werror", "-I", str(INCLUDE)]
STRUCTS = {
    "ztp_error": structs.Error,
    "ztp_image": structs.Image,
    "ztp_map": structs.Map,
    "ztp_file": structs.File,
    "ztp_target": structs.Target,
    "ztp_pair": structs.Pair,
    "ztp_tile": structs.Tile,
    "ztp_stats": structs.Stats,
    "ztp_job": structs.Job,
    "ztp_plan_info": structs.PlanInfo,
    "ztp_device": structs.Device,
    "ztp_planes": structs.Planes,
    "ztp_reprojection": structs.Reprojection,
}
CONSTANTS = {
    "ZTP_ABI_VERSION": ffi.ABI_VERSION,
    "ZTP_PROFILE_V45": structs.PROFILES["v4.5"],
    "ZTP_PROFILE_V42": structs.PROFILES["v4.2"],
    "ZTP_MAP_PLANE": structs.MAP_PLANE,
    "ZTP_MAP_GRID": structs.MAP_GRID,
    "ZTP_MAP_POSITIONS": structs.MAP_POSITIONS,
}
CONSTANTS |= {f"ZTP_STAGE_{name.upper()}": i for i, name in enumerate(structs.STAGES)}
CONSTANTS |= {f"ZTP_COMBINE_{name.upper()}": i for name, i in structs.COMBINES.items()}
CONSTANTS |= {f"ZTP_{name.upper()}": i for name, i in structs.FLOATS.items()}
CONSTANTS |= {f"ZTP_DEVICE_{name.upper()}": i for name, i in structs.DEVICES.items()}

needs_gcc = pytest.mark.skipif(not shutil.which("gcc"), reason="no gcc")


def compiled(tmp_path, text, *options):
    source, program = tmp_path / "program.c", tmp_path / "program"
    source.write_text(text)
    subprocess.run(["gcc", "-std=c99", *STRICT, source, *options, "-o", program], check=True)
    return program


def printed(program):
    return subprocess.run([program], check=True, capture_output=True, text=True).stdout.split()


@needs_gcc
def test_structs_have_the_sizes_and_offsets_of_the_header(tmp_path):
    # Without it a field in the wrong place reads or writes memory of another.
    places = {
        f"offsetof({c}, {field[0]})": getattr(kind, field[0]).offset
        for c, kind in STRUCTS.items()
        for field in kind._fields_
    }
    places |= {f"sizeof({c})": ctypes.sizeof(kind) for c, kind in STRUCTS.items()}
    lines = "".join(f'printf("%zu\\n", {place});' for place in places)
    head = "#include <stddef.h>\n#include <stdio.h>\n#include <zetwopass.h>\n"
    program = compiled(tmp_path, head + f"int main(void) {{ {lines} return 0; }}")
    found = dict(zip(places, map(int, printed(program)), strict=True))
    assert found == places


@needs_gcc
def test_constants_are_those_of_the_header(tmp_path):
    # Without it a profile, a stage or a map means another one to the library.
    lines = "".join(f'printf("%d\\n", (int){name});' for name in CONSTANTS)
    head = "#include <stdio.h>\n#include <zetwopass.h>\n"
    program = compiled(tmp_path, head + f"int main(void) {{ {lines} return 0; }}")
    assert dict(zip(CONSTANTS, map(int, printed(program)), strict=True)) == CONSTANTS


@needs_gcc
@pytest.mark.parametrize(
    ("compiler", "standard", "suffix"), [("gcc", "c99", "c"), ("g++", "c++11", "cpp")]
)
def test_header_compiles_without_a_warning(tmp_path, compiler, standard, suffix):
    # Without it a strict C or C++ project can't include the header.
    if not shutil.which(compiler):
        pytest.skip(f"no {compiler}")
    source = tmp_path / f"header.{suffix}"
    source.write_text("#include <zetwopass.h>\nint main(void) { return sizeof(ztp_job) == 0; }\n")
    options = [f"-std={standard}", *STRICT, "-fsyntax-only"]
    subprocess.run([compiler, *options, source], check=True)


@needs_gcc
def test_a_program_in_c_runs_the_second_pass(tmp_path):
    # Without it the library may serve Python alone.
    library = Path(ffi.__file__).parents[1]
    source = (ROOT / "tests" / "abi" / "second_pass.c").read_text()
    options = [f"-L{library}", f"-Wl,-rpath,{library}", "-lzetwopass"]
    program = compiled(tmp_path, source, *options)
    done = subprocess.run([program], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    version, name, message = done.stdout.split(" ", 2)
    assert (version, name) == (ffi.library_info().version, "ZTP_OVERLAP")
    assert "coverage_out" in message


@needs_gcc
def test_a_program_in_c_goes_from_files_to_a_file(tmp_path):
    # Without it what C hands over as a path may be Python's alone.
    library = Path(ffi.__file__).parents[1]
    source = (ROOT / "tests" / "abi" / "from_files.c").read_text()
    options = [f"-L{library}", f"-Wl,-rpath,{library}", "-lzetwopass", "-lm"]
    program = compiled(tmp_path, source, *options)
    done = subprocess.run([program, tmp_path], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    assert done.stdout.startswith("ZTP_MISSING ") and "left.fits" in done.stdout


def test_library_and_package_have_one_version():
    # Without it a stale library goes unnoticed.
    assert ffi.library_info().version == zetwopass.__version__


def test_every_status_has_its_error():
    # Without it a new failure would pass as success or as a defect.
    names = {status: ffi.library().ztp_status_name(status).decode() for status in range(1000)}
    known = {s: n for s, n in names.items() if n.startswith("ZTP_") and s}
    own = {
        200: errors.BudgetError,
        201: errors.LimitError,
        300: errors.CancelledError,
        400: errors.DeviceError,
        500: errors.FileError,
        501: errors.WriteError,
        502: errors.MissingFileError,
        900: errors.LibraryError,
    }
    for status in known:
        kind = own.get(status, errors.ArgumentError)
        with pytest.raises(kind, match="words"):
            errors.check(status, "words")
    assert sorted(known) == [100, 101, 102, 103, 104, *own]
