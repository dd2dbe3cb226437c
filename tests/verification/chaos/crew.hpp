// SPDX-License-Identifier: Apache-2.0

// The processes of a run: started, stopped, killed, and buried. Each has a slot on the board. All of them die
// with the director.
#pragma once

#include <sys/types.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "board.hpp"
#include "worker.hpp"

namespace shm::chaos {

/// How one of them ended.
struct Death {
  std::size_t slot = 0;
  std::string what;        ///< role and stream, or the program
  bool sentenced = false;  ///< it was killed by us
  int exit_code = -1;      ///< -1: by a signal
  int signal = 0;
};

class Crew {
 public:
  explicit Crew(BoardMemory& memory);
  ~Crew();
  Crew(const Crew&) = delete;
  Crew& operator=(const Crew&) = delete;

  /// orders.slot is filled in; gives it. None: no slot is free.
  std::optional<std::size_t> start_worker(WorkerOrders orders);
  /// A program of the project, with stdout and stderr in files.
  std::optional<std::size_t> start_program(const std::vector<std::string>& argv, const std::string& out,
                                           const std::string& err, Removing removing = Removing::nothing,
                                           std::int32_t evicting = 0);

  void kill(std::size_t slot);
  void stop(std::size_t slot);
  void go_on(std::size_t slot);
  void ask_to_end(std::size_t slot);  ///< SIGTERM, for programs

  /// Those that died since the last call. Takes from the board what they were doing.
  [[nodiscard]] std::vector<Death> bury();
  /// Kills all, at once, and waits until they are gone.
  std::vector<Death> kill_everybody();

  [[nodiscard]] bool is_alive(std::size_t slot) const { return board_.slots[slot].pid.load() != 0; }
  [[nodiscard]] bool is_stopped(std::size_t slot) const { return board_.slots[slot].stops.load() % 2 != 0; }
  [[nodiscard]] std::vector<std::size_t> living() const;
  [[nodiscard]] std::uint64_t started() const { return started_; }
  /// The end of what workers wrote to stderr.
  [[nodiscard]] std::string log_tail() const;

  /// Whether the kernel lets workers have monotonic clocks of their own.
  [[nodiscard]] static bool has_time_namespaces();

 private:
  [[nodiscard]] std::optional<std::size_t> free_slot() const;
  void enroll(std::size_t slot, ::pid_t pid, const std::string& what);
  Death bury_one(std::size_t slot, int status);

  BoardMemory& memory_;
  Board& board_;
  int log_;
  std::uint64_t started_ = 0;
};

}  // namespace shm::chaos
