// SPDX-License-Identifier: Apache-2.0

// The log of a daemon: lines on stderr with time, program and level.
//
//   log::start("shm-alsa", log::Level::info);
//   log::info("stopping at frame {}", frame);     // 14:03:00.250 shm-alsa info: stopping at frame 48000
//
// spdlog writes them; only log.cpp includes it. One thread.
#pragma once

#include <fmt/core.h>

#include <string>
#include <string_view>

namespace shm::programs::log {

enum class Level { trace, debug, info, warn, error, off };

/// From now on, lines of this level and above go to stderr. Before the call, lines of info and above go to
/// stdout.
void start(const std::string& program, Level level);
/// Of "trace", "debug", "info", "warn", "error"; off for other words.
[[nodiscard]] Level level_of(std::string_view word);

void write(Level level, fmt::string_view format, fmt::format_args arguments);

template <class... T>
void debug(fmt::format_string<T...> format, T&&... arguments) {
  write(Level::debug, format, fmt::make_format_args(arguments...));
}
template <class... T>
void info(fmt::format_string<T...> format, T&&... arguments) {
  write(Level::info, format, fmt::make_format_args(arguments...));
}
template <class... T>
void warn(fmt::format_string<T...> format, T&&... arguments) {
  write(Level::warn, format, fmt::make_format_args(arguments...));
}
template <class... T>
void error(fmt::format_string<T...> format, T&&... arguments) {
  write(Level::error, format, fmt::make_format_args(arguments...));
}

}  // namespace shm::programs::log
