#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# symbols.sh [--update]: builds the shared library and shows that it exports what libshm/symbols.txt lists (--update
# writes the list anew), that the examples need nothing else, and that a project elsewhere, compiled with hidden
# symbols itself, builds against the installed library and catches its errors.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
build=build/shared
list=libshm/symbols.txt

# The optimisation is given, since it decides which functions of a header stand in the library too.
[ -f $build/build.ninja ] || cmake -S . -B $build -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo \
  -DCMAKE_CXX_FLAGS_RELWITHDEBINFO="-O2 -DNDEBUG" -DCMAKE_CXX_COMPILER=g++ -DCMAKE_UNITY_BUILD=ON \
  -DBUILD_SHARED_LIBS=ON -DSHM_BUILD_TESTS=OFF -DSHM_BUILD_PROGRAMS=OFF >$build.log || { cat $build.log >&2; exit 1; }
ninja -C $build --quiet

export LC_ALL=C
nm -DC --defined-only $build/libshm/libshm-streams.so | cut -d' ' -f3- | sort -u >$build/symbols.txt
if [ "${1:-}" = --update ]; then
  cp $build/symbols.txt $list
elif ! diff -u $list $build/symbols.txt; then
  echo "symbols: the library exports other symbols than $list lists. If they are meant, then" >&2
  echo "  tests/verification/symbols.sh --update" >&2
  exit 1
fi
if grep -v 'shm::' $build/symbols.txt || grep -E '^shm::(os|storage|ring)::' $build/symbols.txt; then
  echo "symbols: these belong to others, or to the library alone" >&2
  exit 1
fi

printf '%s\n' examples/*.cpp | xargs -P "$(nproc)" -I{} sh -c 'g++ -std=c++20 -O0 -fvisibility=hidden -Ilibshm/include "$1" \
  -L'$build'/libshm -lshm-streams -pthread -o '$build'/$(basename "$1" .cpp)' _ {}

CXXFLAGS="-fvisibility=hidden" tests/install/install_test.sh "$PWD/$build" "$PWD/tests/install/consumer" g++ "" "$PWD"
echo "symbols: $(wc -l <$list) are exported, all of them listed"
