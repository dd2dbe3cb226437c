// SPDX-License-Identifier: Apache-2.0

// Timestamp: which number inside an item is the time of that item. A writer declares it, and the header of the
// stream stores it; tools, index maps and merges read it from there.
//
//   shm::Writer<Tick> out("ticks", {.timestamp = shm::Timestamp::field("time")});  // struct Tick has a member time
//
// A plain value: any thread may make and copy one. It throws nothing; StreamOptions::timestamp is checked
// against the item's format when the stream is created (InvalidArgument).
#pragma once

#include <string>
#include <utility>

#include "shm/layout/stream_layout.hpp"

namespace shm {

struct Timestamp {
  using Kind = layout::TimestampKind;
  Kind kind = Kind::none;
  std::string name = {};  ///< of the field

  /// Items carry no time.
  [[nodiscard]] static Timestamp none() { return {}; }
  /// A named field of a struct.
  [[nodiscard]] static Timestamp field(std::string name) { return {Kind::field, std::move(name)}; }
  /// The first element of each row: items are std::array.
  [[nodiscard]] static Timestamp first_element() { return {Kind::first_element, {}}; }
  /// Items are TimeAndValue<T>.
  [[nodiscard]] static Timestamp time_and_value() { return {Kind::time_and_value, "time"}; }
};

}  // namespace shm
