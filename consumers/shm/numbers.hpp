// SPDX-License-Identifier: Apache-2.0

// Numbers inside items, of the types that a format's letters stand for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace shm::programs {

template <class T>
[[nodiscard]] T load_number(const std::byte* at) noexcept {
  T value;
  std::memcpy(&value, at, sizeof value);  // items are packed: nothing is aligned
  return value;
}

/// Calls use(number) with the number at that place. False: the letter stands for no number.
template <class Use>
bool with_number(char type, const std::byte* at, Use use) {
  switch (type) {
    case 'b':
      return use(load_number<std::int8_t>(at)), true;
    case 'B':
      return use(load_number<std::uint8_t>(at)), true;
    case 'h':
      return use(load_number<std::int16_t>(at)), true;
    case 'H':
      return use(load_number<std::uint16_t>(at)), true;
    case 'i':
      return use(load_number<std::int32_t>(at)), true;
    case 'I':
      return use(load_number<std::uint32_t>(at)), true;
    case 'q':
      return use(load_number<std::int64_t>(at)), true;
    case 'Q':
      return use(load_number<std::uint64_t>(at)), true;
    case 'f':
      return use(load_number<float>(at)), true;
    case 'd':
      return use(load_number<double>(at)), true;
    default:
      return false;
  }
}

}  // namespace shm::programs
