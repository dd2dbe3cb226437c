// SPDX-License-Identifier: Apache-2.0
#include "verification/fuzz/support/target.hpp"

#include <cstdio>
#include <cstdlib>

namespace shm::fuzz {

std::vector<const Target*>& Target::all() {
  static std::vector<const Target*> targets;
  return targets;
}

Target::Target(const char* target_name, Function function) : name(target_name), run(function) {
  all().push_back(this);
}

void check_failed(const char* what, const char* file, int line) {
  std::fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, what);
  std::abort();
}

}  // namespace shm::fuzz
