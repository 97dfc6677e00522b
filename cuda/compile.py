"""Compile CUDA C++ to PTX with NVRTC, which needs neither a GPU nor a CUDA toolkit.

python compile.py <folder of libnvrtc> <source.cu> <out.ptx>

The PTX is the same, byte for byte, wherever and whenever it is made.
"""

import ctypes
import sys
from pathlib import Path

OPTIONS = (
    "--gpu-architecture=compute_60",  # Pascal, 2016, and all since
    "--fmad=false",  # products are rounded before sums, as on the CPU: the same bits
    "-default-device",
    "--std=c++17",
)


def compile_ptx(nvrtc: ctypes.CDLL, source: Path) -> bytes:
    """Return the PTX of a source; what is wrong with the source ends the program."""
    program = ctypes.c_void_p()
    text, name = source.read_bytes(), source.name.encode()
    check(nvrtc.nvrtcCreateProgram(ctypes.byref(program), text, name, 0, None, None))
    flags = [o.encode() for o in (*OPTIONS, f"--include-path={source.parent}")]
    failed = nvrtc.nvrtcCompileProgram(program, len(flags), (ctypes.c_char_p * len(flags))(*flags))
    log = read(nvrtc.nvrtcGetProgramLogSize, nvrtc.nvrtcGetProgramLog, program).decode()
    if failed:
        sys.exit(log)
    sys.stderr.write(log)
    return read(nvrtc.nvrtcGetPTXSize, nvrtc.nvrtcGetPTX, program)


def read(size_of, read_into, program: ctypes.c_void_p) -> bytes:
    """Return the text that NVRTC hands out in two calls, without its final zero."""
    size = ctypes.c_size_t()
    check(size_of(program, ctypes.byref(size)))
    text = ctypes.create_string_buffer(size.value)
    check(read_into(program, text))
    return text.value


def check(result: int) -> None:
    """End the program at any answer but 0."""
    if result:
        sys.exit(f"NVRTC error {result}")


if __name__ == "__main__":
    folder, source, out = map(Path, sys.argv[1:])
    ctypes.CDLL(folder / "libnvrtc-builtins.so.11.8")  # NVRTC looks for it by name alone
    out.write_bytes(compile_ptx(ctypes.CDLL(folder / "libnvrtc.so.11.2"), source))
