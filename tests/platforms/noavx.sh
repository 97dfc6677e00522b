#!/usr/bin/env bash
# The same bits on a processor without AVX2 and FMA, emulated: Go's tests of core, and the
# library with this machine's Python. ./build.sh test_noavx calls it.
set -euo pipefail
cd "$(dirname "$0")/../.."
. tests/platforms/tools.sh
. tests/platforms/qemu.sh

need qemu-x86_64 qemu-user
core_tests qemu-x86_64 -cpu Nehalem && maths=passed || maths=failed
qemu-x86_64 -cpu Nehalem .venv/bin/python -m pytest -q -p no:cacheprovider tests/test_bits.py tests/test_results.py &&
  library=passed || library=failed
told "Go's tests of core" "$maths"
told "the library, its bits those of testdata/bits.txt" "$library"
[ "$maths $library" = "passed passed" ]
