// SPDX-License-Identifier: Apache-2.0
#include "common/progress.hpp"

#include <fmt/format.h>

#include "common/text.hpp"

namespace shm::programs {
namespace {

constexpr auto first_after = std::chrono::milliseconds(500);
constexpr auto between = std::chrono::milliseconds(200);

}  // namespace

Progress::Progress(std::uint64_t total)
    : total_(total), shown_(Clock::now()), is_wanted_(line_.is_shown() && is_file(1)) {
  next_ = shown_ + first_after;
}

void Progress::show_at(Clock::time_point now, std::uint64_t items, std::uint64_t bytes) {
  if (now < next_) return;
  const double rate =
      static_cast<double>(items - shown_items_) / std::chrono::duration<double>(now - shown_).count();
  line_.show(progress_text(items, bytes, rate, total_));
  shown_items_ = items;
  shown_ = now;
  next_ = now + between;
}

std::string progress_text(std::uint64_t items, std::uint64_t bytes, double items_per_second,
                          std::uint64_t total) {
  std::string text = fmt::format("{}  {}  {} items/s", count_text(items, "item"), bytes_text(bytes),
                                 number_text(items_per_second));
  if (total == 0 || items > total) return text;
  text += fmt::format("  {:.0f} %", 100 * static_cast<double>(items) / static_cast<double>(total));
  if (!(items_per_second > 0)) return text;
  return text +
         fmt::format("  {} left", duration_text(static_cast<double>(total - items) / items_per_second));
}

}  // namespace shm::programs
