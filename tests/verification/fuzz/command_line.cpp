// SPDX-License-Identifier: Apache-2.0

// Fuzz target: command lines of the programs, with every value that they parse and derive. The programs run on a good
// stream and stop at once. Names of streams, files and directories are replaced by this target's own, so that an
// input cannot reach others.
#include <stdexcept>
#include <vector>

#include "common/program.hpp"
#include "consumers/meter/meter.hpp"
#include "consumers/meter/options.hpp"
#include "consumers/record/options.hpp"
#include "consumers/record/recorder.hpp"
#include "consumers/shm/command.hpp"
#include "producers/alsa/options.hpp"
#include "producers/file/player.hpp"
#include "shm/base/error.hpp"
#include "verification/fuzz/support/file_limit.hpp"
#include "verification/fuzz/support/private_streams.hpp"
#include "verification/fuzz/support/target.hpp"

namespace {

using namespace shm;
using namespace shm::fuzz;

using Arguments = std::vector<std::string>;

/// A line of the input is an argument.
Arguments some_arguments(Input& input) {
  Arguments arguments;
  const std::string text = input.rest();
  for (std::size_t at = 0; at <= text.size() && arguments.size() < 32;) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    arguments.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return arguments;
}

/// Returns false if the line was refused, or is --help.
bool parse(programs::CommandLine& app, Arguments arguments) {
  try {
    return !app.parse(std::move(arguments)).has_value();
  } catch (const programs::UsageError& error) {
    static_cast<void>(std::string(error.what()).size());
    return false;
  }
}

/// A program may end with an error message.
template <class Body>
void run(Body body) {
  try {
    body();
  } catch (const std::runtime_error&) {
  } catch (const programs::OutputClosed&) {
  }
}

void with_stream(programs::StreamArguments& arguments) {
  arguments.stream = stream_name;
  arguments.directory = directory();
}

void alsa(const Arguments& arguments) {
  programs::AlsaOptions options;
  programs::CommandLine app("", "shm-alsa");
  programs::add_alsa_options(app, options);
  if (!parse(app, arguments)) return;
  options.device = "null";  // do not use a sound card of the machine
  run([&] {
    const programs::PcmRequest request = options.request();
    SHM_FUZZ_CHECK(request.period_us > 0 && request.buffer_us >= 2 * request.period_us - 1);
    SHM_FUZZ_CHECK(!request.formats.empty());
    SHM_FUZZ_CHECK((options.common.mode() & 0600) == 0600 && options.common.mode() <= 0777);
  });
}

void file(const Arguments& arguments) {
  programs::FileOptions options;
  programs::CommandLine app("", "shm-file");
  programs::add_file_options(app, options);
  if (!parse(app, arguments)) return;
  put_file("sound.raw", std::string(4096, 'x'));
  options.common.stream = "played";
  options.common.group.clear();
  options.file = directory() / "sound.raw";
  run([&] {
    const programs::StopSignal stop;
    stop.interrupt().trigger();
    programs::play(options, stop);
  });
}

void record(const Arguments& arguments) {
  programs::RecordArguments options;
  programs::CommandLine app("", "shm-record");
  programs::add_record_options(app, options);
  if (!parse(app, arguments)) return;
  with_stream(options.stream);
  const std::string extension = std::filesystem::path(options.file).extension().string();
  options.file = directory() / ("recorded" + (extension.find('/') == std::string::npos ? extension : ""));
  run([&] {
    const programs::RecordingSummary summary = programs::Recorder(options).run();
    SHM_FUZZ_CHECK(options.frames == 0 || summary.frames <= options.frames);
    static_cast<void>(summary.text());
    static_cast<void>(summary.json());
  });
}

void meter(const Arguments& arguments) {
  programs::MeterArguments options;
  programs::CommandLine app("", "shm-meter");
  programs::add_meter_options(app, options);
  if (!parse(app, arguments)) return;
  with_stream(options.stream);
  run([&] { programs::Meter(options).run(); });
}

/// The subcommands that take values. The others take names and flags only, and remove things.
void subcommand(const std::string& name, const std::string& stream, Arguments arguments) {
  programs::CommandLine app("", "shm");
  programs::Run body;
  programs::add_cat(app, body);
  programs::add_merge(app, body);
  programs::add_align(app, body);
  arguments.insert(arguments.begin(), {name, stream, "-d", directory().string()});
  if (parse(app, arguments) && body) run([&] { static_cast<void>(body()); });
}
void cat(const Arguments& arguments) { subcommand("cat", stream_name, arguments); }
// Of the existing streams, the marks have times.
void merge(const Arguments& arguments) { subcommand("merge", marks_name(stream_name), arguments); }
void align(const Arguments& arguments) { subcommand("align", marks_name(stream_name), arguments); }

}  // namespace

SHM_FUZZ_TARGET(command_line) {
  limit_file_size();
  programs::stop_interrupt().trigger();
  put_stream(stream_name, left_sound());
  put_stream(marks_name(stream_name), left_marks());
  const std::array programs{alsa, file, record, meter, cat, merge, align};
  const std::size_t which = input.below(programs.size());
  programs[which](some_arguments(input));
  clear_directory();
}
