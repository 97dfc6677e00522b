#!/usr/bin/env bash
# The tests on arm64, emulated: Go's of core, and pytest's on the library as it is
# built for arm64's wheel, with Debian's Python for it. ./build.sh test_arm64 calls it.
set -euo pipefail
cd "$(dirname "$0")/../.."
. tests/platforms/tools.sh
. tests/platforms/qemu.sh

python=$PWD/.venv/bin/python
here=$PWD/build/arm64

# A Python for arm64 and the libraries below it, from Debian's packages, into $here/root:
# apt-get resolves them in folders of its own, so that this takes no root and leaves the
# system as it is.
root() {
  local apt=$here/apt
  [ -x "$here/root/usr/bin/python3" ] && return
  mkdir -p "$apt"/{state/lists,cache/archives}/partial
  : >"$apt/status"
  local options=(-qq -o APT::Architecture=arm64 -o APT::Architectures=arm64 -o Debug::NoLocking=1 -o "Dir::State=$apt/state"
    -o "Dir::State::status=$apt/status" -o "Dir::Cache=$apt/cache" -o APT::Install-Recommends=0)
  apt-get "${options[@]}" update
  apt-get "${options[@]}" --yes --download-only install python3 libstdc++6 >/dev/null
  for package in "$apt"/cache/archives/*.deb; do dpkg-deb -x "$package" "$here/root"; done
}

# Of what the tests require all but pictures and what judges sources.
site() {
  local version
  version=$(readlink "$here/root/usr/bin/python3")
  if ! cmp -s tests/requirements.txt "$here/requirements.txt"; then
    rm -rf "$here/site"
    grep -vE '^(distributed|matplotlib|opencv|playwright|ruff|wheel)' tests/requirements.txt |
      "$python" -m pip install --quiet --disable-pip-version-check --target "$here/site" -r /dev/stdin \
        --only-binary=:all: --implementation cp --python-version "${version#python}" \
        --platform manylinux2014_aarch64 $(printf -- '--platform manylinux_2_%d_aarch64 ' {17..36})
    cp tests/requirements.txt "$here"
  fi
  rm -rf "$here/site/zetwopass"
  cp -r python/zetwopass "$here/site"
  rm -f "$here"/site/zetwopass/libzetwopass.*
  cp build/cross/linux_aarch64/libzetwopass.so "$here/site/zetwopass"
}

# python and gcc for arm64, as this machine can run them: also as children of tests.
commands() {
  mkdir -p "$here/bin"
  cat >"$here/bin/python" <<END
#!/bin/sh
exec qemu-aarch64 -L "$here/root" -0 "\$0" -E "PYTHONHOME=$here/root/usr" "$here/root/usr/bin/python3" "\$@"
END
  cat >"$here/bin/gcc" <<END
#!/bin/sh
ZIG_TARGET=aarch64-linux-gnu.2.17 exec "$PWD/capi/zigcc" cc "\$@"
END
  chmod +x "$here"/bin/*
}

# What takes minutes natively is too slow here; what judges sources or drives a GPU needs
# no arm64. Of six storms of signals two are enough. The emulator has no limits of memory,
# and a thread of its own, which hosts in C count; programs in C that are started as they are
# find no emulator.
left_out() {
  printf -- '--ignore=test_%s.py ' bench demo docs command worker_start reference parity combine ranges \
    pixel_maps_curved pixel_maps_parts house portable abi abi_promise gpu_check gpu_drop_in cuda_driver
}

python_tests() (
  cd tests
  PATH=$here/bin:$PATH PYTHONPATH=$here/site python -m pytest -q -W ignore -p no:cacheprovider -o pythonpath=. \
    $(left_out) -k 'not c_host and not 32768 and not limit_of_memory and not beyond_the_limit' .
)

need qemu-aarch64 qemu-user
mkdir -p "$here"
GOARCH=arm64 core_tests qemu-aarch64 >"$here/core.log" 2>&1 &
core=$!
root
site
commands
python_tests && library=passed || library=failed
wait "$core" && maths=passed || maths=failed
cat "$here/core.log"
told "Go's tests of core" "$maths"
told "pytest on the library, its bits those of testdata/bits.txt" "$library"
[ "$maths $library" = "passed passed" ]
