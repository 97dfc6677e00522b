#!/usr/bin/env bash
# All Python tests against the wheel in build, under every CPython that is named, such as
# 3.12, else the oldest and the newest that are supported; the oldest with the oldest
# packages, the others with the newest.
set -euo pipefail
cd "$(dirname "$0")/../.."

. tests/platforms/tools.sh

oldest=3.10

test_python() { # version
  local env=build/python-$1 constraints=() interpreter
  if [ "$1" = "$oldest" ]; then constraints=(-c tests/platforms/oldest.txt); fi
  rm -rf "$env"
  interpreter=$(cpython "$1" linux-x86_64)/bin/python3
  chmod +x "$interpreter" # which the archive forgets
  "$interpreter" -m venv "$env"
  "$env/bin/pip" install --quiet --disable-pip-version-check --only-binary=:all: \
    "${constraints[@]}" -r tests/requirements.txt build/zetwopass-*.whl
  "$env/bin/python" -m zetwopass
  LD_LIBRARY_PATH=$PWD/build/fake "$env/bin/python" -m pytest -q -o pythonpath=. tests
}

[ $# -gt 0 ] || set -- "$oldest" 3.14
for version in "$@"; do
  [ -n "${cpythons[$version]:-}" ] ||
    { echo "pythons.sh: $version, want one of ${!cpythons[*]}" >&2; exit 2; }
done
for version in "$@"; do test_python "$version"; done
