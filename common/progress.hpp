// SPDX-License-Identifier: Apache-2.0

// The progress of a long job, in a line at the bottom of the terminal. It is shown after half a second, and
// only if stdout is a file.
//
//   Progress progress(total);                     // 0: the end is not known
//   progress.show(items, out.written());          // as often as one likes
//
// One thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "common/terminal.hpp"

namespace shm::programs {

class Progress {
 public:
  using Clock = std::chrono::steady_clock;

  explicit Progress(std::uint64_t total = 0);

  /// The index of the last item, once that is known.
  void set_total(std::uint64_t total) noexcept { total_ = total; }
  void show(std::uint64_t items, std::uint64_t bytes) {
    if (is_wanted_) show_at(Clock::now(), items, bytes);
  }

 private:
  void show_at(Clock::time_point now, std::uint64_t items, std::uint64_t bytes);

  StatusLine line_;
  std::uint64_t total_;
  std::uint64_t shown_items_ = 0;
  Clock::time_point shown_;
  Clock::time_point next_;
  bool is_wanted_;
};

/// "12345 items  1.2 MB  45.0 k items/s  37 %  6.20 s left"; unknown parts are left out.
[[nodiscard]] std::string progress_text(std::uint64_t items, std::uint64_t bytes, double items_per_second,
                                        std::uint64_t total);

}  // namespace shm::programs
