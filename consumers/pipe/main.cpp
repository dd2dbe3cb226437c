// SPDX-License-Identifier: Apache-2.0

// shm-pipe: connects stdin and stdout with streams of records.
#include "common/program.hpp"
#include "consumers/pipe/options.hpp"

int main(int argc, char** argv) {
  CLI::App app(
      "Connects stdin and stdout with streams of records, so that any program can write or read one.",
      "shm-pipe");
  std::function<int()> run;
  shm::consumers::add_pipe_commands(app, run);
  return shm::consumers::run_program(app, argc, argv, [&] { return run(); });
}
