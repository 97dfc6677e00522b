# Sourced: the emulators of qemu-user, and Go's tests of core in one of them.

need_qemu() { # the emulator that is wanted
  command -v "$1" >/dev/null && return
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt-get -qq update && apt-get -qq -y install --no-install-recommends qemu-user >/dev/null
  else
    echo "$(basename "$0"): there is no $1: install qemu-user (apt-get install qemu-user, as root)" >&2
    exit 1
  fi
}

core_tests() { # the emulator and its options
  CGO_ENABLED=0 go test -count=1 -exec "$*" ./core/...
}

# told says what was run, how it ended and after how many seconds of the script.
told() {
  printf '%s: %s: %s (%d s)\n' "$(basename "$0")" "$1" "$2" "$SECONDS"
}
