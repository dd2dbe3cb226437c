// SPDX-License-Identifier: Apache-2.0

// CardState: the state of the card, whichever process has it open. It is kept in a shared file so that it survives a
// SIGKILL and can be reached from outside while a program records.
//
//     CardState state(directory);
//     state.request({.kind = FaultKind::stall, .duration_ns = 200'000'000});    // any process
//     while (auto fault = state.take()) ...                       // the process that has the card open
//
// Any number of processes may map it and request faults. take(), the progress and the `..._until` times
// belong to the one process that holds the card (CardLock). Throws std::system_error, std::runtime_error.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <optional>

#include "simulated_card/delivery.hpp"
#include "simulated_card/fault.hpp"

namespace simulated_card {

/// A file descriptor that closes itself.
class FileDescriptor {
 public:
  explicit FileDescriptor(int fd = -1) : fd_(fd) {}
  FileDescriptor(FileDescriptor&& other) noexcept : fd_(other.release()) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept;
  ~FileDescriptor();

  [[nodiscard]] int get() const { return fd_; }
  int release() {
    const int fd = fd_;
    fd_ = -1;
    return fd;
  }

 private:
  int fd_;
};

/// The card can be open once, as a card with one subdevice. The kernel releases the lock when its holder
/// dies.
class CardLock {
 public:
  /// Empty if another open holds the card.
  [[nodiscard]] static std::optional<CardLock> try_lock(const std::filesystem::path& directory);
  CardLock(CardLock&&) = default;
  CardLock& operator=(CardLock&&) = delete;
  ~CardLock();

 private:
  explicit CardLock(FileDescriptor fd) : fd_(std::move(fd)) {}
  FileDescriptor fd_;
};

/// The contiguous range of world frames that is being handed to the program.
struct Progress {
  std::int64_t run = 0;    ///< which start, counted since the state directory was made; 0: no run
  std::int64_t range = 0;  ///< which contiguous range, counted likewise
  WorldRange delivered;
};

class CardState {
 public:
  /// Creates the directory and the file if they are missing.
  explicit CardState(const std::filesystem::path& directory);
  ~CardState();
  CardState(const CardState&) = delete;
  CardState& operator=(const CardState&) = delete;

  /// Queues a fault, stamped with the time of the request. Throws std::runtime_error if 64 are waiting
  /// already.
  void request(Fault fault);
  /// The oldest fault not yet taken; each is taken once.
  std::optional<Fault> take();

  /// 0: no program has opened the card yet.
  [[nodiscard]] std::int64_t epoch_ns() const;
  void set_epoch_ns(std::int64_t ns);

  /// Until when (CLOCK_MONOTONIC ns) the card is asleep, absent or silent, for every open.
  std::atomic<std::int64_t>& suspended_until();
  std::atomic<std::int64_t>& unplugged_until();
  std::atomic<std::int64_t>& stalled_until();
  /// An overrun waits for the next run: its frames + 1, or 0 for no overrun.
  std::atomic<std::int64_t>& waiting_overrun();
  /// The process that has the card open; 0: no process. If it is not 0 and the lock is free, that process
  /// died.
  std::atomic<std::int64_t>& holder();

  [[nodiscard]] std::int64_t next_run();
  [[nodiscard]] Progress progress() const;
  /// Begins a range (with a new number, or no range if run is 0) at a world frame. A SIGKILL leaves the old
  /// one or the new one, never a mixture.
  void begin_range(std::int64_t run, std::int64_t world);
  /// The frames of the current range below `world` were handed to the program.
  void delivered_to(std::int64_t world);

 private:
  struct Layout;
  FileDescriptor fd_;
  Layout* shared_;
};

}  // namespace simulated_card
