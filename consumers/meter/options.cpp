// SPDX-License-Identifier: Apache-2.0
#include "consumers/meter/options.hpp"

namespace shm::programs {

void add_meter_options(Command& app, MeterArguments& arguments) {
  add_stream_arguments(app, arguments.stream);
  add_seconds_option(app, "-s,--seconds", arguments.seconds, "Stop after so long");
  add_seconds_option(app, "-i,--interval", arguments.interval,
                     "Time between readings (default: 0.05; for lines of text 1)");
  app.add_flag("--json", arguments.json, "A line of JSON for each reading, and {\"summary\":...} at the end");
  app.add_flag(
      "--no-enter", [&arguments] { arguments.enter = false; }, "Do not ask the stream's source to run");
  app.footer(
      "Levels are in dBFS: a sine of full scale has a peak of 0 and an RMS of -3.01. On a terminal: bars "
      "from\n"
      "-60 to 0 dBFS, filled up to the RMS, lighter up to the peak, a line at the held peak. Elsewhere: a "
      "line\n"
      "of text each second.");
}

}  // namespace shm::programs
