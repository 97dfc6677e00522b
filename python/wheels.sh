# The wheels; build.sh reads it. Each serves every Python 3 that pyproject.toml names, as the
# library knows nothing of Python.

# wheel packs this system's own library, for systems whose glibc is that of this one or newer.
wheel() {
  local glibc
  glibc=$(objdump -T "$library" | grep -oE 'GLIBC_[0-9.]+' | sort -V | tail -n 1)
  rm -f build/zetwopass-*.whl
  pack "$library" "manylinux_$(tr . _ <<<"${glibc#GLIBC_}")_$(uname -m)" build
}

# tools installs what makes and judges libraries and wheels for other systems.
tools() { .venv/bin/pip install --quiet --disable-pip-version-check -r python/wheels.txt; }

# wheels packs the library of every system, or of those named, and has the wheels judged by what
# an index and an installer ask of them.
wheels() { # [systems]
  local name
  [ $# -gt 0 ] || set -- "${systems[@]}"
  rm -rf build/wheels
  for name in "$@"; do
    cross "$name"
    pack "build/cross/$name/$file" "$platform" build/wheels
    if [ "$os" = linux ]; then fits_manylinux build/wheels/zetwopass-*"$platform.whl"; fi
  done
  .venv/bin/check-wheel-contents build/wheels
  .venv/bin/twine check --strict build/wheels/*.whl
  ls -l build/wheels
}

# pack makes a wheel of the package with one library.
pack() { # library, platform of the wheel's name, folder
  local staged=build/package
  rm -rf "$staged"
  mkdir -p "$staged"
  git ls-files -z python LICENSE NOTICE README.md pyproject.toml setup.py | xargs -0 cp --parents -t "$staged"
  cp "$1" "$staged/python/zetwopass/"
  .venv/bin/pip wheel --quiet --disable-pip-version-check --no-deps --wheel-dir "$3" \
    --config-settings "--build-option=--plat-name=$2" "./$staged"
}

fits_manylinux() { # wheel
  local least
  least=$(.venv/bin/auditwheel show "$1" | tr '\n' ' ' | grep -oP 'following platform tag: *"manylinux_2_\K[0-9]+') || least=none
  [ "$least" != none ] && [ "$least" -le 17 ] ||
    { echo "build.sh: $1 wants glibc 2.$least, not 2.17 as manylinux2014 has it" >&2; exit 1; }
}
