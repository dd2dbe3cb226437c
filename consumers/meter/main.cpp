// SPDX-License-Identifier: Apache-2.0

// shm-meter: a level meter in the terminal, with the delay from capture to display.
#include "common/program.hpp"
#include "consumers/meter/options.hpp"

int main(int argc, char** argv) {
  using namespace shm::consumers;
  CLI::App app("Shows the level of each channel of a stream of audio, and the delay from capture to display.",
               "shm-meter");
  MeterArguments arguments;
  add_meter_options(app, arguments);
  return run_program(app, argc, argv, [&] {
    Meter(arguments).run();
    return 0;
  });
}
