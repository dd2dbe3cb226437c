// SPDX-License-Identifier: Apache-2.0

// StreamOptions::timestamp: the part of an item that is its time.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "shm/format/described.hpp"
#include "shm/stream/reader.hpp"
#include "shm/stream/writer.hpp"
#include "support/test_directory.hpp"

namespace {

struct Sample {
  float value;
  std::int64_t time;
  std::array<double, 2> pair;
  std::array<char, 8> label;
  shm::TimeAndValue<float> inner;
  bool valid;
};
BOOST_DESCRIBE_STRUCT(Sample, (), (value, time, pair, label, inner, valid))

}  // namespace

namespace shm {
namespace {

class TimestampOption : public ::testing::Test {
 protected:
  template <class T>
  StreamInfo declared(const Timestamp& timestamp) {
    const Writer<T> out("numbers", {.history = 10, .timestamp = timestamp});
    return Reader<T>("numbers", Start::oldest()).info();
  }
  template <class T>
  void expect_refused(const Timestamp& timestamp, const std::string& says) {
    try {
      static_cast<void>(declared<T>(timestamp));
      ADD_FAILURE() << "was taken";
    } catch (const InvalidArgument& error) {
      EXPECT_THAT(error.what(), ::testing::HasSubstr(says));
    }
  }

  test::TestDirectory directory;
};

TEST_F(TimestampOption, NoTimestampIsTheDefault) {
  const StreamInfo info = declared<Sample>({});
  EXPECT_EQ(info.timestamp.kind, Timestamp::Kind::none);
  EXPECT_TRUE(info.timestamp.name.empty());
}

TEST_F(TimestampOption, NamedFieldIsFoundByItsOffset) {
  const StreamInfo info = declared<Sample>(Timestamp::field("time"));
  EXPECT_EQ(info.timestamp.kind, Timestamp::Kind::field);
  EXPECT_EQ(info.timestamp.name, "time");
  EXPECT_EQ(info.timestamp.offset, offsetof(Sample, time));
  EXPECT_EQ(info.timestamp.bytes, 8U);
}

TEST_F(TimestampOption, FieldOfAnyNumberTypeIsAccepted) {
  EXPECT_EQ(declared<Sample>(Timestamp::field("value")).timestamp.bytes, 4U);
}

TEST_F(TimestampOption, FirstElementOfEachRowIsAtOffsetZero) {
  const StreamInfo info = declared<std::array<double, 4>>(Timestamp::first_element());
  EXPECT_EQ(info.timestamp.kind, Timestamp::Kind::first_element);
  EXPECT_EQ(info.timestamp.offset, 0U);
  EXPECT_EQ(info.timestamp.bytes, 8U);
  EXPECT_EQ((declared<std::array<std::array<float, 2>, 3>>(Timestamp::first_element()).timestamp.bytes), 4U);
}

TEST_F(TimestampOption, TimeAndValueHasTheOffsetOfItsTime) {
  const StreamInfo info = declared<TimeAndValue<float>>(Timestamp::time_and_value());
  EXPECT_EQ(info.timestamp.kind, Timestamp::Kind::time_and_value);
  EXPECT_EQ(info.timestamp.offset, 0U);
  EXPECT_EQ(info.timestamp.bytes, 8U);
  EXPECT_EQ((declared<TimeAndValue<double, float>>(Timestamp::time_and_value()).timestamp.bytes), 4U);
}

TEST_F(TimestampOption, TimeAndValueIsReadAsItWasWritten) {
  Writer<TimeAndValue<double>> out("pairs", {.timestamp = Timestamp::time_and_value()});
  out.append({123, 4.5});
  Reader<TimeAndValue<double>> in("pairs", Start::oldest());
  const auto next = in.next();
  EXPECT_EQ(next->time, 123);
  EXPECT_EQ(next->value, 4.5);
}

TEST_F(TimestampOption, MissingFieldIsRefused) {
  expect_refused<Sample>(Timestamp::field("when"), "'when'");
  expect_refused<Sample>(Timestamp::field(""), "''");
}

TEST_F(TimestampOption, FieldThatIsNoSingleNumberIsRefused) {
  expect_refused<Sample>(Timestamp::field("pair"), "'pair'");
  expect_refused<Sample>(Timestamp::field("label"), "'label'");
  expect_refused<Sample>(Timestamp::field("inner"), "'inner'");
  expect_refused<Sample>(Timestamp::field("valid"), "'valid'");
}

TEST_F(TimestampOption, FieldOfArraysOfStructsIsRefused) {
  expect_refused<std::array<Sample, 2>>(Timestamp::field("time"), "'time'");
}

TEST_F(TimestampOption, FirstElementOfItemsThatAreNoRowsIsRefused) {
  expect_refused<double>(Timestamp::first_element(), "rows of numbers");
  expect_refused<Sample>(Timestamp::first_element(), "rows of numbers");
  expect_refused<std::array<char, 8>>(Timestamp::first_element(), "rows of numbers");
  expect_refused<std::array<Sample, 2>>(Timestamp::first_element(), "rows of numbers");
}

TEST_F(TimestampOption, TimeAndValueOfAnotherTypeIsRefused) {
  expect_refused<std::array<double, 2>>(Timestamp::time_and_value(), "'time'");
  expect_refused<std::array<TimeAndValue<float>, 2>>(Timestamp::time_and_value(), "'time'");
}

}  // namespace
}  // namespace shm
