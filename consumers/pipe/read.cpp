// SPDX-License-Identifier: Apache-2.0

// shm-pipe read: records of a stream go to stdout.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "common/program.hpp"
#include "common/text.hpp"
#include "common/writer_watch.hpp"
#include "consumers/pipe/options.hpp"
#include "shm/stream/record_reader.hpp"

namespace shm::programs {
namespace {

constexpr auto between_looks = std::chrono::milliseconds(500);

/// A lossless reader holds the writer back from its start on, so it starts at the requested position.
shm::Start first_of(const StartPosition& position) {
  switch (position.kind) {
    case StartPosition::Kind::newest:
      return shm::Start::newest();
    case StartPosition::Kind::next:
      return shm::Start::next();
    case StartPosition::Kind::index:
      if (position.index >= 0) return shm::Start::at(static_cast<shm::Index>(position.index));
      break;
    case StartPosition::Kind::oldest:
      break;
  }
  return shm::Start::oldest();
}

shm::RecordReader attach_records(const PipeReadArguments& arguments) {
  shm::ReaderOptions options = reader_options(arguments.stream, "shm-pipe read");
  if (arguments.lossless) options.lossless = shm::Acknowledge::with_read;
  const StartPosition position = StartPosition::parse(arguments.from);
  try {
    shm::RecordReader reader(arguments.stream.stream, first_of(position), options);
    if (position.kind == StartPosition::Kind::index && position.index < 0) position.seek(reader.raw());
    return reader;
  } catch (const shm::NotFound& error) {
    throw shm::NotFound(std::string(error.what()) + " (--wait SECONDS waits for it to appear)");
  }
}

class PipeReading {
 public:
  explicit PipeReading(const PipeReadArguments& arguments)
      : arguments_(arguments), reader_(attach_records(arguments)), watch_(reader_.raw()) {}

  int run() {
    // Without --follow: the records that are there now, and no more.
    const shm::Index end = arguments_.follow ? UINT64_MAX : reader_.inserted();
    while (reader_.cursor() < end && (arguments_.count == 0 || written_ < arguments_.count)) {
      const shm::Status status = take();
      if (status == shm::Status::ok) {
        write();
      } else if (status == shm::Status::lost) {
        const shm::IndexRange lost = reader_.last_lost();
        notice(fmt::format("lost records {} to {} ({})", lost.begin, lost.end - 1, lost.size()));
      } else if (status == shm::Status::timed_out) {
        if (const std::string change = watch_.changed(); !change.empty()) notice(change);
      } else if (status == shm::Status::evicted) {
        out_.flush();
        reader_.raw().throw_status(status);
      } else {
        break;  // ended, or stopped
      }
    }
    out_.flush();
    if (reader_.lost_items() > 0) {
      notice(fmt::format("{} written, {} lost in {}", count_text(written_, "record"), reader_.lost_items(),
                         count_text(reader_.lost_ranges(), "range")));
    }
    return 0;
  }

 private:
  /// The next record. Before it waits, all records that were read are flushed.
  shm::Status take() {
    const shm::Status status = reader_.try_read(record_);
    if (status != shm::Status::not_yet) return status;
    out_.flush();
    return reader_.read(record_, between_looks);
  }

  void write() {
    if (arguments_.framing == Framing::lines && !told_of_lines_) {
      const std::string_view text = record_.text();
      told_of_lines_ = text.find('\n') < text.size() - 1;
      if (told_of_lines_) {
        notice(
            fmt::format("record {} has newlines inside: it is more than one line (--length-prefixed keeps "
                        "records whole)",
                        record_.index));
      }
    }
    write_record(record_.bytes, arguments_.framing, out_);
    ++written_;
  }

  const PipeReadArguments& arguments_;
  shm::RecordReader reader_;
  WriterWatch watch_;
  shm::Record record_;
  Output out_;
  std::uint64_t written_ = 0;
  bool told_of_lines_ = false;
};

}  // namespace

int pipe_read(const PipeReadArguments& arguments) { return PipeReading(arguments).run(); }

}  // namespace shm::programs
