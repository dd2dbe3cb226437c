#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# ordinary_user.sh [ctest arguments ...]: the tests of the ordinary build as a user without privileges, with the limits
# that Debian gives one (8 MiB of locked memory, no real-time priority, 1024 descriptors). Root becomes the user nobody;
# any other user is an ordinary one already. Without what writes into the build (installing it, stamps of the model).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
./run build

tests=(ctest --test-dir build/default --output-on-failure --no-tests=error -j "$(nproc)" -LE '^(exhaustive|model|memory_model|house)$' -E '^install' "$@")
ulimit -l 8192 -r 0 -e 0 -n 1024
if [ "$(id -u)" != 0 ]; then
  exec "${tests[@]}"
fi

# The user may read the tree and the build, but not write there: ctest keeps its records in a copy of the build's lists.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
(cd build/default && find . -name CTestTestfile.cmake -exec cp --parents {} "$work" \;)
chown -R nobody "$work"
runuser -u nobody -- test -x "$PWD/build/default/tests" || {
  echo "ordinary_user: the user nobody may not read $PWD: put the tree where others can read it" >&2
  exit 77
}
tests[2]=$work
HOME=$work TMPDIR=$work XDG_RUNTIME_DIR='' runuser -u nobody -- "${tests[@]}"
