#!/usr/bin/env bash
# All Python tests against the wheel in build, under every CPython that is named, such as
# 3.12, else the oldest and the newest that are supported; the oldest with the oldest
# packages, the others with the newest. The interpreters are those of Maven's artifact
# org.bytedeco:cpython, which wants nothing installed but Maven.
set -euo pipefail
cd "$(dirname "$0")/../.."

oldest=3.10
declare -A artifacts=(
  [3.10]=3.10.8-1.5.8
  [3.11]=3.11.3-1.5.9
  [3.12]=3.12.1-1.5.10
  [3.13]=3.13.5-1.5.12
  [3.14]=3.14.3-1.5.13
)

# Says where the interpreter of a version lies, in build.
interpreter() { # version
  local name=cpython-${artifacts[$1]} program
  program=build/$name/org/bytedeco/cpython/linux-x86_64/bin/python3
  if ! [ -x "$program" ]; then
    command -v mvn >/dev/null || apt-get install --yes --no-install-recommends maven >&2
    mvn --quiet --batch-mode dependency:copy -DoutputDirectory=build \
      -Dartifact="org.bytedeco:cpython:${artifacts[$1]}:jar:linux-x86_64" >&2
    python3 -m zipfile -e "build/$name-linux-x86_64.jar" "build/$name"
    chmod +x "$program" # which zipfile forgets
  fi
  echo "$program"
}

test_python() { # version
  local env=build/python-$1 constraints=()
  if [ "$1" = "$oldest" ]; then constraints=(-c tests/platforms/oldest.txt); fi
  rm -rf "$env"
  "$(interpreter "$1")" -m venv "$env"
  "$env/bin/pip" install --quiet --disable-pip-version-check --only-binary=:all: \
    "${constraints[@]}" -r tests/requirements.txt build/zetwopass-*.whl
  "$env/bin/python" -m zetwopass
  LD_LIBRARY_PATH=$PWD/build/fake "$env/bin/python" -m pytest -q -o pythonpath=. tests
}

[ $# -gt 0 ] || set -- "$oldest" 3.14
for version in "$@"; do
  [ -n "${artifacts[$version]:-}" ] ||
    { echo "pythons.sh: $version, want one of ${!artifacts[*]}" >&2; exit 2; }
done
for version in "$@"; do test_python "$version"; done
