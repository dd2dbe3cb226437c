// SPDX-License-Identifier: Apache-2.0

// shm top: the rates of streams and their readers, with lags and losses, refreshed in place.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <memory>
#include <optional>
#include <thread>

#include "common/json.hpp"
#include "common/options.hpp"
#include "common/output.hpp"
#include "common/program.hpp"
#include "common/terminal.hpp"
#include "common/text.hpp"
#include "consumers/shm/command.hpp"
#include "consumers/shm/top/page.hpp"
#include "consumers/shm/top/screen.hpp"
#include "consumers/shm/top/streams_watch.hpp"
#include "shm/storage/catalog.hpp"
#include "shm/time/clock.hpp"

namespace shm::programs {
namespace {

using TopClock = std::chrono::steady_clock;

struct SortOrder {
  const char* name;
  char key;
  SortBy by;
};
constexpr std::array<SortOrder, 6> sort_orders{{{"name", 'n', SortBy::name},
                                                {"rate", 'r', SortBy::rate},
                                                {"bandwidth", 'b', SortBy::bandwidth},
                                                {"readers", 'e', SortBy::readers},
                                                {"lag", 'l', SortBy::lag},
                                                {"lost", 'o', SortBy::lost}}};

std::string sort_name(SortBy by) {
  for (const SortOrder& order : sort_orders) {
    if (order.by == by) return order.name;
  }
  return "?";
}

SortBy sort_by_name(const std::string& name) {
  for (const SortOrder& order : sort_orders) {
    if (name == order.name) return order.by;
  }
  throw UsageError("--sort: there is no order '" + name + "'");
}

struct TopArguments {
  std::vector<std::string> streams;
  std::string directory;
  double interval = 1;
  std::uint64_t count = 0;  // 0: no limit
  std::string sort = "name";
  bool json = false;
};

class Top {
 public:
  explicit Top(const TopArguments& arguments)
      : arguments_(arguments),
        directory_(arguments.directory.empty() ? shm::default_directory() : arguments.directory),
        sort_(sort_by_name(arguments.sort)),
        watch_(arguments.streams, directory_) {}

  int run() {
    const bool in_place = !arguments_.json && is_terminal(1);
    in_place ? draw() : print();
    return 0;
  }

 private:
  [[nodiscard]] TopClock::time_point next() const {
    constexpr double longest = 1e9;  // a longer time means for ever
    return TopClock::now() + std::chrono::ceil<TopClock::duration>(
                                 std::chrono::duration<double>(std::min(arguments_.interval, longest)));
  }

  [[nodiscard]] bool is_last(std::uint64_t shown) const {
    return arguments_.count > 0 && shown >= arguments_.count;
  }

  void look() {
    snapshot_ = watch_.look();
    sort_streams(snapshot_.streams, sort_);
  }

  /// Tables one after the other. The first one comes after an interval: before that there is no rate.
  void print() {
    look();
    for (std::uint64_t shown = 0; !is_last(shown) && sleep_until(next());) {
      look();
      ++shown;
      if (arguments_.json) {
        out_.append(json_line(page_json(snapshot_, shm::now_ns(CLOCK_REALTIME))));
      } else {
        const std::string time = time_text(shm::now_ns(CLOCK_REALTIME));
        out_.append((shown > 1 ? "\n" : "") + time + "  ");
        for (const std::string& line : page_lines(snapshot_, directory_)) out_.append(line + "\n");
      }
      out_.flush();
    }
  }

  /// False: a stop signal came.
  static bool sleep_until(TopClock::time_point until) {
    constexpr auto longest = std::chrono::milliseconds(100);  // a signal may come just before
    while (!stop_interrupt().triggered()) {
      const auto now = TopClock::now();
      if (now >= until) return true;
      std::this_thread::sleep_for(std::min<std::chrono::nanoseconds>(until - now, longest));
    }
    return false;
  }

  /// The same on a terminal, in one place.
  void draw() {
    Screen screen(out_);
    look();
    show(screen);
    auto look_at = next();
    for (std::uint64_t shown = 0; !stop_interrupt().triggered();) {
      const Screen::Event event = screen.wait(look_at);
      if (event.key == 'q') return;
      const bool is_other_order = choose(event.key);
      if (!event.resized && !is_other_order && TopClock::now() < look_at) continue;
      if (TopClock::now() >= look_at) {
        if (is_last(shown)) return;
        look();
        ++shown;
        look_at = next();
      }
      show(screen);
    }
  }

  bool choose(char key) {
    for (const SortOrder& order : sort_orders) {
      if (order.key != key) continue;
      sort_ = order.by;
      sort_streams(snapshot_.streams, sort_);
      return true;
    }
    return false;
  }

  void show(Screen& screen) {
    const TerminalSize size = Screen::size();
    std::vector<std::string> lines = page_lines(snapshot_, directory_);
    std::string keys = "by " + sort_name(sort_) + "; q quits, sort by";
    for (const SortOrder& order : sort_orders) keys += fmt::format(" {} {}", order.key, order.name);
    lines.insert(lines.begin() + 1, keys);
    // A full line would be erased from its last character on.
    screen.draw(fitted(std::move(lines), size.rows, std::max(size.columns, 2U) - 1));
  }

  const TopArguments& arguments_;
  std::string directory_;
  SortBy sort_;
  StreamsWatch watch_;
  Snapshot snapshot_;
  Output out_;
};

}  // namespace

void add_top(Command& app, Run& run) {
  auto arguments = std::make_shared<TopArguments>();
  Command command = app.add_command(
      "top", "Show what comes in the streams, who reads, lags, loses and holds back, refreshed in place");
  command.add_option("STREAM", arguments->streams, "Only these (default: all that there are)").type_name("");
  add_directory_option(command, arguments->directory);
  add_seconds_option(command, "-i,--interval", arguments->interval, "Time between looks")
      .show_default()
      .in_range(0.01, 1e9);
  command.add_option("-n,--count", arguments->count, "Stop after so many tables")
      .type_name("COUNT")
      .positive();
  std::vector<std::string> orders;
  for (const SortOrder& order : sort_orders) orders.emplace_back(order.name);
  command
      .add_option("--sort", arguments->sort,
                  "name, or what has most of it first: rate, bandwidth, readers, lag (as a part of the "
                  "history), lost")
      .type_name("ORDER")
      .show_default()
      .one_of(orders);
  command.add_flag("--json", arguments->json, "An object of JSON, on a line, for each look");
  command.footer(
      "RATE and BANDWIDTH are of what came since the look before. HISTORY: how far back what is readable\n"
      "goes, at that rate (where nothing comes, at the one that the stream says it has). Below a stream its\n"
      "readers: program, process and name, how far each lags behind, what it lost and in how many ranges,\n"
      "and whether it holds the writer back (lossless streams). On a terminal: q quits, letters sort.\n"
      "Elsewhere: a table for each interval.");
  command.on_chosen([arguments, &run] { run = [arguments] { return Top(*arguments).run(); }; });
}

}  // namespace shm::programs
