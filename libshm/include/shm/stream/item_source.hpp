// SPDX-License-Identifier: Apache-2.0

// The readable parts of a stream, by index: its items, and the data beside them (ledger, buckets, the bytes
// of records). Index maps, range queries, merges and views read a stream through this alone. Today a ring in
// shared memory stands behind it; an archive will stand behind the same interface.
//
//   const shm::ItemSource& items = reader.raw().items();  // of a shm::RawReader
//   const shm::IndexRange there = items.readable();
//   std::vector<std::byte> newest(items.item_bytes());
//   if (!there.empty() && items.copy(there.end - 1, 1, newest.data())) use(newest);
//
// An item may be overwritten at any time. So every read has two steps: read the bytes, then check that they were
// still the items' (intact(), or the result of a copy).
//
// Any number of threads. Nothing here throws, waits or makes a system call, except the StreamContents's constructor
// and timestamp().
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "shm/base/export.hpp"
#include "shm/base/index_range.hpp"
#include "shm/base/owned.hpp"
#include "shm/layout/stream_layout.hpp"
#include "shm/ring/ring_reader.hpp"
#include "shm/storage/stream_options.hpp"

namespace shm {

class ItemFormat;

namespace storage {
class AttachedStream;
}

/// What an ItemSource requires of its implementation.
template <class S>
concept ReadableByIndex = requires(const S& from, Index index, std::uint64_t count, std::byte* to) {
  { from.inserted() } -> std::same_as<Index>;       // the number of all elements so far
  { from.readable() } -> std::same_as<IndexRange>;  // the elements that can be read now
  { from.at(index) } -> std::same_as<const std::byte*>;
  { from.intact(index) } -> std::same_as<bool>;  // nothing from `index` on was overwritten until now
  { from.copy(index, count, to) } -> std::same_as<bool>;
};
static_assert(ReadableByIndex<ring::RingReader>);

/// A sequence of elements of one size, numbered from 0: items, anchors of a ledger, buckets, bytes of records.
/// A plain value; valid as long as the reader or the StreamContents that it came from.
class ItemSource {
 public:
  ItemSource() = default;
  explicit ItemSource(const ring::RingReader& ring) noexcept : ring_(ring) {}

  /// Bytes of one element.
  [[nodiscard]] std::uint64_t item_bytes() const noexcept { return ring_.item_bytes(); }
  /// The number of newest elements that stay readable, whatever the writer does.
  [[nodiscard]] std::uint64_t history() const noexcept { return ring_.history(); }
  /// How many elements follow one another in memory, at most. A power of two; element i lies where element
  /// i + capacity() lies.
  [[nodiscard]] std::uint64_t capacity() const noexcept { return ring_.capacity(); }

  /// The number of elements published so far, which is the index of the next.
  [[nodiscard]] Index inserted() const noexcept { return ring_.inserted(); }
  /// The elements that could be read at the moment of the call.
  [[nodiscard]] IndexRange readable() const noexcept { return ring_.readable(); }

  /// Where element `index` lies, whether or not it is still that element. Up to capacity() elements follow.
  [[nodiscard]] const std::byte* at(Index index) const noexcept { return ring_.at(index); }
  /// After reading elements from `first` on: true if none of them was overwritten before the last was read.
  [[nodiscard]] bool intact(Index first) const noexcept { return ring_.intact(first); }

  /// Copies [first, first + count). False: some were overwritten, and the copy is worth nothing.
  /// REQUIRES: first + count <= inserted(), count <= capacity().
  [[nodiscard]] bool copy(Index first, std::uint64_t count, std::byte* to) const noexcept {
    return ring_.copy(first, count, to);
  }
  /// Copies one element whose size the compiler knows. REQUIRES: index < inserted(), Bytes == item_bytes().
  template <std::size_t Bytes>
  [[nodiscard]] bool copy_one(Index index, std::byte* to) const noexcept {
    return ring_.copy_one<Bytes>(index, to);
  }
  /// Copies the newest element, the one before `inserted`, out of the line that the count lies in. False: it is
  /// not there; copy_one() may find it. REQUIRES: `inserted` came from inserted(); Bytes (`bytes`) ==
  /// item_bytes() <= layout::newest_bytes.
  template <std::size_t Bytes>
  [[nodiscard]] bool copy_newest(Index inserted, std::byte* to) const noexcept {
    return ring_.copy_newest<Bytes>(inserted, to);
  }
  [[nodiscard]] bool copy_newest(Index inserted, std::byte* to, std::size_t bytes) const noexcept {
    return ring_.copy_newest(inserted, to, bytes);
  }

  /// Asks the processor for the lines of element `index` ahead of use.
  void prefetch(Index index) const noexcept { ring_.prefetch(index); }

 private:
  ring::RingReader ring_;
};
static_assert(ReadableByIndex<ItemSource>);

/// Buckets of quantised keys: which items, or which anchors, have a key (docs/layout.md).
struct BucketSource {
  ItemSource places;         ///< by bucket number: the first place at or after the bucket's key
  std::int64_t quantum = 0;  ///< width of a bucket, in units of the key
};

/// The bytes of a stream's records.
struct RecordSource {
  ItemSource bytes;
  std::uint64_t max_record_bytes = 0;  ///< of the largest record there can be
};

/// All readable parts of one stream. Copies share the mapping, and keep it: views and sources from one are
/// valid as long as any of them lives.
class SHM_API StreamContents {
 public:
  explicit StreamContents(Shared<const storage::AttachedStream> stream) noexcept;

  [[nodiscard]] const std::string& name() const noexcept;
  [[nodiscard]] const ItemFormat& format() const noexcept;
  /// The part of an item that is its key; Timestamp::Kind::none: items carry no key.
  [[nodiscard]] Timestamp timestamp() const;

  [[nodiscard]] ItemSource items() const noexcept;
  /// Elements are Anchor. Empty: the stream has no ledger.
  [[nodiscard]] std::optional<ItemSource> ledger() const noexcept;
  /// Empty: the stream has no buckets.
  [[nodiscard]] std::optional<BucketSource> buckets() const noexcept;
  /// Empty: its items are not records.
  [[nodiscard]] std::optional<RecordSource> records() const noexcept;

 private:
  Shared<const storage::AttachedStream> stream_;
};

}  // namespace shm
