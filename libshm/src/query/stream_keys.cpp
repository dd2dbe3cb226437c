// SPDX-License-Identifier: Apache-2.0
#include "shm/query/stream_keys.hpp"

#include "shm/base/error.hpp"
#include "shm/stream/item_source.hpp"

namespace shm {
namespace {

std::variant<Ledger, KeyInItem<>> map_of(const RawReader& reader) {
  const StreamContents stream = reader.contents();
  if (stream.ledger()) return Ledger(reader);
  if (stream.timestamp().kind != Timestamp::Kind::none) return KeyInItem<>(reader);
  throw InvalidArgument("stream '" + reader.name() +
                        "' has no times: neither a ledger nor items that carry their own");
}

}  // namespace

StreamKeys::StreamKeys(const RawReader& reader) : map_(map_of(reader)) {}

}  // namespace shm
