// SPDX-License-Identifier: Apache-2.0
#include "questions/run.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <map>

namespace shm::bench {
namespace {

constexpr Bounces warm_up{.per_stamp = 1, .stamps = 2000};
constexpr Bounces bounces{.per_stamp = 16, .stamps = 500};

}  // namespace

void Probe::ask_before() {
  static_cast<void>(bench::ask(*line_, warm_up));
  found_->before_ns = median_of(bench::ask(*line_, bounces));
}

void Probe::ask_after() {
  static_cast<void>(bench::ask(*line_, warm_up));
  found_->after_ns = median_of(bench::ask(*line_, bounces));
}

void Probe::answer() {
  bench::answer(*line_, warm_up);
  bench::answer(*line_, bounces);
}

void Idle::stay(Link& link, int count) {
  std::vector<std::unique_ptr<Receiving>> receivers;
  for (int i = 0; i < count; ++i) receivers.push_back(link.receiver(first_idle + i));
  are_there_.store(1, std::memory_order_relaxed);
  while (is_over_.load(std::memory_order_relaxed) == 0) loops::sleep_for_us(10'000);
}

void Idle::wait_until_there(const Description& of) const {
  while (are_there_.load(std::memory_order_relaxed) == 0) loops::sleep_for_us(1000);
  std::this_thread::sleep_for(std::chrono::milliseconds(of.discovers_in_ms));
}

Run::Run(const Effort& effort, std::vector<Implementation> implementations)
    : effort_(effort),
      processors_(two_processors()),
      implementations_(std::move(implementations)),
      stop_(std::chrono::steady_clock::now() + effort.at_most) {
  static_cast<void>(ns_per_tick());  // once, before processes are forked: they must agree on it
}

void Run::interleave(const Case& of, const Takes& takes, const Measure& measure) {
  constexpr int most_attempts = 4;
  constexpr int most_failures = 2;
  std::map<std::string, int> failures;
  for (int round = 1; round <= effort_.rounds; ++round) {
    for (const Implementation& one : implementations_) {
      if (!one.missing.empty() || !takes(one) || failures[one.is.name] >= most_failures) continue;
      was_stopped_ = was_stopped_ || std::chrono::steady_clock::now() > stop_;
      if (was_stopped_) return;
      if (::isatty(STDERR_FILENO) != 0)
        fmt::print(stderr, "\r\033[K{}, round {}: {}", of.name, round, one.is.name);
      try {
        for (int i = 0; i < most_attempts && !measure(one, round); ++i) {
        }
      } catch (const std::exception& error) {
        ++failures[one.is.name];
        results_.add_failure(of, one.is.name, error.what());
        fmt::print(stderr, "{}{}: {}: {}\n", ::isatty(STDERR_FILENO) != 0 ? "\r\033[K" : "", of.name,
                   one.is.name, error.what());
      }
    }
  }
  if (::isatty(STDERR_FILENO) != 0) fmt::print(stderr, "\r\033[K");
}

bool Run::stayed(const Case& of, const Implementation& implementation, int round, const Probe& probe) {
  const bool kept = probe.found().agree();
  results_.add_probes(of, implementation.is.name, round, probe.found(), kept);
  return kept;
}

std::string Run::next_name() { return fmt::format("bench-{}-{}", ::getpid(), ++names_); }

std::vector<std::size_t> Run::sizes(std::vector<std::size_t> all, std::vector<std::size_t> few) const {
  return effort_.all_sizes ? std::move(all) : std::move(few);
}

std::int64_t Run::lasting(std::int64_t ns) const {
  return static_cast<std::int64_t>(static_cast<double>(ns) * effort_.stretch);
}

std::string words(Wait wait) { return wait == Wait::spin ? "spin" : "sleep"; }

std::string in_words(std::size_t bytes) {
  if (bytes < 1024) return fmt::format("{} B", bytes);
  if (bytes < 1024 * 1024) return fmt::format("{} KiB", bytes / 1024);
  return fmt::format("{} MiB", bytes / 1024 / 1024);
}

std::string in_powers(std::uint64_t items) {
  if (items < 1000) return fmt::format("{}", items);
  int zeros = 0;
  for (; items % 10 == 0; items /= 10) ++zeros;
  return fmt::format("{}e{}", items, zeros);
}

bool waits(const Implementation& implementation, Wait wait) {
  return wait == Wait::spin ? implementation.is.spins : implementation.is.sleeps;
}

}  // namespace shm::bench
