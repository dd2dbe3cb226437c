// shm-record: records a stream of audio into a file.
#include <memory>

#include "consumers/common/output.hpp"
#include "consumers/common/program.hpp"
#include "consumers/common/text.hpp"
#include "consumers/record/recorder.hpp"
#include "shm/error.hpp"

namespace {

using namespace shm::consumers;

int record(const RecordArguments& arguments, bool json) {
  std::unique_ptr<Recorder> recorder;
  try {
    recorder = std::make_unique<Recorder>(arguments);
  } catch (const shm::Interrupted&) {
    notice("stopped before anything was recorded");
    return 1;
  }
  const RecordingSummary summary = recorder->run();
  for (const std::string& line : summary.text()) notice(line);
  if (json) {
    Output out;
    out.append(json_line(summary.json()));
    out.flush();
  }
  return summary.reason == EndReason::write_failed || summary.reason == EndReason::failed ? 1 : 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Records a stream of audio into a file, bit for bit: .wav (RF64 beyond 4 GiB), .flac or .raw.",
               "shm-record");
  RecordArguments arguments;
  bool json = false;
  bool no_fill = false;
  bool no_enter = false;
  add_stream_arguments(app, arguments.stream);
  app.add_option("FILE", arguments.file, "File to record to; its extension says how")
      ->required()
      ->type_name("");
  add_start_option(app, arguments.from);
  add_seconds_option(app, "-s,--seconds", arguments.seconds, "Stop after so many seconds of sound");
  app.add_option("-n,--frames", arguments.frames, "Stop after so many frames")
      ->type_name("COUNT")
      ->check(CLI::Validator(CLI::PositiveNumber).description(""));
  app.add_flag("--overwrite", arguments.overwrite, "Replace the file if it exists");
  app.add_flag("--no-fill", no_fill,
               "Leave frames that were lost out, instead of silence of the same length");
  app.add_flag("--no-enter", no_enter, "Do not ask the stream's source to run");
  app.add_flag("--json", json, "At the end, a summary on stdout as one JSON object");
  app.footer(
      "Ctrl-C (SIGINT, SIGTERM) ends the recording cleanly. If the stream's writer dies, the recording goes "
      "on\n"
      "with the next one. What was lost is told at the end, on stderr.");
  return run_program(app, argc, argv, [&] {
    arguments.fill = !no_fill;
    arguments.enter = !no_enter;
    return record(arguments, json);
  });
}
