#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# arm64.sh [ctest arguments ...]: cross-compiles the library and its unit tests for 64-bit ARM and runs them under qemu.
# What it shows: the assembler of ARM, its sizes and alignments, its system calls. Not its orders of memory: qemu runs
# ARM's loads and stores in an x86's order; the orders are shown by the explorer (tests/verification/memory_model).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
build=$PWD/build/arm64
root=$build/root
log=$build/configure.log

# Headers that are the same for each processor, and nothing else of this machine's /usr/include.
mkdir -p "$root/include" "$root/share/cmake"
ln -sfn /usr/include/boost "$root/include/boost"
ln -sfn /usr/include/nlohmann "$root/include/nlohmann"
[ -d "$root/share/cmake/nlohmann_json" ] || cp -r /usr/share/cmake/nlohmann_json "$root/share/cmake/"

configure() {
  cmake -G Ninja -DCMAKE_TOOLCHAIN_FILE="$PWD/cmake/arm64.cmake" -DSHM_ARM64_ROOT="$root" \
    -DCMAKE_BUILD_TYPE=RelWithDebInfo -DCMAKE_CXX_FLAGS_RELWITHDEBINFO="-O2 -g1 -DNDEBUG" "$@" >"$log" 2>&1 ||
    { cat "$log" >&2; exit 1; }
}

if [ ! -f "$root/lib/libgtest.a" ]; then
  configure -S /usr/src/googletest -B "$build/googletest" -DCMAKE_INSTALL_PREFIX="$root" -DCMAKE_CXX_STANDARD=20
  ninja -C "$build/googletest" --quiet
  cmake --install "$build/googletest" >"$log"
fi
[ -f "$build/build.ninja" ] || configure -S . -B "$build" -DSHM_BUILD_PROGRAMS=OFF -DCMAKE_UNITY_BUILD=ON
ninja -C "$build" --quiet {base,layout,ring,time,format,storage,stream,wait,source,query,operators}_tests

# qemu runs all of them but one, which skips itself: there is no seccomp, which would count the system calls.
ctest --test-dir "$build" -L '^unit$' -LE '^exhaustive$' --output-on-failure --no-tests=error -j "$(nproc)" "$@"
