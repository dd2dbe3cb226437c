// SPDX-License-Identifier: Apache-2.0

// shm: looks at streams from the shell.
#include "common/program.hpp"
#include "consumers/shm/command.hpp"

int main(int argc, char** argv) {
  CLI::App app(
      "Looks at streams in shared memory: lists them, describes them, watches and measures them, prints, "
      "merges and aligns their items, lets go of readers that stall, removes what nobody needs.",
      "shm");
  app.require_subcommand(1);
  app.footer("Streams are in $LIBSHM_DIR, else in /dev/shm/libshm. `shm COMMAND --help` tells more.");
  shm::consumers::Run run;
  shm::consumers::add_ls(app, run);
  shm::consumers::add_info(app, run);
  shm::consumers::add_top(app, run);
  shm::consumers::add_hz(app, run);
  shm::consumers::add_cat(app, run);
  shm::consumers::add_merge(app, run);
  shm::consumers::add_align(app, run);
  shm::consumers::add_evict(app, run);
  shm::consumers::add_doctor(app, run);
  shm::consumers::add_rm(app, run);
  shm::consumers::add_gc(app, run);
  return shm::consumers::run_program(app, argc, argv, [&] { return run(); });
}
