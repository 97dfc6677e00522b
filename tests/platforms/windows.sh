#!/usr/bin/env bash
# All Python tests against the wheel for Windows in build/wheels, by a CPython for Windows under
# wine, with the driver of cuda/fake in build/fake.
#   tests/platforms/windows.sh setup                  what that wants, which may not be to be had
#   tests/platforms/windows.sh [arguments of pytest]
# Wine 8 lacks two things that Windows has: the random numbers that Go wants (bcryptprimitives.c
# stands for them), and what NumPy 2 wants of ucrtbase.
set -euo pipefail
cd "$(dirname "$0")/../.."

. tests/platforms/tools.sh

version=3.11
root=$PWD/build/windows
folder="$root/Programme (é)" # what users have: spaces and accents
wine=/usr/lib/wine/wine64
export WINEPREFIX=$root/prefix WINEDEBUG=-all WINEDLLOVERRIDES='mscoree,mshtml='
export ZIG_TARGET=x86_64-windows-gnu

install_python() {
  rm -rf "$root"
  mkdir -p "$root"
  cp -r "$(cpython "$version" windows-x86_64)" "$folder"
  forward_stable_interface
  .venv/bin/pip install --quiet --disable-pip-version-check --target "$folder/lib/site-packages" \
    --platform win_amd64 --python-version "$version" --only-binary=:all: \
    -r <(grep -vE '^(distributed|playwright)' tests/requirements.txt) -c tests/platforms/windows.txt colorama tzdata
  capi/zigcc cc -shared -o "$root/bcryptprimitives.dll" tests/platforms/bcryptprimitives.c -ladvapi32
  "$wine" wineboot --init >/dev/null 2>&1
  cp "$root/bcryptprimitives.dll" "$WINEPREFIX/drive_c/windows/system32"
}

# python3.dll, which the artifact lacks: every name is that of python311.dll.
forward_stable_interface() {
  local names
  names=$(objdump -p "$folder/python${version/./}.dll" |
    awk '/^\[Ordinal/ {on = 1; next} !NF {on = 0} on && $NF ~ /^_?Py/ {print $NF}')
  { echo EXPORTS; sed "s/.*/  & = python${version/./}.&/" <<<"$names"; } >"$root/python3.def"
  echo "int nothing;" >"$root/nothing.c"
  capi/zigcc cc -shared -o "$folder/python3.dll" "$root/nothing.c" "$root/python3.def"
}

# Wine's standard streams have to be pipes.
python() { echo | "$wine" "$folder/python.exe" "$@" 2>&1 | cat; }

setup() {
  local stamp
  stamp=$(cat "$0" tests/requirements.txt tests/platforms/{tools.sh,windows.txt,bcryptprimitives.c} | sha256sum)
  need "$wine" wine wine64
  if [ "$(cat "$root/stamp" 2>/dev/null)" != "$stamp" ]; then
    install_python
    echo "$stamp" >"$root/stamp"
  fi
}

setup
if [ "${1-}" = setup ]; then exit; fi
.venv/bin/pip install --quiet --disable-pip-version-check --no-deps --upgrade --force-reinstall \
  --target "$folder/lib/site-packages" --platform win_amd64 --python-version "$version" \
  --only-binary=:all: build/wheels/zetwopass-*-win_amd64.whl
rm -f "$WINEPREFIX/drive_c/windows/system32/nvcuda.dll"
python -m zetwopass
python -m pytest -q -p no:cacheprovider -o pythonpath=. tests/test_device.py # without a driver
cp build/fake/nvcuda.dll "$WINEPREFIX/drive_c/windows/system32" # where NVIDIA's installer puts it
[ $# -gt 0 ] || set -- tests
python -m pytest -q -p no:cacheprovider -o pythonpath=. "$@"
