// SPDX-License-Identifier: Apache-2.0
#include "producers/file/pace.hpp"

#include <algorithm>
#include <cmath>

#include "common/log.hpp"

namespace shm::programs {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

std::int64_t nanoseconds_of(Clock::time_point at) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(at.time_since_epoch()).count();
}

}  // namespace

ClockPace::ClockPace(double frames_per_second, const StopSignal& stop)
    : rate_(frames_per_second), stop_(stop), start_(Clock::now()) {}

std::uint64_t ClockPace::allow(std::uint64_t played, std::uint64_t most) {
  const Clock::time_point complete{std::chrono::nanoseconds(time_of(played + most))};
  return stop_.wait_until(complete) ? 0 : most;
}

std::int64_t ClockPace::time_of(std::uint64_t played) const {
  const long double offset = static_cast<long double>(played) * 1e9L / static_cast<long double>(rate_);
  return nanoseconds_of(start_) + std::llroundl(offset);
}

ReaderPace::ReaderPace(const RawWriter& writer, std::vector<std::string> names, const StopSignal& stop)
    : writer_(writer), names_(std::move(names)), stop_(stop), history_(writer.info().items.history) {}

std::vector<ReaderInfo> ReaderPace::followed() const {
  std::vector<ReaderInfo> readers = writer_.readers();
  std::erase_if(readers, [&](const ReaderInfo& reader) {
    return !names_.empty() && std::none_of(names_.begin(), names_.end(), [&](const std::string& name) {
      return name == reader.name || name == reader.program;
    });
  });
  return readers;
}

bool ReaderPace::wait_for_readers(std::size_t count) {
  // A reader that attaches sends no wake: the table of readers is polled.
  while (followed().size() < count) {
    if (stop_.wait_for(5ms)) return false;
  }
  return !stop_.triggered();
}

std::uint64_t ReaderPace::allow(std::uint64_t /*played*/, std::uint64_t most) {
  bool alone = false;
  while (!stop_.triggered()) {
    const std::vector<ReaderInfo> readers = followed();
    if (readers.empty() && !alone) {
      alone = true;
      log::info("no reader is left: waiting for one at frame {}", writer_.inserted());
    }
    if (!readers.empty()) {
      const Index inserted = writer_.inserted();
      const std::uint64_t room = overtaking_limit(readers, inserted, history_) - inserted;
      if (room > 0) return std::min(room, most);
    }
    stop_.wait_for(readers.empty() ? 5ms : 200us);
  }
  return 0;
}

std::int64_t ReaderPace::time_of(std::uint64_t /*played*/) const { return nanoseconds_of(Clock::now()); }

Index overtaking_limit(const std::vector<ReaderInfo>& readers, Index inserted, std::uint64_t history) {
  Index slowest = UINT64_MAX;
  for (const ReaderInfo& reader : readers) slowest = std::min(slowest, reader.cursor);
  // A reader may wait for an index that is far ahead: it does not limit the pace.
  const Index limit = slowest > UINT64_MAX - history ? UINT64_MAX : slowest + history;
  return std::max(limit, inserted);
}

}  // namespace shm::programs
