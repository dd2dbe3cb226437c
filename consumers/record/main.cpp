// SPDX-License-Identifier: Apache-2.0

// shm-record: records a stream of audio into a file.
#include <memory>

#include "common/output.hpp"
#include "common/program.hpp"
#include "common/text.hpp"
#include "consumers/record/options.hpp"
#include "shm/base/error.hpp"

namespace {

using namespace shm::programs;

int record(const RecordArguments& arguments) {
  std::unique_ptr<Recorder> recorder;
  try {
    recorder = std::make_unique<Recorder>(arguments);
  } catch (const shm::Interrupted&) {
    notice("stopped before anything was recorded");
    return 1;
  }
  const RecordingSummary summary = recorder->run();
  for (const std::string& line : summary.text()) notice(line);
  if (arguments.json) {
    Output out;
    out.append(summary.json());
    out.flush();
  }
  return summary.reason == EndReason::write_failed || summary.reason == EndReason::failed ? 1 : 0;
}

}  // namespace

int main(int argc, char** argv) {
  CommandLine line(
      "Records a stream of audio into a file, bit for bit: .wav (RF64 beyond 4 GiB), .flac or .raw.",
      "shm-record");
  RecordArguments arguments;
  add_record_options(line, arguments);
  return run_program(line, argc, argv, [&](const StopSignal&) { return record(arguments); });
}
