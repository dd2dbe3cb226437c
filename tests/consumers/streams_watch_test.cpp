// SPDX-License-Identifier: Apache-2.0
#include "consumers/shm/top/streams_watch.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "shm/storage/catalog.hpp"
#include "shm/stream/reader.hpp"
#include "shm/stream/record_writer.hpp"
#include "shm/stream/writer.hpp"
#include "support/test_directory.hpp"

namespace {

using namespace shm::programs;
using namespace std::chrono_literals;

class StreamsWatchTest : public ::testing::Test {
 protected:
  StreamsWatch watch(std::vector<std::string> names = {}) {
    return {std::move(names), directory.path().string(), [this] { return now; }};
  }

  const shm::test::TestDirectory directory;
  StreamsWatch::Clock::time_point now{1h};
};

TEST_F(StreamsWatchTest, MeasuresWhatCameBetweenTwoLooks) {
  shm::Writer<double> out("a", {.history = 1000});
  StreamsWatch streams = watch();
  const Snapshot first = streams.look();
  ASSERT_EQ(first.streams.size(), 1U);
  EXPECT_FALSE(first.streams[0].items_per_second.has_value());
  for (int i = 0; i < 100; ++i) out.append(i);
  now += 2s;
  const Snapshot second = streams.look();
  EXPECT_EQ(second.seconds, 2);
  EXPECT_EQ(second.streams[0].items_per_second, 50);
  EXPECT_EQ(second.streams[0].bytes_per_second, 400);
  EXPECT_EQ(second.streams[0].history_seconds(), 2);
  now += 1s;
  EXPECT_EQ(streams.look().streams[0].items_per_second, 0);
}

TEST_F(StreamsWatchTest, CountsTheBytesOfRecordsAsTheyAre) {
  shm::RecordWriter out("a");
  StreamsWatch streams = watch();
  static_cast<void>(streams.look());
  const std::vector<std::byte> record(64'000);
  for (int i = 0; i < 10; ++i) static_cast<void>(out.append(record));
  now += 1s;
  const Watched seen = streams.look().streams.at(0);
  EXPECT_EQ(seen.items_per_second, 10);
  EXPECT_GE(seen.bytes_per_second, 640'000);
  EXPECT_LT(seen.bytes_per_second, 650'000);
}

TEST_F(StreamsWatchTest, UsesTheNominalRateIfNoItemsCome) {
  shm::Writer<double> sampled("a", {.history = 1000, .sample_rate = 10});
  shm::Writer<double> other("b", {.history = 1000});
  for (int i = 0; i < 100; ++i) sampled.append(i);
  const Snapshot snapshot = watch().look();
  EXPECT_EQ(snapshot.streams[0].history_seconds(), 10);
  EXPECT_FALSE(snapshot.streams[1].history_seconds().has_value());
}

TEST_F(StreamsWatchTest, ListsReadersWithLagsAndLosses) {
  shm::Writer<int> out("a", {.history = 64});
  shm::Reader<int> slow("a", shm::Start::oldest(), {.name = "slow"});
  shm::Reader<int> quick("a", shm::Start::oldest(), {.name = "quick"});
  for (int i = 0; i < 1000; ++i) out.append(i);
  EXPECT_EQ(slow.try_next().status, shm::Status::lost);
  quick.seek(shm::Start::next());
  const Watched seen = watch().look().streams.at(0);
  ASSERT_TRUE(seen.readers.has_value());
  EXPECT_EQ(seen.readers->size(), 2U);
  EXPECT_EQ(seen.lost_items(), slow.lost_items());
  EXPECT_EQ(seen.worst_lag(), 1000 - slow.cursor());
}

TEST_F(StreamsWatchTest, ReportsStreamsThatAppearGoAndAreReplaced) {
  using News = Watched::News;
  auto old = std::make_unique<shm::Writer<int>>("a");
  StreamsWatch streams = watch();
  EXPECT_EQ(streams.look().streams.at(0).news, News::none);  // nobody knows
  shm::Writer<int> late("b");
  now += 1s;
  EXPECT_EQ(streams.look().streams.at(1).news, News::appeared);
  old->append(1);
  old.reset();
  const shm::Writer<double> other("a");
  now += 1s;
  const Snapshot after = streams.look();
  EXPECT_EQ(after.streams.at(0).news, News::replaced);
  EXPECT_FALSE(after.streams.at(0).items_per_second.has_value());  // another stream has the name now
  late.close();
  now += 1s;
  const Snapshot gone = streams.look();
  ASSERT_EQ(gone.streams.size(), 2U);
  EXPECT_EQ(gone.streams[1].presence, Watched::Presence::gone);
  EXPECT_TRUE(gone.streams[0].items_per_second.has_value());
  now += 1min;
  const Snapshot forgotten = streams.look();
  ASSERT_EQ(forgotten.streams.size(), 1U);
  EXPECT_EQ(forgotten.streams[0].news, News::none);
}

TEST_F(StreamsWatchTest, ShowsUnreadableStreamsAndContinues) {
  shm::Writer<int> good("b");
  std::ofstream(directory.path() / "a.stream") << "this is no stream";
  const Snapshot snapshot = watch().look();
  ASSERT_EQ(snapshot.streams.size(), 2U);
  EXPECT_EQ(snapshot.streams[0].presence, Watched::Presence::unreadable);
  EXPECT_FALSE(snapshot.streams[0].problem.empty());
  EXPECT_EQ(snapshot.streams[1].presence, Watched::Presence::there);
}

TEST_F(StreamsWatchTest, ReportsWhyADirectoryCannotBeRead) {
  const std::string file = directory.path() / "file";
  std::ofstream(file) << "no directory";
  const Snapshot snapshot = StreamsWatch({}, file).look();
  EXPECT_TRUE(snapshot.streams.empty());
  EXPECT_FALSE(snapshot.problem.empty());
}

TEST_F(StreamsWatchTest, LooksForNamedStreamsUntilTheyAppear) {
  shm::Writer<int> other("other");
  StreamsWatch streams = watch({"b", "a", "b"});
  const Snapshot nothing = streams.look();
  ASSERT_EQ(nothing.streams.size(), 2U);
  EXPECT_EQ(nothing.streams[0].name, "a");
  EXPECT_EQ(nothing.streams[0].presence, Watched::Presence::gone);
  shm::Writer<int> a("a");
  EXPECT_EQ(streams.look().streams[0].presence, Watched::Presence::there);
}

TEST_F(StreamsWatchTest, ReportsTheReaderThatHoldsTheWriterBack) {
  shm::StreamOptions options;
  options.history = 64;
  options.lossless = shm::LosslessOptions{.when_full = shm::WhenFull::drop};
  shm::Writer<int> out("a", options);
  shm::ReaderOptions lossless;
  lossless.lossless = shm::Acknowledge{};
  const shm::Reader<int> reader("a", shm::Start::oldest(), lossless);
  for (int i = 0; i < 1000; ++i) static_cast<void>(out.append(i));
  const Watched seen = watch().look().streams.at(0);
  EXPECT_TRUE(seen.info->lossless);
  EXPECT_GT(seen.info->backpressure.dropped_items, 0U);
  ASSERT_TRUE(seen.readers.has_value());
  EXPECT_TRUE(seen.readers->at(0).lossless);
  EXPECT_TRUE(seen.readers->at(0).holds_back);
}

TEST(SortStreams, SortsTheLargestFirst) {
  Watched idle{.name = "idle", .info = shm::StreamInfo{}};
  idle.info->items.history = 1;
  Watched busy = idle;
  busy.name = "busy";
  busy.items_per_second = 10;
  busy.bytes_per_second = 10;
  Watched read = idle;
  read.name = "read";
  read.info->items.history = 100;
  read.info->items.inserted = 50;
  read.readers.emplace(1).at(0).lost_items = 3;
  const Watched unreadable{.name = "a", .presence = Watched::Presence::unreadable};
  const auto order = [&](SortBy by) {
    std::vector<Watched> streams{unreadable, idle, busy, read};
    sort_streams(streams, by);
    std::string names;
    for (const Watched& stream : streams) names += stream.name + " ";
    return names;
  };
  EXPECT_EQ(order(SortBy::name), "a busy idle read ");
  EXPECT_EQ(order(SortBy::rate), "busy idle read a ");
  EXPECT_EQ(order(SortBy::bandwidth), "busy idle read a ");
  EXPECT_EQ(order(SortBy::readers), "read busy idle a ");
  EXPECT_EQ(order(SortBy::lag), "read busy idle a ");
  EXPECT_EQ(order(SortBy::lost), "read busy idle a ");
}

}  // namespace
