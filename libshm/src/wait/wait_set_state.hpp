// SPDX-License-Identifier: Apache-2.0

// The state of a wait set; ready_fd.cpp reads it too.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "shm/wait/wait_set.hpp"
#include "stream/wait_targets.hpp"
#include "wait/wake_thread_pool.hpp"

namespace shm {

struct WaitSet::State {
  struct Member {
    Id id;
    std::uint64_t items;               ///< after the cursor,
    std::optional<Index> in_all = {};  ///< or so many since the stream began

    /// The count of items in all that is wanted. @throws BadStream.
    [[nodiscard]] Index wanted_of(const RawReader& reader) const {
      return in_all ? *in_all : reader.count_after_cursor(items);
    }
  };
  std::vector<Member> all;      // by id
  detail::WaitTargets readers;  // in the same order
  std::uint64_t ids = 0;
  std::uint64_t changes = 0;  ///< how often a stream was added or removed
  Id first{};                 ///< first in the next result, if it is still in the set; else the one after it
  std::vector<Ready> ready;
  std::unique_ptr<WakeThreadPool> wake_threads;

  [[nodiscard]] std::size_t place_of(Id id) const;
  /// Reads the cursors as they are now. @throws BadStream.
  void update_counts();
  /// Fills `ready`; false: no stream has a result.
  [[nodiscard]] bool look_at_streams();
  [[nodiscard]] bool look_at_interrupts();
  /// Makes or removes the wake threads, depending on the number of wake words.
  void provide_wake_threads(const Interrupt* interrupt);
};

}  // namespace shm
