// SPDX-License-Identifier: Apache-2.0

// This process, as the files of a stream describe it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace shm::os {

[[nodiscard]] std::string program_name();
[[nodiscard]] std::array<std::uint8_t, 16> random_id();

/// Copies text into a field of fixed size: cut to fit, zero-terminated.
template <std::size_t N>
void put_text(std::array<char, N>& field, std::string_view text) noexcept {
  field.fill('\0');
  text.copy(field.data(), N - 1);
}

/// Reads such a field, which may contain anything: at most N - 1 bytes.
template <std::size_t N>
[[nodiscard]] std::string get_text(const std::array<char, N>& field) {
  std::string text(field.data(), N - 1);
  return text.substr(0, text.find('\0'));
}

}  // namespace shm::os
