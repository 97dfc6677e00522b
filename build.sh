#!/usr/bin/env bash
# Builds, tests and shows zetwopass on a fresh machine that has Go, gcc and
# Python 3.11 or newer with venv. Everything else lands in this folder.
#
#   ./build.sh [build]   the shared library, into python/zetwopass
#   ./build.sh test      all tests
#   ./build.sh demo      a real mosaic, before and after, into build/demo
#   ./build.sh bench     the table of README.md
#   ./build.sh wheel     a wheel to install elsewhere, into build
set -euo pipefail
cd "$(dirname "$0")"

library=python/zetwopass/libzetwopass.so
python=.venv/bin/python

build() {
  local flags="-Wl,--version-script=$PWD/capi/exports.map -Wl,-z,defs"
  CGO_ENABLED=1 go build -trimpath -buildvcs=false -buildmode=c-shared \
    -ldflags "-s -w -buildid= -extldflags '$flags'" -o build/libzetwopass.so ./capi
  mv build/libzetwopass.so "$library" # a running program keeps the old one
  compare_names
}

# What the library exports is what the header declares, no more and no less.
compare_names() {
  local declared exported
  declared=$(grep -oE '\bztp_[a-z_]+\(' include/zetwopass.h | tr -d '(' | sort -u)
  exported=$(nm -D --defined-only "$library" | awk '$2 == "T" {print $3}' | sort -u)
  diff <(echo "$declared") <(echo "$exported") ||
    { echo "build.sh: the header and the library disagree" >&2; exit 1; }
}

venv() {
  local stamp=.venv/requirements
  [ -x "$python" ] || python3 -m venv .venv
  if ! cmp -s tests/requirements.txt "$stamp"; then
    .venv/bin/pip install --quiet --disable-pip-version-check -r tests/requirements.txt -e python
    cp tests/requirements.txt "$stamp"
  fi
}

run_tests() {
  local unformatted
  unformatted=$(gofmt -l core capi)
  [ -z "$unformatted" ] || { echo "gofmt: $unformatted" >&2; exit 1; }
  go vet ./...
  CGO_ENABLED=0 GOARCH=arm64 go vet ./core/...
  go test -race ./core/...
  .venv/bin/ruff check python tests
  .venv/bin/ruff format --check python tests
  "$python" -m pytest -q tests "$@"
}

# One wheel serves every Python 3, on systems whose glibc is that of this one or newer.
wheel() {
  local glibc
  glibc=$(objdump -T "$library" | grep -oE 'GLIBC_[0-9.]+' | sort -V | tail -n 1)
  rm -rf build/zetwopass-*.whl python/build # an old library could lie there
  .venv/bin/pip wheel --quiet --disable-pip-version-check --no-deps -w build ./python
  .venv/bin/python -m wheel tags --remove --abi-tag none --python-tag py3 \
    --platform-tag "manylinux_$(tr . _ <<<"${glibc#GLIBC_}")_$(uname -m)" build/zetwopass-*.whl
}

command=${1:-build}
shift || true
mkdir -p build
case "$command" in
  build) build ;;
  test) build && venv && run_tests "$@" ;;
  demo) build && venv && "$python" tests/demo.py "$@" ;;
  bench) build && venv && "$python" tests/bench.py "$@" ;;
  wheel) build && venv && wheel ;;
  *) sed -n '2,9p' "$0"; exit 2 ;;
esac
