// SPDX-License-Identifier: Apache-2.0

// Runs the questions: with every implementation in turn, round after round, so that drift hits all alike; in
// new processes each time; between two probes of the bare line.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "results/results.hpp"
#include "support/pinning.hpp"
#include "support/shared.hpp"
#include "support/together.hpp"
#include "transports/loops.hpp"

namespace shm::bench {

/// How long a run takes.
struct Effort {
  int rounds = 5;
  double stretch = 1;                                    ///< of the time that each measurement takes
  bool all_sizes = true;                                 ///< else every few
  std::chrono::seconds at_most = std::chrono::hours(2);  ///< no measurement begins later
};

/// The bare line between two processes, probed before and after a measurement. It is made before forking; the
/// sender asks, one receiver replies.
class Probe {
 public:
  void ask_before();
  void ask_after();
  void answer();
  /// In the parent, when both are done.
  [[nodiscard]] const Probes& found() const { return *found_; }

 private:
  BareLine line_;
  Shared<Probes> found_;
};

/// Idle receivers in a process of their own, until they are released. In shared memory.
class Idle {
 public:
  void stay(Link& link, int count);                    ///< in that process
  void wait_until_there(const Description& of) const;  ///< and known to the sender
  void let_go() { is_over_.store(1, std::memory_order_relaxed); }

 private:
  std::atomic<int> are_there_{0};
  std::atomic<int> is_over_{0};
};

class Run {
 public:
  Run(const Effort& effort, std::vector<Implementation> implementations);

  using Takes = std::function<bool(const Implementation&)>;
  /// One measurement of one implementation; it adds its figures to results() itself. False: the processors
  /// moved meanwhile, repeat it.
  using Measure = std::function<bool(const Implementation&, int round)>;
  /// One round after the other, each with every implementation that `takes` it. A failure is noted, and an
  /// implementation that failed twice is left out.
  void interleave(const Case& of, const Takes& takes, const Measure& measure);

  /// Records the probes of a measurement. True: keep it.
  [[nodiscard]] bool stayed(const Case& of, const Implementation& implementation, int round,
                            const Probe& probe);

  [[nodiscard]] const Effort& effort() const { return effort_; }
  [[nodiscard]] const Processors& processors() const { return processors_; }
  [[nodiscard]] const std::vector<Implementation>& implementations() const { return implementations_; }
  [[nodiscard]] Results& results() { return results_; }
  /// True if the time was over before all was measured.
  [[nodiscard]] bool was_stopped() const { return was_stopped_; }

  /// A new name for a channel.
  [[nodiscard]] std::string next_name();
  /// The lengths of messages in the questions.
  [[nodiscard]] std::vector<std::size_t> sizes(std::vector<std::size_t> all,
                                               std::vector<std::size_t> few) const;
  [[nodiscard]] std::int64_t lasting(std::int64_t ns) const;

 private:
  Effort effort_;
  Processors processors_;
  std::vector<Implementation> implementations_;
  Results results_;
  int names_ = 0;
  std::chrono::steady_clock::time_point stop_;
  bool was_stopped_ = false;
};

[[nodiscard]] std::string words(Wait wait);                ///< "spin"
[[nodiscard]] std::string in_words(std::size_t bytes);     ///< "8 B", "64 KiB"
[[nodiscard]] std::string in_powers(std::uint64_t items);  ///< "1e6", "4e6"
[[nodiscard]] bool waits(const Implementation& implementation, Wait wait);

// The questions. Each adds its cases to run.results().
void ask_one_way(Run& run);
void ask_wake(Run& run);
void ask_paced(Run& run);
void ask_throughput(Run& run);
void ask_fan_out(Run& run);
void ask_waiting(Run& run);
void ask_append(Run& run);
void ask_batches(Run& run);
void ask_memory(Run& run);
void ask_lifecycle(Run& run);
void ask_lossless(Run& run);
void ask_records(Run& run);
void ask_keys(Run& run);
void ask_interval_query(Run& run);
void ask_stamped_append(Run& run);
void ask_merging(Run& run);

/// Checks that each implementation carries the right data. Prints a line for each; false: one does not.
[[nodiscard]] bool check_all(Run& run);

}  // namespace shm::bench
