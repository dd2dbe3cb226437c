// SPDX-License-Identifier: Apache-2.0

// What a wait set consists of.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "shm/wait/wait_set.hpp"
#include "wait/wait_targets.hpp"
#include "wait/wake_thread_pool.hpp"

namespace shm {

struct WaitSet::Members {
  struct Member {
    Id id;
    std::uint64_t items;               ///< after the cursor,
    std::optional<Index> in_all = {};  ///< or so many since the stream began

    /// How many are to be inserted in all. @throws BadStream.
    [[nodiscard]] Index wanted_of(const RawReader& reader) const {
      return in_all ? *in_all : WaitTargets::after_cursor(reader, items);
    }
  };
  std::vector<Member> all;  // by id
  WaitTargets readers;      // in the same order
  std::uint64_t ids = 0;
  std::uint64_t changes = 0;  ///< how often a stream was added or removed
  Id first{};                 ///< who comes first in the next answer, or who follows it
  std::vector<Ready> ready;
  std::unique_ptr<WakeThreadPool> wake_threads;

  [[nodiscard]] std::size_t place_of(Id id) const;
  /// What is wanted, now that the cursors are where they are. @throws BadStream.
  void want_what_is_wanted();
  /// Fills `ready`; false: there is nothing to say of any.
  [[nodiscard]] bool look_at_streams();
  [[nodiscard]] bool look_at_interrupts();
  /// WakeThreadPool, if it takes them to sleep on so many.
  void provide_listeners(const Interrupt* interrupt);
};

}  // namespace shm
