// SPDX-License-Identifier: Apache-2.0

// Keeps a worker in every post, causes faults, and judges at the end.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <optional>
#include <random>
#include <vector>

#include "arena.hpp"
#include "crew.hpp"
#include "faults.hpp"
#include "programs.hpp"
#include "tally.hpp"

namespace shm::chaos {

struct Plan {
  double seconds = 60;
  std::uint64_t seed = 0;
  std::size_t streams = 0;  ///< how many kinds of streams, chosen at random; 0: all
  std::size_t writers = 2;  ///< of each stream; one of them is refused as long as the other lives
  std::size_t readers = 36;
  std::size_t tools = 3;
  ProgramPaths programs;
};

class Director {
 public:
  Director(const Plan& plan, BoardMemory& memory, Arena& arena);

  /// Runs until the time is over, `interrupted` is not 0, or there are too many violations.
  void run(const volatile int& interrupted);

  [[nodiscard]] const Tally& tally() const { return tally_; }
  [[nodiscard]] std::uint64_t workers_started() const { return crew_.started(); }
  [[nodiscard]] std::size_t stream_count() const { return streams_.size(); }
  [[nodiscard]] double seconds() const { return seconds_; }
  [[nodiscard]] bool has_time_namespaces() const { return time_namespaces_; }
  [[nodiscard]] std::string log_tail() const { return crew_.log_tail(); }

 private:
  struct Position {
    Post post;
    std::optional<std::size_t> stream;  ///< of a writer
    std::optional<std::size_t> slot;
    std::int64_t start_at = 0;
  };
  [[nodiscard]] std::uint64_t random(std::uint64_t below) { return random_() % below; }
  [[nodiscard]] bool has_enough() const;
  [[nodiscard]] std::size_t post_of(std::size_t slot) const;
  [[nodiscard]] const RoleEntry& choose_role(Post post, const std::vector<std::size_t>& streams);
  [[nodiscard]] WorkerOrders orders_for(const Position& position);
  void man_posts(std::int64_t now);
  void bury_dead(std::int64_t now);
  void look_for_hangs(std::int64_t now);
  void restart_everything(std::int64_t now);
  void audit();
  void run_alone(const std::string& role, const std::vector<std::size_t>& streams);
  void finish();
  void judge_wakes();
  void show_progress(std::int64_t now);

  Plan plan_;
  Board& board_;
  Arena& arena_;
  Crew crew_;
  std::mt19937_64 random_;
  Tally tally_;
  Faults faults_;
  Programs programs_;
  bool time_namespaces_;
  std::vector<std::size_t> streams_;
  std::vector<Position> positions_;
  std::int64_t began_ = 0;
  std::int64_t restart_at_ = 0;
  std::int64_t shown_ = 0;
  double seconds_ = 0;
};

}  // namespace shm::chaos
