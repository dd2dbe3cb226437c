// SPDX-License-Identifier: Apache-2.0

// The gaps that a producer reported in its marks, cut to a range of frames. One thread.
#pragma once

#include <cstdint>
#include <vector>

#include "shm/audio/audio.hpp"

namespace shm::programs {

struct Gap {
  shm::IndexRange frames;
  shm::CaptureMark::Reason reason = shm::CaptureMark::Reason::none;
};

class GapLog {
 public:
  /// Records a gap; other marks have no effect.
  void add(const shm::CaptureMark& mark);
  /// The parts of the gaps that lie in these frames.
  [[nodiscard]] std::vector<Gap> within(shm::IndexRange frames) const;
  /// How many gaps begin in these frames.
  [[nodiscard]] std::uint64_t count_beginning_in(shm::IndexRange frames) const;
  /// Drops gaps that end at or before this frame: they are not needed again.
  void forget_before(shm::Index frame);
  void forget_all() noexcept { gaps_.clear(); }

 private:
  std::vector<Gap> gaps_;
};

[[nodiscard]] std::uint64_t frames_of(const std::vector<Gap>& gaps);

}  // namespace shm::programs
