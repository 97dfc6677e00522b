"""What keeps results the same, bit by bit, on every processor."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SOURCES = sorted(p for p in (ROOT / "core").rglob("*.go") if not p.name.endswith("_test.go"))

# Of Go's math, what rounds once, or not at all.
EXACT = set(
    "Abs Ceil FMA Floor Frexp Inf IsInf IsNaN Ldexp NaN Sqrt "
    "Float32bits Float32frombits Float64bits Float64frombits".split()
)
# How large a sample is decides how long the search for a median takes, not what it finds.
SIZES = {"bracket.go": {"Pow"}, "select.go": {"Log", "Pow"}}


@pytest.mark.skipif(not shutil.which("go"), reason="no go")
def test_no_product_is_fused_with_a_sum_unless_it_says_so():
    """Go fuses x*y + z where a processor can, and not where it can't: float64(x*y) + z is one."""
    listing = subprocess.run(
        ["go", "build", "-gcflags=zetwopass/core/...=-S", "-o", os.devnull, "./core/..."],
        cwd=ROOT,
        env=os.environ | {"GOARCH": "arm64", "CGO_ENABLED": "0"},
        capture_output=True,
        text=True,
        check=True,
    ).stderr
    assert "\tFMULD\t" in listing
    fused = set(re.findall(r"\((\S+):(\d+)\)\tFN?M(?:ADD|SUB)[SD]\t", listing))
    lines = {f"{Path(path).name}:{n}": line_of(path, int(n)) for path, n in fused}
    assert any("math.FMA(" in line for line in lines.values())
    assert not {place: line for place, line in lines.items() if "math.FMA(" not in line}


def line_of(path: str, number: int) -> str:
    return Path(path).read_text().splitlines()[number - 1].strip()


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_results_rest_on_no_function_that_processors_round_their_own_way(path):
    """Go's Exp has a body of its own for amd64 and one for arm64: core/portable has one for all."""
    used = set(re.findall(r"\bmath\.(\w+)\(", path.read_text()))
    assert used <= EXACT | SIZES.get(path.name, set())
