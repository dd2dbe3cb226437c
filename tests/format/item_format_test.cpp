// SPDX-License-Identifier: Apache-2.0

// The type of an item as text, from C++ types.
#include "shm/format/item_format.hpp"

#include <gtest/gtest.h>

#include <array>
#include <complex>
#include <cstdint>

#include "shm/format/described.hpp"

namespace {

struct Tick {
  std::int64_t time;
  double bid;
  double ask;
};
BOOST_DESCRIBE_STRUCT(Tick, (), (time, bid, ask))

struct Padded {
  std::uint8_t flag;
  double value;
  std::uint16_t count;
};
BOOST_DESCRIBE_STRUCT(Padded, (), (flag, value, count))

struct Nested {
  Tick tick;
  std::array<Padded, 2> pair;
  std::array<char, 8> label;
};
BOOST_DESCRIBE_STRUCT(Nested, (), (tick, pair, label))

struct Base {
  std::int32_t a;
};
BOOST_DESCRIBE_STRUCT(Base, (), (a))
struct Derived : Base {};
BOOST_DESCRIBE_STRUCT(Derived, (Base), ())

enum class Colour : std::uint8_t { red };

struct OfMyOwn {
  unsigned short a, b;
};

}  // namespace

template <>
struct shm::FormatOf<OfMyOwn> {
  static std::string text() { return "T{<H:a:<H:b:}"; }
};

namespace shm {
namespace {

TEST(FormatOf, ArithmeticTypesHaveOneLetter) {
  EXPECT_EQ(format_of<bool>(), "<?");
  EXPECT_EQ(format_of<std::int8_t>(), "<b");
  EXPECT_EQ(format_of<std::uint8_t>(), "<B");
  EXPECT_EQ(format_of<std::byte>(), "<B");
  EXPECT_EQ(format_of<std::int16_t>(), "<h");
  EXPECT_EQ(format_of<std::uint16_t>(), "<H");
  EXPECT_EQ(format_of<std::int32_t>(), "<i");
  EXPECT_EQ(format_of<std::uint32_t>(), "<I");
  EXPECT_EQ(format_of<std::int64_t>(), "<q");
  EXPECT_EQ(format_of<std::uint64_t>(), "<Q");
  EXPECT_EQ(format_of<long>(), "<q");
  EXPECT_EQ(format_of<long long>(), "<q");
  EXPECT_EQ(format_of<float>(), "<f");
  EXPECT_EQ(format_of<double>(), "<d");
  EXPECT_EQ(format_of<const double>(), "<d");
}

TEST(FormatOf, EnumsAreTheirUnderlyingType) { EXPECT_EQ(format_of<Colour>(), "<B"); }

TEST(FormatOf, ArraysHaveAShape) {
  EXPECT_EQ((format_of<std::array<std::int16_t, 2>>()), "(2)<h");
  EXPECT_EQ((format_of<std::array<std::array<float, 3>, 2>>()), "(2,3)<f");
  EXPECT_EQ((format_of<std::array<Tick, 4>>()), "(4)T{<q:time:<d:bid:<d:ask:}");
}

TEST(FormatOf, ArrayOfCharIsText) {
  EXPECT_EQ((format_of<std::array<char, 16>>()), "16s");
  EXPECT_EQ((format_of<std::array<std::array<char, 4>, 3>>()), "(3)4s");
}

TEST(FormatOf, ComplexNumberIsAStructOfRealAndImag) {
  EXPECT_EQ(format_of<std::complex<float>>(), "T{<f:real:<f:imag:}");
}

TEST(FormatOf, StructHasItsMembersAndPadding) {
  EXPECT_EQ(format_of<Tick>(), "T{<q:time:<d:bid:<d:ask:}");
  EXPECT_EQ(format_of<Padded>(), "T{<B:flag:7x<d:value:<H:count:6x}");
}

TEST(FormatOf, StructsNest) {
  EXPECT_EQ(format_of<Nested>(),
            "T{T{<q:time:<d:bid:<d:ask:}:tick:(2)T{<B:flag:7x<d:value:<H:count:6x}:pair:8s:label:}");
}

TEST(FormatOf, InheritedMembersAreListed) { EXPECT_EQ(format_of<Derived>(), "T{<i:a:}"); }

TEST(FormatOf, TimeAndValueIsAStruct) {
  EXPECT_EQ(format_of<TimeAndValue<double>>(), "T{<q:time:<d:value:}");
  EXPECT_EQ(format_of<TimeAndValue<std::uint8_t>>(), "T{<q:time:<B:value:7x}");
  EXPECT_EQ((format_of<TimeAndValue<double, float>>()), "T{<f:time:4x<d:value:}");
}

TEST(FormatOf, SpecialisationGivesTheTextOfAnyType) { EXPECT_EQ(format_of<OfMyOwn>(), "T{<H:a:<H:b:}"); }

template <class T>
class ItemFormatOfEveryType : public ::testing::Test {};
using Types =
    ::testing::Types<bool, char, signed char, unsigned char, short, unsigned, long, unsigned long long, float,
                     double, Tick, Padded, Nested, Derived, Colour, std::array<double, 7>,
                     std::array<std::array<char, 3>, 5>, std::complex<double>, TimeAndValue<Padded>,
                     std::array<TimeAndValue<std::array<std::int8_t, 3>, float>, 2>>;
TYPED_TEST_SUITE(ItemFormatOfEveryType, Types);

TYPED_TEST(ItemFormatOfEveryType, FormatParsesToTheSizeOfItsType) {
  EXPECT_EQ(ItemFormat(format_of<TypeParam>()).item_bytes(), sizeof(TypeParam));
}

TEST(ItemFormat, StructHasNamesOffsetsAndShapesOfItsFields) {
  const ItemFormat format(format_of<Nested>());
  const FormatField& root = format.root();
  ASSERT_EQ(root.type, 'T');
  ASSERT_EQ(root.fields.size(), 3U);
  EXPECT_EQ(root.fields[0].name, "tick");
  EXPECT_EQ(root.fields[0].offset, offsetof(Nested, tick));
  EXPECT_EQ(root.fields[0].fields[2].name, "ask");
  EXPECT_EQ(root.fields[1].name, "pair");
  EXPECT_EQ(root.fields[1].offset, offsetof(Nested, pair));
  EXPECT_EQ(root.fields[1].shape, std::vector<std::size_t>{2});
  EXPECT_EQ(root.fields[1].element_bytes, sizeof(Padded));
  EXPECT_EQ(root.fields[1].bytes(), 2 * sizeof(Padded));
  EXPECT_EQ(root.fields[1].fields[1].offset, offsetof(Padded, value));
  EXPECT_EQ(root.fields[2].type, 's');
  EXPECT_EQ(root.fields[2].element_bytes, 8U);
  EXPECT_EQ(root.fields[2].offset, offsetof(Nested, label));
}

TEST(ItemFormat, ArrayHasItsShapeAndElement) {
  const ItemFormat format("(2,3)<h");
  EXPECT_EQ(format.root().type, 'h');
  EXPECT_EQ(format.root().shape, (std::vector<std::size_t>{2, 3}));
  EXPECT_EQ(format.root().count(), 6U);
  EXPECT_EQ(format.item_bytes(), 12U);
}

}  // namespace
}  // namespace shm
