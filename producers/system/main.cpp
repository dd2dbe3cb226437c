// SPDX-License-Identifier: Apache-2.0

// shm-system: publishes processor, memory, load and network of this machine, from /proc. See docs/programs.md.
#include "producers/system/sampler.hpp"

int main(int argc, char** argv) {
  using namespace shm::programs;
  SystemOptions options;
  CommandLine line("Publishes processor, memory, load and network of this machine as shared-memory streams.",
                   "shm-system");
  add_system_options(line, options);
  return run_daemon(line, argc, argv, options.common, [&](const StopSignal& stop) {
    sample_system(options, stop);
    return exit_done;
  });
}
