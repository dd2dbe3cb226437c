// SPDX-License-Identifier: Apache-2.0
#include "shm/query/key_range.hpp"

#include "base/range_text.hpp"
#include "shm/base/error.hpp"

namespace shm::detail {
namespace {

std::string subject(const RawReader& reader) { return "stream '" + reader.name() + "': the range of keys"; }

}  // namespace

void throw_key_past(const RawReader& reader, IndexRange items, IndexRange readable) {
  throw OverlapsPast(subject(reader) + " begins before what is readable, items " + range_text(readable) +
                         " (RangeOptions::take_what_is_left takes the rest)",
                     items, readable);
}

void throw_key_future(const RawReader& reader, IndexRange items, IndexRange readable) {
  throw OverlapsFuture(subject(reader) + " goes on after what is readable, items " + range_text(readable) +
                           ": none of them is at or after its end",
                       items, readable);
}

void throw_keys_backwards(const RawReader& reader) {
  throw InvalidArgument(subject(reader) + " ends before it begins");
}

}  // namespace shm::detail
