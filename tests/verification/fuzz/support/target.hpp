// SPDX-License-Identifier: Apache-2.0

// A fuzz target: a function of an input. It must not crash, hang, read or write outside of its memory, break an
// SHM_FUZZ_CHECK, or throw an exception that is not documented.
//
//   SHM_FUZZ_TARGET(item_format) { parse(input.rest()); }
//
// Built with -fsanitize=fuzzer, a target is a program of its own (libfuzzer.cpp). The ordinary tests link all targets
// into one program, which runs the kept inputs (replay.cpp).
#pragma once

#include <string>
#include <vector>

#include "verification/fuzz/support/input.hpp"

namespace shm::fuzz {

struct Target {
  using Function = void (*)(Input input);

  /// Registers itself.
  Target(const char* target_name, Function function);
  /// Returns all targets that are linked into this program.
  [[nodiscard]] static std::vector<const Target*>& all();

  std::string name;
  Function run;
};

[[noreturn]] void check_failed(const char* what, const char* file, int line);

}  // namespace shm::fuzz

#define SHM_FUZZ_TARGET(target_name)                               \
  static void run_target(shm::fuzz::Input input);                  \
  static const shm::fuzz::Target target(#target_name, run_target); \
  static void run_target([[maybe_unused]] shm::fuzz::Input input)

#define SHM_FUZZ_CHECK(condition) \
  ((condition) ? static_cast<void>(0) : shm::fuzz::check_failed(#condition, __FILE__, __LINE__))
