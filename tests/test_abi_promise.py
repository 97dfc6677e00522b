"""What a release has promised to compiled programs, every later library keeps.

``tests/abi/headers`` holds the header of each release as it was, never to be changed.
"""

import itertools
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import zetwopass
from test_abi import STRICT


def version_of(path):
    return tuple(map(int, re.findall(r"\d+", path.stem)))


ROOT = Path(__file__).parents[1]
ABI, NOW = ROOT / "tests" / "abi", ROOT / "include" / "zetwopass.h"
FROZEN = sorted((ABI / "headers").glob("*.h"), key=version_of)
FIXED = ("ztp_image", "ztp_map", "ztp_planes", "ztp_file", "ztp_target", "ztp_pair", "ztp_error")

on_linux = pytest.mark.skipif(
    sys.platform != "linux" or not shutil.which("gcc"), reason="wants gcc on Linux"
)
headers = pytest.mark.parametrize("header", FROZEN, ids=lambda path: path.stem)


def releases():
    """Return the versions that CHANGELOG says were released."""
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    return re.findall(r"^## ([\d.]+) - ", text, re.MULTILINE)


def code(header):
    """Return a header without its comments, in single spaces."""
    text = re.sub(r"/\*.*?\*/", " ", header.read_text(encoding="utf-8"), flags=re.DOTALL)
    return " ".join(text.split())


def fields(header):
    """Return the names of the fields of each struct, in their order."""
    found = {}
    for body, name in re.findall(r"typedef struct \w+ \{(.*?)\} (\w+);", code(header)):
        declared = re.sub(r"\[\w+\]", "", body).split(";")
        names = [
            re.findall(r"\w+", part)[-1] for d in declared for part in d.split(",") if part.strip()
        ]
        found[name] = names
    return found


def constants(header):
    """Return the names of enums and macros with a number."""
    text = header.read_text(encoding="utf-8")
    return re.findall(r"\b(ZTP_\w+) = \d", text) + ["ZTP_ABI_VERSION"]


def functions(header):
    """Return the declarations of functions by name."""
    text = code(header)
    return {
        name: f"{kind} ({arguments})"
        for kind, name, arguments in re.findall(r"((?:const )?\w+ \*?)(ztp_\w+)\(([^)]*)\);", text)
    }


def compiled(tmp_path, header, source, *options):
    """Compile against a header, which is `zetwopass.h` to the source."""
    folder = tmp_path / header.stem
    folder.mkdir(exist_ok=True)
    shutil.copy(header, folder / "zetwopass.h")
    strict = [folder if option == str(NOW.parent) else option for option in STRICT]
    program = folder / source.stem
    subprocess.run(["gcc", "-std=gnu99", *strict, source, *options, "-o", program], check=True)
    return program


def layout(tmp_path, header, of):
    """Return offsets, sizes and constants of a header, by the names that another has for them.

    What was reserved may have a name in the meantime: fields are taken by their place.
    """
    terms, own = {}, fields(header)
    for struct, names in fields(of).items():
        for name, now in zip(names, own[struct], strict=False):
            terms[f"{struct}.{name}"] = f"offsetof({struct}, {now})"
            terms[f"size of {struct}.{name}"] = f"sizeof((({struct} *)0)->{now})"
    terms |= {name: f"sizeof({name})" for name in FIXED if name in fields(of)}
    terms |= {name: name for name in constants(of)}
    source = tmp_path / "layout.c"
    lines = "\n".join(f'printf("%lld\\n", (long long){term});' for term in terms.values())
    head = "#include <stddef.h>\n#include <stdio.h>\n#include <zetwopass.h>\n"
    source.write_text(head + f"int main(void) {{\n{lines}\nreturn 0;\n}}\n")
    program = compiled(tmp_path, header, source)
    done = subprocess.run([program], check=True, capture_output=True, text=True)
    return dict(zip(terms, map(int, done.stdout.split()), strict=True))


def test_every_release_has_its_header():
    # Without it a release's programs are forgotten by the tests of the next.
    assert [path.stem for path in FROZEN] == [f"zetwopass-{v}" for v in reversed(releases())]


def test_a_header_without_news_is_that_of_its_release():
    # Without it a change goes out under the version of another.
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert ("## Unreleased" in changes) or NOW.read_bytes() == FROZEN[-1].read_bytes()


@on_linux
@headers
def test_programs_of_every_release_run_with_this_library(tmp_path, header):
    # Without it an update of the library breaks programs that nobody compiles again.
    library = Path(zetwopass.__file__).parent
    options = [f"-L{library}", f"-Wl,-rpath,{library}", "-lzetwopass", "-lm"]
    program = compiled(tmp_path, header, ABI / "promise.c", *options)
    done = subprocess.run([program], check=False, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, f"kept by {zetwopass.__version__}\n")


@on_linux
def test_a_program_of_today_runs_as_those_of_the_releases(tmp_path):
    # Without it the test above holds for older headers alone.
    test_programs_of_every_release_run_with_this_library(tmp_path, NOW)


@on_linux
def test_the_library_exports_what_the_header_declares():
    # Without it a function is missing, or one is there that nobody has promised.
    library = Path(zetwopass.__file__).parent / "libzetwopass.so"
    command = ["nm", "-D", "--defined-only", library]
    listed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert set(re.findall(r" \w (\w+)$", listed, re.MULTILINE)) == set(functions(NOW))


@on_linux
@headers
def test_nothing_in_a_struct_or_a_constant_has_moved(tmp_path, header):
    # Without it a field that a program sets is read as another.
    assert layout(tmp_path, header, header) == layout(tmp_path, NOW, header)


@headers
def test_structs_have_grown_at_their_end_alone(header):
    # Without it a field is put between, or a struct that carries no size has grown.
    now = fields(NOW)
    for name, names in fields(header).items():
        kept = [a for a, b in zip(names, now[name], strict=False) if a == b or "reserved" in a]
        assert kept == names
        assert name not in FIXED or len(now[name]) == len(names)


@headers
def test_functions_take_what_they_took(header):
    # Without it a program hands over what the library takes for something else.
    now = functions(NOW)
    before = functions(header)
    assert len(before) >= 9
    assert {name: now.get(name) for name in before} == before


def test_headers_are_read_as_they_are():
    # Guards the tests above: what the patterns miss they can't compare.
    for header in (*FROZEN, NOW):
        text = code(header)
        assert len(fields(header)) == text.count("typedef struct")
        assert len(functions(header)) == len(set(re.findall(r"\b(ztp_[a-z_]+)\(", text)))
        assert len(constants(header)) > 30
    sizes = [sum(map(len, fields(header).values())) for header in (*FROZEN, NOW)]
    assert all(a <= b for a, b in itertools.pairwise(sizes)) and sizes[0] > 80
