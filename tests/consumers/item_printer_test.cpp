// SPDX-License-Identifier: Apache-2.0
#include "consumers/shm/item_printer.hpp"

#include <gtest/gtest.h>

#include <array>
#include <boost/describe.hpp>
#include <cmath>
#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>

#include "shm/format/described.hpp"
#include "shm/format/item_format.hpp"

namespace {

using shm::programs::ItemPrinter;
using shm::programs::Output;
using shm::programs::PrintAs;

std::string print_bytes(const std::string& format, std::span<const std::byte> bytes, PrintAs as) {
  const shm::ItemFormat parsed(format);
  EXPECT_EQ(parsed.item_bytes(), bytes.size());
  Output out;
  ItemPrinter(parsed, as).print(bytes, out);
  return fmt::to_string(out.buffer());
}

template <class T>
std::string text(const T& item, const std::string& format = shm::format_of<T>()) {
  return print_bytes(format, std::as_bytes(std::span(&item, 1)), PrintAs::text);
}

template <class T>
std::string json(const T& item, const std::string& format = shm::format_of<T>()) {
  const std::string line = print_bytes(format, std::as_bytes(std::span(&item, 1)), PrintAs::json);
  EXPECT_TRUE(nlohmann::json::accept(line)) << line;
  return line;
}

struct Point {
  float x;
  float y;
};
BOOST_DESCRIBE_STRUCT(Point, (), (x, y))

struct Everything {
  std::int64_t time;
  bool good;
  std::array<std::int16_t, 3> counts;
  std::array<char, 6> symbol;
  Point at;
  std::array<Point, 2> corners;
};
BOOST_DESCRIBE_STRUCT(Everything, (), (time, good, counts, symbol, at, corners))

TEST(ItemPrinter, PrintsIntegersOfEverySizeAtTheirEnds) {
  EXPECT_EQ(text(std::int8_t{-128}), "-128");
  EXPECT_EQ(text(std::uint8_t{255}), "255");
  EXPECT_EQ(text(std::int16_t{-32768}), "-32768");
  EXPECT_EQ(text(std::uint16_t{65535}), "65535");
  EXPECT_EQ(text(std::numeric_limits<std::int32_t>::min()), "-2147483648");
  EXPECT_EQ(text(std::numeric_limits<std::uint32_t>::max()), "4294967295");
  EXPECT_EQ(text(std::numeric_limits<std::int64_t>::min()), "-9223372036854775808");
  EXPECT_EQ(json(std::numeric_limits<std::uint64_t>::max()), "18446744073709551615");
}

TEST(ItemPrinter, PrintsFloatsWithTheFewestDigitsThatGiveThemBack) {
  EXPECT_EQ(text(0.1), "0.1");
  EXPECT_EQ(text(0.1F), "0.1");
  EXPECT_EQ(text(1.0), "1");
  EXPECT_EQ(text(-0.0), "-0");
  const double hard = 5e-324;
  EXPECT_EQ(nlohmann::json::parse(json(hard)).get<double>(), hard);
  EXPECT_EQ(nlohmann::json::parse(json(1.7976931348623157e308)).get<double>(), 1.7976931348623157e308);
}

TEST(ItemPrinter, PrintsNonFiniteNumbersAsNullInJson) {
  const std::array<double, 3> values{std::nan(""), std::numeric_limits<double>::infinity(),
                                     -std::numeric_limits<double>::infinity()};
  EXPECT_EQ(json(values), "[null,null,null]");
  EXPECT_EQ(text(values), "[nan inf -inf]");
  EXPECT_EQ(json(std::numeric_limits<float>::infinity()), "null");
}

TEST(ItemPrinter, PrintsBooleans) {
  EXPECT_EQ(text(true), "true");
  EXPECT_EQ(json(false), "false");
}

TEST(ItemPrinter, PrintsArraysOfAnyDimension) {
  using Matrix = std::array<std::array<std::int16_t, 3>, 2>;
  const Matrix matrix{{{1, 2, 3}, {4, 5, 6}}};
  EXPECT_EQ(text(matrix), "[[1 2 3] [4 5 6]]");
  EXPECT_EQ(json(matrix), "[[1,2,3],[4,5,6]]");
  EXPECT_EQ(json(std::array<std::uint8_t, 1>{7}), "[7]");
}

TEST(ItemPrinter, EndsTextsAtTheirFirstZeroOrTheirSize) {
  const std::array<char, 8> padded{'E', 'U', 'R'};
  const std::array<char, 3> full{'a', 'b', 'c'};
  EXPECT_EQ(text(padded), "\"EUR\"");
  EXPECT_EQ(json(full), "\"abc\"");
  EXPECT_EQ(json(std::array<char, 2>{}), "\"\"");
}

TEST(ItemPrinter, PrintsNestedStructsWithTheirNames) {
  const Everything all{-5, true, {1, 2, 3}, {'a', 'b'}, {0.5, 1}, {{{1, 2}, {3, 4}}}};
  EXPECT_EQ(text(all),
            "time=-5 good=true counts=[1 2 3] symbol=\"ab\" at={x=0.5 y=1} corners=[{x=1 y=2} {x=3 y=4}]");
  EXPECT_EQ(json(all), R"({"time":-5,"good":true,"counts":[1,2,3],"symbol":"ab","at":{"x":0.5,"y":1},)"
                       R"("corners":[{"x":1,"y":2},{"x":3,"y":4}]})");
}

TEST(ItemPrinter, SkipsPadding) {
  struct {
    std::int64_t number = 7;
    std::int8_t small = 1;
    std::array<std::uint8_t, 7> padding{9, 9, 9, 9, 9, 9, 9};
  } item;
  EXPECT_EQ(text(item, "T{<q:n:<b:s:7x}"), "n=7 s=1");
}

TEST(ItemPrinter, NamesUnnamedElementsInJson) {
  const std::array<std::int16_t, 2> pair{1, 2};
  EXPECT_EQ(json(pair, "T{<h<h}"), R"({"f0":1,"f1":2})");
  EXPECT_EQ(text(pair, "T{<h<h}"), "1 2");
}

TEST(ItemPrinter, EscapesNamesInJson) { EXPECT_EQ(json(std::int8_t{1}, "T{<b:a\"b\\:}"), R"({"a\"b\\":1})"); }

TEST(ItemPrinter, ReadsFieldsThatAreNotAligned) {
  std::array<std::byte, 9> bytes{};
  const double value = 2.5;
  std::memcpy(bytes.data() + 1, &value, sizeof value);
  EXPECT_EQ(print_bytes("T{?:flag:<d:value:}", bytes, PrintAs::text), "flag=false value=2.5");
}

TEST(ItemPrinter, PrintsSingleCharactersAsText) { EXPECT_EQ(text('x', "<c"), "\"x\""); }

}  // namespace
