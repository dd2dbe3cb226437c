// SPDX-License-Identifier: Apache-2.0

// shm align: one table of several streams on a common index.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/output.hpp"
#include "common/program.hpp"
#include "common/progress.hpp"
#include "common/text.hpp"
#include "consumers/shm/aligned_stream.hpp"
#include "consumers/shm/command.hpp"
#include "consumers/shm/common_index.hpp"
#include "shm/base/saturating.hpp"
#include "shm/query/as_of.hpp"
#include "shm/wait/wait_any.hpp"

namespace shm::programs {
namespace {

constexpr auto longest_wait = std::chrono::milliseconds(500);

struct AlignArguments {
  std::vector<std::string> streams;
  std::string directory;
  double wait = 0;
  TimeSpan span;
  std::string on;     // a stream of them; empty: the first
  std::string every;  // a duration: rows at this distance instead
  std::string how = "previous";
  std::string tolerance;
  std::string lateness = "1s";
  bool follow = false;
  std::string time = "iso";
};

class Aligner {
 public:
  explicit Aligner(const AlignArguments& arguments) : arguments_(arguments) {
    for (const std::string& name : arguments.streams) {
      streams_.push_back(std::make_unique<AlignedStream>(
          StreamArguments{name, arguments.directory, arguments.wait}, "shm align"));
    }
    shm::AsOfOptions<>& options = alignment_.options;
    options.how = arguments.how == "nearest" ? shm::AsOfMethod::nearest
                  : arguments.how == "next"  ? shm::AsOfMethod::next
                                             : shm::AsOfMethod::previous;
    if (!arguments.tolerance.empty()) options.tolerance = parse_duration(arguments.tolerance);
    if (arguments.follow) alignment_.lateness = std::chrono::nanoseconds(parse_duration(arguments.lateness));
    if (!arguments.on.empty()) {
      const auto at = std::find(arguments.streams.begin(), arguments.streams.end(), arguments.on);
      if (at == arguments.streams.end())
        throw UsageError("--on '" + arguments.on + "' is none of the streams");
      leader_ = static_cast<std::size_t>(at - arguments.streams.begin());
    }
    if (arguments.how == "linear") align_linearly();
  }

  int run() {
    out_.append("time");
    for (const auto& stream : streams_) stream->print_names(out_);
    out_.append("\n");
    arguments_.every.empty() ? on_items() : on_grid();
    out_.flush();
    if (gone_ > 0) notice(fmt::format("{} left empty: overwritten", count_text(gone_, "cell")));
    return 0;
  }

 private:
  AlignedStream& leader() { return *streams_[leader_]; }

  /// Refuses streams of records, except the leading one.
  void align_linearly() {
    alignment_.is_linear = true;
    for (const auto& stream : streams_) {
      const bool is_looked_up = !arguments_.every.empty() || stream.get() != &leader();
      if (!is_looked_up || !stream->has_records()) continue;
      throw UsageError(fmt::format(
          "--how linear: '{}' is a stream of records, and nothing lies between two of these; choose "
          "previous, next or nearest",
          stream->name()));
    }
  }

  /// A row for each item of the leading stream.
  void on_items() {
    AlignedStream& lead = leader();
    shm::RawReader& reader = lead.indexed().reader();
    lead.indexed().begin_at(arguments_.span);
    const std::int64_t until = lead.indexed().until(arguments_.span);
    const shm::Index end = arguments_.follow ? UINT64_MAX : reader.inserted();
    if (!arguments_.follow && arguments_.span.until.empty())
      progress_.set_total(end - std::min(end, reader.cursor()));
    while (reader.cursor() < end) {
      const shm::Index index = reader.cursor();
      const shm::Status status = lead.take_next();
      if (status == shm::Status::lost) {
        const shm::IndexRange lost = reader.last_lost();
        notice(fmt::format("lost items {} to {} ({})", lost.begin, lost.end - 1, lost.size()));
        continue;
      }
      if (status == shm::Status::timed_out || status == shm::Status::not_yet) {
        out_.flush();  // stdout may be watched
        const shm::Status waited = reader.wait_for(index + 1, longest_wait);
        if (waited == shm::Status::ok || waited == shm::Status::timed_out) continue;
        return;  // ended, or stopped
      }
      if (status != shm::Status::ok) return;
      const std::optional<std::int64_t> key = lead.index().key(index);
      if (!key) {
        notice(fmt::format("item {} is left out: its time is overwritten", index));
        continue;
      }
      if (*key >= until || !print_row(*key, &lead)) return;
    }
  }

  /// Rows at equal distances: from --since, or from where all streams have begun, to --until, or to where the
  /// last stream ends.
  void on_grid() {
    const std::int64_t step = parse_duration(arguments_.every);
    if (step <= 0) throw UsageError("--every needs a duration of more than 0");
    std::int64_t begin = INT64_MIN;
    std::int64_t until = INT64_MIN;
    for (const auto& stream : streams_) {
      stream->indexed().begin_at(arguments_.span);
      until = std::max(until, stream->indexed().until(arguments_.span));
      begin = std::max(begin, begin_of(*stream, step));
    }
    for (std::int64_t key = begin; key < until && has_come(key); key = shm::saturating::add(key, step)) {
      if (!print_row(key, nullptr)) return;
    }
  }

  /// --since; without it the first multiple of the step at which the stream has begun, so that tables of
  /// different runs have the same rows. An empty stream is waited for with --follow.
  std::int64_t begin_of(AlignedStream& stream, std::int64_t step) {
    const StreamTime& time = stream.indexed().time();
    if (!arguments_.span.since.empty()) return time.realtime_of(time.key_of(arguments_.span.since));
    shm::RawReader& reader = stream.indexed().reader();
    if (arguments_.follow) static_cast<void>(reader.wait_for(reader.oldest() + 1));
    const auto key = stream.index().key(reader.oldest());
    if (!key) {
      throw shm::NotFound("stream '" + reader.info().name + "' has no items yet (--follow waits for them)");
    }
    const std::int64_t past = *key % step;
    return past == 0 ? *key : shm::saturating::add(*key, past < 0 ? -past : step - past);
  }

  /// Has any of the streams reached this key? With --follow, waits for it. False also after a stop signal.
  bool has_come(std::int64_t key) {
    while (!stop_interrupt().triggered()) {
      bool is_live = false;
      for (const auto& stream : streams_) {
        const shm::RawReader& reader = stream->indexed().reader();
        is_live = is_live || reader.writer_state() != shm::WriterState::ended;
        const shm::Index inserted = reader.inserted();
        const auto newest = inserted > 0 ? stream->index().key(inserted - 1) : std::nullopt;
        if (newest && *newest >= key) return true;
      }
      if (!is_live || !arguments_.follow) return false;
      out_.flush();
      std::vector<shm::Awaited> awaited;
      for (const auto& stream : streams_) {
        shm::RawReader& reader = stream->indexed().reader();
        if (reader.writer_state() != shm::WriterState::ended) {
          awaited.push_back({&reader, reader.inserted() + 1});
        }
      }
      if (!awaited.empty())
        static_cast<void>(
            shm::wait_any(awaited, longest_wait, &stop_interrupt(), shm::WaitStrategy::sleep()));
    }
    return false;
  }

  /// False: a result may still change, and the program does not wait for the final one.
  bool print_row(std::int64_t key, const AlignedStream* lead) {
    // All results before any is printed: large records leave the buffer while they are printed.
    for (const auto& stream : streams_) {
      if (stream.get() == lead || stream->look_up(key, alignment_)) continue;
      notice(fmt::format("ends at {}: what '{}' had then is not yet sure (--follow waits for it)",
                         shm::iso_time(key), stream->name()));
      return false;
    }
    if (arguments_.time == "iso") {
      out_.append(shm::iso_time(key));
    } else {
      const std::int64_t second = key >= 0 ? key / 1'000'000'000 : -((999'999'999 - key) / 1'000'000'000);
      fmt::format_to(fmt::appender(out_.buffer()), "{}.{:09}", second, key - second * 1'000'000'000);
    }
    for (const auto& stream : streams_) {
      stream->print(out_);
      gone_ += stream->gone_cells();
    }
    out_.append("\n");
    out_.flush_if_large();
    progress_.show(++rows_, out_.written());
    return true;
  }

  const AlignArguments& arguments_;
  std::vector<std::unique_ptr<AlignedStream>> streams_;
  Alignment alignment_;
  std::size_t leader_ = 0;
  std::uint64_t gone_ = 0;
  std::uint64_t rows_ = 0;
  Progress progress_;
  Output out_;
};

}  // namespace

void add_align(Command& app, Run& run) {
  auto arguments = std::make_shared<AlignArguments>();
  Command command = app.add_command("align", "Print one table (CSV) of several streams on a common index");
  add_streams_arguments(command, arguments->streams, arguments->directory, arguments->wait);
  add_time_options(command, arguments->span);
  command.add_option("--on", arguments->on, "A row for each item of this stream (default: the first)")
      .type_name("STREAM");
  add_duration_option(command, "--every", arguments->every, "Rows at this distance instead").excludes("--on");
  command
      .add_option(
          "--how", arguments->how,
          "What the other streams had then: their previous item (at or before), the next, the nearest, or "
          "linear: numbers on the straight line between the two around")
      .type_name("METHOD")
      .show_default()
      .one_of({"previous", "next", "nearest", "linear"});
  add_duration_option(command, "--tolerance", arguments->tolerance,
                      "An item further away than this does not count");
  command.add_flag("-f,--follow", arguments->follow,
                   "Go on with what comes, until the stream (or all of them) end");
  add_duration_option(command, "--lateness", arguments->lateness,
                      "With --follow: how long to wait for an answer to be sure")
      .show_default();
  command.add_option("--time", arguments->time, "iso (UTC), or seconds (since 1970)")
      .type_name("FORM")
      .show_default()
      .one_of({"iso", "seconds"});
  command.footer(
      "Streams need times: a ledger, or items that carry them. Their clocks may differ. Cells are empty "
      "where a\n"
      "stream has no item within the tolerance. Without --follow the table ends before the first row that "
      "items\n"
      "which are still to come may change.\n"
      "A record is one cell: its text, without the newline at its end. What is no text, or begins with a "
      "quote, is\n"
      "quoted with escapes as by `shm cat`. --how linear is for numbers, not for records.");
  command.on_chosen([arguments, &run] { run = [arguments] { return Aligner(*arguments).run(); }; });
}

}  // namespace shm::programs
