// SPDX-License-Identifier: Apache-2.0

// Waiting for many streams at once: from just before an item is published in one of them until the process
// that slept on all of them has it. By a wait set, and by its descriptor in epoll; beside one futex, and
// beside as many eventfds in epoll. One item at a time, each to another stream than the one before.
#include <fmt/format.h>
#include <linux/futex.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <climits>
#include <map>
#include <system_error>
#include <vector>

#include "questions/run.hpp"
#include "shm/stream/reader.hpp"
#include "shm/stream/writer.hpp"
#include "shm/wait/ready_fd.hpp"
#include "shm/wait/wait_set.hpp"

namespace shm::bench {
namespace {

constexpr std::array<std::size_t, 4> counts{1, 16, 128, 1000};
using Item = std::uint64_t;

/// The shared state of both processes.
struct Course {
  std::uint64_t items = 0;
  std::atomic<int> there{0};                        ///< how many have been made, or are attached
  std::atomic<std::uint64_t> sent_at{0};            ///< ticks
  std::atomic<std::uint64_t> taken{0};              ///< by the one that waits
  alignas(128) std::atomic<std::uint32_t> word{0};  ///< the bare futex
};

/// The course, and a delay for each item.
class Table {
 public:
  explicit Table(std::uint64_t items) : delays_(items * sizeof(float)) {
    course->items = items;
    std::fill_n(delays(), items, not_received);
  }
  [[nodiscard]] float* delays() const { return reinterpret_cast<float*>(delays_.data()); }
  [[nodiscard]] Percentiles percentiles() const {
    std::vector<double> counted;
    for (std::uint64_t i = 0; i < course->items; ++i) {
      if (delays()[i] >= 0) counted.push_back(static_cast<double>(delays()[i]));
    }
    if (counted.size() < course->items / 2) throw std::runtime_error("the one that waits seldom slept");
    return percentiles_of(std::move(counted));
  }
  Shared<Course> course;

 private:
  SharedPages delays_;
};

/// REQUIRES: streams > 0.
std::size_t stream_of(std::uint64_t item, std::size_t streams) {
  return item * 37 % streams;  // NOLINT(clang-analyzer-core.DivideZero)
}

/// Publishes one item after the other, each when the one before was taken and the other side sleeps again.
void publish_all(const Table& table, const auto& publish) {
  Course& course = *table.course;
  for (std::uint64_t item = 0; item < course.items; ++item) {
    while (course.taken.load(std::memory_order_acquire) < item) loops::sleep_for_us(50);
    loops::sleep_for_us(900);
    course.sent_at.store(ticks(), std::memory_order_release);
    publish(item);
  }
}

/// `wait` returns when there may be an item; `take` returns how many items it took.
void take_all(const Table& table, const auto& wait, const auto& take) {
  Course& course = *table.course;
  std::uint64_t item = 0;
  while (item < course.items) {
    const long slept = loops::times_slept();
    wait();
    if (take() == 0) continue;
    const double delay = ns_between(course.sent_at.load(std::memory_order_acquire), ticks());
    table.delays()[item] = loops::times_slept() > slept ? static_cast<float>(delay) : was_awake;
    course.taken.store(++item, std::memory_order_release);
  }
}

void wait_until_there(const Course& course, int who) {
  while (course.there.load(std::memory_order_acquire) < who) loops::sleep_for_us(500);
}

/// A thousand streams are three thousand open files.
void allow_many_files() {
  ::rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
}

// --- streams ---

std::string name_of(const std::string& name, std::size_t stream) {
  return fmt::format("{}/{}", name, stream);
}

void write_streams(const Table& table, const std::string& name, std::size_t streams) {
  allow_many_files();
  std::vector<Writer<Item>> writers;
  for (std::size_t i = 0; i < streams; ++i) {
    writers.emplace_back(name_of(name, i), StreamOptions{.history = 16});
  }
  table.course->there = 1;
  wait_until_there(*table.course, 2);
  publish_all(table, [&](std::uint64_t item) { writers[stream_of(item, streams)].append(item); });
  while (table.course->taken < table.course->items) loops::sleep_for_us(500);
}

/// Readers of all streams, in a set; each is found by its id in the set.
class Readers {
 public:
  Readers(const std::string& name, std::size_t streams) {
    readers_.reserve(streams);
    for (std::size_t i = 0; i < streams; ++i) {
      readers_.emplace_back(name_of(name, i), Start::next());
      of_[set.add(readers_.back().raw())] = &readers_.back();
    }
  }
  [[nodiscard]] int take(const WaitSet::Result& result) {
    int count = 0;
    for (const WaitSet::Ready& ready : result.ready) {
      Reader<Item>& reader = *of_[ready.id];
      while (reader.try_next()) ++count;
    }
    return count;
  }
  WaitSet set;

 private:
  std::vector<Reader<Item>> readers_;
  std::map<WaitSet::Id, Reader<Item>*> of_;
};

void wait_by_set(const Table& table, const std::string& name, std::size_t streams) {
  allow_many_files();
  wait_until_there(*table.course, 1);
  Readers readers(name, streams);
  static_cast<void>(readers.set.wait(std::chrono::milliseconds(1), nullptr, WaitStrategy::sleep()));
  table.course->there = 2;
  WaitSet::Result result;
  take_all(
      table, [&] { result = readers.set.wait(Deadline::never(), nullptr, WaitStrategy::sleep()); },
      [&] { return readers.take(result); });
}

/// An epoll of these descriptors, in their order.
class Epoll {
 public:
  explicit Epoll(const std::vector<int>& descriptors) : epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
    for (std::size_t i = 0; i < descriptors.size(); ++i) {
      ::epoll_event event{.events = EPOLLIN, .data = {.u64 = i}};
      if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, descriptors[i], &event) != 0) {
        throw std::system_error(errno, std::generic_category(), "epoll_ctl");
      }
    }
  }
  ~Epoll() { ::close(epoll_); }
  Epoll(const Epoll&) = delete;
  Epoll& operator=(const Epoll&) = delete;
  /// Which is readable.
  std::size_t wait() const {
    ::epoll_event event{};
    while (::epoll_wait(epoll_, &event, 1, -1) != 1) {
    }
    return event.data.u64;
  }

 private:
  int epoll_;
};

void wait_by_descriptor(const Table& table, const std::string& name, std::size_t streams) {
  allow_many_files();
  wait_until_there(*table.course, 1);
  Readers readers(name, streams);
  ReadyFd ready(readers.set);
  const Epoll epoll({ready.fd()});
  table.course->there = 2;
  take_all(
      table,
      [&] {
        if (ready.rearm() == Status::not_yet) epoll.wait();
      },
      [&] { return readers.take(readers.set.wait(Deadline::now())); });
}

// --- the limits ---

void wake_futex(const Table& table) {
  Course& course = *table.course;
  wait_until_there(course, 1);
  publish_all(table, [&](std::uint64_t) {
    course.word.fetch_add(1, std::memory_order_release);  // pairs with the acquire in wait_by_futex
    ::syscall(SYS_futex, &course.word, FUTEX_WAKE, INT_MAX, nullptr, nullptr, 0);
  });
}

void wait_by_futex(const Table& table) {
  Course& course = *table.course;
  course.there = 1;
  std::uint32_t seen = 0;
  take_all(
      table,
      [&] {
        while (course.word.load(std::memory_order_acquire) == seen) {
          ::syscall(SYS_futex, &course.word, FUTEX_WAIT, seen, nullptr, nullptr, 0);
        }
      },
      [&] { return ++seen, 1; });
}

/// As many as there are streams, known to both processes.
class Eventfds {
 public:
  explicit Eventfds(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      all.push_back(::eventfd(0, EFD_CLOEXEC));
      if (all.back() < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
    }
  }
  ~Eventfds() {
    for (const int descriptor : all) ::close(descriptor);
  }
  Eventfds(const Eventfds&) = delete;
  Eventfds& operator=(const Eventfds&) = delete;
  std::vector<int> all;
};

void write_eventfds(const Table& table, const Eventfds& eventfds) {
  wait_until_there(*table.course, 1);
  publish_all(table, [&](std::uint64_t item) {
    ::eventfd_write(eventfds.all[stream_of(item, eventfds.all.size())], 1);
  });
}

void wait_by_eventfds(const Table& table, const Eventfds& eventfds) {
  const Epoll epoll(eventfds.all);
  table.course->there = 1;
  std::size_t which = 0;
  take_all(
      table, [&] { which = epoll.wait(); },
      [&] {
        ::eventfd_t times = 0;
        ::eventfd_read(eventfds.all[which], &times);
        return 1;
      });
}

// --- the question ---

/// Two processes, one that publishes and one that waits.
Percentiles measure_two(Run& run, const auto& publishes, const auto& waits) {
  const Table table(std::max<std::uint64_t>(40, static_cast<std::uint64_t>(run.lasting(200))));
  run_together(
      {{run.processors().here, [&] { publishes(table); }}, {run.processors().there, [&] { waits(table); }}},
      std::chrono::seconds(60));
  return table.percentiles();
}

bool measure(Run& run, const Case& of, int round) {
  allow_many_files();
  const auto add = [&](const std::string& way, const std::string& limit, const std::string& implementation,
                       const Percentiles& found) {
    const Metric p50{.name = way + ", p50", .unit = "ns", .limits = {limit}, .is_compared = false};
    const Metric p99{.name = way + ", p99", .unit = "ns", .limits = {limit}, .is_compared = false};
    run.results().add(of, p50, implementation, {round, {}}, found.p50);
    run.results().add(of, p99, implementation, {round, {}}, found.p99);
  };
  const auto streams_by = [&](const auto& wait) {
    const std::string name = run.next_name();
    return measure_two(
        run, [&](const Table& table) { write_streams(table, name, of.items); },
        [&](const Table& table) { wait(table, name, of.items); });
  };
  const Eventfds eventfds(of.items);
  add("wait set", "bare futex", "libshm", streams_by(wait_by_set));
  add("wait set", "bare futex", "bare futex", measure_two(run, wake_futex, wait_by_futex));
  add("descriptor", "eventfds in epoll", "libshm", streams_by(wait_by_descriptor));
  add("descriptor", "eventfds in epoll", "eventfds in epoll",
      measure_two(
          run, [&](const Table& table) { write_eventfds(table, eventfds); },
          [&](const Table& table) { wait_by_eventfds(table, eventfds); }));
  return true;
}

}  // namespace

void ask_waiting(Run& run) {
  for (const std::size_t streams : counts) {
    const Case of{.question = "waiting",
                  .name = fmt::format("{} stream{}", streams, streams == 1 ? "" : "s"),
                  .bytes = sizeof(Item),
                  .wait = "sleep",
                  .rate_hz = 1000,
                  .items = streams};
    run.interleave(
        of, [](const Implementation& one) { return one.is.kind == Kind::ours; },
        [&](const Implementation&, int round) { return measure(run, of, round); });
  }
}

}  // namespace shm::bench
