// SPDX-License-Identifier: Apache-2.0

// The project's programs during a run: a player, which is killed and started again, and programs that read its
// stream.
#pragma once

#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "arena.hpp"
#include "crew.hpp"

namespace shm::chaos {

/// The paths of the programs; empty if they are not run.
struct ProgramPaths {
  std::string player;    ///< shm-file
  std::string tool;      ///< shm
  std::string recorder;  ///< shm-record
};

class Programs {
 public:
  Programs(Crew& crew, Board& board, const Arena& arena, const ProgramPaths& paths, std::uint64_t seed);

  /// Starts the programs that do not run. To be called regularly.
  void tend();
  /// Returns whether the process was one of these programs; if so, checks its output.
  bool died(const Death& death);

  [[nodiscard]] std::uint64_t runs() const { return runs_; }
  [[nodiscard]] std::uint64_t frames_checked() const { return frames_; }

 private:
  enum class Kind { player, cat, recorder, list, collect, evict };
  struct Run {
    Kind kind;
    std::string out;
    std::string err;
    std::string recording;
  };
  [[nodiscard]] std::vector<std::string> command(Kind kind, const std::string& recording);
  [[nodiscard]] std::uint64_t random(std::uint64_t below) { return random_() % below; }
  void start(Kind kind);
  void check(const Death& death, const Run& run);

  Crew& crew_;
  Board& board_;
  const Arena& arena_;
  ProgramPaths paths_;
  std::mt19937_64 random_;
  std::map<std::size_t, Run> running_;  // by slot
  std::uint64_t runs_ = 0;
  std::uint64_t frames_ = 0;
};

}  // namespace shm::chaos
