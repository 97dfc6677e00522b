#!/usr/bin/env bash
# Builds, tests and shows zetwopass on a fresh machine that has Go, gcc and
# Python 3.10 or newer with venv. Everything else lands in this folder.
#
#   ./build.sh [build]   the shared library without CUDA, into python/zetwopass
#   ./build.sh cuda      the same with CUDA, which it uses where there is a GPU
#   ./build.sh test      all tests
#   ./build.sh fuzz      random jobs and files for 2 minutes, or as many as are said
#   ./build.sh asan      the same jobs for the C interface with AddressSanitizer, leaks included
#   ./build.sh repeat    pytest 10 times, or as many as are said, while all cores are busy
#   ./build.sh demo      a real mosaic, before and after, into build/demo
#   ./build.sh docs      the documentation, into build/docs
#   ./build.sh bench     the tables of docs/inside/costs.md
#   ./build.sh bench_many that of many tiles
#   ./build.sh bench_dask that of tasks of dask, and bench_cluster a simulation of a large cluster
#   ./build.sh bench_cancel that of cancelled calls
#   ./build.sh bench_disk that of mosaics beyond memory, which wants 40 GB on the disk
#   ./build.sh soak      2000 mosaics in one process, or as many as are said
#   ./build.sh coverage  which lines and branches the tests run
#   ./build.sh lock      the hashes of what pip installs, anew
#   ./build.sh audit     known vulnerabilities, which wants a network
#   ./build.sh wheel     a wheel for systems like this one, into build
#   ./build.sh wheels    one for every system, or for those named, into build/wheels
#   ./build.sh test_windows the Python tests under wine
#   ./build.sh test_arm64   the tests on arm64, in emulation (12 minutes)
#   ./build.sh test_noavx   those of the bits without AVX2, in emulation (5 minutes)
#   ./build.sh test_frozen  the wheel in programs that PyInstaller makes
#   ./build.sh test_pythons the Python tests under the oldest and the newest Python, or those named
#   ./build.sh generate  the AVX2 bodies of core/vec, from its generator
#   ./build.sh kernels   the PTX of cuda, from its CUDA C++
#   ./build.sh fake      a driver that runs the kernels on the CPU, into build/fake
#   ./build.sh gpu_check what tests/gpu_check.sh needs on a machine with a GPU
set -euo pipefail
cd "$(dirname "$0")"

library=python/zetwopass/libzetwopass.so
python=.venv/bin/python
cuda_include=build/nvidia-cuda-runtime/nvidia/cuda_runtime/include

source capi/cross.sh
source python/wheels.sh

elf_exports="-Wl,--version-script=$PWD/capi/exports.map -Wl,-z,defs -Wl,-z,now -Wl,-z,relro -Wl,-z,noexecstack"

build() { # further flags of go build
  link build/libzetwopass.so "$elf_exports" "$@"
  mv build/libzetwopass.so "$library" # a running program keeps the old one
}

link() { # output, what the linker is told, further flags of go build
  CGO_ENABLED=1 go build -trimpath -buildvcs=false -buildmode=c-shared \
    -ldflags "-s -w -buildid= -extldflags '$2'" -o "$1" "${@:3}" ./capi
  compare_names "$1"
}

# What the library exports is what the header declares, no more and no less; on macOS, where
# the linker hides nothing, no less.
compare_names() { # library
  local declared exported
  declared=$(grep -oE '\bztp_[a-z_]+\(' include/zetwopass.h | tr -d '(' | sort -u)
  case $1 in
    *.so) exported=$(nm -D --defined-only "$1" | awk '$2 == "T" {print $3}') ;;
    *.dll) exported=$(objdump -p "$1" | awk '/^\[Ordinal/ {on = 1; next} !NF {on = 0} on {print $NF}') ;;
    *.dylib) exported=$(strings "$1" | grep -xE '_ztp_[a-z_]+' | cut -c 2-) ;;
  esac
  diff <(echo "$declared") <(sort -u <<<"$exported") ||
    { echo "build.sh: the header and $1 disagree" >&2; exit 1; }
}

# The library with CUDA looks for the driver when it runs (cuda/driver/shim). To
# build it takes cuda.h, and a libcuda for cu's -lcuda: an empty one.
build_cuda() {
  cuda_env
  build -tags cuda
}

cuda_env() {
  mkdir -p build/empty
  ar rcs build/empty/libcuda.a
  nvidia cuda-runtime
  export CGO_CFLAGS="-O2 -g -I$PWD/$cuda_include"
  export CGO_LDFLAGS="-O2 -g -L$PWD/build/empty"
}

# One of NVIDIA's packages, into build: its licence keeps it out of the repository.
nvidia() {
  [ -x "$python" ] || python3 -m venv .venv
  [ -d "build/nvidia-$1" ] ||
    .venv/bin/pip install --quiet --disable-pip-version-check --no-deps --only-binary=:all: \
      --platform manylinux2014_x86_64 --target "build/nvidia-$1" \
      --require-hashes -r <(sed -n "/^nvidia-$1-/,/[^\\\\]$/p" cuda/nvidia.txt)
}

# CUDA 11.8, because drivers since 2022 take its PTX.
compile_kernels() { # source.cu out.ptx
  nvidia cuda-nvrtc
  "$python" cuda/compile.py build/nvidia-cuda-nvrtc/nvidia/cuda_nvrtc/lib "$1" "$2"
}

sources=(cuda/kernels cuda/driver/testdata/trial)

kernels() {
  local source
  for source in "${sources[@]}"; do compile_kernels "$source.cu" "$source.ptx"; done
}

# What is committed is what the compiler makes of the sources.
check_kernels() {
  local source
  for source in "${sources[@]}"; do
    compile_kernels "$source.cu" build/fresh.ptx
    cmp "$source.ptx" build/fresh.ptx || { echo "build.sh: run ./build.sh kernels" >&2; exit 1; }
  done
}

# The driver of cuda/fake: LD_LIBRARY_PATH=build/fake makes the library find it.
# Without contraction its kernels round as the GPU's do; with that model of
# threadIdx and the like they run twice as fast and more, and so they do where the
# processor has the fused products that the blur asks for.
fake() {
  compile_fake build/fake/libcuda.so.1 posix g++ -fPIC -fvisibility=hidden -pthread -ftls-model=initial-exec \
    -Wl,-soname,libcuda.so.1 -Wl,-z,defs
}

fake_windows() { ZIG_TARGET=x86_64-windows-gnu compile_fake build/fake/nvcuda.dll windows capi/zigcc c++; }

compile_fake() { # output, its system, the compiler and what it is told of that
  local fused=
  if grep -qw fma /proc/cpuinfo; then fused=-mfma; fi
  nvidia cuda-runtime
  mkdir -p build/fake
  "${@:3}" -std=c++17 -O2 -ffp-contract=off -Wall -Wextra -Werror -Wno-unknown-pragmas $fused -I "$cuda_include" \
    -shared -o "$1" cuda/fake/{device,kernels,memory,stream,"system_$2"}.cpp
}

# The test programs of cuda, to be run where there is a GPU and no Go.
gpu_check() {
  build_cuda
  mkdir -p build/gpu
  go test -c -tags cuda -o build/gpu/cuda.test ./cuda
  go test -c -tags cuda -o build/gpu/driver.test ./cuda/driver
}

# A browser for the tests of the report: half a minute.
browser() {
  (. tests/platforms/tools.sh && need chromium chromium) >/dev/null ||
    echo "build.sh: the report's tests in a browser are left out: there is no chromium" >&2
}

# Packages are those whose hashes are in the repository, and nothing else is fetched.
venv() {
  local stamp=.venv/requirements wanted=(pyproject.toml tests/locked.txt)
  [ -x "$python" ] || python3 -m venv .venv
  if ! cat "${wanted[@]}" | cmp -s - "$stamp"; then
    install --require-hashes -r tests/locked.txt
    install --no-deps --no-build-isolation -e .
    cat "${wanted[@]}" >"$stamp"
  fi
}

install() { .venv/bin/pip install --quiet --disable-pip-version-check "$@"; }

# What the requirements are today, for every system and Python, with the hashes of all files.
lock() {
  install uv==0.13.9
  resolve {tests,docs}/requirements.txt pyproject.toml -o tests/locked.txt
  resolve python/wheels.txt -c tests/locked.txt -o python/wheels.locked.txt
}

resolve() {
  .venv/bin/uv pip compile --quiet --universal --python-version 3.10 --generate-hashes \
    --upgrade --no-header --no-annotate "$@"
}

# Whether what is linked, or wanted by the package, has vulnerabilities that are known: asks their
# databases, which wants a network.
audit() {
  go mod verify
  go run golang.org/x/vuln/cmd/govulncheck@v1.9.0 -tags cuda ./...
  install pip-audit==2.10.1
  .venv/bin/pip-audit --require-hashes --disable-pip -r tests/locked.txt
}

# The generator is a module of its own: what it needs does not reach the library.
generate() {
  go -C core/vec/gen run . -out "$1/vec_amd64.s" -stubs "$1/stubs_amd64.go" -pkg vec
  sed -i '1s/.*/\/\/ Code generated by .\/build.sh generate. DO NOT EDIT./' "$1"/{vec_amd64.s,stubs_amd64.go}
}

# What is committed is what the generator writes.
check_generated() {
  local fresh=$PWD/build/vec name
  mkdir -p "$fresh"
  generate "$fresh"
  for name in vec_amd64.s stubs_amd64.go; do
    cmp "core/vec/$name" "$fresh/$name" || { echo "build.sh: run ./build.sh generate" >&2; exit 1; }
  done
}

run_tests() {
  local unformatted windows= failed=0
  unformatted=$(gofmt -l core capi cuda)
  [ -z "$unformatted" ] || { echo "gofmt: $unformatted" >&2; exit 1; }
  go mod verify
  go vet ./...
  go vet -tags cuda ./...
  (cd core/vec/gen && go vet .)
  check_generated
  check_kernels
  CGO_ENABLED=0 GOARCH=arm64 go vet ./core/...
  go test -race ./core/... ./capi/group
  go test -tags noasm ./core/... # the loops alone, which other processors run
  fake
  LD_LIBRARY_PATH=$PWD/build/fake go test -race -count=1 -tags cuda ./cuda/... # the fake is no input that go knows of
  .venv/bin/ruff check python tests cuda docs setup.py
  .venv/bin/ruff format --check python tests cuda docs setup.py
  .venv/bin/vermin --quiet --no-tips --violations --eval-annotations -t=3.10- python # ruff sees syntax alone
  docs/make.sh
  if [ $# -gt 0 ]; then
    echo "build.sh: with arguments the tests run on this system alone"
  elif tests/platforms/windows.sh setup; then
    prepare_windows
    PYTHONDONTWRITEBYTECODE=1 setsid tests/platforms/windows.sh >build/windows.log 2>&1 &
    windows=$!
    trap "kill -- -$windows 2>/dev/null || true" EXIT
    echo "build.sh: the tests on Windows run meanwhile, into build/windows.log"
  else
    echo "build.sh: the tests on Windows are left out: wine can't be set up here" >&2
  fi
  "$python" -m pytest -q tests/test_{device,adapter_device,gpu_check}.py # without a driver
  LD_LIBRARY_PATH=$PWD/build/fake "$python" -m pytest -q tests "$@" | tee build/linux.log || failed=$? # with a GPU, in a way
  if [ -n "$windows" ]; then
    wait "$windows" || failed=$?
    trap - EXIT
    cat build/windows.log
    tail -n 1 build/linux.log
  fi
  return "$failed"
}

test_windows() { # [arguments of pytest]
  prepare_windows
  tests/platforms/windows.sh "$@"
}

prepare_windows() {
  wheels windows_x86_64
  fake_windows
}

# The same seeds every time for half of it, fresh ones for the rest: what fails names its seed, or
# leaves a file in testdata/fuzz. Half of the time goes to the C interface.
fuzz() { # [minutes]
  local minutes=${1:-2} fresh=$((RANDOM * 32768 + RANDOM)) part
  [[ $minutes =~ ^[1-9][0-9]*$ ]] || { echo "build.sh: fuzz $minutes, want a number of minutes" >&2; exit 2; }
  part=$((minutes * 60 / 8))
  gcc -std=gnu11 -O2 -Wall -Wextra -Werror -Iinclude -o build/fuzz tests/fuzz/fuzz.c -ldl
  build/fuzz "$library" 1 1000000000 $((2 * part))
  echo "build.sh: seeds from ${fresh}000000 on"
  build/fuzz "$library" "${fresh}000000" 1000000000 $((2 * part))
  for target in core:FuzzPixelMap core/fitstile:FuzzHeader core/fitstile:FuzzFile; do
    go test -run XXX -fuzz "^${target#*:}$" -fuzztime "${part}s" -fuzzminimizetime 10x "./${target%:*}"
  done
  "$python" -m pytest -q tests/test_any_scene.py --scenes $((part * 2))
}

# What Go reads and writes of the callers', and all of C, with every address checked.
asan() { # [jobs]
  CGO_ENABLED=1 go build -asan -trimpath -buildvcs=false -buildmode=c-shared \
    -ldflags "-extldflags '$elf_exports'" -o build/asan.so ./capi
  gcc -std=gnu11 -O1 -g -fsanitize=address -Iinclude -o build/fuzz_asan tests/fuzz/fuzz.c -ldl
  ASAN_OPTIONS=detect_leaks=1 build/fuzz_asan build/asan.so 1 "${1:-20000}" 3600
}

# Tests that depend on who is quicker fail here: every core has a loop of its own to run.
repeat() { # [times]
  local times=${1:-10} i
  [[ $times =~ ^[1-9][0-9]*$ ]] || { echo "build.sh: repeat $times, want a number of times" >&2; exit 2; }
  fake
  busy=() # the trap outlives what is local
  trap 'kill "${busy[@]}"' EXIT
  for ((i = 0; i < $(nproc); i++)); do
    (trap - EXIT; while :; do :; done) &
    busy+=($!)
  done
  for ((i = 1; i <= times; i++)); do
    echo "build.sh: run $i of $times"
    LD_LIBRARY_PATH=$PWD/build/fake "$python" -m pytest -q -x tests
  done
}

command=${1:-build}
shift || true
mkdir -p build
case "$command" in
  build) build ;;
  cuda) build_cuda ;;
  test) build_cuda; venv; tools; browser; run_tests "$@" ;;
  asan) asan "$@" ;;
  fuzz) build_cuda; venv; fuzz "$@" ;;
  repeat) build_cuda; venv; repeat "$@" ;;
  docs) build_cuda; venv; docs/make.sh ;;
  demo | soak | bench | bench_dask | bench_disk | bench_cancel | bench_many)
    build_cuda; venv; "$python" "tests/$command.py" "$@" ;;
  bench_cluster) build_cuda; venv; "$python" tests/simulate_cluster.py "$@" ;;
  coverage) venv; fake; cuda_env; tests/coverage.sh "$@" ;;
  lock) venv; lock ;;
  audit) build_cuda; venv; audit ;;
  wheel) build_cuda; venv; wheel ;;
  wheels) venv; tools; wheels "$@" ;;
  test_windows) venv; tools; test_windows "$@" ;;
  test_arm64) venv; tools; cross linux_aarch64; tests/platforms/arm64.sh ;;
  test_noavx) build_cuda; venv; tests/platforms/noavx.sh ;;
  test_frozen) build_cuda; venv; wheel; tests/platforms/frozen.sh ;;
  test_pythons) build_cuda; venv; fake; wheel; tests/platforms/pythons.sh "$@" ;;
  kernels) kernels ;;
  fake) fake ;;
  gpu_check) gpu_check ;;
  generate) generate "$PWD/core/vec" ;;
  *) sed -n '2,/^set /{/^set /!p}' "$0"; exit 2 ;;
esac
