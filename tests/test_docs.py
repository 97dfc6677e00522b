"""The documentation: what it shows is what happens, and no public name is left out."""

import doctest
import inspect
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import matplotlib
import pytest
from matplotlib import pyplot
from sybil import Document
from sybil.parsers import markdown, rest

import newest
import zetwopass
from small import GUARD
from zetwopass import errors

ROOT = Path(__file__).parents[1]
PAGES = [
    p for s in ("rst", "md") for p in sorted((*ROOT.glob(f"*.{s}"), *ROOT.glob(f"docs/*/*.{s}")))
]
ENTRY = re.compile(r"^\.\. auto(?:function|class|exception):: (\w+)$", re.MULTILINE)
WITH_EXAMPLE = [
    *("accelerate", "assemble", "blur_coverage", "device_info", "install", "plan"),
    *("plan_assembly", "reproject_and_coadd", "reproject_interp", "second_pass", "tile_gains"),
]
FLAGS = doctest.ELLIPSIS
NEWEST = {"report.rst": newest.wants("astropy", "6.1", "it can't draw with this matplotlib")}


def session(example):
    """Run the commands after each $ of a block; return what is wrong with what they print."""
    for command, wanted in re.findall(
        r"^\$ (.*\n(?:> .*\n)*)((?:(?!\$ ).*\n)*)", example.parsed, re.M
    ):
        done = subprocess.run(
            ["bash", "-c", command.replace("\n> ", "\n")],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=GUARD,
        )
        if not doctest.OutputChecker().check_output(wanted, done.stdout, FLAGS):
            return f"{command}wanted:\n{wanted}found, with status {done.returncode}:\n{done.stdout}"
    return None


PYTHON = {
    ".rst": [rest.DocTestParser(FLAGS), rest.PythonCodeBlockParser()],
    ".md": [markdown.PythonCodeBlockParser(doctest_optionflags=FLAGS)],
}
SHELL = {
    ".rst": [rest.CodeBlockParser("console", session)],
    ".md": [markdown.CodeBlockParser("console", session)],
}


def examples(text: str, path: Path | str, parsers: list) -> list:
    document = Document(text, str(path))
    for parser in parsers:
        for region in parser(document):
            document.add(region)
    return list(document)


def pages(parsers: dict) -> list:
    """Return the pages that have examples for these parsers."""
    return [
        pytest.param(page, id=str(page.relative_to(ROOT)), marks=NEWEST.get(page.name, ()))
        for page in PAGES
        if examples(page.read_text(encoding="utf-8"), page, parsers[page.suffix])
    ]


@pytest.fixture
def reader(imported, monkeypatch):
    """Sit in the source's folder, with ZeMosaic in the path, and open no window."""
    monkeypatch.chdir(ROOT)
    Path("build").mkdir(exist_ok=True)
    matplotlib.use("agg")
    yield
    pyplot.close("all")


@pytest.mark.parametrize("page", pages(PYTHON))
def test_a_page_shows_what_python_does(page, reader):
    """Without it readers meet code that fails, and numbers that are no more."""
    for example in examples(page.read_text(encoding="utf-8"), page, PYTHON[page.suffix]):
        example.evaluate()


@pytest.mark.skipif(sys.platform == "win32" or not shutil.which("cc"), reason="no bash, no cc")
@pytest.mark.parametrize("page", pages(SHELL))
def test_a_page_shows_what_commands_print(page, zemosaic, monkeypatch):
    """Without it the commands that install, and the program in C, are what they once were."""
    monkeypatch.chdir(ROOT)
    Path("build").mkdir(exist_ok=True)
    monkeypatch.setenv("HOME", str(zemosaic.parent))
    monkeypatch.delenv("COLUMNS", raising=False)  # help is as wide as the terminal
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    for example in examples(page.read_text(encoding="utf-8"), page, SHELL[page.suffix]):
        example.evaluate()


@pytest.mark.parametrize("name", WITH_EXAMPLE)
def test_a_docstring_shows_what_python_does(name, reader):
    """Without it help() teaches what is no longer so."""
    found = examples(inspect.getdoc(getattr(zetwopass, name)), name, PYTHON[".rst"])
    assert found
    for example in found:
        example.evaluate()


def test_every_public_name_has_one_entry():
    """Without it a function that is public can't be looked up, or an entry is of nothing."""
    entries = [name for page in PAGES for name in ENTRY.findall(page.read_text(encoding="utf-8"))]
    assert sorted(entries) == sorted(zetwopass.__all__)


def test_links_in_markdown_lead_to_files():
    """Without it README, which Sphinx does not read, points to pages that have moved."""
    for page in PAGES:
        if page.suffix == ".md":
            links = re.findall(r"\]\(([^):#]+)\)", page.read_text(encoding="utf-8"))
            assert [link for link in links if not (page.parent / link).exists()] == []


def test_every_error_is_public():
    """Without it something is raised that has no entry."""
    own = [
        n for n, v in vars(errors).items() if inspect.isclass(v) and v.__module__ == errors.__name__
    ]
    assert set(own) <= set(zetwopass.__all__)
