// SPDX-License-Identifier: Apache-2.0

// The bytes of a stream, read from its files at the offsets of docs/layout.md, without the library.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstring>

#include "shm/format/described.hpp"
#include "shm/stream/reader.hpp"
#include "shm/stream/record_writer.hpp"
#include "shm/stream/writer.hpp"
#include "support/print.hpp"
#include "support/raw_file.hpp"
#include "support/test_directory.hpp"

namespace {

struct Tick {
  std::int32_t kind;
  std::int64_t time;
};
BOOST_DESCRIBE_STRUCT(Tick, (), (kind, time))

}  // namespace

namespace shm {
namespace {

constexpr std::uint64_t live = 4096;
constexpr std::uint64_t counters = live + 1024;
constexpr std::uint64_t ring = 256;

class StreamLayout : public ::testing::Test {
 protected:
  template <class Number>
  [[nodiscard]] Number stream(std::uint64_t offset) const {
    return test::peek_file<Number>(directory.path() / "ticks.stream", offset);
  }
  template <class Number>
  [[nodiscard]] Number control(std::uint64_t offset) const {
    return test::peek_file<Number>(directory.path() / "ticks.control", offset);
  }
  template <std::size_t Bytes>
  [[nodiscard]] std::string text(std::uint64_t offset) const {
    const auto bytes = stream<std::array<char, Bytes>>(offset);
    return {bytes.begin(), bytes.end()};
  }

  test::TestDirectory directory;
  Writer<Tick> out{"ticks",
                   {.history = 100,
                    .max_claim = 10,
                    .metadata = R"({"a":1})",
                    .unit = "s",
                    .sample_rate = 2.5,
                    .timestamp = Timestamp::field("time"),
                    .persistent = true}};
};

TEST_F(StreamLayout, FileBeginsWithMagicVersionAndByteOrder) {
  EXPECT_EQ(text<8>(0), std::string("libshm\n\0", 8));
  EXPECT_EQ(stream<std::uint32_t>(8), 3U);
  EXPECT_EQ(stream<std::uint32_t>(12), 0x01020304U);
}

TEST_F(StreamLayout, HeaderDescribesTheStream) {
  EXPECT_EQ(stream<std::uint32_t>(16), 1U);  // rings
  EXPECT_EQ(stream<std::uint32_t>(20), 1U);  // flags: persistent
  EXPECT_EQ(stream<std::uint64_t>(24), std::filesystem::file_size(directory.path() / "ticks.stream"));
  EXPECT_GT(stream<std::int64_t>(48), 1'500'000'000'000'000'000);  // created, nanoseconds since 1970
  EXPECT_EQ(stream<std::int64_t>(56), out.info().clock.realtime_minus_clock_ns);
  EXPECT_EQ(stream<std::int32_t>(64), 1);    // CLOCK_MONOTONIC
  EXPECT_EQ(stream<std::uint32_t>(68), 1U);  // the time is in a field,
  EXPECT_EQ(stream<std::uint32_t>(72), 8U);  // at this offset,
  EXPECT_EQ(stream<std::uint32_t>(76), 8U);  // of so many bytes,
  EXPECT_EQ(text<5>(88), std::string("time\0", 5));
  EXPECT_EQ(stream<double>(80), 2.5);
  EXPECT_EQ(text<2>(152), std::string("s\0", 2));
}

TEST_F(StreamLayout, HeaderHasThePlacesOfTheTexts) {
  const std::string format = "T{<i:kind:4x<q:time:}";
  EXPECT_EQ(stream<std::uint64_t>(ring + 72), 8192U);
  EXPECT_EQ(stream<std::uint64_t>(ring + 80), format.size());
  EXPECT_EQ(text<21>(8192), format);
  const auto metadata = stream<std::uint64_t>(184);
  EXPECT_EQ(stream<std::uint64_t>(192), 7U);
  EXPECT_EQ(text<7>(metadata), R"({"a":1})");
}

TEST_F(StreamLayout, HeaderHasTheSizesOfTheRing) {
  EXPECT_EQ(stream<std::uint32_t>(ring + 0), 1U);  // items
  EXPECT_EQ(stream<std::uint32_t>(ring + 4), 16U);
  const auto capacity = stream<std::uint64_t>(ring + 8);
  const auto ahead = stream<std::uint64_t>(ring + 32);
  EXPECT_EQ(stream<std::uint64_t>(ring + 16), 100U);
  EXPECT_EQ(stream<std::uint64_t>(ring + 24), 10U);
  EXPECT_GE(capacity, 100 + 10 + ahead);
  EXPECT_EQ(stream<std::uint64_t>(ring + 40), 0U);
  const auto data = stream<std::uint64_t>(ring + 48);
  EXPECT_EQ(data % 4096, 0U);
  EXPECT_EQ(stream<std::uint64_t>(ring + 56), capacity * 16);
  EXPECT_EQ(data + capacity * 16, stream<std::uint64_t>(24));
  EXPECT_EQ(stream<std::uint64_t>(ring + 64), counters);
}

TEST_F(StreamLayout, CountersHaveTheNumberOfInsertedItems) {
  EXPECT_EQ(stream<std::uint64_t>(counters + 56), 0U);
  for (int i = 0; i < 1000; ++i) out.append({i, 10 * i});
  EXPECT_EQ(stream<std::uint64_t>(counters + 56), 1000U);   // inserted
  EXPECT_EQ(stream<std::uint64_t>(counters + 0), 1000U);    // guard
  EXPECT_GE(stream<std::uint64_t>(counters + 128), 1000U);  // reserved
}

TEST_F(StreamLayout, CounterLineHasTheNewestItem) {
  for (int i = 0; i < 1000; ++i) out.append({i, 10 * i});
  EXPECT_EQ(counters % 64, 0U);
  EXPECT_EQ(stream<std::int32_t>(counters + 8), 999);
  EXPECT_EQ(stream<std::int64_t>(counters + 8 + 8), 9990);
}

TEST_F(StreamLayout, ItemKIsInSlotKModuloCapacity) {
  for (int i = 0; i < 1000; ++i) out.append({i, 10 * i});
  const auto capacity = stream<std::uint64_t>(ring + 8);
  const auto data = stream<std::uint64_t>(ring + 48);
  for (std::uint64_t k = 900; k < 1000; ++k) {
    ASSERT_EQ(stream<std::int32_t>(data + k % capacity * 16), static_cast<std::int32_t>(k));
    ASSERT_EQ(stream<std::int64_t>(data + k % capacity * 16 + 8), static_cast<std::int64_t>(10 * k));
  }
}

TEST_F(StreamLayout, LiveStateNamesTheWriter) {
  EXPECT_EQ(stream<std::uint32_t>(live + 0), 1U);  // live
  EXPECT_EQ(stream<std::int32_t>(live + 4), ::getpid());
  EXPECT_EQ(stream<std::uint64_t>(live + 8), 1U);  // the first writer
  EXPECT_EQ(stream<std::uint32_t>(live + 24), out.info().writer.fences ? 1U : 0U);
  EXPECT_EQ(text<64>(live + 32).substr(0, out.info().writer.program.size()), out.info().writer.program);
  out.close();
  EXPECT_EQ(stream<std::uint32_t>(live + 0), 2U);  // ended
}

TEST_F(StreamLayout, ControlFileBeginsWithItsMagicAndTheStreamsId) {
  const auto magic = control<std::array<char, 8>>(0);
  EXPECT_EQ(std::string(magic.begin(), magic.end()), "shmctrl\n");
  EXPECT_EQ(control<std::uint32_t>(8), 3U);     // version
  EXPECT_EQ(control<std::uint32_t>(12), 256U);  // slots
  EXPECT_EQ(control<std::uint32_t>(16), 256U);  // bytes of a slot
  using Id = std::array<std::uint8_t, 16>;
  EXPECT_EQ(control<Id>(24), stream<Id>(32));
  EXPECT_NE(control<Id>(24), Id{});
  EXPECT_EQ(control<std::uint64_t>(128), UINT64_MAX);  // no reader asked to be woken
  EXPECT_EQ(control<std::uint32_t>(256), 0U);          // no demand
  EXPECT_EQ(control<std::uint64_t>(384), UINT64_MAX);  // no writer waits for room
  EXPECT_EQ(control<std::uint32_t>(392), 0U);
  EXPECT_EQ(control<std::uint64_t>(512), 0U);  // no slot had a lossless reader
  EXPECT_EQ(std::filesystem::file_size(directory.path() / "ticks.control"), 4096U + 256U * 256U);
}

TEST_F(StreamLayout, ReaderSlotDescribesItsReader) {
  constexpr std::uint64_t slot = 4096;
  {
    Reader<Tick> reader("ticks", Start::oldest(), {.name = "meter"});
    for (int i = 0; i < 100'000; ++i) out.append({i, 10 * i});
    EXPECT_EQ(reader.next().status, Status::lost);
    EXPECT_EQ(control<std::uint64_t>(slot + 0), reader.cursor());
    EXPECT_EQ(control<std::uint64_t>(slot + 8), reader.lost_items());
    EXPECT_EQ(control<std::uint64_t>(slot + 16), 1U);
    EXPECT_EQ(control<std::uint32_t>(slot + 64), 1U);  // taken
    EXPECT_EQ(control<std::uint32_t>(slot + 68), 0U);  // entered
    EXPECT_EQ(control<std::int32_t>(slot + 72), ::getpid());
    const auto name = control<std::array<char, 6>>(slot + 152);
    EXPECT_EQ(std::string(name.data(), 5), "meter");
    reader.enter();
    EXPECT_EQ(control<std::uint32_t>(slot + 68), 1U);
    EXPECT_EQ(control<std::uint32_t>(256), 1U);
  }
  EXPECT_EQ(control<std::uint32_t>(slot + 64), 0U);
  EXPECT_EQ(control<std::uint32_t>(slot + 68), 0U);
}

class RecordStreamLayout : public ::testing::Test {
 protected:
  template <class Number>
  [[nodiscard]] Number stream(std::uint64_t offset) const {
    return test::peek_file<Number>(directory.path() / "notes.stream", offset);
  }
  [[nodiscard]] static StreamOptions options() {
    StreamOptions options;
    options.timestamp = Timestamp::field("time");
    options.records = RecordOptions{
        .history_bytes = 10'000, .max_record_bytes = 1001, .alignment = 64, .media_type = "text/plain"};
    return options;
  }
  static constexpr std::uint64_t byte_ring = ring + 128;
  test::TestDirectory directory;
  RecordWriter out{"notes", options()};
};

TEST_F(RecordStreamLayout, RingOfBytesFollowsTheRingOfEntries) {
  EXPECT_EQ(stream<std::uint32_t>(16), 2U);
  const auto media_type = stream<std::array<char, 11>>(200);
  EXPECT_EQ(std::string(media_type.data(), 11), std::string("text/plain\0", 11));
  EXPECT_EQ(stream<std::uint32_t>(ring + 4), 24U);
  EXPECT_EQ(stream<std::uint32_t>(byte_ring + 0), 4U);
  EXPECT_EQ(stream<std::uint32_t>(byte_ring + 4), 1U);
  const auto capacity = stream<std::uint64_t>(byte_ring + 8);
  EXPECT_EQ(stream<std::uint64_t>(byte_ring + 16), 10'000U);
  EXPECT_EQ(stream<std::uint64_t>(byte_ring + 24), 1008U + 64 - 8) << "with what aligns it";
  EXPECT_GE(capacity, 10'000 + 1064 + stream<std::uint64_t>(byte_ring + 32));
  EXPECT_EQ(stream<std::uint64_t>(byte_ring + 48) + capacity, stream<std::uint64_t>(24));
  EXPECT_EQ(stream<std::uint64_t>(byte_ring + 64), counters + 256);
  EXPECT_EQ(stream<std::uint64_t>(byte_ring + 96), 1001U);
}

TEST_F(RecordStreamLayout, EntriesHaveThePositionsOfTheirBytes) {
  out.append("one", Stamp::first(5));
  out.append("three", Stamp::first(7));
  EXPECT_EQ(stream<std::uint64_t>(counters + 56), 2U);
  EXPECT_EQ(stream<std::uint64_t>(counters + 256 + 56), 72U);
  const auto entry = stream<std::uint64_t>(ring + 48) + 24;
  EXPECT_EQ(stream<std::uint64_t>(entry + 0), 64U);
  EXPECT_EQ(stream<std::uint64_t>(entry + 8), 5U);
  EXPECT_EQ(stream<std::int64_t>(entry + 16), 7);
  const auto bytes = stream<std::array<char, 5>>(stream<std::uint64_t>(byte_ring + 48) + 64);
  EXPECT_EQ(std::string(bytes.data(), 5), "three");
}

TEST(LosslessStreamLayout, FilesNameTheReaderThatHoldsTheWriterBack) {
  const test::TestDirectory directory;
  Writer<int> out("numbers", {.history = 64, .lossless = LosslessOptions{.when_full = WhenFull::drop}});
  const auto stream = directory.path() / "numbers.stream";
  const auto control = directory.path() / "numbers.control";
  EXPECT_EQ(test::peek_file<std::uint32_t>(stream, 20), 2U);  // flags
  Reader<int> lossy("numbers", Start::next());
  Reader<int> reader("numbers", Start::next(), {.lossless = Acknowledge::with_read});
  constexpr std::uint64_t slot = 4096 + 256;  // the second
  EXPECT_EQ(test::peek_file<std::uint64_t>(control, 512), 2U);
  EXPECT_EQ(test::peek_file<std::uint32_t>(control, slot + 32), 1U);
  while (out.append(1)) {
  }
  EXPECT_EQ(test::peek_file<std::uint64_t>(stream, live + 648), 1U);  // item 0 is needed
  EXPECT_EQ(test::peek_file<std::uint64_t>(stream, live + 656), 1U);  // dropped
  EXPECT_EQ(test::peek_file<std::uint64_t>(control, slot + 24), 0U);
  ASSERT_EQ(reader.next().status, Status::ok);
  EXPECT_EQ(test::peek_file<std::uint64_t>(control, slot + 24), 1U);
  EXPECT_TRUE(out.append(2));
  EXPECT_EQ(test::peek_file<std::uint64_t>(stream, live + 648), 0U);
  EXPECT_EQ(test::peek_file<std::uint64_t>(stream, live + 640), 1U);  // released
}

}  // namespace
}  // namespace shm
