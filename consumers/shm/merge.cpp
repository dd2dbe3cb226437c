// SPDX-License-Identifier: Apache-2.0

// shm merge: prints the items of several streams in the order of their times.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <vector>

#include "common/output.hpp"
#include "common/program.hpp"
#include "common/progress.hpp"
#include "common/stream_time.hpp"
#include "common/text.hpp"
#include "consumers/shm/command.hpp"
#include "consumers/shm/common_index.hpp"
#include "consumers/shm/item_printer.hpp"
#include "consumers/shm/quote.hpp"
#include "consumers/shm/record_printer.hpp"
#include "consumers/shm/records.hpp"
#include "shm/operators/merge.hpp"
#include "shm/stream/record_reader.hpp"

namespace shm::programs {
namespace {

struct MergeArguments {
  std::vector<std::string> streams;
  std::string directory;
  double wait = 0;
  TimeSpan span;
  std::uint64_t count = 0;  // 0: no limit
  bool follow = false;
  std::string lateness = "1s";
  std::string format = "text";
};

class MergePrinter {
 public:
  explicit MergePrinter(const MergeArguments& arguments) : arguments_(arguments), merge_(options(arguments)) {
    for (const std::string& name : arguments.streams) {
      IndexedStream stream({name, arguments.directory, arguments.wait}, "shm merge");
      stream.begin_at(arguments.span);
      const std::int64_t until = stream.until(arguments.span);
      until_ = std::max(until_.value_or(until), until);
      shm::RawReader reader = stream.records() ? stream.reader().fork() : std::move(stream.reader());
      there_ += reader.inserted() - std::min(reader.cursor(), reader.inserted());
      printers_.push_back({ItemPrinter(reader.format(), is_json() ? PrintAs::json : PrintAs::text), until,
                           std::move(stream.records())});
      merge_.add(std::move(reader), stream.index());
    }
  }

  int run() {
    std::uint64_t printed = 0;
    Progress progress(total());
    while (arguments_.count == 0 || printed < arguments_.count) {
      shm::Merged<std::int64_t> next = merge_.try_next();
      if (next.status == shm::Status::not_yet) {
        out_.flush();  // stdout may be watched
        next = merge_.next();
      }
      if (next.status == shm::Status::lost) {
        tell_lost(next.item.stream, next.lost);
        continue;
      }
      if (!next) break;  // ended, or stopped
      if (!next->is_late && next->key >= *until_) break;
      if (next->key >= printers_[next->stream].until) continue;
      print(*next);
      progress.show(++printed, out_.written());
    }
    out_.flush();
    return 0;
  }

 private:
  struct Printer {
    ItemPrinter items;
    std::int64_t until;                        // REALTIME
    std::optional<shm::RecordReader> records;  // whose entries are the items
  };

  static shm::MergeOptions options(const MergeArguments& arguments) {
    shm::MergeOptions options;
    options.lateness = std::chrono::nanoseconds(parse_duration(arguments.lateness));
    options.up_to_now = !arguments.follow;
    options.waiting = shm::WaitStrategy::sleep();
    options.interrupt = &stop_interrupt();
    return options;
  }
  /// How many items will be printed; 0: that is not known.
  [[nodiscard]] std::uint64_t total() const {
    if (arguments_.follow || !arguments_.span.until.empty()) return arguments_.count;
    return arguments_.count == 0 ? there_ : std::min(arguments_.count, there_);
  }
  [[nodiscard]] bool is_json() const { return arguments_.format == "json"; }

  void print(const shm::MergedItem<std::int64_t>& item) {
    Printer& printer = printers_[item.stream];
    if (printer.records && !copy_record(*printer.records, item.index, record_)) {
      return tell_lost(item.stream, {item.index, item.index + 1});
    }
    const std::string& name = arguments_.streams[item.stream];
    const std::string time = shm::iso_time(item.key);
    if (is_json()) {
      out_.append("{\"time\":\"" + time + "\",\"stream\":");
      append_json_string(out_.buffer(), name);
      fmt::format_to(fmt::appender(out_.buffer()), ",\"index\":{},{}\"item\":", item.index,
                     item.is_late ? "\"late\":true," : "");
    } else {
      fmt::format_to(fmt::appender(out_.buffer()), "{} {}{} ", time, name, item.is_late ? " (late)" : "");
    }
    if (printer.records) {
      print_record(record_, std::nullopt, is_json() ? PrintRecordAs::json : PrintRecordAs::text, out_);
    } else {
      printer.items.print(item.item, out_);
    }
    out_.append(is_json() ? "}\n" : "\n");
    out_.flush_if_large();
  }

  void tell_lost(std::size_t stream, shm::IndexRange lost) {
    out_.flush();
    notice(fmt::format("'{}' lost items {} to {} ({})", arguments_.streams[stream], lost.begin, lost.end - 1,
                       lost.size()));
  }

  const MergeArguments& arguments_;
  shm::Merge<> merge_;
  std::vector<Printer> printers_;
  std::optional<std::int64_t> until_;  // of the stream for which it is the latest
  std::uint64_t there_ = 0;            // items at the start
  shm::Record record_;
  Output out_;
};

}  // namespace

void add_merge(Command& app, Run& run) {
  auto arguments = std::make_shared<MergeArguments>();
  Command command =
      app.add_command("merge", "Print the items of several streams in the order of their times");
  add_streams_arguments(command, arguments->streams, arguments->directory, arguments->wait);
  add_time_options(command, arguments->span);
  command.add_option("-n,--count", arguments->count, "Stop after so many items")
      .type_name("COUNT")
      .positive();
  command.add_flag("-f,--follow", arguments->follow, "Wait for more, until all streams end");
  add_duration_option(command, "--lateness", arguments->lateness,
                      "With --follow: how long a stream that says nothing may hold back the others")
      .show_default();
  command.add_option("--format", arguments->format, "text, or json (a line for each item)")
      .type_name("FORMAT")
      .show_default()
      .one_of({"text", "json"});
  command.footer(
      "Streams need times: a ledger, or items that carry them. Their clocks may differ; times are printed in "
      "UTC.\n"
      "Of items with the same time those of the stream that was named first come first. What comes later "
      "than\n"
      "--lateness allows is printed when it comes, and marked late.");
  command.on_chosen([arguments, &run] { run = [arguments] { return MergePrinter(*arguments).run(); }; });
}

}  // namespace shm::programs
