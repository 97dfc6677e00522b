#!/usr/bin/env bash
# Checks and measures the CUDA backend on a machine with an NVIDIA GPU, in a few
# minutes. It needs Python 3.11 or newer with NumPy and CuPy, and no Go.
#
#   ./build.sh gpu_check     on any machine: the library and the test programs
#   tests/gpu_check.sh       there, with python/, tests/ and build/gpu of this folder
#
# The table is for docs/inside/costs.md. The status is 0 where the GPU's numbers are the CPU's
# and compute-sanitizer, where it is installed, found nothing.
set -euo pipefail
cd "$(dirname "$0")/.."

nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader || true
build/gpu/driver.test
build/gpu/cuda.test -test.v -test.run Coretest | grep -E '^ *---|^(ok|PASS|FAIL|panic)|check.go' | tail -n 40

sanitizer=$(command -v compute-sanitizer || ls /usr/local/cuda*/bin/compute-sanitizer 2>/dev/null | tail -n 1 || true)
if [ -n "$sanitizer" ]; then
  timeout 200 "$sanitizer" --tool memcheck --error-exitcode 9 \
    build/gpu/cuda.test -test.run 'Coretest/seed_[0-3]' | tail -n 4
else
  echo "compute-sanitizer is not installed: not run"
fi

python3 tests/gpu_check.py "$@"
