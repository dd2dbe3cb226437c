// SPDX-License-Identifier: Apache-2.0

// The writer's part in index maps, in the same append: it checks the keys, then brings ledger and buckets up to date, and
// then the items are published. A reader that sees an item sees its anchor and its bucket. One thread at a time.
//
// A writer that dies in between leaves an anchor of items that never came. Their index is the first of the next writer,
// whose first append must be stamped, so that an anchor of the same index follows: the last anchor of an index counts.
// Buckets are hints that readers check.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "format/item_key.hpp"
#include "shm/layout/anchor.hpp"
#include "shm/ring/ring_writer.hpp"
#include "shm/storage/stream_options.hpp"
#include "shm/time/anchor_builder.hpp"
#include "shm/time/stamp.hpp"
#include "storage/stream_file.hpp"

namespace shm {

class KeyWriter {
 public:
  /// Does the stream have keys?
  [[nodiscard]] static bool is_needed(const storage::StreamFile& stream);
  KeyWriter(storage::StreamFile& stream, const std::string& name, const StreamOptions& options);

  /// Before `items` are appended: checks their keys, and brings ledger and buckets up to date.
  /// @throws KeyDecreases, LedgerFull, InvalidArgument  nothing was written
  void before_append(Index first, std::span<const std::byte> items, const std::optional<Stamp>& stamp);

 private:
  void check_items(Index first, std::span<const std::byte> items);
  void write_stamp(Index first, std::uint64_t count, const Stamp& stamp);
  void resume_ledger(Index next);
  [[nodiscard]] bool has_room(Index end) const;
  void fill_buckets(std::int64_t key, std::uint64_t place);
  void put_bucket(std::uint64_t end, std::uint64_t place);

  std::string name_;
  std::uint64_t item_bytes_;
  ring::RingReader items_;
  bool has_records_;
  // Key in the item.
  std::optional<storage::ItemKey> item_key_;
  std::uint64_t last_bits_ = 0;  // of the last item's key, in an order that all types share
  bool has_last_ = false;
  // Ledger.
  std::optional<ring::RingWriter> ledger_;
  ring::RingReader anchors_;
  AnchorBuilder anchor_builder_;
  bool is_stamped_ = false;  // by this writer
  // Buckets.
  std::optional<ring::RingWriter> buckets_;
  std::int64_t quantum_ = 0;
  std::uint64_t bucket_slots_ = 0;
  std::int64_t next_bucket_key_ = INT64_MIN;  // keys below it need no bucket
};

}  // namespace shm
