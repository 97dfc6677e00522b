"""What the library asks of the loader, and what it does not."""

import shutil
import subprocess
import sys

import pytest

from zetwopass._engine import ffi

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux") or shutil.which("readelf") is None,
    reason="no ELF, or nothing that reads it",
)


def readelf(option):
    command = ["readelf", "-W", option, ffi.library()._name]
    return subprocess.run(
        command, stdout=subprocess.PIPE, text=True, check=True
    ).stdout.splitlines()


def test_all_symbols_are_bound_before_the_first_call():
    # Without it a table of addresses stays writable while the library runs.
    assert any("BIND_NOW" in line for line in readelf("-d"))
    assert any("GNU_RELRO" in line for line in readelf("-l"))


def test_no_stack_is_executable_and_no_code_is_writable():
    # Without it what overwrites data can be run.
    stacks = [line.split() for line in readelf("-l") if "GNU_STACK" in line]
    assert stacks and all("E" not in fields[6] for fields in stacks)
    loads = [line for line in readelf("-l") if line.strip().startswith("LOAD")]
    assert loads and not any("RWE" in line for line in loads)
    assert not any("TEXTREL" in line for line in readelf("-d"))


def test_the_library_looks_nowhere_but_where_the_system_does():
    # Without it a folder of somebody else's decides what is loaded.
    assert not any("RPATH" in line or "RUNPATH" in line for line in readelf("-d"))


def test_nothing_of_the_network_is_linked_in():
    # Without it a library for images brings resolvers and sockets into a program.
    names = "\n".join(readelf("--dyn-syms"))
    for name in ("getaddrinfo", "getnameinfo", "res_search", "socket", "connect"):
        assert f" {name}" not in names, name
