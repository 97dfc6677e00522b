"""The house rules that nothing else enforces."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
CODE = sorted(
    path
    for folder in ("capi", "core", "cuda", "include", "python/zetwopass", "tests")
    for path in (ROOT / folder).rglob("*")
    if path.suffix in {".go", ".py", ".h", ".c", ".cpp", ".cu"}
)


def go_imports(package: str, tests: bool = False) -> set[str]:
    form = '{{join .Imports "\\n"}}' + ('\n{{join .TestImports "\\n"}}' if tests else "")
    out = subprocess.run(
        ["go", "list", "-f", form, package], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return set(out.stdout.split())


def test_core_knows_neither_c_nor_its_callers():
    """Keeps the maths free of cgo, so that it is tested with -race and builds for any target."""
    imports = go_imports("./core", tests=True)
    assert not imports & {"C", "unsafe", "zetwopass/capi"}


def test_capi_is_the_only_caller_of_core():
    """Keeps the front door the only door."""
    assert "zetwopass/core" in go_imports("./capi")


def test_one_python_module_touches_ctypes():
    """Keeps every address in one file."""
    users = [p.name for p in CODE if p.parent.name == "zetwopass" and "ctypes" in imported(p)]
    assert users == ["_ffi.py"]


def imported(path: Path) -> set[str]:
    return set(re.findall(r"^\s*(?:import|from)\s+(\w+)", path.read_text(), re.MULTILINE))


@pytest.mark.parametrize("path", CODE, ids=lambda p: str(p.relative_to(ROOT)))
def test_no_file_is_too_long_to_read_in_a_sitting(path):
    """About 300 lines: beyond that a file holds two things."""
    assert len(path.read_text().splitlines()) <= 310
