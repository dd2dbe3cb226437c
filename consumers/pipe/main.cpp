// SPDX-License-Identifier: Apache-2.0

// shm-pipe: connects stdin and stdout with streams of records.
#include "common/program.hpp"
#include "consumers/pipe/options.hpp"

int main(int argc, char** argv) {
  using namespace shm::programs;
  CommandLine line(
      "Connects stdin and stdout with streams of records, so that any program can write or read one.",
      "shm-pipe");
  std::function<int()> run;
  add_pipe_commands(line, run);
  return run_program(line, argc, argv, [&](const StopSignal&) { return run(); });
}
