// SPDX-License-Identifier: Apache-2.0

// shm cat: prints the items of any stream.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <span>

#include "common/options.hpp"
#include "common/output.hpp"
#include "common/program.hpp"
#include "common/progress.hpp"
#include "common/source_entry.hpp"
#include "common/stream_time.hpp"
#include "common/text.hpp"
#include "common/writer_watch.hpp"
#include "consumers/shm/command.hpp"
#include "consumers/shm/printing.hpp"
#include "shm/stream/raw_reader.hpp"

namespace shm::programs {
namespace {

constexpr auto between_looks = std::chrono::milliseconds(500);

struct CatArguments {
  StreamArguments stream;
  std::string from = "oldest";
  TimeSpan span;
  std::uint64_t count = 0;  // 0: no limit
  bool follow = false;
  PrintingOptions printing;
  bool enter = false;
};

class Cat {
 public:
  explicit Cat(const CatArguments& arguments)
      : arguments_(arguments),
        printing_(make_printing(arguments.stream, arguments.printing, "shm cat")),
        reader_(printing_->reader()),
        watch_(reader_) {
    StartPosition::parse(arguments.from).seek(reader_);
    if (!arguments.span.is_open()) choose_span();
    if (arguments.enter) entry_.emplace(reader_);
  }

  int run() {
    // Without --follow: the items that are there now, and no more.
    const shm::Index end = arguments_.follow ? UINT64_MAX : reader_.inserted();
    Progress progress(total(end));
    while (reader_.cursor() < end && left() > 0 && !is_past_until()) {
      const shm::ReadResult result = print(std::min(left(), end - reader_.cursor()));
      printed_ += result.count;
      out_.flush();  // stdout may be watched
      progress.show(printed_, out_.written());
      if (result.status == shm::Status::lost) {
        tell_lost();
      } else if (result.status == shm::Status::timed_out) {
        look_around();
      } else if (result.status != shm::Status::ok) {
        break;  // ended, or stopped
      }
    }
    out_.flush();
    if (reader_.lost_items() > 0) {
      notice(fmt::format("{} printed, {} lost in {}", count_text(printed_, "item"), reader_.lost_items(),
                         count_text(reader_.lost_ranges(), "range")));
    }
    return 0;
  }

 private:
  /// How many items will be printed; 0: that is not known.
  [[nodiscard]] std::uint64_t total(shm::Index end) const {
    if (arguments_.follow || until_) return arguments_.count;
    return std::min(left(), end - std::min(end, reader_.cursor()));
  }

  void choose_span() {
    time_.emplace(reader_);
    if (!arguments_.span.until.empty()) until_ = time_->key_of(arguments_.span.until);
    if (!arguments_.span.since.empty()) seek_since(reader_, *time_, arguments_.span);
  }

  /// How many of the readable items come before --until.
  [[nodiscard]] std::uint64_t before_until() const {
    const shm::IndexRange there{reader_.cursor(), std::max(reader_.cursor(), reader_.inserted())};
    return time_->keys().lower(*until_, there) - there.begin;
  }

  [[nodiscard]] bool is_past_until() const {
    return until_ && reader_.inserted() > reader_.cursor() && before_until() == 0;
  }

  [[nodiscard]] std::uint64_t left() const {
    return arguments_.count == 0 ? UINT64_MAX : arguments_.count - printed_;
  }

  shm::ReadResult print(std::uint64_t most) {
    if (until_) {
      // Items that came during the call were not looked at.
      const shm::Status status = reader_.wait_for(reader_.cursor() + 1, between_looks);
      if (status != shm::Status::ok) return {status, 0, reader_.cursor()};
      most = std::min(most, before_until());
      if (most == 0) return {};
    }
    return printing_->print(most, between_looks, out_);
  }

  void tell_lost() {
    const shm::IndexRange lost = reader_.last_lost();
    notice(fmt::format("lost items {} to {} ({})", lost.begin, lost.end - 1, lost.size()));
    if (arguments_.printing.format == "json") {
      fmt::format_to(fmt::appender(out_.buffer()), "{{\"lost\":[{},{}]}}\n", lost.begin, lost.end);
      out_.flush();
    }
  }

  void look_around() {
    if (entry_) entry_->poll();
    const std::string change = watch_.changed();
    if (!change.empty()) notice(change);
  }

  const CatArguments& arguments_;
  std::unique_ptr<Printing> printing_;
  shm::RawReader& reader_;
  WriterWatch watch_;
  std::optional<SourceEntry> entry_;
  std::optional<StreamTime> time_;     // with --since or --until
  std::optional<std::int64_t> until_;  // a key
  Output out_;
  std::uint64_t printed_ = 0;
};

int print_items(const CatArguments& arguments) {
  if (arguments.printing.index && arguments.printing.format == "raw") {
    throw UsageError("--index has no place in --format raw");
  }
  return Cat(arguments).run();
}

}  // namespace

void add_cat(Command& app, Run& run) {
  auto arguments = std::make_shared<CatArguments>();
  Command command = app.add_command("cat", "Print the items or records of any stream");
  add_stream_arguments(command, arguments->stream);
  add_start_option(command, arguments->from);
  add_time_options(command, arguments->span);
  command.option("--since").excludes("--from");
  command.add_option("-n,--count", arguments->count, "Stop after so many items; with --follow, wait for them")
      .type_name("COUNT")
      .positive();
  command.add_flag("-f,--follow", arguments->follow, "Wait for more, until the stream ends");
  command
      .add_option("--format", arguments->printing.format,
                  "text, json, hex (a line for each item), or raw (the bytes)")
      .type_name("FORMAT")
      .show_default()
      .one_of({"text", "json", "hex", "raw"});
  command.add_flag("--index", arguments->printing.index, "Put each item's index before it");
  command.add_flag("--enter", arguments->enter, "Ask the stream's source to run meanwhile");
  command.footer(
      "A record is a line of text: as it is where that is one plain line, quoted where not. In JSON it is\n"
      "{\"index\":7,\"time\":5,\"text\":\"...\"}, with \"base64\" instead where it is not UTF-8, and without "
      "a "
      "time where it\n"
      "has none.\n"
      "Times are of streams with a ledger, or whose items carry their time. With --follow, --until ends when "
      "an item at\n"
      "or after it is there.\n"
      "Items that were overwritten before they could be read are told on stderr; in JSON also as a line\n"
      "{\"lost\":[a,b]}: items a to b-1.");
  command.on_chosen([arguments, &run] { run = [arguments] { return print_items(*arguments); }; });
}

}  // namespace shm::programs
