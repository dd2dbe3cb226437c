// SPDX-License-Identifier: Apache-2.0

// The streams of a run: their properties and their faults.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "shm/storage/stream_options.hpp"

namespace shm::chaos {

inline constexpr std::uint64_t keyed_bytes = 64;  ///< of an item that has a key

inline constexpr std::uint64_t entry_bytes = 24;  ///< of an item that is the entry of a record

/// The place of a stream's keys, if it has keys; buckets index them.
enum class Keys {
  none,
  stamped,  ///< in a ledger, since appends have stamps
  in_items  ///< in the items
};

struct StreamKind {
  std::string_view name;
  std::string_view writer;  ///< role of its writers (registry.cpp)
  std::uint64_t item_bytes = 48;
  std::uint64_t history = 256;
  std::uint64_t max_claim = 0;  ///< 0: the library's choice
  ::mode_t mode = 0600;
  bool persistent = false;
  bool has_source = false;
  bool timed = false;            ///< slow enough that the wake of each item can be measured
  bool changes_options = false;  ///< each writer wants another history, so that files replace each other
  bool is_removed = false;       ///< also by force, under its writer
  bool records = false;          ///< REQUIRES: entry_bytes; their bytes are beside them
  bool lossless = false;         ///< readers may hold its writer back
  Keys keys = Keys::none;        ///< REQUIRES: keyed_bytes, if it has keys
  int closes = 30;               ///< of 100 writers that finish; the others detach
  int rest_ms = 20;              ///< at most, between a writer's end and its next beginning

  [[nodiscard]] std::size_t number() const;  ///< its place among all_streams()
  [[nodiscard]] std::uint64_t key() const;
  [[nodiscard]] std::string format() const;
  [[nodiscard]] StreamOptions options() const;
};

[[nodiscard]] std::span<const StreamKind> all_streams();

}  // namespace shm::chaos
