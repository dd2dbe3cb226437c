// SPDX-License-Identifier: Apache-2.0

// The index map of streams that are stamped as they are written (StreamOptions::ledger): anchors in shared
// memory, and straight lines between them. The writer writes them once, for all readers.
//
//   shm::Reader<Frame> reader("lab/mic", shm::Start::oldest());
//   shm::Ledger ledger(reader.raw());
//   std::optional<std::int64_t> its_time = ledger.key(reader.cursor());  // from an index to a time
//   shm::Index index = ledger.lower(t0, reader.readable());              // from a time to an index
//   use(its_time, ledger.rate(index), ledger.uncertainty(index));        // of the line there
//
// A published anchor never changes: the key of an item is always the same. In a fitted ledger times are right
// to the stated uncertainty, for a clock whose errors are jitter; a constant delay does not show.
//
// Threads: any number. The constructor throws; nothing else does.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "shm/base/export.hpp"
#include "shm/layout/anchor.hpp"
#include "shm/query/index_map.hpp"
#include "shm/stream/item_source.hpp"
#include "shm/stream/raw_reader.hpp"

namespace shm {

/// A range of keys that no item has: between the end of one run and the begin of the next.
struct KeyGap {
  std::int64_t begin = 0;   ///< one step after the key of the last item before the gap
  std::int64_t end = 0;     ///< the key of the first item after the gap
  Index index = 0;          ///< the first item after the gap
  std::uint8_t reason = 0;  ///< the reason in the stamp (Stamp::after_gap)
  friend bool operator==(const KeyGap&, const KeyGap&) = default;
};

class SHM_API Ledger {
 public:
  using Key = std::int64_t;

  /// @throws InvalidArgument  the stream has no ledger.
  explicit Ledger(const RawReader& reader);

  [[nodiscard]] Index lower(Key key, IndexRange within) const noexcept;
  [[nodiscard]] std::optional<Key> key(Index index) const noexcept;

  /// The line that an item is on. Empty: the item is not there yet, or its anchor was overwritten.
  [[nodiscard]] std::optional<Anchor> line(Index index) const noexcept;
  /// Items per second on that line, if keys are nanoseconds; 0 if all items of an append have the same key.
  [[nodiscard]] std::optional<double> rate(Index index) const noexcept;
  /// How far off the key may be (three standard deviations), in units of the key; 0 if it is exact.
  [[nodiscard]] std::optional<double> uncertainty(Index index) const noexcept;

  /// Stores the keys of items [first, first + keys.size()). False: some are not there, or have no anchor.
  [[nodiscard]] bool copy_keys(Index first, std::span<Key> keys) const noexcept;

  /// The gaps that share a key with [begin, end), among the items of `within`.
  [[nodiscard]] std::vector<KeyGap> gaps(Key begin, Key end, IndexRange within) const;

  [[nodiscard]] bool has_buckets() const noexcept { return quantum_ > 0; }

 private:
  [[nodiscard]] Anchor load(std::uint64_t place) const noexcept;
  [[nodiscard]] Anchor effective(std::uint64_t place, std::uint64_t end) const noexcept;
  [[nodiscard]] IndexRange places(Index end) const noexcept;
  [[nodiscard]] std::vector<KeyGap> gaps_among(IndexRange there, Key begin, Key end, IndexRange within) const;
  [[nodiscard]] std::uint64_t first_place(Key key, IndexRange there) const noexcept;

  ItemSource items_;
  ItemSource anchors_;
  ItemSource buckets_;
  std::int64_t quantum_ = 0;
  StreamContents stream_;  // keeps the memory mapped
};

}  // namespace shm
