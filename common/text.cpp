// SPDX-License-Identifier: Apache-2.0
#include "common/text.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <ctime>

namespace shm::programs {
namespace {

struct Unit {
  double size;
  const char* name;
};

/// Three digits. The number is rounded before its unit is chosen: 999.7 us are 1.00 ms.
template <std::size_t N>
std::string in_units(double value, const std::array<Unit, N>& units) {
  const Unit* unit = units.data();
  for (const Unit& larger : units) {
    if (value >= larger.size * 0.9995) unit = &larger;
  }
  const double shown = value / unit->size;
  return fmt::format("{:.{}f} {}", shown, shown >= 99.95 ? 0 : shown >= 9.995 ? 1 : 2, unit->name);
}

}  // namespace

std::string number_text(double number) {
  if (!(number < 1e18)) return "?";  // nothing that can be counted
  if (number < 1000 && number == std::floor(number)) return fmt::format("{:.0f}", number);
  constexpr std::array<Unit, 5> units{{{1, ""}, {1e3, "k"}, {1e6, "M"}, {1e9, "G"}, {1e12, "T"}}};
  std::string text = in_units(number, units);
  if (text.back() == ' ') text.pop_back();
  return text;
}

std::string duration_text(double seconds) {
  if (!(seconds < 1e15)) return "?";
  if (!(seconds > 0)) return "0 s";
  constexpr std::array<Unit, 7> units{
      {{1e-9, "ns"}, {1e-6, "us"}, {1e-3, "ms"}, {1, "s"}, {60, "min"}, {3600, "h"}, {86400, "d"}}};
  return in_units(seconds, units);
}

std::string bytes_text(std::uint64_t bytes) {
  if (bytes < 1000) return fmt::format("{} B", bytes);
  constexpr std::array<const char*, 5> units{"kB", "MB", "GB", "TB", "PB"};
  double value = static_cast<double>(bytes) / 1000;
  std::size_t unit = 0;
  while (value >= 999.95 && unit + 1 < units.size()) {
    value /= 1000;
    ++unit;
  }
  return fmt::format("{:.1f} {}", value, units.at(unit));
}

std::string clock_text(double seconds) {
  constexpr double longest = 1e15;  // of what can be counted in seconds
  const auto whole = static_cast<std::uint64_t>(seconds > 0 ? std::min(seconds, longest) : 0.0);
  return fmt::format("{:02}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
}

std::string time_text(std::int64_t realtime_ns) {
  const std::time_t seconds = realtime_ns / 1'000'000'000;
  std::tm parts{};
  std::array<char, 32> text{};
  if (::localtime_r(&seconds, &parts) == nullptr) return "?";
  return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S", &parts)};
}

std::string count_text(std::uint64_t n, const char* one) {
  return fmt::format("{} {}{}", n, one, n == 1 ? "" : "s");
}

std::string printable(std::string_view text) {
  std::string shown(text);
  for (std::size_t i = 0; i < shown.size(); ++i) {
    const auto byte = static_cast<unsigned char>(shown[i]);
    // U+0080 to U+009F are control characters too: 0xc2 and one of these in UTF-8, or such a byte alone.
    const bool in_character = i > 0 && static_cast<unsigned char>(text[i - 1]) >= 0x80;
    const bool is_high = byte >= 0x80 && byte < 0xa0 && (!in_character || text[i - 1] == '\xc2');
    if (byte < 0x20 || byte == 0x7f || is_high) shown[i] = '?';
  }
  return shown;
}

}  // namespace shm::programs
