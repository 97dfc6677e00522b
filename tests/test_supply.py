"""What goes into the library and the package is known, pinned and told; nothing else is loaded."""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import zipfile
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import small
import zetwopass
from test_abi import needs_gcc

ROOT = Path(__file__).parents[1]
LIBRARY = Path(zetwopass.__file__).parent.resolve() / "libzetwopass.so"

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="asks Linux's loader")
needs_go = pytest.mark.skipif(
    sys.platform != "linux" or not shutil.which("go"), reason="wants go on Linux"
)


# The bill of materials


def linked():
    """Return the modules that go links on this system, with their versions; none that is ours."""
    form = "{{with .Module}}{{if not (or .Main .Replace)}}{{.Path}} {{.Version}}{{end}}{{end}}"
    command = ["go", "list", "-deps", "-tags", "cuda", "-f", form, "./capi"]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    return dict(line.split() for line in done.stdout.splitlines() if line)


@pytest.fixture(scope="module")
def sbom():
    spec = importlib.util.spec_from_file_location("sbom", ROOT / "python" / "sbom.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@needs_go
def test_the_bill_of_materials_has_what_is_linked(sbom):
    # Without it who looks for a vulnerable module does not find that it is here.
    told = sbom.sbom(str(LIBRARY), "gcc@12.2.0")
    assert (told["bomFormat"], told["specVersion"]) == ("CycloneDX", "1.6")
    assert told["metadata"]["component"]["version"] == zetwopass.__version__
    versions = {part["name"]: part.get("version") for part in told["components"]}
    go = subprocess.run(["go", "env", "GOVERSION"], check=True, capture_output=True, text=True)
    want = linked() | {"std": go.stdout.strip().removeprefix("go"), "gcc": "12.2.0", "glibc": None}
    assert versions == want
    sums = (ROOT / "go.sum").read_text()
    for part in told["components"]:
        for said in part.get("properties", ()):
            assert f"{part['name']} {part['version']} {said['value']}\n" in sums
    (tree,) = told["dependencies"]
    assert sorted(tree["dependsOn"]) == sorted(part["purl"] for part in told["components"])


@on_linux
def test_a_wheel_carries_it(tmp_path):
    # Without it the list is made and nobody gets it.
    if not newer_setuptools():
        pytest.skip("setuptools is older than what builds wheels of this package")
    names = ("pyproject.toml", "setup.py", "README.md", "LICENSE", "NOTICE")
    for name in names:
        shutil.copy(ROOT / name, tmp_path)
    (tmp_path / "python" / "zetwopass").mkdir(parents=True)
    shutil.copy(ROOT / "python" / "zetwopass" / "__init__.py", tmp_path / "python" / "zetwopass")
    (tmp_path / "zetwopass.cdx.json").write_text("{}")
    wheel = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "-w", "out"]
    subprocess.run([*wheel, "."], cwd=tmp_path, check=True, capture_output=True)
    (made,) = (tmp_path / "out").glob("*.whl")
    assert made.name.startswith(f"zetwopass-{zetwopass.__version__}-py3-none-")
    place = f"zetwopass-{zetwopass.__version__}.dist-info/sboms/zetwopass.cdx.json"
    with zipfile.ZipFile(made) as file:
        assert file.read(place) == b"{}"
        record = file.read(place.replace("sboms/zetwopass.cdx.json", "RECORD")).decode()
    assert f"{place},sha256=" in record


def newer_setuptools():
    done = subprocess.run(
        [sys.executable, "-c", "import setuptools; print(setuptools.__version__)"],
        capture_output=True,
        text=True,
    )
    return done.returncode == 0 and int(done.stdout.split(".")[0]) >= 77


def test_a_module_that_is_replaced_is_not_told(sbom, monkeypatch):
    # Without it the list names code that was left out, and not what is there in its place.
    lines = (
        "lib.so: go1.26.8",
        "\tdep\texample.org/a\tv1.0.0\th1:a=",
        "\tdep\texample.org/b\tv1.1.0",
        "\t=>\t./cuda/b\t(devel)\t",
        "\tdep\texample.org/c\tv1.2.0",
        "\t=>\texample.org/d\tv2.0.0\th1:d=",
        "\tbuild\tGOOS=linux",
    )
    done = subprocess.CompletedProcess((), 0, "\n".join(lines))
    monkeypatch.setattr(sbom.subprocess, "run", lambda *_, **__: done)
    go, modules, settings = sbom.build_info("lib.so")
    assert (go, settings) == ("1.26.8", {"GOOS": "linux"})
    want = [("example.org/a", "v1.0.0", "h1:a="), ("example.org/d", "v2.0.0", "h1:d=")]
    assert modules == want


@needs_go
def test_contributing_says_of_every_module_what_it_is_for():
    # Without it a dependency stays in because nobody knows whether it is needed.
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `(\w+\.\w+/[\w./-]+)`", text, re.MULTILINE)) == set(linked())


# What is fetched


def wanted(*files):
    """Return the requirements of files."""
    lines = [line.partition("#")[0].strip() for f in files for line in f.read_text().splitlines()]
    return [Requirement(line) for line in lines if line]


def locked(path):
    """Return the versions of each package in a file of hashes, and check that each has some."""
    found = {}
    for entry in re.split(r"\n(?=\S)", path.read_text().strip()):
        if not entry.startswith("#"):
            head, *hashes = entry.split("\\\n")
            assert hashes and all(re.match(r" *--hash=sha256:[0-9a-f]{64} *$", h) for h in hashes)
            name, version = re.match(r"([\w.-]+)==([\w.]+)", head).groups()
            found.setdefault(canonicalize_name(name), []).append(version)
    return found


def test_what_pip_installs_is_pinned_by_hashes():
    # Without it a package that somebody has replaced runs in the build.
    own = [Requirement(line) for line in metadata.requires("zetwopass")]
    own = [one for one in own if not one.marker or one.marker.evaluate({"extra": ""})]
    assert {"numpy", "astropy"} <= {one.name for one in own}
    tests = wanted(ROOT / "tests/requirements.txt", ROOT / "docs/requirements.txt") + own
    wheels = wanted(ROOT / "python/wheels.txt")
    for requirements, path in (
        (tests, ROOT / "tests/locked.txt"),
        (wheels, ROOT / "python/wheels.locked.txt"),
    ):
        found = locked(path)
        for one in requirements:
            fits = [one.specifier.contains(v) for v in found.get(canonicalize_name(one.name), ())]
            assert fits and all(fits), f"{one} is not in {path.name}: run ./build.sh lock"
    assert set(locked(ROOT / "cuda/nvidia.txt")) == {
        "nvidia-cuda-runtime-cu11",
        "nvidia-cuda-nvrtc-cu11",
    }


# What is loaded


LOADED = """
import os
import zetwopass
os.chdir({elsewhere!r})
from zetwopass._engine import ffi
print(os.path.isabs(ffi.library()._name), ffi.library()._name, zetwopass.device_info().simd != "")
"""


@on_linux
@needs_gcc
def test_no_variable_and_no_folder_lends_another_library(tmp_path):
    # Without it who sets a variable, or leaves a file, runs code in the host's process.
    source, trap = tmp_path / "trap.c", tmp_path / LIBRARY.name
    source.write_text(
        "#include <unistd.h>\n__attribute__((constructor)) void t(void) { _exit(66); }"
    )
    subprocess.run(["gcc", "-shared", "-fPIC", source, "-o", trap], check=True)
    shutil.copytree(tmp_path, tmp_path / "zetwopass")
    packages = os.path.relpath(LIBRARY.parents[1], tmp_path)  # of which "." would make a trap
    names = ("LIBRARY", "LIBRARY_PATH", "LIB", "SO", "PATH", "HOME", "DLL")
    trapped = {f"{p}_{n}": str(trap) for p in ("ZETWOPASS", "ZTP") for n in names}
    folders = {"LD_LIBRARY_PATH": str(tmp_path), "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    done = subprocess.run(
        [sys.executable, "-c", LOADED.format(elsewhere=str(tmp_path / "zetwopass"))],
        cwd=tmp_path,
        env={**os.environ, **trapped, **folders, "PYTHONPATH": packages, "PYTHONSAFEPATH": "1"},
        capture_output=True,
        text=True,
        timeout=small.GUARD,
    )
    assert (done.returncode, done.stdout) == (0, f"True {LIBRARY} True\n"), done.stderr


def test_no_code_of_ours_asks_for_a_variable():
    # Without it the test above knows only the names that somebody has thought of.
    asks = re.compile(r"\b(getenv|secure_getenv|environ|Getenv|LookupEnv|Environ)\b *[(\[.]")
    folders = ("capi", "core", "cuda", "python/zetwopass")
    code = [
        path
        for folder in folders
        for path in (ROOT / folder).rglob("*")
        if path.suffix in (".c", ".h", ".go", ".py") and not path.name.endswith("_test.go")
    ]
    code = [path for path in code if "fake" not in path.parts]
    assert len(code) > 150
    assert [path for path in code if asks.search(path.read_text(encoding="utf-8"))] == []


@on_linux
def test_the_library_names_no_folder_to_look_in():
    # Without it what it needs is looked for where it was built, or where somebody may write.
    said = subprocess.run(
        ["readelf", "-d", LIBRARY], check=True, capture_output=True, text=True
    ).stdout
    assert "NEEDED" in said and not re.search("R(UN)?PATH", said)
