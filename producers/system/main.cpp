// SPDX-License-Identifier: Apache-2.0

// shm-system: publishes what /proc tells of the machine as streams. See docs/programs.md.
#include "producers/system/sampler.hpp"

int main(int argc, char** argv) {
  using namespace shm::producers;
  SystemOptions options;
  CLI::App app("Publishes processor, memory, load and network of this machine as shared-memory streams.",
               "shm-system");
  add_system_options(app, options);
  return run_program(app, argc, argv, [&]() -> int {
    start_log("shm-system", options.common);
    const StopSignal stop;
    sample_system(options, stop);
    return exit_done;
  });
}
