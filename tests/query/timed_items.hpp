// SPDX-License-Identifier: Apache-2.0

// Items that carry their key in every possible way: type, place, alignment.
#pragma once

#include <array>
#include <boost/describe.hpp>
#include <cstdint>
#include <cstring>

#include "shm/format/described.hpp"
#include "shm/format/item_format.hpp"
#include "shm/storage/stream_options.hpp"

namespace shm::test {

#pragma pack(push, 1)
struct Packed {  // 13 bytes: neither items nor keys are aligned
  std::uint8_t tag;
  double time;
  float value;
};
struct PackedLine {  // a line of memory, and the key at an odd place of it
  std::array<std::uint8_t, 5> tag;
  std::int64_t time;
  std::array<std::uint8_t, 47> filler;
  float value;
};
#pragma pack(pop)
static_assert(sizeof(Packed) == 13 && sizeof(PackedLine) == 64);

struct Late {  // behind the value
  float value;
  std::uint32_t time;
};
BOOST_DESCRIBE_STRUCT(Late, (), (value, time))

struct Early {  // a key that is smaller than the units in which items are copied
  std::int16_t time;
  float value;
  double filler;
};
BOOST_DESCRIBE_STRUCT(Early, (), (time, value, filler))

/// Of each kind: the type of its number, how an item is made, its key and value, and its history where it
/// matters.
struct InField {
  using Item = Late;
  using Number = std::uint32_t;
  static Timestamp timestamp() { return Timestamp::field("time"); }
  static Item make(Number key, float value) { return {value, key}; }
  static Number key(const Item& item) { return item.time; }
  static float value(const Item& item) { return item.value; }
};
struct InShortField : InField {
  using Item = Early;
  using Number = std::int16_t;
  static Item make(Number key, float value) { return {key, value, -1.5}; }
  static Number key(const Item& item) { return item.time; }
  static float value(const Item& item) { return item.value; }
};
struct InPackedField : InField {
  using Item = Packed;
  using Number = double;
  static Item make(Number key, float value) { return {7, key, value}; }
  static Number key(const Item& item) { return item.time; }
  static float value(const Item& item) { return item.value; }
};
struct AtOddPlace : InField {
  using Item = PackedLine;
  using Number = std::int64_t;
  static Item make(Number key, float value) { return {{1, 2, 3, 4, 5}, key, {}, value}; }
  static Number key(const Item& item) { return item.time; }
  static float value(const Item& item) { return item.value; }
};
template <class Element>
struct FirstElement {
  using Item = std::array<Element, 64 / sizeof(Element)>;
  using Number = Element;
  static Timestamp timestamp() { return Timestamp::first_element(); }
  static Item make(Number key, float value) {
    Item item{key};
    std::memcpy(&item[item.size() / 2], &value, sizeof value);
    return item;
  }
  static Number key(const Item& item) { return item[0]; }
  static float value(const Item& item) {
    float value = 0;
    std::memcpy(&value, &item[item.size() / 2], sizeof value);
    return value;
  }
};
template <class Time>
struct InPair {
  using Item = TimeAndValue<float, Time>;
  using Number = Time;
  static Timestamp timestamp() { return Timestamp::time_and_value(); }
  static Item make(Number key, float value) { return {key, value}; }
  static Number key(const Item& item) { return item.time; }
  static float value(const Item& item) { return item.value; }
};

}  // namespace shm::test

template <>
struct shm::FormatOf<shm::test::Packed> {
  static std::string text() { return "T{<B:tag:<d:time:<f:value:}"; }
};
template <>
struct shm::FormatOf<shm::test::PackedLine> {
  static std::string text() { return "T{(5)<B:tag:<q:time:(47)<B:filler:<f:value:}"; }
};
