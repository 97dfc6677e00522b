"""The page that tells how zetwopass is tested is true: its tests, its words, its numbers."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "inside" / "testing.rst").read_text(encoding="utf-8")
TESTS = sorted((ROOT / "tests").glob("*.py"))
GO_TESTS = sorted(p for d in ("core", "cuda", "capi") for p in (ROOT / d).rglob("*_test.go"))
CHECKS = ("pytest.raises", "pytest.warns", "np.testing.assert_")


def words(text):
    """Return a text in single spaces, without the marks of comments, code and links."""
    text = re.sub(r"^ ?\*/? ?", "", text, flags=re.MULTILINE)
    text = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", text)
    return " ".join(re.sub(r"[`*]", "", text).split())


HEADER = (ROOT / "include" / "zetwopass.h").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")
PROMISES = re.findall(r"“([^”]+)”", words(PAGE))


def sentences(text):
    return [s for s in re.split(r"(?<=[.:]) (?=[A-Z])|(?<=\.) - ", words(text)) if len(s) > 17]


def conventions():
    """Return the header's sentences from its conventions on, in its first comment."""
    return sentences(HEADER.partition("Conventions")[2].partition("*/")[0])


def section(title):
    return README.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def test_every_test_that_the_page_names_is_there():
    # Without it the page rests on a test that somebody has renamed, or taken out.
    for file, name in re.findall(r"``(test_\w+)::(test_\w+)``", PAGE):
        text = (ROOT / "tests" / f"{file}.py").read_text(encoding="utf-8")
        assert f"\ndef {name}(" in text, f"{file}::{name}"
    code = "".join(path.read_text(encoding="utf-8") for path in GO_TESTS)
    named = re.findall(r"``((?:Test|Fuzz)\w+)``", PAGE)
    assert len(named) > 20
    assert [name for name in named if f"\nfunc {name}(" not in code] == []


def test_every_row_of_a_promise_names_a_test():
    # Without it a promise stands there with nothing behind it.
    for row in re.split(r"\n   \* - ", PAGE.partition("How much there is")[0])[1:]:
        if not row.startswith("promise\n"):
            assert "::test_" in row or re.search(r"``(Test|Fuzz)", row), row


@pytest.mark.parametrize("promise", PROMISES)
def test_a_promise_is_in_the_words_of_readme_or_header(promise):
    # Without it the page promises what nobody else does, or what was promised once.
    assert promise in words(README) or promise in words(HEADER)


@pytest.mark.parametrize(
    "sentence",
    [
        *conventions(),
        *sentences(section("Versions")),
        *sentences(section("Limits").partition("\n[")[0]),
    ],
)
def test_every_convention_and_limit_has_its_row(sentence):
    # Without it the header, or README, promises what no test keeps.
    assert [promise for promise in PROMISES if promise in sentence]


def counted():
    """Return what the page counts: lines, tests and assertions, of Go and of Python."""
    go = {p for d in ("core", "cuda", "capi") for p in (ROOT / d).rglob("*.go")}
    go_tests = set(GO_TESTS) | {p for p in go if "coretest" in p.parts}
    text = {p: p.read_text(encoding="utf-8") for p in (*go, *TESTS)}
    asserts = 0
    for path in TESTS:
        for node in ast.walk(ast.parse(text[path])):
            asserts += isinstance(node, ast.Assert)
            asserts += isinstance(node, ast.Call) and ast.unparse(node.func).startswith(CHECKS)
    go_text = "".join(text[p] for p in go_tests)
    return {
        "lines of Go": sum(text[p].count("\n") for p in go - go_tests),
        "lines of tests in Go": go_text.count("\n"),
        "lines of tests in Python": sum(text[p].count("\n") for p in TESTS),
        "functions of tests in Go": len(
            re.findall(r"^func (?:Test|Fuzz)\w+", go_text, re.MULTILINE)
        ),
        "assertions in Go": len(re.findall(r"\bt\.(?:Error|Fatal)f?\(", go_text)),
        "assertions in Python": asserts,
    }


def test_the_page_counts_what_there_is():
    # Without it its numbers are those of another year.
    for what, number in counted().items():
        said = re.search(rf"\* - {what}\n +- ([\d ]+)\n", PAGE)
        assert said, what
        assert 0.75 * number <= int(said[1].replace(" ", "")) <= number, f"{what}: {number}"
