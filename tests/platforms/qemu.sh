# Sourced: Go's tests of core in an emulator of qemu-user.

core_tests() { # the emulator and its options
  CGO_ENABLED=0 go test -count=1 -timeout 60m -exec "$*" ./core/...
}

# told says what was run, how it ended and after how many seconds of the script.
told() {
  printf '%s: %s: %s (%d s)\n' "$(basename "$0")" "$1" "$2" "$SECONDS"
}
