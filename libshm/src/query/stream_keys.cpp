// SPDX-License-Identifier: Apache-2.0
#include "shm/query/stream_keys.hpp"

#include "shm/base/error.hpp"
#include "storage/attached_stream.hpp"

namespace shm {
namespace {

std::variant<Ledger, KeyInItem<>> map_of(const RawReader& reader) {
  const storage::StreamFile& file = reader.stream()->stream();
  if (file.find(layout::RingKind::ledger) != nullptr) return Ledger(reader);
  if (file.header().timestamp_kind != Timestamp::Kind::none) return KeyInItem<>(reader);
  throw InvalidArgument("stream '" + reader.stream()->paths().name +
                        "' has no times: neither a ledger nor items that carry their own");
}

}  // namespace

StreamKeys::StreamKeys(const RawReader& reader) : map_(map_of(reader)) {}

}  // namespace shm
