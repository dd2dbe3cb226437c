// SPDX-License-Identifier: Apache-2.0
#include "producers/system/proc_text.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

namespace shm::programs {
namespace {

/// A piece of foreign text that is short enough for a sentence.
std::string quoted(std::string_view text) {
  constexpr std::size_t most = 60;
  std::string result(text.substr(0, most));
  std::replace_if(
      result.begin(), result.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  return "'" + result + (text.size() > most ? "...'" : "'");
}

/// The kernel ends every line: one that is not ended was cut off, perhaps in the middle of a number.
std::vector<std::string_view> lines_of(std::string_view text) {
  if (text.empty()) throw BadText("it is empty");
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) throw BadText("it ends in the middle of the line " + quoted(text));
    lines.push_back(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
  return lines;
}

std::vector<std::string_view> words_of(std::string_view line) {
  constexpr std::string_view blank = " \t";
  std::vector<std::string_view> words;
  for (;;) {
    const std::size_t begin = line.find_first_not_of(blank);
    if (begin == std::string_view::npos) return words;
    line.remove_prefix(begin);
    const std::size_t end = std::min(line.find_first_of(blank), line.size());
    words.push_back(line.substr(0, end));
    line.remove_prefix(end);
  }
}

std::uint64_t count_of(std::string_view word) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error == std::errc::result_out_of_range) throw BadText(quoted(word) + " does not fit in 64 bits");
  if (error != std::errc() || end != word.data() + word.size())
    throw BadText(quoted(word) + " is not a number");
  return value;
}

double average_of(std::string_view word) {
  double value = 0;
  const auto [end, error] =
      std::from_chars(word.data(), word.data() + word.size(), value, std::chars_format::fixed);
  // from_chars takes "inf", "nan" and "-1" too.
  if (error != std::errc() || end != word.data() + word.size() || !std::isfinite(value) ||
      std::signbit(value))
    throw BadText(quoted(word) + " is not a load average");
  return value;
}

std::uint64_t sum_of(std::uint64_t a, std::uint64_t b) {
  std::uint64_t sum = 0;
  if (__builtin_add_overflow(a, b, &sum)) throw BadText("its counters add up to more than 64 bits hold");
  return sum;
}

void add(InterfaceCounters::Direction& sum, const InterfaceCounters::Direction& more) {
  sum.bytes = sum_of(sum.bytes, more.bytes);
  sum.packets = sum_of(sum.packets, more.packets);
  sum.errors = sum_of(sum.errors, more.errors);
  sum.drops = sum_of(sum.drops, more.drops);
}

bool is_processor(std::string_view word) {
  return word.size() > 3 && word.starts_with("cpu") &&
         word.find_first_not_of("0123456789", 3) == std::string_view::npos;
}

}  // namespace

CpuCounters parse_stat(std::string_view text) {
  std::optional<CpuCounters> all;
  std::uint64_t processors = 0;
  for (const std::string_view line : lines_of(text)) {
    if (!line.starts_with("cpu")) continue;  // the line of interrupts has thousands of words
    const std::vector<std::string_view> words = words_of(line);
    if (is_processor(words[0])) ++processors;
    if (words[0] != "cpu") continue;
    if (all) throw BadText("it has two lines 'cpu'");
    all.emplace();
    if (words.size() <= all->ticks.size())
      throw BadText("its line " + quoted(line) + " has fewer than 8 counters");
    for (std::size_t i = 0; i < all->ticks.size(); ++i) all->ticks[i] = count_of(words[i + 1]);
  }
  if (!all) throw BadText("it has no line 'cpu'");
  if (processors == 0) throw BadText("it has no line of a processor, such as 'cpu0'");
  all->processors = processors;
  return *all;
}

MemoryUse parse_meminfo(std::string_view text) {
  MemoryUse use;
  struct Wanted {
    std::string_view name;
    std::uint64_t& bytes;
    bool found = false;
  };
  std::array<Wanted, 7> all{{{"MemTotal:", use.total},
                             {"MemFree:", use.free},
                             {"MemAvailable:", use.available},
                             {"Buffers:", use.buffers},
                             {"Cached:", use.cached},
                             {"SwapTotal:", use.swap_total},
                             {"SwapFree:", use.swap_free}}};
  for (const std::string_view line : lines_of(text)) {
    const std::vector<std::string_view> words = words_of(line);
    if (words.empty()) continue;
    for (Wanted& one : all) {
      if (one.name != words[0]) continue;
      if (words.size() != 3 || words[2] != "kB")
        throw BadText("its line " + quoted(line) + " is not a number of kB");
      if (one.found) throw BadText("it has two lines " + quoted(words[0]));
      one.found = true;
      if (__builtin_mul_overflow(count_of(words[1]), std::uint64_t{1024}, &one.bytes))
        throw BadText(quoted(line) + " is more bytes than 64 bits hold");
    }
  }
  for (const Wanted& one : all) {
    if (!one.found) throw BadText("it has no line " + quoted(one.name));
  }
  return use;
}

LoadAverages parse_loadavg(std::string_view text) {
  const std::vector<std::string_view> lines = lines_of(text);
  const std::vector<std::string_view> words = words_of(lines[0]);
  const std::size_t slash = words.size() < 4 ? std::string_view::npos : words[3].find('/');
  if (slash == std::string_view::npos)
    throw BadText("its line " + quoted(lines[0]) + " is not three load averages and 'running/total'");
  LoadAverages load;
  load.load_1 = average_of(words[0]);
  load.load_5 = average_of(words[1]);
  load.load_15 = average_of(words[2]);
  load.running = count_of(words[3].substr(0, slash));
  load.total = count_of(words[3].substr(slash + 1));
  return load;
}

NetworkCounters parse_net_dev(std::string_view text) {
  NetworkCounters result;
  const std::vector<std::string_view> lines = lines_of(text);
  if (lines.size() < 2 || lines[1].find("|bytes") == std::string_view::npos)
    throw BadText("it does not begin with the two lines that name its columns");
  for (std::size_t i = 2; i < lines.size(); ++i) {
    const std::string_view line = lines[i];
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) throw BadText("its line " + quoted(line) + " names no interface");
    const std::vector<std::string_view> name = words_of(line.substr(0, colon));
    if (name.size() != 1) throw BadText("its line " + quoted(line) + " names no interface");
    const std::vector<std::string_view> words = words_of(line.substr(colon + 1));
    if (words.size() != 16) throw BadText("its line " + quoted(line) + " does not have 16 counters");
    // bytes packets errs drop fifo frame compressed multicast | bytes packets errs drop ...
    const auto direction = [&](std::size_t first) {
      return InterfaceCounters::Direction{count_of(words[first]), count_of(words[first + 1]),
                                          count_of(words[first + 2]), count_of(words[first + 3])};
    };
    const InterfaceCounters counters{direction(0), direction(8)};
    if (name[0] == "lo") continue;
    if (!result.interfaces.emplace(name[0], counters).second)
      throw BadText("it has two lines of " + quoted(name[0]));
    add(result.sum.received, counters.received);
    add(result.sum.sent, counters.sent);
  }
  return result;
}

}  // namespace shm::programs
