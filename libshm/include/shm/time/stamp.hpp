// SPDX-License-Identifier: Apache-2.0

// A stamp: the key of an append, for a stream with a ledger.
//
//   out.append(block, shm::Stamp::first(t));             // its first item was captured at t
//   out.append(block, shm::Stamp::last(t));              // its last one was
//   out.publish(480, shm::Stamp::first(t).after_gap());  // items were lost before it, or may have been
//
// A key is nanoseconds of the stream's clock, or any number that never decreases along the stream. The items
// of an append lie on a line through the stamp: with a sample_rate of 1e9 / sample_rate an item, otherwise
// all of them have the stamp's key. A plain value: any thread may use one. Nothing here throws.
#pragma once

#include <cstdint>

namespace shm {

struct Stamp {
  enum class Of : std::uint8_t { first_item, last_item };

  std::int64_t key = 0;
  Of of = Of::first_item;
  bool is_after_gap = false;  ///< begin a new run (Anchor::begins_run)
  std::uint8_t reason = 0;    ///< of the gap: the user's own number, kept in the anchor

  [[nodiscard]] static constexpr Stamp first(std::int64_t key) { return {key, Of::first_item}; }
  [[nodiscard]] static constexpr Stamp last(std::int64_t key) { return {key, Of::last_item}; }
  [[nodiscard]] constexpr Stamp after_gap(std::uint8_t why = 0) const { return {key, of, true, why}; }
};

}  // namespace shm
