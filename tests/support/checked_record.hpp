// SPDX-License-Identifier: Apache-2.0

// Records that can be checked without other data: size and bytes are computed from the index. So a test sees which
// record it has, and whether it is whole.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

namespace shm::test {

[[nodiscard]] constexpr std::uint64_t mixed(std::uint64_t number) {
  number = (number + 0x9e3779b97f4a7c15U) * 0xbf58476d1ce4e5b9U;
  return number ^ (number >> 29);
}

/// Of record `index`, where records have at most `most` bytes: mostly small, some empty, some the largest.
[[nodiscard]] constexpr std::size_t checked_size(std::uint64_t index, std::size_t most) {
  const std::uint64_t random = mixed(index);
  switch (random % 8) {
    case 0:
      return most;
    case 1:
      return 0;
    case 2:
      return random / 8 % (most + 1);
    default:
      return random / 8 % (most / 16 + 2);
  }
}

inline void fill_record(std::span<std::byte> record, std::uint64_t index) {
  for (std::size_t i = 0; i < record.size(); i += 8) {
    const std::uint64_t word = (index + 1) * 0x9e3779b97f4a7c15U + i;
    std::memcpy(record.data() + i, &word, std::min<std::size_t>(8, record.size() - i));
  }
}

[[nodiscard]] inline std::vector<std::byte> checked_record(std::uint64_t index, std::size_t bytes) {
  std::vector<std::byte> record(bytes);
  fill_record(record, index);
  return record;
}

/// Is it what fill_record() makes, whatever its size?
[[nodiscard]] inline bool is_filled(std::span<const std::byte> record, std::uint64_t index) {
  for (std::size_t i = 0; i < record.size(); i += 8) {
    const std::uint64_t word = (index + 1) * 0x9e3779b97f4a7c15U + i;
    if (std::memcmp(record.data() + i, &word, std::min<std::size_t>(8, record.size() - i)) != 0) return false;
  }
  return true;
}

[[nodiscard]] inline bool is_record(std::span<const std::byte> record, std::uint64_t index,
                                    std::size_t most) {
  return record.size() == checked_size(index, most) && is_filled(record, index);
}

}  // namespace shm::test
