#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# verify.sh [PART ...]: shows everything that `./run test` is too short for. Without a name all parts that .ci/run
# runs; --all adds the long ones; --list names each. At the end a table of times; exit code 1 if a part failed.
# A part is a function verify_NAME; the line above it is what --list prints. docs/contract.md tells what each shows.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

sources() { git ls-files --cached --others --exclude-standard '*.cpp' '*.hpp'; }
# ctests LABEL [arguments ...]: the tests of that label in the ordinary build, whether or not they are exhaustive.
ctests() {
  ./run build all exhaustive_tests
  ctest --test-dir build/default --output-on-failure --no-tests=error -j "$(nproc)" -L "$@"
}

# how the code is laid out: clang-format, on every file
verify_format() { sources | xargs clang-format --dry-run -Werror; }

# which layer includes which
verify_layers() { python3 tests/verification/house/layers.py .; }

# links, commands, paths and words of the documents
verify_docs() { python3 tests/verification/docs.py; }

# each public header, and each example in a header or document, compiles alone
verify_headers() {
  python3 tests/verification/unchanged.py build/headers.stamp libshm/include README.md docs tests/verification/house -- \
    python3 tests/verification/house/headers.py . -- g++ -std=c++20 -Ilibshm/include \
    -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror
}

# how much the compiler reads for stream/reader.hpp and stream/writer.hpp
verify_include_cost() { python3 tests/verification/include_cost.py; }

# what the shared library exports; a project elsewhere builds against it
verify_symbols() { tests/verification/symbols.sh; }

# the protocol in every state of small streams, by spin, in all configurations
verify_model() { ctests '^model$'; }

# the ring's code in every order of memory that C++ allows
verify_memory_model() { ctests '^memory_model$'; }

# death at every instruction and at every system call
verify_crash() { ctests '^crash$' -L '^exhaustive$'; }

# the other exhaustive tests: longer runs of kills and of random operations, the library as a subproject
verify_exhaustive() { ctests '^exhaustive$' -LE '^(model|memory_model|crash|house)$'; }

# writers and readers of every kind, killed, stopped, starved, for two minutes
verify_chaos() { ./run chaos --minutes 2; }

# every test under AddressSanitizer and UndefinedBehaviorSanitizer
verify_address() { ./run test --sanitize address; }

# every test that has threads under ThreadSanitizer
verify_thread() { ./run test --sanitize thread; }

# hostile bytes: each fuzz target for half a minute, all at once
verify_fuzz() { ./run fuzz --seconds 30 --at-once 11; }

# the library and its unit tests for 64-bit ARM, under qemu
verify_arm64() { tests/verification/arm64.sh; }

# the tests as a user without privileges, with default limits
verify_ordinary_user() { tests/verification/ordinary_user.sh; }

# every transport of the comparison carries the right data
verify_bench_check() { ./run bench --check; }

# clang++, each file alone, every warning an error; and the unit tests of that build
verify_clang() {
  [ -f build/clang/build.ninja ] || cmake --preset clang >/dev/null
  ninja -C build/clang --quiet
  ctest --test-dir build/clang --output-on-failure --no-tests=error -j "$(nproc)" -L '^unit$' -LE '^exhaustive$'
}

# clang-tidy, on every file that changed since it last passed; a finding is an error
verify_tidy() { python3 tests/verification/tidy.py; }

# From the quick to the slow. What is long is only for --all.
parts=(format layers docs headers include_cost symbols model memory_model crash exhaustive address thread fuzz arm64
  ordinary_user bench_check clang tidy)
long_parts=(chaos)

list() {
  local name
  for name in "${parts[@]}" "${long_parts[@]}"; do
    printf '%-14s %s\n' "$name" "$(grep -B1 "^verify_$name()" "${BASH_SOURCE[0]}" | sed -n 's/^# //p')"
  done
}

case ${1:-} in
  --list) list; exit ;;
  --part) "verify_$2"; exit ;;  # in a process of its own, so that the first failing command ends it
  --all) wanted=("${parts[@]}" "${long_parts[@]}") ;;
  '') wanted=("${parts[@]}") ;;
  *) wanted=("${@//-/_}") ;;
esac
for name in "${wanted[@]}"; do
  declare -F "verify_$name" >/dev/null || { echo "verify: there is no part '$name'; there are:" >&2; list >&2; exit 2; }
done

results=() failed=()
begin=$SECONDS
for name in "${wanted[@]}"; do
  printf '\033[1m== verify %s\033[0m\n' "$name" >&2
  since=$SECONDS outcome=passed
  "${BASH_SOURCE[0]}" --part "$name" || {
    case $? in
      77) outcome='left out' ;;  # it cannot be run here, and printed why
      *) outcome=FAILED failed+=("$name") ;;
    esac
  }
  results+=("$(printf '%-14s %5d s  %s' "$name" $((SECONDS - since)) "$outcome")")
done
echo
printf '%s\n' "${results[@]}"
printf '%-14s %5d s\n' total $((SECONDS - begin))
[ ${#failed[@]} -eq 0 ] || { echo "verify: failed: ${failed[*]}" >&2; exit 1; }
