// SPDX-License-Identifier: Apache-2.0

// shm-file: plays a sound file into a stream, as if it were being captured. See docs/capture.md.
#include "producers/file/player.hpp"

int main(int argc, char** argv) {
  using namespace shm::programs;
  FileOptions options;
  CommandLine line("Plays a sound file into a shared-memory stream.", "shm-file");
  add_file_options(line, options);
  return run_daemon(line, argc, argv, options.common, [&](const StopSignal& stop) {
    play(options, stop);
    return exit_done;
  });
}
