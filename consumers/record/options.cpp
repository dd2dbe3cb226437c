// SPDX-License-Identifier: Apache-2.0
#include "consumers/record/options.hpp"

namespace shm::programs {

void add_record_options(Command& app, RecordArguments& arguments) {
  add_stream_arguments(app, arguments.stream);
  app.add_option("FILE", arguments.file, "File to record to; its extension says how")
      .required()
      .type_name("");
  add_start_option(app, arguments.from);
  add_seconds_option(app, "-s,--seconds", arguments.seconds, "Stop after so many seconds of sound");
  app.add_option("-n,--frames", arguments.frames, "Stop after so many frames").type_name("COUNT").positive();
  app.add_flag("--overwrite", arguments.overwrite, "Replace the file if it exists");
  app.add_flag(
      "--no-fill", [&arguments] { arguments.fill = false; },
      "Leave frames that were lost out, instead of silence of the same length");
  app.add_flag(
      "--no-enter", [&arguments] { arguments.enter = false; }, "Do not ask the stream's source to run");
  app.add_flag("--json", arguments.json, "At the end, a summary on stdout as one JSON object");
  app.footer(
      "Ctrl-C (SIGINT, SIGTERM) ends the recording cleanly. If the stream's writer dies, the recording goes "
      "on\n"
      "with the next one. What was lost is told at the end, on stderr.");
}

}  // namespace shm::programs
