// SPDX-License-Identifier: Apache-2.0

// shm-meter: a level meter in the terminal, with the delay from capture to display.
#include "common/program.hpp"
#include "consumers/meter/options.hpp"

int main(int argc, char** argv) {
  using namespace shm::programs;
  CommandLine line(
      "Shows the level of each channel of a stream of audio, and the delay from capture to display.",
      "shm-meter");
  MeterArguments arguments;
  add_meter_options(line, arguments);
  return run_program(line, argc, argv, [&](const StopSignal&) {
    Meter(arguments).run();
    return 0;
  });
}
