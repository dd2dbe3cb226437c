// SPDX-License-Identifier: Apache-2.0

// Senseless values from streams and users: shown, refused or skipped, and never a crash or memory without
// end.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <limits>
#include <nlohmann/json.hpp>

#include "common/gap_log.hpp"
#include "common/marks_follower.hpp"
#include "common/text.hpp"
#include "consumers/meter/options.hpp"
#include "consumers/record/recorder.hpp"
#include "consumers/shm/describe.hpp"
#include "consumers/shm/item_printer.hpp"
#include "shm/stream/writer.hpp"
#include "support/test_directory.hpp"

namespace shm::programs {
namespace {

constexpr std::int64_t least = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();

TEST(MetadataJson, ShowsDeeplyNestedMetadataAsText) {
  constexpr std::size_t depth = 500'000;
  const std::string deep = std::string(depth, '[') + std::string(depth, ']');
  ASSERT_TRUE(nlohmann::json::accept(deep));
  EXPECT_EQ(metadata_json(deep), nlohmann::ordered_json(deep));
  EXPECT_EQ(metadata_json(R"({"a": [[1]]})").dump(), R"({"a":[[1]]})");
}

TEST(Printable, ReplacesControlCharacters) {
  EXPECT_EQ(printable("a\x1b[2Jb\r\n\x7f"), "a?[2Jb???");
  EXPECT_EQ(printable("\x9b"
                      "2J \xc2\x9b"
                      "2J"),
            "?2J \xc2?2J");
  EXPECT_EQ(printable("\xc3\x84rger \xe2\x82\xac"), "\xc3\x84rger \xe2\x82\xac");
  const ItemFormat format("c:\x1b[2J:c:b:");
  Output out;
  ItemPrinter(format, PrintAs::text).print(std::vector<std::byte>(2), out);
  EXPECT_EQ(fmt::to_string(out.buffer()), R"(?[2J="" b="")");
}

TEST(ItemPrinterMemory, DoesNotHoldLongItemsInMemory) {
  const int nowhere = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  const ItemFormat format("(20000)T{c:" + std::string(2000, 'n') + ":}");
  const std::vector<std::byte> item(format.item_bytes());
  for (const PrintAs as : {PrintAs::text, PrintAs::json}) {
    Output out(nowhere);
    ItemPrinter(format, as).print(item, out);  // 40 MB
    EXPECT_LT(out.buffer().size(), 100'000U);
  }
  ::close(nowhere);
}

TEST(HostileMarks, DateNoFramesIfTheirTimesAreBeyondAllClocks) {
  const test::TestDirectory directory;
  Writer<CaptureMark> writer("mic.marks");
  writer.append({0, 10, least});
  writer.append({10, 10, most});
  writer.append({20, 10, 1'000'000'000});
  StreamInfo frames;
  frames.name = "mic";
  frames.file.created_realtime_ns = most;
  frames.clock.realtime_minus_clock_ns = least;
  MarksFollower marks(frames, "");
  marks.poll();
  EXPECT_FALSE(marks.time_of(5, 1000).has_value());
  EXPECT_FALSE(marks.time_of(15, 1000).has_value());
  EXPECT_EQ(marks.time_of(25, 1000), 1'005'000'000);
  EXPECT_FALSE(marks.time_of(std::numeric_limits<Index>::max(), 1e-300).has_value());
}

TEST(HostileMarks, AreIgnoredIfTheirGapsAreBeyondAllIndices) {
  GapLog gaps;
  gaps.add({.index = 100, .frames = UINT64_MAX - 50, .kind = CaptureMark::Kind::gap});
  EXPECT_TRUE(gaps.within({0, UINT64_MAX}).empty());
}

TEST(HostileRates, MakeNeitherEndlessTimesNorLargeBuffers) {
  EXPECT_EQ(clock_text(-1), "00:00:00");
  EXPECT_EQ(clock_text(std::numeric_limits<double>::quiet_NaN()), "00:00:00");
  EXPECT_FALSE(clock_text(std::numeric_limits<double>::infinity()).empty());
  const test::TestDirectory directory;
  const AudioFormat audio{SampleFormat::S16_LE, 1, 1e300, ""};
  RawWriter out("mic", frame_format(audio),
                {.history = 100, .metadata = audio_metadata(audio), .sample_rate = audio.rate});
  RecordArguments arguments;
  arguments.stream.stream = "mic";
  arguments.file = directory.path() / "mic.raw";
  arguments.enter = false;
  EXPECT_NO_THROW(Recorder{arguments});
}

TEST(MeterOptions, RefuseNan) {
  for (const char* option : {"--seconds", "--interval", "--wait"}) {
    MeterArguments arguments;
    CommandLine line("", "shm-meter");
    add_meter_options(line, arguments);
    EXPECT_THROW(line.parse({"mic", option, "nan"}), UsageError) << option;
  }
}

}  // namespace
}  // namespace shm::programs
