// SPDX-License-Identifier: Apache-2.0

// shm hz: how many items a second a stream gets, and how evenly they come.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "common/json.hpp"
#include "common/options.hpp"
#include "common/output.hpp"
#include "common/program.hpp"
#include "common/source_entry.hpp"
#include "common/terminal.hpp"
#include "common/text.hpp"
#include "common/writer_watch.hpp"
#include "consumers/shm/command.hpp"
#include "consumers/shm/describe.hpp"
#include "consumers/shm/hz_period.hpp"
#include "consumers/shm/rates.hpp"
#include "shm/query/stream_keys.hpp"
#include "shm/stream/raw_reader.hpp"

namespace shm::programs {
namespace {

struct HzArguments {
  StreamArguments stream;
  double seconds = 0;       // 0: no limit
  std::uint64_t count = 0;  // 0: no limit
  double every = 1;         // 0: only at the end
  bool arrival = false;
  bool enter = false;
  bool json = false;
};

class Hz {
 public:
  explicit Hz(const HzArguments& arguments)
      : arguments_(arguments), reader_(attach(arguments.stream, "shm hz")), watch_(reader_) {
    if (!arguments.arrival && shm::StreamKeys::are_in(reader_.info())) keys_.emplace(reader_);
    if (keys_) batch_.resize(4096);
    if (arguments.enter) entry_.emplace(reader_);
  }

  int run() {
    if (entry_) reader_.seek(shm::Start::next());  // starting takes a while
    looked_at_ = HzClock::now();
    all_ = period_ = begin_period();
    const auto started = looked_at_;
    const auto ends = arguments_.seconds > 0 ? later(started, arguments_.seconds) : never;
    auto report_at = arguments_.every > 0 ? later(started, arguments_.every) : never;
    look_around();
    while (!reason_) {
      look(std::min(report_at, ends));
      look_around();
      if (HzClock::now() >= ends || (arguments_.count > 0 && came() >= arguments_.count)) reason_ = "limit";
      if (HzClock::now() < report_at && !reason_) continue;
      // The last of several periods is reported if it is a whole one.
      const bool is_whole = HzClock::now() >= report_at;
      if (is_whole) report();
      if (is_whole) report_at = std::max(later(report_at, arguments_.every), looked_at_);
    }
    line_.clear();
    entry_.reset();
    summarize();
    return 0;
  }

 private:
  static constexpr HzClock::time_point never = HzClock::time_point::max();

  static HzClock::time_point later(HzClock::time_point time, double seconds) {
    constexpr double longest = 1e9;  // a longer time means for ever
    if (seconds >= longest) return never;
    return time + std::chrono::ceil<HzClock::duration>(std::chrono::duration<double>(seconds));
  }

  Period begin_period() {
    Period period;
    period.since = looked_at_;
    period.first = reader_.cursor();
    period.bytes = bytes_inserted(reader_.info());
    return period;
  }

  [[nodiscard]] std::uint64_t came() const { return reader_.cursor() - all_.first; }

  /// The count of items to be woken at. For arrivals, each item. For times in items it is enough to look
  /// before they are overwritten, so the writer is not asked for a wake at each append.
  [[nodiscard]] shm::Index awaited() const {
    std::uint64_t items = keys_ ? std::max<std::uint64_t>(1, reader_.history() / 4) : 1;
    if (arguments_.count > 0) {
      items = std::min(items, arguments_.count - std::min(came(), arguments_.count - 1));
    }
    if (items > UINT64_MAX - reader_.cursor()) {
      throw shm::BadStream("stream '" + arguments_.stream.stream + "': no item can follow index " +
                           std::to_string(reader_.cursor()) + ": its counters are damaged");
    }
    return reader_.cursor() + items;
  }

  void look(HzClock::time_point until) {
    const auto patience = HzClock::now() + std::chrono::milliseconds(keys_ ? 20 : 200);
    const shm::Status status = reader_.wait_for(awaited(), std::min(until, patience));
    take_all();
    if (status == shm::Status::ended) reason_ = "ended";
    if (status == shm::Status::interrupted) reason_ = "stopped";
  }

  /// All items that are readable now, and no more: a fast writer always has more.
  void take_all() {
    const shm::Index end = reader_.inserted();
    looked_at_ = HzClock::now();
    bool any = false;
    while (reader_.cursor() < end) {
      any = true;
      const shm::Index first = reader_.cursor();
      const std::uint64_t most = keys_ ? batch_.size() : end - first;
      const std::uint64_t count = std::min({most, end - first, reader_.peek_view(most).size()});
      const std::span<std::int64_t> times = std::span(batch_).first(keys_ ? count : 0);
      const bool are_known = keys_ && keys_->copy_keys(first, times);
      if (reader_.skip(count) == shm::Status::lost) {
        tell_lost();
      } else if (are_known) {
        for (const std::int64_t time : times) add_time(time);
      } else if (keys_) {
        both([&](Period& period) { period.timeless += count; });
        previous_.reset();
      }
    }
    if (any && !keys_) add_arrival();
  }

  template <class Change>
  void both(Change change) {
    change(all_);
    change(period_);
  }

  void add_interval(std::int64_t ns) {
    both([&](Period& period) { period.intervals.add(ns); });
  }

  void add_time(std::int64_t time) {
    const std::optional<std::int64_t> before = std::exchange(previous_, time);
    if (!before) return;
    if (time < *before) return both([](Period& period) { ++period.decreasing; });
    const std::uint64_t ns = static_cast<std::uint64_t>(time) - static_cast<std::uint64_t>(*before);
    add_interval(static_cast<std::int64_t>(std::min<std::uint64_t>(ns, INT64_MAX)));
  }

  void add_arrival() {
    const std::int64_t now =
        std::chrono::duration_cast<std::chrono::nanoseconds>(looked_at_.time_since_epoch()).count();
    const std::optional<std::int64_t> before = std::exchange(previous_, now);
    if (before) add_interval(now - *before);
  }

  void tell_lost() {
    previous_.reset();  // the next item is not the neighbour of the last one
    const shm::IndexRange lost = reader_.last_lost();
    both([&](Period& period) {
      period.lost_items += lost.size();
      period.lost_ranges += 1;
    });
  }

  void look_around() {
    const auto now = HzClock::now();
    if (now - looked_around_at_ < std::chrono::milliseconds(200)) return;
    looked_around_at_ = now;
    if (entry_) entry_->poll();
    const std::string change = watch_.changed();
    if (!change.empty()) {
      line_.clear();
      notice(change);
    }
    if (arguments_.every == 0) {
      const Measured so_far = measure(all_);
      line_.show(fmt::format("{}  {}  {}  {:.2f} items/s", arguments_.stream.stream,
                             clock_text(so_far.seconds), count_text(so_far.items, "item"),
                             so_far.items_per_second));
    }
  }

  [[nodiscard]] Measured measure(const Period& period) const {
    Measured measured;
    measured.seconds = std::chrono::duration<double>(looked_at_ - period.since).count();
    measured.items = reader_.cursor() - period.first;
    if (measured.seconds > 0) {
      measured.items_per_second = static_cast<double>(measured.items) / measured.seconds;
      measured.bytes_per_second =
          std::max(0.0, bytes_inserted(reader_.info()) - period.bytes) / measured.seconds;
    }
    return measured;
  }

  void report() {
    const Measured measured = measure(period_);
    if (arguments_.json) {
      out_.append(json_line(period_json(period_, measured)));
    } else {
      const double until = std::chrono::duration<double>(looked_at_ - all_.since).count();
      out_.append(fmt::format("{:>6.1f} s  {}{}\n", until, measured_text(measured),
                              measured.items == 0
                                  ? ": " + reason_for_nothing()
                                  : "  " + intervals_text(period_.intervals) + troubles_text(period_)));
    }
    out_.flush();
    period_ = begin_period();
  }

  void summarize() {
    const Measured measured = measure(all_);
    if (arguments_.json) {
      Json json{{"stream", arguments_.stream.stream}};
      json.update(period_json(all_, measured));
      json["intervals_by"] = source_word();
      json["reason"] = *reason_;
      out_.append(json_line({{"summary", json}}));
    } else {
      out_.append(fmt::format("{}: {} in {:.3f} s, {}{}\n", arguments_.stream.stream,
                              count_text(measured.items, "item"), measured.seconds, measured_text(measured),
                              *reason_ == "ended" ? "; the stream ended" : ""));
      if (measured.items == 0 && *reason_ != "ended") out_.append(reason_for_nothing() + "\n");
      out_.append(
          fmt::format("{}: {}{}\n", source_text(), intervals_text(all_.intervals), troubles_text(all_)));
    }
    out_.flush();
  }

  /// Why no items come, as far as it is known.
  [[nodiscard]] std::string reason_for_nothing() const {
    const shm::StreamInfo info = reader_.info();
    if (info.writer.state == shm::WriterState::ended) return "the stream ended";
    if (info.writer.state == shm::WriterState::lost) return "no writer: " + writer_text(info);
    if (info.source.state == shm::layout::SourceState::stopped)
      return "its source does not run (--enter asks it to)";
    if (info.source.state == shm::layout::SourceState::failed)
      return "its source failed: " + info.source.error;
    return "the writer, " + writer_text(info) + ", appends nothing";
  }

  [[nodiscard]] const char* source_word() const {
    if (!keys_) return "arrival";
    return keys_->ledger() != nullptr ? "ledger" : "item times";
  }

  [[nodiscard]] const char* source_text() const {
    if (!keys_) return "intervals of arrival here (what came together counts once)";
    return keys_->ledger() != nullptr ? "intervals by the stream's ledger"
                                      : "intervals by the times in the items";
  }

  const HzArguments& arguments_;
  shm::RawReader reader_;
  WriterWatch watch_;
  std::optional<SourceEntry> entry_;
  std::optional<shm::StreamKeys> keys_;  // empty: arrivals are measured
  std::vector<std::int64_t> batch_;
  std::optional<std::int64_t> previous_;  // time of the item before, or of the arrival before
  Period all_;
  Period period_;
  HzClock::time_point looked_at_;
  HzClock::time_point looked_around_at_;
  std::optional<std::string> reason_;  // to stop
  StatusLine line_;
  Output out_;
};

}  // namespace

void add_hz(Command& app, Run& run) {
  auto arguments = std::make_shared<HzArguments>();
  Command command = app.add_command("hz", "Measure the rate of a stream, and how evenly its items come");
  add_stream_arguments(command, arguments->stream);
  add_seconds_option(command, "-s,--seconds", arguments->seconds, "Stop after so long (default: never)");
  command.add_option("-n,--count", arguments->count, "Stop once so many items came")
      .type_name("COUNT")
      .positive();
  add_seconds_option(command, "-e,--every", arguments->every,
                     "Say so often what came since; 0: only at the end")
      .show_default();
  command.add_flag("--arrival", arguments->arrival,
                   "Measure intervals of arrival, although the stream has times");
  command.add_flag("--enter", arguments->enter, "Ask the stream's source to run meanwhile");
  command.add_flag("--json", arguments->json, "A line of JSON for each report, and {\"summary\":...}");
  command.footer(
      "The rate is the number of items that came between two looks, whether or not they could be read, by\n"
      "the time between them (CLOCK_MONOTONIC). Intervals are those between neighbouring items:\n"
      "  by the times in the items, or by the stream's ledger, where it has them (taken for nanoseconds);\n"
      "  else of arrival: between the moments at which this reader saw that something new was there. What\n"
      "  came together counts once, and waking up takes some tens of microseconds. Each item then costs\n"
      "  the writer a wake, as with any reader that sleeps.\n"
      "Percentiles are right to 0.1 %. Lost items (overwritten before this reader looked) are told; "
      "intervals\n"
      "across them do not count.");
  command.on_chosen([arguments, &run] { run = [arguments] { return Hz(*arguments).run(); }; });
}

}  // namespace shm::programs
