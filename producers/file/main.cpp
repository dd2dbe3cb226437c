// SPDX-License-Identifier: Apache-2.0

// shm-file: plays a sound file into a stream, as if it were being captured. See docs/capture.md.
#include "producers/file/player.hpp"

int main(int argc, char** argv) {
  using namespace shm::producers;
  FileOptions options;
  CLI::App app("Plays a sound file into a shared-memory stream.", "shm-file");
  add_file_options(app, options);
  return run_program(app, argc, argv, [&]() -> int {
    start_log("shm-file", options.common);
    const StopSignal stop;
    play(options, stop);
    return exit_done;
  });
}
