// SPDX-License-Identifier: Apache-2.0

// The processes of a run: this starts, stops, kills and reaps them. Each has a slot on the board. All of them die
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

/// The end of one process.
struct Death {
  std::size_t slot = 0;
  std::string what;        ///< role and stream, or the program
  bool sentenced = false;  ///< the director killed it
  int exit_code = -1;      ///< -1: by a signal
  int signal = 0;
};

class Crew {
 public:
  explicit Crew(BoardMemory& memory);
  ~Crew();
  Crew(const Crew&) = delete;
  Crew& operator=(const Crew&) = delete;

  /// Starts a worker; fills in orders.slot and returns it. Returns nothing if no slot is free.
  std::optional<std::size_t> start_worker(WorkerOrders orders);
  /// Starts a program of the project, with stdout and stderr in files.
  std::optional<std::size_t> start_program(const std::vector<std::string>& argv, const std::string& out,
                                           const std::string& err, Removing removing = Removing::nothing,
                                           std::int32_t evicting = 0);

  void kill(std::size_t slot);
  void stop(std::size_t slot);
  void go_on(std::size_t slot);
  void ask_to_end(std::size_t slot);  ///< SIGTERM, for programs

  /// Returns the processes that died since the last call, and removes their actions from the board.
  [[nodiscard]] std::vector<Death> bury();
  /// Kills all at once, and waits for their ends.
  std::vector<Death> kill_everybody();

  [[nodiscard]] bool is_alive(std::size_t slot) const { return board_.slots[slot].pid.load() != 0; }
  [[nodiscard]] bool is_stopped(std::size_t slot) const { return board_.slots[slot].stops.load() % 2 != 0; }
  [[nodiscard]] std::vector<std::size_t> living() const;
  [[nodiscard]] std::uint64_t started() const { return started_; }
  /// Returns the last part of the workers' stderr.
  [[nodiscard]] std::string log_tail() const;

  /// Returns whether the kernel lets workers have monotonic clocks of their own.
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
