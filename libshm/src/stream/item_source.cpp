// SPDX-License-Identifier: Apache-2.0
#include "shm/stream/item_source.hpp"

#include <utility>

#include "storage/attached_stream.hpp"

namespace shm {

StreamContents::StreamContents(Shared<const storage::AttachedStream> stream) noexcept
    : stream_(std::move(stream)) {}

const std::string& StreamContents::name() const noexcept { return stream_->paths().name; }
const ItemFormat& StreamContents::format() const noexcept { return stream_->stream().format(); }
Timestamp StreamContents::timestamp() const { return stream_->stream().timestamp(); }

ItemSource StreamContents::items() const noexcept { return ItemSource(stream_->stream().items()); }

std::optional<ItemSource> StreamContents::ledger() const noexcept {
  const storage::StreamFile& file = stream_->stream();
  const storage::MappedRing* const ledger = file.find(layout::RingKind::ledger);
  if (ledger == nullptr) return std::nullopt;
  return ItemSource(file.reader(*ledger));
}

std::optional<BucketSource> StreamContents::buckets() const noexcept {
  const storage::StreamFile& file = stream_->stream();
  const storage::MappedRing* const buckets = file.find(layout::RingKind::buckets);
  if (buckets == nullptr) return std::nullopt;
  return BucketSource{ItemSource(file.reader(*buckets)), buckets->quantum};
}

std::optional<RecordSource> StreamContents::records() const noexcept {
  const storage::StreamFile& file = stream_->stream();
  const storage::MappedRing* const bytes = file.find(layout::RingKind::bytes);
  if (bytes == nullptr) return std::nullopt;
  return RecordSource{ItemSource(file.reader(*bytes)), bytes->max_record};
}

}  // namespace shm
