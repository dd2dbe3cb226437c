// SPDX-License-Identifier: Apache-2.0

// Nothing but the headers that the tests share, compiled once (tests/CMakeLists.txt). A program and not a
// library, since a compiled header serves only what is compiled with the same options.
int main() {}
