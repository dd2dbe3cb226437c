// SPDX-License-Identifier: Apache-2.0

// Making sources, buffers and readers: step by step, fluently, all at once; starting and stopping by hand.
#include <gtest/gtest.h>

#include "shm/source/source.hpp"
#include "shm/storage/catalog.hpp"
#include "support/counter_source.hpp"
#include "support/print.hpp"
#include "support/process.hpp"
#include "support/test_directory.hpp"

namespace shm {
namespace {

using namespace std::chrono_literals;
using test::CounterSource;
using test::eventually;
using Clock = std::chrono::steady_clock;

class StreamBufferTest : public ::testing::Test {
 protected:
  [[nodiscard]] auto make() { return make_source<CounterSource>("demo/count", record); }
  [[nodiscard]] auto shared() { return std::make_shared<CounterSource>(record); }
  void expect_to_read(Reader<int>& reader) {
    const Entered scope(reader);
    EXPECT_EQ(record.opens.load(), 1);
    const int first = reader();
    EXPECT_EQ(reader(), first + 1);
  }
  test::TestDirectory directory;
  test::SourceRecord record;
};

TEST_F(StreamBufferTest, IsMadeStepByStep) {
  SourceReader<int> source("demo/count", shared());
  StreamBuffer<int> buffer = source.stream_buffer({.history = 123});
  Reader<int> reader = buffer.make_reader(Start::next(), {.name = "a name"});
  EXPECT_EQ(reader.history(), 123U);
  EXPECT_EQ(stream_readers("demo/count")[0].name, "a name");
  expect_to_read(reader);
}

TEST_F(StreamBufferTest, IsMadeInOneExpression) {
  Reader<int> reader = make().stream_buffer({.history = 123}).make_reader(Start::next());
  EXPECT_EQ(reader.history(), 123U);
  expect_to_read(reader);
}

TEST_F(StreamBufferTest, IsMadeInOneCallWithDefaults) {
  auto reader = make().make_reader();
  expect_to_read(reader);
}

TEST_F(StreamBufferTest, IsMadeWithDefaultsForTheReaderOnly) {
  auto reader = make().stream_buffer({.history = 123}).make_reader();
  expect_to_read(reader);
}

TEST_F(StreamBufferTest, IsKeptByItsLastReader) {
  std::optional<Reader<int>> second;
  {
    auto reader = make().make_reader();
    second = reader.fork();
  }
  EXPECT_EQ(list_streams(), std::vector<std::string>{"demo/count"});
  expect_to_read(*second);
  second.reset();
  EXPECT_TRUE(list_streams().empty());
  EXPECT_EQ(record.closes.load(), 1);
}

TEST_F(StreamBufferTest, EndsForOtherReadersWhenTheLastHandleIsDestroyed) {
  auto source = std::make_unique<SourceReader<int>>(make());
  source->start();
  Reader<int> apart("demo/count", Start::next());
  static_cast<void>(apart());
  source.reset();
  while (apart.next().status == Status::ok) {
  }
  EXPECT_EQ(apart.next().status, Status::ended);
  EXPECT_EQ(record.closes.load(), 1);
  EXPECT_TRUE(std::filesystem::is_empty(directory.path()));
}

TEST_F(StreamBufferTest, IsTheSameAtEveryCall) {
  auto source = make();
  const auto buffer = source.stream_buffer({.history = 123});
  EXPECT_EQ(source.make_reader().history(), 123U);
  EXPECT_EQ(source.stream_buffer().make_reader().history(), 123U);
  EXPECT_THROW(source.stream_buffer({.history = 5}), InvalidArgument);
  const auto copy = source;
  EXPECT_EQ(copy.make_reader().history(), 123U);
}

TEST_F(StreamBufferTest, IsMadeOnlyWhenItIsNeeded) {
  auto source = make();
  EXPECT_TRUE(list_streams().empty());
  EXPECT_FALSE(source.is_started());
  static_cast<void>(source.make_reader());
  EXPECT_EQ(list_streams(), std::vector<std::string>{"demo/count"});
}

TEST_F(StreamBufferTest, IsMadeInADirectoryOfItsOwn) {
  const std::string other = directory.path() / "other";
  auto reader = make().stream_buffer({.directory = other}).make_reader();
  EXPECT_EQ(reader.info().file.path, other + "/demo/count.stream");
  expect_to_read(reader);
}

TEST_F(StreamBufferTest, AStreamReaderIsMadeWithDefaults) {
  StreamReader<int> reader("demo/count", shared());
  EXPECT_FALSE(reader.is_started());
  expect_to_read(reader);
  EXPECT_FALSE(reader.is_started());
}

TEST_F(StreamBufferTest, AStreamReaderTakesTheOptionsOfEachStep) {
  StreamReader<int> reader("demo/count", shared(),
                           {.buffer = {.history = 123, .unit = "V"},
                            .policy = {.always = true},
                            .start = Start::oldest(),
                            .reader = {.name = "flat"}});
  EXPECT_EQ(reader.history(), 123U);
  EXPECT_EQ(reader.info().items.unit, "V");
  EXPECT_EQ(stream_readers("demo/count")[0].name, "flat");
  EXPECT_EQ(reader(), 0);  // runs always
}

TEST_F(StreamBufferTest, AStreamReaderMakesMoreReadersOnTheSameSource) {
  StreamReader<int> stream("demo/count", shared());
  Reader<int> fork = stream.fork();
  Reader<int> other = stream.make_reader(Start::oldest());
  const Entered scope(other);
  EXPECT_EQ(fork(), 0);
  EXPECT_EQ(stream(), 0);
  EXPECT_EQ(other(), 0);
  EXPECT_EQ(record.opens.load(), 1);
}

// source.start(); source can be used as reader; reader = source.fork(); source.stop()
TEST_F(StreamBufferTest, IsReadDirectlyBetweenStartAndStop) {
  StreamReader<int> source("demo/count", shared());
  source.start();
  EXPECT_TRUE(source.is_started());
  EXPECT_EQ(source(), 0);
  Reader<int> reader = source.fork();
  EXPECT_EQ(reader(), 1);
  source.stop();
  EXPECT_FALSE(source.is_started());
}

TEST_F(StreamBufferTest, ASourceStartedByHandRunsWhateverReadersDo) {
  auto source = make();
  source.start();
  source.start();
  Reader<int> reader = source.make_reader();
  reader.enter();
  const auto before = Clock::now();
  reader.exit();
  EXPECT_LT(Clock::now() - before, 900ms) << "exit() waited for a stop that does not come";
  EXPECT_TRUE(source.is_started());
  source.stop();
  EXPECT_FALSE(source.is_started());
  EXPECT_EQ(record.opens.load(), 1);
}

TEST_F(StreamBufferTest, ASourceStoppedByHandGoesOnWhileAReaderIsEntered) {
  auto source = make();
  Reader<int> reader = source.make_reader();
  reader.enter();
  source.start();
  source.stop();
  EXPECT_TRUE(source.is_started());
  reader.exit();
  EXPECT_FALSE(source.is_started());
  source.stop();
  EXPECT_EQ(record.opens.load(), 1);
}

TEST_F(StreamBufferTest, StartThrowsTheReasonOfAFailureAndCanBeTriedAgain) {
  record.failures_to_open = 1;
  auto source = make();
  EXPECT_THROW(source.start(), SourceFailed);
  EXPECT_FALSE(source.is_started());
  source.stop();
  source.start();
  EXPECT_TRUE(source.is_started());
}

TEST_F(StreamBufferTest, AFailedStartByHandIsNotRetried) {
  record.failures_to_open = 1;
  auto source = make();
  EXPECT_THROW(source.start(), SourceFailed);
  Reader<int> reader = source.make_reader();
  EXPECT_EQ(reader.next(400ms).status, Status::timed_out);  // longer than the interval of its looks
  EXPECT_EQ(record.opens.load(), 0);
}

TEST_F(StreamBufferTest, ThrowsIfItsStreamCannotBeMade) {
  const Writer<int> first("demo/count");
  EXPECT_THROW(static_cast<void>(make().make_reader()), WriterExists);
  EXPECT_THROW(StreamReader<int>("demo/count", shared()), WriterExists);
}

}  // namespace
}  // namespace shm
