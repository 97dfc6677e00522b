# The library for every system, made on Linux; build.sh reads it. One C compiler serves them all:
# zig's (capi/zigcc), from the package ziglang.

systems=(linux_x86_64 linux_aarch64 windows_x86_64 macos_arm64 macos_x86_64)

# What go, zig and the wheel's name call a system. The macOS is the oldest that Go runs on.
describe_system() { # name
  cuda= file=libzetwopass.so exports=$elf_exports
  case $1 in
    linux_x86_64) os=linux arch=amd64 target=x86_64-linux-gnu.2.17 platform=manylinux2014_x86_64 cuda=yes ;;
    linux_aarch64) os=linux arch=arm64 target=aarch64-linux-gnu.2.17 platform=manylinux2014_aarch64 ;;
    windows_x86_64) os=windows arch=amd64 target=x86_64-windows-gnu platform=win_amd64 cuda=yes
      file=libzetwopass.dll exports=$PWD/capi/exports.def ;;
    macos_arm64) os=darwin arch=arm64 target=aarch64-macos.12.0 platform=macosx_12_0_arm64 ;;
    macos_x86_64) os=darwin arch=amd64 target=x86_64-macos.12.0 platform=macosx_12_0_x86_64 ;;
    *) echo "build.sh: system $1, want one of ${systems[*]}" >&2; exit 2 ;;
  esac
  if [ "$os" = darwin ]; then # stubs stand for Apple's own libraries, which are on every Mac
    file=libzetwopass.dylib exports="-F$PWD/capi/macos -L$PWD/capi/macos"
  fi
}

# cross builds build/cross/NAME/$file.
cross() { # name
  describe_system "$1"
  (
    flags=()
    if [ -n "$cuda" ]; then
      flags=(-tags cuda)
      cuda_env
    fi
    export ZIG_TARGET=$target GOOS=$os GOARCH=$arch CC="$PWD/capi/zigcc cc" CXX="$PWD/capi/zigcc c++"
    link "build/cross/$1/$file" "$exports" ${flags[@]+"${flags[@]}"}
  )
}
