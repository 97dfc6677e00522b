"""What a built library contains, in CycloneDX's words: ``sboms/zetwopass.cdx.json`` of a wheel.

    python python/sbom.py LIBRARY LINKER > FILE

What Go has put in, Go has written into the library: that is read, not what go.mod asks for. The
LINKER is the C compiler with its version, such as zig@0.17.1, whose start-up code is in it too.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
RUNTIMES = {  # by linker and system: whose code is added, as NOTICE tells
    ("gcc", "linux"): ["gcc", "glibc"],
    ("zig", "linux"): ["zig", "glibc"],
    ("zig", "windows"): ["zig", "mingw-w64"],
    ("zig", "darwin"): ["zig"],
}


def build_info(library: str) -> tuple[str, list[tuple[str, str, str]], dict[str, str]]:
    """Return the version of Go, the modules as (path, version, sum), and the settings.

    Of a module that go.mod replaces what is in its place counts, unless that is a folder of ours.
    """
    command = ["go", "version", "-m", library]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    first, *lines = said.splitlines()
    rows = [line.strip().split("\t") for line in lines]
    modules = []
    for kind, *row in rows:
        if kind == "=>":
            modules.pop()
        if kind in ("dep", "=>") and not row[0].startswith("./"):
            modules.append((*row, "")[:3])
    settings = dict(row[1].split("=", 1) for row in rows if row[0] == "build")
    return first.rsplit("go", 1)[1], modules, settings


def version() -> str:
    """Return the version that the header tells."""
    header = (ROOT / "include" / "zetwopass.h").read_text(encoding="utf-8")
    return re.search(r'#define ZTP_VERSION "(.+)"', header)[1]


def component(kind: str, name: str, number: str = "", **more: object) -> dict:
    """Return a library that is in the library; its version where it is known."""
    purl = f"pkg:{kind}/{name}" + (f"@{number}" if number else "")
    known = {"version": number} if number else {}
    return {"type": "library", "bom-ref": purl, "name": name, "purl": purl, **known, **more}


def sbom(library: str, linker: str) -> dict:
    """Return the bill of materials of a library."""
    go, modules, settings = build_info(library)
    parts = [component("golang", "std", go)]
    for path, number, total in modules:
        said = [{"name": "go.sum", "value": total}] if total else []
        parts.append(component("golang", path, number, properties=said))
    compiler, number = linker.split("@")
    for name in RUNTIMES[compiler, settings["GOOS"]]:
        parts.append(component("generic", name, number if name == compiler else ""))
    licence = [{"license": {"id": "BSD-3-Clause"}}]
    own = component("pypi", "zetwopass", version(), licenses=licence)
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": own,
            "properties": [{"name": name, "value": settings[name]} for name in sorted(settings)],
        },
        "components": parts,
        "dependencies": [{"ref": own["bom-ref"], "dependsOn": [part["bom-ref"] for part in parts]}],
    }


if __name__ == "__main__":
    json.dump(sbom(*sys.argv[1:]), sys.stdout, indent=1)
    print()
