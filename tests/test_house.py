"""The house rules that nothing else enforces."""

import ast
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
CODE = sorted(
    path
    for folder in ("capi", "core", "cuda", "docs", "include", "python/zetwopass", "tests")
    for path in (ROOT / folder).rglob("*")
    if path.suffix in {".go", ".py", ".h", ".c", ".cpp", ".cu"}
)
PACKAGE = ROOT / "python" / "zetwopass"
MODULES = [path for path in CODE if PACKAGE in path.parents]


needs_go = pytest.mark.skipif(not shutil.which("go"), reason="no go")


def go_imports(package: str, tests: bool = False) -> set[str]:
    form = '{{join .Imports "\\n"}}' + ('\n{{join .TestImports "\\n"}}' if tests else "")
    out = subprocess.run(
        ["go", "list", "-f", form, package], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return set(out.stdout.split())


@needs_go
def test_core_knows_neither_c_nor_its_callers():
    """Keeps the maths free of cgo, so that it is tested with -race and builds for any target."""
    imports = go_imports("./core", tests=True)
    assert not imports & {"C", "unsafe", "zetwopass/capi"}


@needs_go
def test_capi_is_the_only_caller_of_core():
    """Keeps the front door the only door."""
    assert "zetwopass/core" in go_imports("./capi")


def test_one_room_touches_ctypes():
    """Keeps every address in one place."""
    users = [p.relative_to(PACKAGE) for p in MODULES if "ctypes" in imported(p)]
    assert [user.as_posix() for user in users] == ["_engine/ffi.py", "_engine/structs.py"]


def imported(path: Path) -> set[str]:
    return set(
        re.findall(r"^\s*(?:import|from)\s+(\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)
    )


def test_a_wheel_holds_every_room():
    """A room that setuptools doesn't find is there for editable installations alone."""
    rooms = {path.parent for path in PACKAGE.rglob("*.py")}
    assert [room for room in rooms if not (room / "__init__.py").is_file()] == []


# From the top of the house downwards: what a room may import, beside itself and errors.
ROOMS = {
    "dask": {"parts", "api", "stages", "_files", "_inputs", "_outputs", "_engine", "_sky"},
    "parts": {"api", "_inputs", "_sky", "_engine"},
    "command": {"assembly", "plans", "report", "_files", "zemosaic", "_inputs", "_sky", "_engine"},
    "report": {"_files", "_inputs", "_sky", "interpolation"},
    "zemosaic": {"acceleration", "_inputs", "_sky", "_engine"},
    "_files": {"_inputs", "_sky", "_engine"},
    "_inputs": {"_sky", "_engine"},
    "_outputs": {"_engine"},
    "_sky": set(),
    "_engine": set(),
}


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_rooms_have_one_way_in_and_none_looks_back_up(path):
    """Keeps each room readable alone: its neighbours see its ``__init__``, and only from above."""
    room = path.parent.name if path.parent != PACKAGE else None
    for target in package_imports(path):
        first, *inside = target.split(".")
        if first in (room, "errors", "__version__"):
            continue
        assert not inside, f"{target}: go through the room's __init__"
        if room is not None and not is_for_types(path, target):
            assert first in ROOMS[room], f"{room} may not know {first}"


def package_imports(path: Path) -> list[str]:
    """Return what a module imports of the package, as dotted names from its top."""
    above = [] if path.parent == PACKAGE else [path.parent.name]
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = above[: len(above) + 1 - node.level]
            module = [*base, *(node.module.split(".") if node.module else [])]
            found += [".".join(module)] if module else [alias.name for alias in node.names]
    return found


def is_for_types(path: Path, target: str) -> bool:
    """Whether a module imports a room for its types alone."""
    text = path.read_text(encoding="utf-8").partition("if TYPE_CHECKING:")[2]
    return f"from ..{target} import" in text


@pytest.mark.parametrize("path", CODE, ids=lambda p: str(p.relative_to(ROOT)))
def test_no_file_is_too_long_to_read_in_a_sitting(path):
    """About 300 lines: beyond that a file holds two things. The header is one, with its manual."""
    assert len(path.read_text(encoding="utf-8").splitlines()) <= (
        420 if path.suffix == ".h" else 310
    )
