// SPDX-License-Identifier: Apache-2.0
#include "common/gap_log.hpp"

#include <algorithm>

namespace shm::programs {

void GapLog::add(const shm::CaptureMark& mark) {
  if (mark.kind != shm::CaptureMark::Kind::gap || mark.frames == 0) return;
  if (mark.frames > UINT64_MAX - mark.index) return;  // no such frames can exist
  gaps_.push_back({{mark.index, mark.index + mark.frames}, mark.reason});
}

std::vector<Gap> GapLog::within(shm::IndexRange frames) const {
  std::vector<Gap> found;
  for (const Gap& gap : gaps_) {
    const shm::IndexRange part{std::max(gap.frames.begin, frames.begin),
                               std::min(gap.frames.end, frames.end)};
    if (!part.empty()) found.push_back({part, gap.reason});
  }
  return found;
}

std::uint64_t GapLog::count_beginning_in(shm::IndexRange frames) const {
  return static_cast<std::uint64_t>(std::count_if(gaps_.begin(), gaps_.end(), [frames](const Gap& gap) {
    return gap.frames.begin >= frames.begin && gap.frames.begin < frames.end;
  }));
}

void GapLog::forget_before(shm::Index frame) {
  std::erase_if(gaps_, [frame](const Gap& gap) { return gap.frames.end <= frame; });
}

std::uint64_t frames_of(const std::vector<Gap>& gaps) {
  std::uint64_t frames = 0;
  for (const Gap& gap : gaps) frames += gap.frames.size();
  return frames;
}

}  // namespace shm::programs
