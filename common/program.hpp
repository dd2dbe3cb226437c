// SPDX-License-Identifier: Apache-2.0

// How every program here starts and ends: options, stop signals, and errors as one sentence and an exit code.
//
//   int main(int argc, char** argv) {
//     CLI::App app("what it does", "shm-thing");
//     ...options...
//     return shm::consumers::run_program(app, argc, argv, [&] { return do_it(); });
//   }
//
// Exit codes: 0 done (also when stopped by a signal, or when nobody reads stdout any more), 1 failed, 2 wrong
// usage.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <stdexcept>
#include <string_view>

#include "shm/base/interrupt.hpp"

namespace shm::consumers {

/// Options that contradict each other: found after parsing, exit code 2.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Parses, installs the stop signals, runs the body, and turns what it throws into a sentence and a code.
int run_program(CLI::App& app, int argc, char** argv, const std::function<int()>& body);

/// Triggered by SIGINT and SIGTERM; a second one kills. Give it to every reader.
[[nodiscard]] shm::Interrupt& stop() noexcept;

/// Says something on stderr, after the program's name.
void notice(std::string_view sentence);

}  // namespace shm::consumers
