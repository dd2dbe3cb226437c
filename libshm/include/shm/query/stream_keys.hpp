// SPDX-License-Identifier: Apache-2.0

// The index map that a stream itself has: its ledger, or the keys that its items carry. For programs that
// take any stream, and for streams of different kinds with keys of the same meaning.
//
//   shm::RawReader reader("lab/mic", shm::Start::oldest());
//   shm::StreamKeys keys(reader);
//   shm::KeyRange range = shm::find_range(reader, keys, t0, t1);
//   use(range);
//
// Keys are nanoseconds of the stream's clock, or the stream's own integers.
//
// Threads: any number. The constructor throws; nothing else does.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <variant>

#include "shm/base/export.hpp"
#include "shm/query/key_in_item.hpp"
#include "shm/query/ledger.hpp"

namespace shm {

class SHM_API StreamKeys {
 public:
  using Key = std::int64_t;

  /// Whether the stream has either.
  [[nodiscard]] static bool are_in(const StreamInfo& info) noexcept {
    return info.ledger || info.timestamp.kind != Timestamp::Kind::none;
  }

  /// @throws InvalidArgument  the stream has neither.
  explicit StreamKeys(const RawReader& reader);

  [[nodiscard]] Index lower(Key key, IndexRange within) const noexcept {
    return std::visit([&](const auto& map) { return map.lower(key, within); }, map_);
  }
  [[nodiscard]] std::optional<Key> key(Index index) const noexcept {
    return std::visit([&](const auto& map) { return map.key(index); }, map_);
  }
  /// Stores the keys of items [first, first + keys.size()). False: some are not there, or have no key.
  [[nodiscard]] bool copy_keys(Index first, std::span<Key> keys) const noexcept {
    return std::visit([&](const auto& map) { return map.copy_keys(first, keys); }, map_);
  }
  /// nullptr if the items carry their keys.
  [[nodiscard]] const Ledger* ledger() const noexcept { return std::get_if<Ledger>(&map_); }

 private:
  std::variant<Ledger, KeyInItem<>> map_;
};

}  // namespace shm
