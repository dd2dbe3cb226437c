// SPDX-License-Identifier: Apache-2.0

// Files with the name of a stream that are not streams, or are damaged: a clear error, never a crash or garbage.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <random>

#include "shm/storage/catalog.hpp"
#include "shm/stream/reader.hpp"
#include "shm/stream/writer.hpp"
#include "storage/left_stream.hpp"

namespace shm {
namespace {

using ::testing::HasSubstr;
namespace fs = std::filesystem;

class StreamFileCheck : public test::LeftStream {
 protected:
  static std::string refusal() {
    try {
      RawReader("numbers", Start::oldest());
    } catch (const BadStream& error) {
      return error.what();
    }
    return {};
  }
  void expect_refused(const std::string& why = {}) const {
    EXPECT_THAT(refusal(), HasSubstr(path.string()));
    EXPECT_THAT(refusal(), HasSubstr(why));
    EXPECT_THROW(static_cast<void>(stream_info("numbers")), BadStream);
    EXPECT_THROW(static_cast<void>(stream_readers("numbers")), BadStream);
    EXPECT_THROW(Writer<std::uint64_t>("numbers", {.history = 50}), BadStream);
    EXPECT_TRUE(fs::exists(path)) << "another program's file was removed";
    EXPECT_TRUE(collect_garbage().empty());
  }
  template <class Number>
  void expect_refused_with(std::uint64_t offset, Number number, const std::string& why) const {
    std::string bytes = good;
    std::memcpy(bytes.data() + offset, &number, sizeof number);
    put(bytes);
    expect_refused(why);
  }
};

TEST_F(StreamFileCheck, AcceptsAnUndamagedFile) {
  put(good);
  EXPECT_EQ(Reader<std::uint64_t>("numbers", Start::newest()).next().item, 2999U);
  EXPECT_EQ(Writer<std::uint64_t>("numbers", {.history = 50}).inserted(), 3000U);
}

TEST_F(StreamFileCheck, RefusesAnEmptyFile) {
  put("");
  expect_refused("0 bytes");
}

TEST_F(StreamFileCheck, RefusesGarbage) {
  put(std::string(good.size(), '\0'));
  expect_refused("not a stream");
  std::mt19937 random(1);
  for (int turn = 0; turn < 100; ++turn) {
    std::string bytes(good.size(), '\0');
    for (char& byte : bytes) byte = static_cast<char>(random());
    put(bytes);
    ASSERT_THAT(refusal(), HasSubstr("not a stream"));
  }
}

TEST_F(StreamFileCheck, RefusesFilesOfOtherPrograms) {
  put("RIFF" + std::string(100'000, 'x'));
  expect_refused("not a stream");
  fs::copy_file("/proc/self/exe", path, fs::copy_options::overwrite_existing);
  expect_refused("not a stream");
}

TEST_F(StreamFileCheck, RefusesATruncatedFileOfEveryLength) {
  for (std::size_t size = 0; size < good.size(); size += size % 4096 < 2 || size % 4096 > 4090 ? 1 : 61) {
    put(good.substr(0, size));
    ASSERT_NE(refusal(), "") << size;
    ASSERT_THROW(Writer<std::uint64_t>("numbers", {.history = 50}), BadStream) << size;
  }
}

TEST_F(StreamFileCheck, RefusesAFileThatIsTooLong) {
  for (const std::size_t more : {1U, 4096U}) {
    put(good + std::string(more, '\0'));
    expect_refused("should have");
  }
}

TEST_F(StreamFileCheck, NamesANewerLayoutVersion) {
  expect_refused_with(8, std::uint32_t{4}, "version 4");
  expect_refused_with(8, std::uint32_t{4}, "newer");
}

TEST_F(StreamFileCheck, NamesAnOlderLayoutVersion) {
  expect_refused_with(8, std::uint32_t{1}, "version 1");
  expect_refused_with(8, std::uint32_t{2}, "older");
}

TEST_F(StreamFileCheck, NamesAnotherByteOrder) {
  expect_refused_with(12, std::uint32_t{0x04030201}, "byte order");
}

TEST_F(StreamFileCheck, RefusesNumbersThatContradictEachOther) {
  constexpr std::uint64_t huge = ~std::uint64_t{0};
  expect_refused_with(16, std::uint32_t{0}, "ring");
  expect_refused_with(16, std::uint32_t{5}, "ring");
  expect_refused_with(256, std::uint32_t{7}, "ring");
  expect_refused_with(260, std::uint32_t{0}, "damaged");
  expect_refused_with(260, std::uint32_t{16}, "damaged");
  for (const std::uint64_t number :
       {std::uint64_t{0}, std::uint64_t{3}, huge, huge / 2 + 1, std::uint64_t{1} << 20}) {
    expect_refused_with(264, number, "damaged");  // capacity
    expect_refused_with(304, number, "damaged");  // data_offset
    expect_refused_with(312, number, "damaged");  // data_bytes
    expect_refused_with(320, number, "damaged");  // counters_offset
    expect_refused_with(328, number, "damaged");  // format_offset
    expect_refused_with(336, number, "damaged");  // format_bytes
  }
  for (const std::uint64_t number : {huge, huge / 2, std::uint64_t{1} << 20}) {
    expect_refused_with(272, number, "damaged");  // history
    expect_refused_with(280, number, "damaged");  // max_claim
    expect_refused_with(288, number, "damaged");  // ahead
    expect_refused_with(184, number, "damaged");  // metadata_offset
    expect_refused_with(192, number, "damaged");  // metadata_bytes
  }
  expect_refused_with(272, std::uint64_t{0}, "damaged");
  expect_refused_with(280, std::uint64_t{0}, "damaged");
  expect_refused_with(68, std::uint32_t{77}, "damaged");        // timestamp_kind
  expect_refused_with(8192, std::uint16_t{0x7878}, "damaged");  // the format
}

TEST_F(StreamFileCheck, RefusesATimestampOutsideOfTheItem) {
  for (const std::uint32_t offset : {1U, 8U, ~0U}) {
    std::string bytes = good;
    const std::uint32_t field[3] = {1, offset, 8};
    std::memcpy(bytes.data() + 68, field, sizeof field);
    put(bytes);
    expect_refused("damaged");
  }
}

// --- directories, devices and links in place of the file ---

TEST_F(StreamFileCheck, RefusesADirectory) {
  fs::remove(path);
  fs::create_directory(path);
  EXPECT_THROW(RawReader("numbers", Start::oldest()), BadStream);
  EXPECT_THROW(Writer<int>("numbers"), Error);
  EXPECT_THROW(remove_stream("numbers"), Error);
  EXPECT_TRUE(fs::is_directory(path));
}

TEST_F(StreamFileCheck, RefusesAFifoWithoutBlocking) {
  fs::remove(path);
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  EXPECT_THROW(RawReader("numbers", Start::oldest()), BadStream);
  EXPECT_THROW(static_cast<void>(stream_info("numbers")), BadStream);
  EXPECT_THROW(Writer<int>("numbers"), Error);
  EXPECT_TRUE(fs::is_fifo(path));
}

TEST_F(StreamFileCheck, RefusesASocket) {
  fs::remove(path);
  const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
  ::sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.string().copy(&address.sun_path[0], sizeof address.sun_path - 1);
  ASSERT_EQ(::bind(fd, reinterpret_cast<::sockaddr*>(&address), sizeof address), 0);
  EXPECT_THROW(RawReader("numbers", Start::oldest()), Error);
  EXPECT_THROW(Writer<int>("numbers"), Error);
  ::close(fd);
}

TEST_F(StreamFileCheck, DoesNotFollowASymbolicLink) {
  fs::rename(path, directory.path() / "elsewhere.stream");
  for (const char* target : {"elsewhere.stream", "nowhere.stream", "/dev/null"}) {
    fs::remove(path);
    fs::create_symlink(target, path);
    EXPECT_THROW(RawReader("numbers", Start::oldest()), SystemError) << target;
    EXPECT_THROW(Writer<int>("numbers"), SystemError) << target;
    EXPECT_THROW(remove_stream("numbers"), SystemError) << target;
    EXPECT_TRUE(fs::is_symlink(path));
  }
  EXPECT_EQ(Reader<std::uint64_t>("elsewhere", Start::newest()).next().item, 2999U);
}

}  // namespace
}  // namespace shm
