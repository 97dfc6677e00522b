# The wheels; build.sh reads it. Each serves every Python 3 that pyproject.toml names, as the
# library knows nothing of Python.

# wheel packs this system's own library, for systems whose glibc is that of this one or newer.
wheel() {
  local glibc
  glibc=$(objdump -T "$library" | grep -oE 'GLIBC_[0-9.]+' | sort -V | tail -n 1)
  rm -f build/zetwopass-*.whl
  pack "$library" "manylinux_$(tr . _ <<<"${glibc#GLIBC_}")_$(uname -m)" build "gcc@$(gcc -dumpfullversion)"
}

# tools installs what makes and judges libraries and wheels for other systems.
tools() { install --require-hashes -r python/wheels.locked.txt; }

# wheels packs the library of every system, or of those named, and has the wheels judged by what
# an index and an installer ask of them.
wheels() { # [systems]
  local name
  [ $# -gt 0 ] || set -- "${systems[@]}"
  rm -rf build/wheels
  for name in "$@"; do
    cross "$name"
    pack "build/cross/$name/$file" "$platform" build/wheels "zig@$(.venv/bin/python -m ziglang version)"
    if [ "$os" = linux ]; then fits_manylinux build/wheels/zetwopass-*"$platform.whl"; fi
  done
  .venv/bin/check-wheel-contents build/wheels
  .venv/bin/twine check --strict build/wheels/*.whl
  ls -l build/wheels
}

# pack makes a wheel of the package with one library, and the list of what that contains.
pack() { # library, platform of the wheel's name, folder, C compiler with version
  local staged=build/package
  rm -rf "$staged"
  mkdir -p "$staged"
  git ls-files -z python LICENSE NOTICE README.md pyproject.toml setup.py | xargs -0 cp --parents -t "$staged"
  cp "$1" "$staged/python/zetwopass/"
  .venv/bin/python python/sbom.py "$1" "$4" >"$staged/zetwopass.cdx.json"
  .venv/bin/pip wheel --quiet --disable-pip-version-check --no-deps --no-build-isolation --wheel-dir "$3" \
    --config-settings "--build-option=--plat-name=$2" "./$staged"
}

fits_manylinux() { # wheel
  local least
  least=$(.venv/bin/auditwheel show "$1" | tr '\n' ' ' | grep -oP 'following platform tag: *"manylinux_2_\K[0-9]+') || least=none
  [ "$least" != none ] && [ "$least" -le 17 ] ||
    { echo "build.sh: $1 wants glibc 2.$least, not 2.17 as manylinux2014 has it" >&2; exit 1; }
}
