// SPDX-License-Identifier: Apache-2.0
#include "common/marks_follower.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace shm::programs {
namespace {

constexpr std::size_t marks_kept = 4096;
constexpr auto between_attempts = std::chrono::milliseconds(500);

// Times and counts of a broken writer may be any number: sums wrap, and times beyond all clocks are not
// times.
std::int64_t wrapping_difference(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b));
}

}  // namespace

MarksFollower::MarksFollower(const shm::StreamInfo& frames, std::string directory)
    : name_(shm::marks_name(frames.name)),
      directory_(std::move(directory)),
      created_ns_(wrapping_difference(frames.file.created_realtime_ns, frames.clock.realtime_minus_clock_ns)),
      batch_(256) {
  attach();
}

void MarksFollower::attach() {
  tried_ = std::chrono::steady_clock::now();
  shm::ReaderOptions options;
  options.directory = directory_;
  options.name = "marks";
  try {
    reader_.emplace(name_, shm::Start::oldest(), options);
  } catch (const shm::Error&) {
    // Missing, not permitted, or no stream of marks: there are no marks then.
    reader_.reset();
  }
}

void MarksFollower::take(const shm::CaptureMark& mark, const Listener& listener) {
  if (newest_ && mark.index < newest_->index) {
    if (again_) return;  // seen before
    if (newest_->time_ns >= created_ns_) {
      is_over_ = true;
    } else {
      recent_.clear();
      if (listener.anew) listener.anew();
    }
  }
  if (is_over_ || (again_ && mark.index == newest_->index)) return;
  again_ = false;
  recent_.push_back(mark);
  if (recent_.size() > marks_kept) recent_.pop_front();
  newest_ = mark;
  if (listener.mark) listener.mark(mark);
}

void MarksFollower::poll(const Listener& listener) {
  if (!reader_) {
    if (std::chrono::steady_clock::now() - tried_ < between_attempts) return;
    attach();
    if (!reader_) return;
  }
  for (;;) {
    const shm::ReadResult result = reader_->read(batch_, shm::Amount::available, shm::Deadline::now());
    for (std::size_t i = 0; i < result.count; ++i) take(batch_[i], listener);
    if (result.status == shm::Status::ended) {
      lost_before_ += reader_->lost_items();
      reader_.reset();
      again_ = newest_.has_value();  // a stream that replaces them may hold the same marks once more
      return;
    }
    if (result.status != shm::Status::ok && result.status != shm::Status::lost) return;
  }
}

std::optional<std::int64_t> MarksFollower::time_of(shm::Index frame, double rate) const {
  const auto after =
      std::upper_bound(recent_.begin(), recent_.end(), frame,
                       [](shm::Index at, const shm::CaptureMark& mark) { return at < mark.index; });
  if (after == recent_.begin() || rate <= 0) return std::nullopt;
  const shm::CaptureMark& mark = *std::prev(after);
  constexpr double longest = 4e18;  // ns, of 9.2e18 that there are: 126 years
  const double since = static_cast<double>(frame - mark.index) / rate * 1e9;
  if (std::abs(static_cast<double>(mark.time_ns)) > longest || !(since < longest)) return std::nullopt;
  return mark.time_ns + std::llround(since);
}

}  // namespace shm::programs
