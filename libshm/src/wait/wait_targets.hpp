// SPDX-License-Identifier: Apache-2.0

// Readers that one thread waits for at once: what wait_any() and WaitSet share.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include "os/futex.hpp"
#include "shm/base/deadline.hpp"
#include "shm/base/interrupt.hpp"
#include "shm/base/owned.hpp"
#include "shm/base/wait_strategy.hpp"
#include "shm/stream/raw_reader.hpp"
#include "wait/wait_target.hpp"
#include "wait/wake_thread_pool.hpp"

namespace shm {

/// How one call waits.
struct WaitParams {
  Deadline deadline = Deadline::never();
  const Interrupt* interrupt = nullptr;
  WaitStrategy waiting = {};
  /// They listen to all of these streams; nullptr: the sleep is on the streams' own bells.
  const WakeThreadPool* wake_threads = nullptr;
};

/// One thread at a time: the one that uses the readers.
class WaitTargets {
 public:
  using Clock = Deadline::Clock;

  void add(RawReader& reader, Index count);
  void remove(std::size_t which);
  /// From now on that so many were inserted, and nothing is known of its writer.
  void want(std::size_t which, Index count) noexcept;

  [[nodiscard]] std::size_t size() const noexcept { return readers_.size(); }
  [[nodiscard]] RawReader& reader(std::size_t which) const noexcept { return *readers_[which].reader; }

  /// What can be said of one: ok, ended, writer_lost, or not_yet.
  [[nodiscard]] Status look(std::size_t which) const noexcept;
  /// Was the interrupt triggered that the reader was made with?
  [[nodiscard]] bool is_interrupted(std::size_t which) const noexcept;

  /// Spins and sleeps until `says`, which looks, and knows the deadline and the interrupts, gives true.
  /// REQUIRES: it just gave false.
  void wait(const WaitParams& how, const std::function<bool()>& is_ready);
  /// Asks the kernel for the writers, if it was not asked for a while: look() gives what it knows.
  void look_at_writers_in_time();
  /// The next time it is asked in any case.
  void look_at_writers_soon() noexcept;

  /// So many words does a sleep on all of them take.
  [[nodiscard]] std::size_t words(const Interrupt* interrupt);

  /// The count at which so many items follow the reader's cursor.
  /// @throws BadStream  no index is left for them.
  [[nodiscard]] static Index after_cursor(const RawReader& reader, std::uint64_t items) {
    return reader.after_cursor(items);
  }
  /// The reader's stream, for a thread that has no reader: without a count, and nobody asked.
  [[nodiscard]] static WaitTarget stream_of(const RawReader& reader) noexcept;
  /// The stream as the reader has it mapped: it stays so as long as the result lives.
  [[nodiscard]] static Shared<const storage::AttachedStream> mapping_of(const RawReader& reader) noexcept;

 private:
  struct Target {
    RawReader* reader;
    WaitTarget stream;
    Status writer = Status::not_yet;  // ended or writer_lost: what the kernel said
  };
  [[nodiscard]] bool has_news() const noexcept;
  [[nodiscard]] bool spin(const WaitParams& how, const std::function<bool()>& is_ready);
  void sleep(const WaitParams& how, const std::function<bool()>& is_ready);
  void remember_interrupts();
  void remember_words(const WaitParams& how);
  [[nodiscard]] bool ask_to_be_woken(const WaitParams& how);
  [[nodiscard]] bool look_at_writers();
  [[nodiscard]] Clock::time_point look_at_writers_at() const noexcept;

  std::vector<Target> readers_;
  std::vector<const Interrupt*> interrupts_;  // the readers' own, each once
  bool interrupts_are_known_ = true;
  std::vector<os::FutexWait> words_;  // the streams' in their order (or the listeners'), then the interrupts'
  WakeRequests requests_;
};

}  // namespace shm
