// SPDX-License-Identifier: Apache-2.0

// Items that can be checked without other data: each has its index, and words computed from it. So a test sees
// which item it has, and whether it is whole.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace shm::test {

template <std::size_t Words>
using CheckedItem = std::array<std::uint64_t, Words>;

template <std::size_t Words>
[[nodiscard]] CheckedItem<Words> checked_item(std::uint64_t index) {
  CheckedItem<Words> item{};
  item[0] = index;
  for (std::size_t i = 1; i < Words; ++i) item[i] = (index + 1) * 0x9e3779b97f4a7c15U + i;
  return item;
}

template <std::size_t Words>
[[nodiscard]] bool is_item(const CheckedItem<Words>& item, std::uint64_t index) {
  return item == checked_item<Words>(index);
}

}  // namespace shm::test
