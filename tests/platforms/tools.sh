# Sourced: what the tests on other platforms need of this machine.

need() { # a program, Debian's packages that bring it
  command -v "$1" >/dev/null && return
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "$(basename "$0"): there is no $1: install ${*:2} (by apt-get, as root)" >&2
    exit 1
  fi
  apt-get -qq update >&2
  apt-get -qq --yes install --no-install-recommends "${@:2}" >&2
}

declare -A cpythons=(
  [3.10]=3.10.8-1.5.8
  [3.11]=3.11.3-1.5.9
  [3.12]=3.12.1-1.5.10
  [3.13]=3.13.5-1.5.12
  [3.14]=3.14.3-1.5.13
)

# Says in which folder of build a CPython lies: Maven's artifact org.bytedeco:cpython, which
# wants nothing installed but Maven.
cpython() { # version, the artifact's name of a system
  local name=cpython-${cpythons[$1]}-$2
  if ! [ -d "build/$name" ]; then
    need mvn maven default-jre-headless
    mvn --quiet --batch-mode dependency:copy -DoutputDirectory=build \
      -Dartifact="org.bytedeco:cpython:${cpythons[$1]}:jar:$2" >&2
    rm -rf build/jar
    python3 -m zipfile -e "build/$name.jar" build/jar
    mv "build/jar/org/bytedeco/cpython/$2" "build/$name"
  fi
  echo "build/$name"
}
