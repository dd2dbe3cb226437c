// SPDX-License-Identifier: Apache-2.0

// The index map of streams that are stamped as they are written (StreamOptions::ledger): anchors in shared
// memory, and straight lines in between. Written once by the writer, shared by every reader.
//
//   shm::Reader<Frame> reader("lab/mic", shm::Start::oldest());
//   shm::Ledger ledger(reader.raw());
//   std::optional<std::int64_t> t = ledger.key(reader.cursor());      // index to time
//   shm::Index i = ledger.lower(t0, reader.readable());               // time to index
//   ledger.rate(i);  ledger.uncertainty(i);                           // of the fitted line there
//
// What was published is never changed: the key of an item is the same whenever it is asked for. Items whose
// ledger is fitted have times that are right to the uncertainty that is stated, for a clock whose errors are
// jitter; a delay that is always there does not show. Any number of threads.
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

/// Keys of which no item has any: between the end of one run and the beginning of the next.
struct KeyGap {
  std::int64_t begin = 0;   ///< one step after the last item before it
  std::int64_t end = 0;     ///< of the first item after it
  Index index = 0;          ///< of the first item after it
  std::uint8_t reason = 0;  ///< what the stamp said (Stamp::after_gap)
  friend bool operator==(const KeyGap&, const KeyGap&) = default;
};

class SHM_API Ledger {
 public:
  using Key = std::int64_t;

  /// @throws InvalidArgument  the stream has no ledger.
  explicit Ledger(const RawReader& reader);

  [[nodiscard]] Index lower(Key key, IndexRange within) const noexcept;
  [[nodiscard]] std::optional<Key> key(Index index) const noexcept;

  /// The line that an item is on. Empty: the item is not there yet, or what led to it is gone.
  [[nodiscard]] std::optional<Anchor> line(Index index) const noexcept;
  /// Items per second on that line, where keys are nanoseconds; 0: the items of one append have one key.
  [[nodiscard]] std::optional<double> rate(Index index) const noexcept;
  /// How far off the key may be (three standard deviations), in units of the key; 0: it is exact.
  [[nodiscard]] std::optional<double> uncertainty(Index index) const noexcept;

  /// Keys of items [first, first + keys.size()). False: some cannot be had.
  [[nodiscard]] bool copy_keys(Index first, std::span<Key> keys) const noexcept;

  /// The gaps that begin or end within [begin, end), among the items of `within`.
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
