// SPDX-License-Identifier: Apache-2.0

// Only the headers that the tests share, compiled once (tests/CMakeLists.txt). A program and not a library,
// since a compiled header is usable only with the same compiler options.
int main() {}
