// SPDX-License-Identifier: Apache-2.0

// Memory per stream: the growth of the memory of all processes together with each channel that is opened
// between two of them and used: their own, their shared memory (once), and that of a daemon. The kernel's own
// memory is not seen: buffers of a pipe or a socket. The room is for 64 messages of 64 bytes, or the default
// of the transport. The first channel includes the library's own needs.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <stdexcept>

#include "questions/run.hpp"

namespace shm::bench {
namespace {

constexpr int many = 33;

/// The memory of all processes: their proportional set sizes, in which a page that n processes share counts
/// 1/n for each.
double used_kib() {
  double used = 0;
  for (const auto& process : std::filesystem::directory_iterator("/proc")) {
    std::ifstream file(process.path() / "smaps_rollup");  // not there, or not to be read: not ours
    for (std::string line; std::getline(file, line);) {
      if (line.rfind("Pss:", 0) == 0) used += std::strtod(line.c_str() + 4, nullptr);
    }
  }
  return used;
}

struct Table {
  Greeting greetings[many];
  std::atomic<int> opened{0};  ///< processes
  std::atomic<int> over{0};
};

void stay(Table& table) {
  table.opened.fetch_add(1);
  while (table.over.load() == 0) loops::sleep_for_us(5000);
}

void send_some(std::vector<std::unique_ptr<Link>>& links, Table& table) {
  std::vector<std::unique_ptr<Sending>> open;
  for (std::size_t i = 0; i < links.size(); ++i) {
    open.push_back(links[i]->sender());
    open.back()->greet(table.greetings[i], 1);
    for (Number number = 0; number < 32; ++number) open.back()->send(number);
  }
  stay(table);
}

void receive_some(std::vector<std::unique_ptr<Link>>& links, Table& table) {
  std::vector<std::unique_ptr<Receiving>> open;
  for (std::size_t i = 0; i < links.size(); ++i) {
    open.push_back(links[i]->receiver(0));
    open.back()->greet(table.greetings[i]);
    open.back()->wait_for(31);
  }
  stay(table);
}

/// The memory of two processes with this many open channels.
double kib_with(Run& run, const Implementation& implementation, const Channel& channel, int count) {
  const Shared<Table> table;
  std::vector<std::unique_ptr<Link>> links;
  for (int i = 0; i < count; ++i) {
    Channel one = channel;
    one.name = run.next_name();
    links.push_back(implementation.link(one));
  }
  const Shared<double> used;
  run_together({{-1,
                 [&] {
                   while (table->opened.load() < 2) loops::sleep_for_us(5000);
                   loops::sleep_for_us(50'000);  // helper threads settle
                   *used = used_kib();
                   table->over.store(1);
                 }},
                {run.processors().here, [&] { send_some(links, *table); }},
                {run.processors().there, [&] { receive_some(links, *table); }}},
               std::chrono::seconds(30));
  return *used;
}

bool measure(Run& run, const Case& of, std::uint64_t depth, const Implementation& implementation, int round) {
  const Channel channel{.name = {}, .bytes = of.bytes, .wait = Wait::sleep, .depth = depth};
  const double none = kib_with(run, implementation, channel, 0);
  const double first = kib_with(run, implementation, channel, 1) - none;
  const double all = kib_with(run, implementation, channel, many) - none;
  const auto add = [&](const char* metric, double kib) {
    run.results().add(of, {.name = metric, .unit = "KiB"}, implementation.is.name, {round, {}},
                      std::max(1.0, kib));
  };
  add("each", (all - first) / (many - 1));
  add("first", first);
  return true;
}

}  // namespace

void ask_memory(Run& run) {
  for (const std::uint64_t depth : {64U, 0U}) {
    const Case of{.question = "memory",
                  .name = depth == 0 ? "64 B messages, room by default" : "64 B messages, room for 64",
                  .bytes = 64};
    run.interleave(
        of, [](const Implementation& one) { return one.is.sleeps && one.is.kind != Kind::limit; },
        [&](const Implementation& one, int round) { return measure(run, of, depth, one, round); });
  }
}

}  // namespace shm::bench
