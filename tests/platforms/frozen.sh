#!/usr/bin/env bash
# Freezes tests/frozen/program.py by PyInstaller, as a folder and as one file, from
# the wheel in build, and compares what it prints with what Python prints. Before,
# zetwopass is put into its worker, as ZeMosaic's developers would. The two run from
# a place with spaces and accents in its name where nothing can be written.
set -euo pipefail
cd "$(dirname "$0")/../.."

home=$PWD/build/frozen
python=$home/venv/bin/python

fail() { echo "frozen.sh: $*" >&2; exit 1; }

freeze() {
  mkdir -p "$home"
  rm -rf "$home"/{source,work,dist}
  cp -r tests/frozen "$home/source"
  [ -x "$python" ] || python3 -m venv "$home/venv"
  "$python" -m pip install --quiet --disable-pip-version-check "pyinstaller>=6.22,<7"
  "$python" -m pip install --quiet --disable-pip-version-check --force-reinstall --no-deps build/zetwopass-*.whl
  "$python" -m pip install --quiet --disable-pip-version-check zetwopass # what it needs
  cd "$home/source" # away from the package's own folder
  "$python" -m zetwopass zemosaic install zemosaic_worker.py
  PYINSTALLER_CONFIG_DIR=$home/cache timeout 600 "$python" -m PyInstaller --noconfirm --log-level ERROR \
    --distpath "$home/dist" --workpath "$home/work" program.spec
}

# The dist folder where nobody may write, not even root.
place() {
  top=$(mktemp -d)
  trap 'chmod -R u+w "$top"; rm -rf "$top"' EXIT
  there="$top/Ma mosaïque à moi"
  mkdir "$there" "$top/tmp"
  cp -r "$home/dist/." "$there"
  cp -r "$there/program" "$there/robbed"
  rm "$there/robbed/_internal/zetwopass/"libzetwopass.*
  chmod -R a-w,a+rX "$there"
  chmod 755 "$top"
  chmod 1777 "$top/tmp"
  nobody=()
  if [ "$(id -u)" = 0 ]; then nobody=(setpriv --reuid=65534 --regid=65534 --clear-groups); fi
}

run() { # command...; in a locale without accents
  timeout 120 "${nobody[@]}" env -i PATH="$PATH" LC_ALL=C TMPDIR="$top/tmp" HOME="$top/tmp" "$@" 2>"$top/tmp.log"
}

compare() { # name command...: three times Python's checksum, and a library of its own
  local name=$1 found
  shift
  found=$(run "$@") || fail "$name failed: $(cat "$top/tmp.log")"
  [ "$(head -n 3 <<<"$found")" = "$wanted" ] || fail "$name printed"$'\n'"$found, want"$'\n'"$wanted"
  [[ $(tail -n 1 <<<"$found") != "$home"/venv/* ]] || fail "$name has the library of the installation"
  echo "frozen.sh: $name prints what Python prints"
}

# Without its library the program ends with 1, says what helps, and its worker computes.
compare_robbed() {
  local found status=0
  found=$(run "$there/robbed/program") || status=$?
  [ "$status" = 1 ] && [ "$(wc -l <<<"$found")" = 1 ] && [[ $wanted != "$found"* ]] ||
    fail "robbed of its library it ended with $status and printed $found"
  [ "$(grep -cF "LibraryError" "$top/tmp.log")" = "$(grep -cF -- "--collect-binaries zetwopass" "$top/tmp.log")" ] ||
    fail "robbed of its library it said $(cat "$top/tmp.log")"
  echo "frozen.sh: robbed of its library it says what helps"
}

freeze
checksum=$("$python" program.py 2>/dev/null)
checksum=${checksum%%$'\n'*}
wanted=$checksum$'\n'$checksum$'\n'$checksum
place
compare "the folder" "$there/program/program"
compare "the one file" "$there/single"
compare_robbed
