// SPDX-License-Identifier: Apache-2.0

// Counters that no writer leaves in a stream's file: the next writer gets an error, and readers neither wait for ever
// nor read garbage.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <limits>

#include "shm/storage/catalog.hpp"
#include "shm/stream/reader.hpp"
#include "storage/left_stream.hpp"
#include "support/raw_file.hpp"

namespace shm {
namespace {

constexpr std::uint64_t inserted_at = 4096 + 1024 + 56;
constexpr std::uint64_t reserved_at = 4096 + 1024 + 128;
constexpr std::uint64_t last = std::numeric_limits<std::uint64_t>::max();

class DamagedCounters : public test::LeftStream {
 protected:
  void set(std::uint64_t inserted, std::uint64_t reserved) const {
    put(good);
    test::poke_file(path, inserted_at, inserted);
    test::poke_file(path, reserved_at, reserved);
  }
};

TEST_F(DamagedCounters, AReaderDoesNotWaitForeverAtTheLastIndex) {
  set(last, last);
  RawReader reader("numbers", Start::next());
  std::vector<std::byte> item(reader.item_bytes());
  EXPECT_THROW(static_cast<void>(reader.next(item)), BadStream);
  EXPECT_THROW(static_cast<void>(reader.peek(item, Deadline::never())), BadStream);
  EXPECT_THROW(static_cast<void>(reader.read(item)), BadStream);
  EXPECT_THROW(static_cast<void>(Reader<std::uint64_t>("numbers", Start::next()).next()), BadStream);
}

TEST_F(DamagedCounters, SlicesFromTheEndDoNotCrashBeyondHalfOfAllIndices) {
  set(std::uint64_t{1} << 63, std::uint64_t{1} << 63);
  RawReader reader("numbers", Start::next());
  std::vector<std::byte> item(reader.item_bytes());
  for (const std::int64_t start : {std::int64_t{-1}, std::numeric_limits<std::int64_t>::min()}) {
    try {
      static_cast<void>(reader.slice({start, {}}));
      reader.item(start, item);
    } catch (const OverlapsError&) {
    }
  }
}

TEST_F(DamagedCounters, AWriterDoesNotTakeOverContradictoryCounters) {
  for (const auto& [inserted, reserved] : {std::pair{last, last},
                                           {std::uint64_t{3000}, last},
                                           {std::uint64_t{3000}, std::uint64_t{2999}},
                                           {last / 2 + 1, last / 2 + 1}}) {
    set(inserted, reserved);
    EXPECT_THROW(Writer<std::uint64_t>("numbers", options), BadStream) << inserted << " " << reserved;
    EXPECT_THROW(Writer<std::uint64_t>("numbers", {.history = 5000}), BadStream)
        << inserted << " " << reserved;
  }
  remove_stream("numbers");
  EXPECT_EQ(Writer<std::uint64_t>("numbers", options).inserted(), 0U);
}

TEST_F(DamagedCounters, GarbageCollectionDoesNotCrashOnAnyFileTime) {
  std::filesystem::remove(path);
  const std::string control = directory.path() / "numbers.control";
  for (const std::int64_t second :
       {std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()}) {
    const ::timespec times[2] = {{second, 0}, {second, 0}};
    ASSERT_EQ(::utimensat(AT_FDCWD, control.c_str(), &times[0], 0), 0);
    EXPECT_EQ(collect_garbage({.dry_run = true}).size(), second < 0 ? 1U : 0U);
  }
}

}  // namespace
}  // namespace shm
