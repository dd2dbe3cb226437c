// SPDX-License-Identifier: Apache-2.0

// Fuzz target: programs that read streams show and record damaged streams, with marks beside them.
#include <stdexcept>
#include <vector>

#include "common/program.hpp"
#include "common/text.hpp"
#include "consumers/meter/meter.hpp"
#include "consumers/record/recorder.hpp"
#include "consumers/shm/command.hpp"
#include "shm/audio/audio.hpp"
#include "verification/fuzz/support/file_limit.hpp"
#include "verification/fuzz/support/private_streams.hpp"
#include "verification/fuzz/support/target.hpp"

namespace {

using namespace shm;
using namespace shm::fuzz;

constexpr std::uint64_t largest_stream = std::uint64_t{4} << 20;

/// A program may end with an error message.
template <class Body>
void run(Body body) {
  try {
    body();
  } catch (const std::runtime_error&) {
  } catch (const programs::OutputClosed&) {
  }
}

void shm_command(void (*add)(programs::Command&, programs::Run&), std::vector<std::string> arguments) {
  programs::CommandLine app("", "shm");
  programs::Run body;
  add(app, body);
  static_cast<void>(app.parse(std::move(arguments)));
  run([&] { static_cast<void>(body()); });
}

void show() {
  shm_command(programs::add_ls, {"ls"});
  shm_command(programs::add_ls, {"ls", "--json"});
  shm_command(programs::add_info, {"info", stream_name});
  shm_command(programs::add_info, {"info", stream_name, "--json"});
}

void print(Input& input) {
  constexpr std::array formats{"text", "json", "raw"};
  constexpr std::array starts{"oldest", "newest", "next", "-1000000", "100"};
  shm_command(programs::add_cat, {"cat", stream_name, "--format", input.one_of(formats), "--from",
                                  input.one_of(starts), "--count", "100"});
}

void record(Input& input) {
  constexpr std::array names{"recorded.wav", "recorded.flac", "recorded.raw"};
  programs::RecordArguments arguments;
  arguments.stream.stream = stream_name;
  arguments.file = directory() / input.one_of(names);
  arguments.from = input.flag() ? "oldest" : "100";
  arguments.fill = input.flag();
  run([&] {
    const programs::RecordingSummary summary = programs::Recorder(arguments).run();
    static_cast<void>(summary.text());
    static_cast<void>(summary.json());
  });
}

void measure() {
  programs::MeterArguments arguments;
  arguments.stream.stream = stream_name;
  run([&] { programs::Meter(arguments).run(); });
}

}  // namespace

SHM_FUZZ_TARGET(programs) {
  limit_file_size();
  programs::stop_interrupt().trigger();
  StreamBytes files = input.flag() ? left_sound() : left_stream(input.below(left_streams()));
  StreamBytes marks = left_marks();
  const std::uint64_t size = damage(files, input);
  const std::uint64_t marks_size = input.flag() ? damage(marks, input) : 0;
  if (std::max(size, marks_size) > largest_stream) return;  // programs hold an item, or a batch of them
  put_stream(stream_name, files, size);
  put_stream(marks_name(stream_name), marks, marks_size);
  show();
  print(input);
  record(input);
  measure();
  clear_directory();
}
