"""What people trust a package by: one version, licences of all that is in it, its types."""

import os
import re
import shutil
import subprocess
from importlib import metadata
from pathlib import Path

import pytest

import zetwopass

ROOT = Path(__file__).parents[1]
PLATFORMS = ["linux/amd64", "linux/arm64", "windows/amd64", "darwin/amd64", "darwin/arm64"]


def words(text):
    return " ".join(text.split())


def test_header_package_and_changelog_have_one_version():
    # Without it a release is called by two names; test_abi.py holds the library to it too.
    header = (ROOT / "include" / "zetwopass.h").read_text()
    changes = (ROOT / "CHANGELOG.md").read_text()
    found = [
        re.search(r'#define ZTP_VERSION "(.+)"', header)[1],
        re.search(r"^## \[?([0-9.]+)", changes, re.MULTILINE)[1],
    ]
    assert found == [zetwopass.__version__] * 2


@pytest.mark.skipif(not shutil.which("go"), reason="no go")
@pytest.mark.parametrize("platform", PLATFORMS)
def test_the_notice_has_the_licence_of_every_module_that_is_linked(platform):
    # Without it a new dependency is given away without its terms, which it asks for.
    system, processor = platform.split("/")
    listed = subprocess.run(
        ["go", "list", "-deps", "-tags", "cuda", "-f"]
        + ["{{with .Module}}{{if not .Main}}{{.Path}}\t{{.Dir}}{{end}}{{end}}", "./capi"],
        cwd=ROOT,
        env=os.environ | {"GOOS": system, "GOARCH": processor, "CGO_ENABLED": "1"},
        check=True,
        capture_output=True,
        text=True,
    )
    linked = dict(line.split("\t") for line in listed.stdout.split("\n") if line)
    assert "golang.org/x/sync" in linked
    notice = (ROOT / "NOTICE").read_text()
    for module, folder in linked.items():
        if Path(folder).is_relative_to(ROOT):  # a stand-in of our own
            continue
        (licence,) = Path(folder).glob("LICENSE*")
        assert f"\n{module}\n" in notice
        assert words(licence.read_text()) in words(notice), f"the licence of {module} is not there"


def test_an_installation_has_licence_and_notice():
    # Without it a wheel is given away without its terms.
    told = metadata.metadata("zetwopass")
    assert told["License-Expression"] == "BSD-3-Clause"
    assert told.get_all("License-File") == ["LICENSE", "NOTICE"]


def test_type_checkers_take_the_hints():
    # Without it they take every result for Any.
    assert (Path(zetwopass.__file__).parent / "py.typed").is_file()
