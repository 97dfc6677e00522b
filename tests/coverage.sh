#!/usr/bin/env bash
# Which lines the tests run, in Go and in Python, there branches too: tables, and build/coverage.
# `./build.sh coverage [arguments of pytest]` calls it; it takes two to three times what the tests take.
#
# A copy of the repository is built with counters and with an export that writes them. Of the
# library's counters those of pytest's own process count, not those of the processes that tests start.
set -euo pipefail
cd "$(dirname "$0")/.."
export OUT=$PWD/build/coverage
python=$PWD/.venv/bin/python tree=$OUT/tree
counted=(-cover -covermode=atomic -coverpkg=zetwopass/capi/...,zetwopass/core/...,zetwopass/cuda/... -tags cuda)

rm -rf "$OUT"
mkdir -p "$tree/build" "$OUT/go" "$OUT/pytest"
git ls-files -z | xargs -0 cp --parents -t "$tree"
cp -r build/fake "$tree/build/"
cp tests/coverage.go.txt "$tree/capi/coverage.go"
ln -s "$PWD/.venv" "$tree/.venv"
cd "$tree"
export LD_LIBRARY_PATH=$tree/build/fake

go build "${counted[@]}" -buildmode=c-shared -o "$OUT/libzetwopass.so" ./capi
cp "$OUT/libzetwopass.so" python/zetwopass/
go test -count=1 "${counted[@]}" ./core/... ./cuda/... -args -test.gocoverdir="$OUT/go"
GOCOVERDIR=$OUT/pytest "$python" -m coverage run --rcfile=tests/coverage.ini -m pytest -q -p coverage_plugin tests "$@" ||
  echo "coverage.sh: some tests failed, as the one of what is exported has to" >&2

go tool covdata textfmt -i="$OUT/go,$OUT/pytest" -o "$OUT/all.txt"
grep -v /coretest/ "$OUT/all.txt" >"$OUT/go.txt"
go tool cover -func="$OUT/go.txt" >"$OUT/functions.txt"
go tool cover -html="$OUT/go.txt" -o "$OUT/go.html"
go tool covdata percent -i="$OUT/go,$OUT/pytest"
tail -n 1 "$OUT/functions.txt"
"$python" -m coverage combine --quiet --rcfile=tests/coverage.ini
"$python" -m coverage html --quiet --rcfile=tests/coverage.ini -d "$OUT/python"
"$python" -m coverage report --rcfile=tests/coverage.ini --skip-covered --show-missing
