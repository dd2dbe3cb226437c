// SPDX-License-Identifier: Apache-2.0

// Time to create, to attach, and to recover, of processes that find each other by name.
//
//   create   in a new process: from the first call of the library to a sender that is ready
//   attach   in a new process, while a sender sends: from the first call of the library to the first message
//   recover  from SIGKILL of the sender, whose place a new process takes, until a receiver that stayed gets a
//            message of the new sender
#include <csignal>
#include <memory>
#include <stdexcept>

#include "questions/run.hpp"

namespace shm::bench {
namespace {

constexpr Number second_life = Number{1} << 40;

struct Table {
  std::atomic<int> attached{0};
  std::atomic<int> over{0};
  std::atomic<std::int64_t> created_ns{0};
  std::atomic<std::int64_t> attached_ns{0};
  std::atomic<std::int64_t> recovered_at_ns{0};
};

void send_until_over(Link& link, Table& table, Number number) {
  const std::int64_t start = monotonic_ns();
  std::unique_ptr<Sending> sending;
  for (;;) {
    try {
      sending = link.sender();
      break;
    } catch (const std::exception&) {  // it may take its time to see that its predecessor died
      if (monotonic_ns() - start > 5'000'000'000) throw;
      loops::sleep_for_us(200);
    }
  }
  if (number < second_life) table.created_ns.store(monotonic_ns() - start);
  while (table.over.load() == 0) {
    sending->send(number++);
    loops::sleep_for_us(50);
  }
}

void receive_both_lives(Link& link, Table& table) {
  const std::int64_t start = monotonic_ns();
  const auto receiving = link.receiver(0);
  receiving->wait_for(0);
  table.attached_ns.store(monotonic_ns() - start);
  table.attached.store(1);
  receiving->wait_for(second_life);
  table.recovered_at_ns.store(monotonic_ns());
  table.over.store(1);
}

/// Polls until the condition holds. @throws std::runtime_error  a process failed, or it took too long.
template <class IsSo>
void wait_until(IsSo is_so, const char* what) {
  const std::int64_t patience = monotonic_ns() + 10'000'000'000;
  while (!is_so()) {
    if (monotonic_ns() > patience) throw std::runtime_error(std::string("after 10 s not yet ") + what);
    loops::sleep_for_us(200);
  }
}

bool measure(Run& run, const Case& of, const Implementation& implementation, int round) {
  const auto link = implementation.link({.name = run.next_name(), .bytes = of.bytes, .wait = Wait::sleep});
  const Shared<Table> table;
  Forked sender({run.processors().here, [&] { send_until_over(*link, *table, 0); }});
  wait_until([&] { return table->created_ns.load() > 0; }, "created");
  Forked receiver({run.processors().there, [&] { receive_both_lives(*link, *table); }});
  wait_until([&] { return table->attached.load() == 1; }, "attached");
  loops::sleep_for_us(20'000);
  const std::int64_t killed_at = monotonic_ns();
  sender.kill();
  Forked successor({run.processors().here, [&] { send_until_over(*link, *table, second_life); }});
  const auto add = [&](const char* metric, double ns) {
    run.results().add(of, {.name = metric, .unit = "ms"}, implementation.is.name, {round, {}}, ns / 1e6);
  };
  add("create", static_cast<double>(table->created_ns.load()));
  add("attach", static_cast<double>(table->attached_ns.load()));
  wait_until([&] { return table->over.load() == 1; }, "recovered");
  add("recover", static_cast<double>(table->recovered_at_ns.load() - killed_at));
  return true;
}

}  // namespace

void ask_lifecycle(Run& run) {
  const Case of{.question = "lifecycle", .name = "create, attach, recover", .bytes = 64};
  run.interleave(
      of, [](const Implementation& one) { return one.is.is_named; },
      [&](const Implementation& one, int round) { return measure(run, of, one, round); });
}

}  // namespace shm::bench
