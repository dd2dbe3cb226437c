// SPDX-License-Identifier: Apache-2.0

// shm: looks at streams from the shell.
#include "common/program.hpp"
#include "consumers/shm/command.hpp"

int main(int argc, char** argv) {
  using namespace shm::programs;
  CommandLine line(
      "Looks at streams in shared memory: lists them, describes them, watches and measures them, prints, "
      "merges and aligns their items, lets go of readers that stall, removes what nobody needs.",
      "shm");
  line.require_command();
  line.footer("Streams are in $LIBSHM_DIR, else in /dev/shm/libshm. `shm COMMAND --help` tells more.");
  Run run;
  for (const auto add : {add_ls, add_info, add_top, add_hz, add_cat, add_merge, add_align, add_evict,
                         add_doctor, add_rm, add_gc}) {
    add(line, run);
  }
  return run_program(line, argc, argv, [&](const StopSignal&) { return run(); });
}
