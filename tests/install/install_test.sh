#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# install_test.sh BUILD_DIR CONSUMER_DIR CXX SANITIZER SOURCE_DIR: installs into a directory of its own, copies the
# consumer project somewhere else, builds and runs it there.
set -euo pipefail
build=$1 consumer=$2 cxx=$3 sanitizer=$4 source=$5
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
flags=()
case $sanitizer in
  address) flags=(-fsanitize=address,undefined) ;;
  thread) flags=(-fsanitize=thread) ;;
esac
export LIBSHM_DIR=$work/streams

cmake --install "$build" --prefix "$work/prefix" >"$work/install.log"
cp -r "$consumer" "$work/project"

echo "== tmpfiles.d"
conf=$work/prefix/lib/tmpfiles.d/libshm.conf
grep -qE '^d +/dev/shm/libshm +1777 root root' "$conf"
if [ "$(id -u)" = 0 ] && command -v systemd-tmpfiles >/dev/null; then
  mkdir "$work/root"
  systemd-tmpfiles --create --root="$work/root" "$conf"
  [ "$(stat -c '%a %u %g' "$work/root/dev/shm/libshm")" = "1777 0 0" ]
fi

echo "== find_package"
cmake -S "$work/project" -B "$work/build" -DCMAKE_PREFIX_PATH="$work/prefix" -DCMAKE_CXX_COMPILER="$cxx" \
  -DCMAKE_CXX_FLAGS="${flags[*]}" >"$work/configure.log"
cmake --build "$work/build" >"$work/build.log" || { cat "$work/build.log"; exit 1; }
"$work/build/elsewhere"

echo "== pkg-config"
PKG_CONFIG_PATH=$(dirname "$(find "$work/prefix" -name libshm.pc)")
export PKG_CONFIG_PATH
read -ra from_pkg_config <<<"$(pkg-config --cflags --libs libshm)"
read -ra from_environment <<<"${CXXFLAGS:-}"
"$cxx" -std=c++20 "${from_environment[@]}" "${flags[@]}" "$work/project/main.cpp" "${from_pkg_config[@]}" -o "$work/elsewhere"
LD_LIBRARY_PATH=$(pkg-config --variable=libdir libshm) "$work/elsewhere"  # which a static library does without

# FetchContent takes the source from a directory as it takes it from a download: add_subdirectory does the rest.
echo "== subproject"
cmake -S "$work/project" -B "$work/subproject" -DLIBSHM_SOURCE="$source" -DCMAKE_CXX_COMPILER="$cxx" \
  -DCMAKE_CXX_FLAGS="${flags[*]}" >"$work/configure.log" || { cat "$work/configure.log"; exit 1; }
grep -q '^SHM_BUILD_TESTS:BOOL=OFF' "$work/subproject/CMakeCache.txt"
if [ -n "${SHM_EXHAUSTIVE:-}" ]; then
  cmake --build "$work/subproject" -j "$(nproc)" >"$work/build.log" || { cat "$work/build.log"; exit 1; }
  "$work/subproject/elsewhere"
fi
