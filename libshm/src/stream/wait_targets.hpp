// SPDX-License-Identifier: Apache-2.0

// Readers that one thread waits for: one (RawReader::wait_for), several (wait_any), or the same ones again and again
// (WaitSet). The one place where a wait is written: spin; then ask for wakes, look, sleep.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include "os/futex.hpp"
#include "shm/base/deadline.hpp"
#include "shm/base/interrupt.hpp"
#include "shm/base/status.hpp"
#include "shm/base/wait_strategy.hpp"
#include "shm/stream/raw_reader.hpp"
#include "stream/wait_target.hpp"

namespace shm::detail {

/// How one call waits.
struct WaitParams {
  Deadline deadline = Deadline::never();
  const Interrupt* interrupt = nullptr;  ///< beside those of the readers
  WaitStrategy waiting = {};
  /// Sleep on this word, which wakes of all the streams change (wait/wake_thread_pool.hpp). nullptr: on the streams'
  /// own wake words.
  const os::FutexWord* wake_word = nullptr;
};

/// One thread at a time: the one that uses the readers, which must stay where they are while they are in it.
class WaitTargets {
 public:
  using Clock = Deadline::Clock;

  void add(RawReader& reader, Index count);
  void remove(std::size_t which);
  void clear() noexcept;
  /// From now on `count` items are wanted, and nothing is known of the writer.
  void want(std::size_t which, Index count) noexcept;

  [[nodiscard]] std::size_t size() const noexcept { return targets_.size(); }
  [[nodiscard]] RawReader& reader(std::size_t which) const noexcept { return targets_[which].of.reader(); }

  /// What is known of one stream: ok, ended, writer_lost, or not_yet.
  [[nodiscard]] Status look(std::size_t which) const noexcept;
  /// Was the interrupt triggered that the reader was made with?
  [[nodiscard]] bool is_interrupted(std::size_t which) const noexcept;

  /// Spins and sleeps until `is_ready` returns true. It looks at the streams, the deadline and the interrupts.
  /// REQUIRES: it just returned false.
  void wait(const WaitParams& how, const std::function<bool()>& is_ready);
  /// Asks the kernel for the writers, if that was not done for a while: look() returns the result.
  void look_at_writers_in_time();
  /// The next look_at_writers_in_time() asks the kernel in any case.
  void look_at_writers_soon() noexcept;

  /// So many futex words does a sleep on all of them take.
  [[nodiscard]] std::size_t words(const Interrupt* interrupt);

 private:
  struct Target {
    Target(RawReader& reader, Index count) : of(reader), stream(of, count) {}
    Waitable of;
    WaitTarget stream;
    Status writer = Status::not_yet;  // ended or writer_lost, from the kernel
  };
  [[nodiscard]] bool has_news() const noexcept;
  [[nodiscard]] bool spin(const WaitParams& how, const std::function<bool()>& is_ready);
  void sleep(const WaitParams& how, const std::function<bool()>& is_ready);
  void remember_interrupts();
  void remember_words(const WaitParams& how);
  [[nodiscard]] bool ask_to_be_woken(const WaitParams& how);
  [[nodiscard]] bool look_at_writers();
  [[nodiscard]] Clock::time_point look_at_writers_at() const noexcept;

  std::vector<Target> targets_;
  std::vector<const Interrupt*> interrupts_;  // the readers' own, each once
  bool interrupts_are_known_ = true;
  std::vector<os::FutexWait>
      words_;  // the streams' in their order (or WaitParams::wake_word), then the interrupts'
  WakeRequestRound requests_;
};

}  // namespace shm::detail
