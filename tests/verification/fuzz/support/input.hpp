// SPDX-License-Identifier: Apache-2.0

// The bytes of one input, taken from the front: the numbers, choices and texts that drive a target. After the last
// byte everything is zero, so that any bytes are a script.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>

namespace shm::fuzz {

class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size) : bytes_(reinterpret_cast<const char*>(data), size) {}
  explicit Input(std::string_view bytes) : bytes_(bytes) {}

  [[nodiscard]] bool empty() const noexcept { return bytes_.empty(); }

  template <class T>
  [[nodiscard]] T number() {
    static_assert(std::is_trivially_copyable_v<T>);
    T value{};
    const std::size_t have = std::min(sizeof value, bytes_.size());
    std::memcpy(&value, bytes_.data(), have);
    bytes_.remove_prefix(have);
    return value;
  }
  [[nodiscard]] std::uint8_t byte() { return number<std::uint8_t>(); }
  [[nodiscard]] bool flag() { return (byte() & 1U) != 0; }
  /// Returns a number from 0 to limit - 1. REQUIRES: 1 <= limit <= 256.
  [[nodiscard]] std::size_t below(std::size_t limit) { return byte() % limit; }
  template <class T, std::size_t N>
  [[nodiscard]] const T& one_of(const std::array<T, N>& choices) {
    return choices[below(N)];
  }
  /// Returns at most this number of bytes.
  [[nodiscard]] std::string_view take(std::size_t most) {
    const std::string_view taken = bytes_.substr(0, most);
    bytes_.remove_prefix(taken.size());
    return taken;
  }
  /// Returns a text; one byte before it is its length.
  [[nodiscard]] std::string text() { return std::string(take(byte())); }
  /// Returns all remaining bytes.
  [[nodiscard]] std::string rest() { return std::string(take(bytes_.size())); }

  /// Returns a number that is likely to break things: around zero, powers of two and the limits of types, near
  /// `about`, or any number.
  [[nodiscard]] std::uint64_t awkward(std::uint64_t about) {
    const std::uint8_t choice = byte();
    const auto little =
        static_cast<std::uint64_t>(static_cast<std::int64_t>(static_cast<std::int8_t>(choice) / 8));
    switch (choice % 8) {
      case 0:
        return little;
      case 1:
        return about + little;
      case 2:
        return (std::uint64_t{1} << (byte() % 64)) + little;
      case 3:
        return (std::uint64_t{1} << 63) + little;
      case 4:
        return about * byte();
      case 5:
        return number<std::uint16_t>();
      case 6:
        return number<std::uint32_t>();
      default:
        return number<std::uint64_t>();
    }
  }

 private:
  std::string_view bytes_;
};

/// Makes long texts from short inputs: byte 1, then n, then a character stand for 2^(n % 20) of that character; all
/// other bytes stand for themselves. The text has at most 2 MiB.
[[nodiscard]] inline std::string unrolled(std::string_view text) {
  constexpr std::size_t most = std::size_t{2} << 20;
  std::string long_text;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\x01' || i + 2 >= text.size()) {
      long_text += text[i];
      continue;
    }
    const std::size_t count = std::size_t{1} << (static_cast<unsigned char>(text[i + 1]) % 20);
    if (long_text.size() + count > most) break;
    long_text.append(count, text[i + 2]);
    i += 2;
  }
  return long_text;
}

}  // namespace shm::fuzz
