// SPDX-License-Identifier: Apache-2.0

// shm-pipe write: stdin becomes records of a stream.
#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <thread>

#include "common/program.hpp"
#include "common/text.hpp"
#include "consumers/pipe/options.hpp"
#include "shm/stream/record_writer.hpp"
#include "shm/time/clock.hpp"

namespace shm::programs {
namespace {

shm::StreamOptions stream_options(const PipeWriteArguments& arguments) {
  shm::StreamOptions options;
  options.directory = arguments.directory;
  options.history = arguments.history;
  options.mode = static_cast<::mode_t>(std::strtoul(arguments.mode_text.c_str(), nullptr, 8));
  options.group = arguments.group;
  options.persistent = arguments.persistent;
  options.records = shm::RecordOptions{.history_bytes = arguments.history_bytes,
                                       .max_record_bytes = arguments.max_record,
                                       .media_type = arguments.media_type};
  if (arguments.stamp) options.timestamp = shm::Timestamp::field("time");
  // A writer that waits for the reader of a pipe sleeps.
  if (arguments.lossless) {
    options.lossless =
        shm::LosslessOptions{.waiting = shm::WaitStrategy::sleep(), .interrupt = &stop_interrupt()};
  }
  return options;
}

/// False: a stop signal came meanwhile.
bool wait_for_readers(const shm::RecordWriter& out, std::uint64_t readers) {
  while (out.readers().size() < readers) {
    if (stop_interrupt().triggered()) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return true;
}

}  // namespace

int pipe_write(const PipeWriteArguments& arguments) {
  shm::RecordWriter out(arguments.stream, stream_options(arguments));
  if (arguments.readers > 0 && !wait_for_readers(out, arguments.readers)) return 0;
  RecordSource source(0, arguments.framing, out.max_record_bytes());
  while (source.fill()) {
    while (const auto record = source.next()) {
      std::optional<shm::Stamp> stamp;
      if (arguments.stamp) stamp = shm::Stamp::first(shm::now_ns(CLOCK_MONOTONIC));
      out.append(*record, stamp);
    }
  }
  if (source.left_over() > 0) {
    notice(fmt::format("stopped within a record: {} of it were not appended",
                       count_text(source.left_over(), "byte")));
  }
  return 0;
}

}  // namespace shm::programs
