// SPDX-License-Identifier: Apache-2.0

// Timestamp: which number inside an item is the time of that item. A writer declares it, and the header of the
// stream stores it; tools, index maps and merges read it from there.
//
//   struct Tick { double time; float price; };            // described for libshm: shm/format/item_format.hpp
//   shm::Writer<Tick> out("ticks", {.timestamp = shm::Timestamp::field("time")});
//
// A plain value: any thread may make and copy one. It throws nothing; StreamOptions::timestamp is checked
// against the item's format when the stream is created (InvalidArgument).
#pragma once

#include <string>
#include <utility>

#include "shm/layout/stream_layout.hpp"

namespace shm {

/// Where an item carries its own time. Tools and index maps find it in the header.
///
///   Timestamp::none()                     items carry no time
///   Timestamp::field("time")              a named field of a struct
///   Timestamp::first_element()            the first element of each row (std::array items)
///   Timestamp::time_and_value()           items are TimeAndValue<T>
struct Timestamp {
  using Kind = layout::TimestampKind;
  Kind kind = Kind::none;
  std::string name = {};  ///< of the field

  [[nodiscard]] static Timestamp none() { return {}; }
  [[nodiscard]] static Timestamp field(std::string name) { return {Kind::field, std::move(name)}; }
  [[nodiscard]] static Timestamp first_element() { return {Kind::first_element, {}}; }
  [[nodiscard]] static Timestamp time_and_value() { return {Kind::time_and_value, "time"}; }
};

}  // namespace shm
