// SPDX-License-Identifier: Apache-2.0

// The options of a stream as StreamInfo reports them, and options that cannot be right.
#include <gmock/gmock.h>
#include <grp.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <limits>

#include "shm/storage/catalog.hpp"
#include "shm/stream/reader.hpp"
#include "shm/stream/writer.hpp"
#include "support/test_directory.hpp"

namespace shm {
namespace {

using ::testing::HasSubstr;

class StreamCreation : public ::testing::Test {
 protected:
  [[nodiscard]] struct ::stat status(const std::string& file) const {
    struct ::stat status {};
    EXPECT_EQ(::stat((directory.path() / file).c_str(), &status), 0) << file;
    return status;
  }
  [[nodiscard]] ::mode_t mode(const std::string& file) const { return status(file).st_mode & 07777; }

  test::TestDirectory directory;
};

TEST_F(StreamCreation, WritersReadersAndToolsReadTheOptionsBack) {
  const Writer<double> out("lab/temperature", {.history = 1000,
                                               .max_claim = 50,
                                               .metadata = R"({"room": "12", "probe": [1, 2]})",
                                               .unit = "K",
                                               .sample_rate = 12.5,
                                               .clock = CLOCK_BOOTTIME,
                                               .persistent = true});
  const Reader<double> reader("lab/temperature", Start::oldest());
  for (const StreamInfo& info : {out.info(), reader.info(), stream_info("lab/temperature")}) {
    EXPECT_EQ(info.name, "lab/temperature");
    EXPECT_EQ(info.file.path, directory.path() / "lab/temperature.stream");
    EXPECT_EQ(info.items.format, "<d");
    EXPECT_EQ(info.items.item_bytes, 8U);
    EXPECT_EQ(info.items.history, 1000U);
    EXPECT_EQ(info.items.max_claim, 50U);
    EXPECT_GE(info.items.capacity, 1050U);
    EXPECT_EQ(info.file.bytes, std::filesystem::file_size(info.file.path));
    EXPECT_EQ(info.metadata, R"({"room": "12", "probe": [1, 2]})");
    EXPECT_EQ(info.items.unit, "K");
    EXPECT_EQ(info.items.sample_rate, 12.5);
    EXPECT_EQ(info.clock.id, CLOCK_BOOTTIME);
    EXPECT_TRUE(info.file.persistent);
    EXPECT_EQ(info.writer.state, WriterState::live);
    EXPECT_EQ(info.writer.pid, ::getpid());
    EXPECT_FALSE(info.writer.program.empty());
    EXPECT_EQ(info.writer.epoch, 1U);
    EXPECT_EQ(info.timestamp.kind, Timestamp::Kind::none);
    EXPECT_EQ(info.source.state, layout::SourceState::none);
  }
}

TEST_F(StreamCreation, TheDefaultHistoryHoldsHalfAMebibyte) {
  EXPECT_EQ(Writer<std::int64_t>("a").info().items.history, 65536U);
  EXPECT_EQ(Writer<std::int64_t>("a").info().items.max_claim, 8192U);
  EXPECT_EQ((Writer<std::array<char, 100'000>>("b").info().items.history), 64U);
  EXPECT_EQ((Writer<std::int64_t>("c", {.history = 1}).info().items.max_claim), 1U);
}

TEST_F(StreamCreation, StoresTheTimeOfCreation) {
  ::timespec now{};
  const auto ns = [&] {
    ::clock_gettime(CLOCK_REALTIME, &now);
    return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
  };
  const std::int64_t before = ns();
  const Writer<int> out("numbers");
  const StreamInfo info = out.info();
  EXPECT_GE(info.file.created_realtime_ns, before);
  EXPECT_LE(info.file.created_realtime_ns, ns());
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  const std::int64_t monotonic = std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
  EXPECT_NEAR(static_cast<double>(monotonic + info.clock.realtime_minus_clock_ns), static_cast<double>(ns()),
              1e9);
}

TEST_F(StreamCreation, TheDirectoryOptionOverridesTheEnvironment) {
  const std::string other = directory.path() / "other";
  Writer<int> out("numbers", {.directory = other});
  out.append(4);
  EXPECT_TRUE(std::filesystem::exists(other + "/numbers.stream"));
  EXPECT_THROW(Reader<int>("numbers", Start::oldest()), NotFound);
  Reader<int> reader("numbers", Start::oldest(), {.directory = other});
  EXPECT_EQ(reader.next().item, 4);
}

TEST_F(StreamCreation, SetsTheModeWhateverTheUmask) {
  const ::mode_t before = ::umask(0077);
  const Writer<int> mine("mine");
  const Writer<int> of_group("group", {.mode = 0640});
  const Writer<int> of_all("all", {.mode = 0644});
  const Writer<int> look_only("look", {.mode = 0644, .control_mode = 0600});
  ::umask(before);
  EXPECT_EQ(mode("mine.stream"), 0600U);
  EXPECT_EQ(mode("mine.control"), 0600U);
  EXPECT_EQ(mode("group.stream"), 0640U);
  EXPECT_EQ(mode("group.control"), 0660U);
  EXPECT_EQ(mode("all.stream"), 0644U);
  EXPECT_EQ(mode("all.control"), 0666U);
  EXPECT_EQ(mode("look.stream"), 0644U);
  EXPECT_EQ(mode("look.control"), 0600U);
}

TEST_F(StreamCreation, TakesTheGroupByNumberOrName) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  const ::group* group = ::getgrgid(65534);
  const Writer<int> by_number("number", {.mode = 0640, .group = "65534"});
  EXPECT_EQ(status("number.stream").st_gid, 65534U);
  EXPECT_EQ(status("number.control").st_gid, 65534U);
  EXPECT_EQ(mode("number.stream"), 0640U);
  if (group == nullptr) GTEST_SKIP() << "group 65534 has no name here";
  const Writer<int> by_name("name", {.mode = 0640, .group = group->gr_name});
  EXPECT_EQ(status("name.stream").st_gid, 65534U);
}

TEST_F(StreamCreation, TakesOptionsAtTheirLimits) {
  const Writer<int> out("numbers", {.metadata = '"' + std::string((1 << 20) - 2, 'x') + '"',
                                    .unit = std::string(31, 'm'),
                                    .prefault = false});
  EXPECT_EQ(out.info().metadata.size(), 1U << 20);
  EXPECT_EQ(out.info().items.unit.size(), 31U);
}

TEST_F(StreamCreation, ThrowsNoSpaceIfMemoryIsShort) {
  EXPECT_THROW(Writer<double>("much", {.history = std::uint64_t{1} << 37}), NoSpace);
  EXPECT_TRUE(std::filesystem::is_empty(directory.path()));
}

struct BadOptions {
  const char* what;
  StreamOptions options;
  const char* says;
  friend void PrintTo(const BadOptions& bad, std::ostream* out) { *out << bad.what; }
};

class InvalidStreamOption : public ::testing::TestWithParam<BadOptions> {
 protected:
  test::TestDirectory directory;
};

TEST_P(InvalidStreamOption, IsRefusedWithAnExplanationAndLeavesNothing) {
  try {
    const Writer<double> out("deep/numbers", GetParam().options);
    FAIL() << "was taken";
  } catch (const InvalidArgument& error) {
    EXPECT_THAT(error.what(), HasSubstr(GetParam().says));
  }
  EXPECT_TRUE(std::filesystem::is_empty(directory.path()));
}

constexpr auto huge = std::numeric_limits<std::uint64_t>::max();

INSTANTIATE_TEST_SUITE_P(
    All, InvalidStreamOption,
    ::testing::Values(
        BadOptions{"HistoryBeyondAllMemory", {.history = huge}, "history"},
        BadOptions{"HistoryJustBeyond", {.history = std::uint64_t{1} << 39}, "history"},
        BadOptions{"ClaimBeyondAllMemory", {.max_claim = huge}, "claim"},
        BadOptions{"NegativeRate", {.sample_rate = -1}, "sample rate"},
        BadOptions{"InfiniteRate", {.sample_rate = std::numeric_limits<double>::infinity()}, "sample rate"},
        BadOptions{
            "RateThatIsNoNumber", {.sample_rate = std::numeric_limits<double>::quiet_NaN()}, "sample rate"},
        BadOptions{"LongUnit", {.unit = std::string(32, 'x')}, "unit"},
        BadOptions{"LongMetadata", {.metadata = '"' + std::string(1 << 20, 'x') + '"'}, "metadata"},
        BadOptions{"MetadataThatAreNoJson", {.metadata = "{room: 12}"}, "JSON"},
        BadOptions{"ModeWithMoreThanPermissions", {.mode = 04600}, "mode"},
        BadOptions{"ModeThatKeepsTheOwnerOut", {.mode = 0440}, "mode"},
        BadOptions{"ControlModeWithMoreThanPermissions", {.control_mode = 04600}, "mode"},
        BadOptions{"ControlModeThatKeepsTheOwnerOut", {.control_mode = 0060}, "mode"},
        BadOptions{"GroupThatIsNone", {.group = "no such group"}, "no such group"},
        BadOptions{"ClockThatIsNone", {.clock = 9999}, "clock"},
        BadOptions{"TimestampFieldOfANumber", {.timestamp = Timestamp::field("time")}, "time"},
        BadOptions{"FirstElementOfANumber", {.timestamp = Timestamp::first_element()}, "first element"},
        BadOptions{"TimeAndValueOfANumber", {.timestamp = Timestamp::time_and_value()}, "time"}));

}  // namespace
}  // namespace shm
