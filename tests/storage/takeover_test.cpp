// SPDX-License-Identifier: Apache-2.0

// The next writer of a stream whose writer detached, which leaves the stream as a crash would.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "shm/layout/control_layout.hpp"
#include "shm/layout/stream_layout.hpp"
#include "shm/storage/catalog.hpp"
#include "shm/stream/reader.hpp"
#include "shm/stream/writer.hpp"
#include "support/print.hpp"
#include "support/process.hpp"
#include "support/raw_file.hpp"
#include "support/test_directory.hpp"

namespace shm {
namespace {

using namespace std::chrono_literals;

class Takeover : public ::testing::Test {
 protected:
  static void append(Writer<int>& out, int count) {
    for (; count > 0; --count) out.append(static_cast<int>(out.inserted()));
  }
  void leave_after(int count, const StreamOptions& options = {.history = 100}) {
    Writer<int> out("numbers", options);
    append(out, count);
    out.detach();
  }
  [[nodiscard]] ::ino_t inode() const {
    struct ::stat status {};
    ::stat((directory.path() / "numbers.stream").c_str(), &status);
    return status.st_ino;
  }
  [[nodiscard]] std::filesystem::path control() const { return directory.path() / "numbers.control"; }

  test::TestDirectory directory;
};

TEST_F(Takeover, ContinuesTheIndices) {
  leave_after(5);
  Writer<int> next("numbers", {.history = 100});
  EXPECT_EQ(next.inserted(), 5U);
  append(next, 1);
  EXPECT_EQ(next.inserted(), 6U);
  EXPECT_EQ(next.info().writer.epoch, 2U);
}

TEST_F(Takeover, LeavesAttachedReadersWhereTheyAre) {
  leave_after(5);
  Reader<int> reader("numbers", Start::oldest());
  EXPECT_EQ(reader.writer_state(), WriterState::lost);
  const ::ino_t before = inode();
  Writer<int> next("numbers", {.history = 100});
  EXPECT_EQ(inode(), before);
  EXPECT_EQ(reader.writer_state(), WriterState::live);
  append(next, 5);
  for (int i = 0; i < 10; ++i) ASSERT_EQ(reader.next(0ms).item, i);
  EXPECT_EQ(reader.lost_items(), 0U);
  next.close();
  EXPECT_EQ(reader.next().status, Status::ended);
}

TEST_F(Takeover, KeepsTheHistoryAfterAWriterThatDiedInAClaim) {
  {
    Writer<int> out("numbers", {.history = 100, .max_claim = 50});
    append(out, 5000);
    for (int& slot : out.claim(50)) slot = -1;
    out.detach();
  }
  Reader<int> reader("numbers", Start::oldest());
  for (int turn = 0; turn < 20; ++turn) {
    Writer<int> next("numbers", {.history = 100, .max_claim = 50});
    const auto n = static_cast<int>(reader.inserted());
    const std::vector<int> items = reader[{-100, {}}];
    for (int i = 0; i < 100; ++i) ASSERT_EQ(items[static_cast<std::size_t>(i)], n - 100 + i);
    append(next, 1);
    for (int& slot : next.claim(50)) slot = -1;
    next.detach();
  }
}

TEST_F(Takeover, StartsAtZeroForAnEmptyStream) {
  leave_after(0);
  EXPECT_EQ(Writer<int>("numbers", {.history = 100}).inserted(), 0U);
}

TEST_F(Takeover, SetsTheNewMode) {
  leave_after(5);
  Writer<int> next("numbers", {.history = 100, .mode = 0644});
  struct ::stat status {};
  ::stat((directory.path() / "numbers.stream").c_str(), &status);
  EXPECT_EQ(status.st_mode & 0777, 0644U);
  ::stat(control().c_str(), &status);
  EXPECT_EQ(status.st_mode & 0777, 0666U);
}

TEST_F(Takeover, DoesNotChangeTheStreamIfTheOptionsAreInvalid) {
  leave_after(5);
  EXPECT_THROW(Writer<int>("numbers", {.history = 100, .metadata = "{"}), InvalidArgument);
  Writer<int> next("numbers", {.history = 100});
  EXPECT_EQ(next.inserted(), 5U);
}

TEST_F(Takeover, AcceptsAnotherSpellingOfTheSameType) {
  leave_after(5);
  Reader<int> reader("numbers", Start::oldest());
  RawWriter next("numbers", "<l", {.history = 100});
  EXPECT_EQ(next.inserted(), 5U);
  EXPECT_EQ(reader.writer_state(), WriterState::live);
}

// --- another item type ---

TEST_F(Takeover, StartsAtZeroWithAnotherTypeAndEndsTheOldStream) {
  leave_after(5);
  Reader<int> old("numbers", Start::oldest());
  Writer<double> next("numbers", {.history = 100});
  EXPECT_EQ(next.inserted(), 0U);
  next.append(0.5);
  for (int i = 0; i < 5; ++i) ASSERT_EQ(old.next().item, i);
  EXPECT_EQ(old.next().status, Status::ended);
  EXPECT_EQ(old.writer_state(), WriterState::ended);
  EXPECT_THROW(Reader<int>("numbers", Start::oldest()), TypeMismatch);
  Reader<double> reader("numbers", Start::oldest());
  EXPECT_EQ(reader.next().item, 0.5);
  EXPECT_EQ(next.info().writer.epoch, 2U);
}

// --- persistence ---

TEST_F(Takeover, ContinuesAClosedPersistentStream) {
  {
    Writer<int> out("numbers", {.history = 100, .persistent = true});
    append(out, 5);
  }
  Reader<int> reader("numbers", Start::oldest());
  EXPECT_EQ(reader.writer_state(), WriterState::ended);
  for (int i = 0; i < 5; ++i) ASSERT_EQ(reader.next().item, i);
  EXPECT_EQ(reader.next().status, Status::ended);
  Writer<int> next("numbers", {.history = 100, .persistent = true});
  EXPECT_EQ(next.inserted(), 5U);
  append(next, 1);
  EXPECT_EQ(stream_info("numbers").writer.state, WriterState::live);
  Reader<int> late("numbers", Start::oldest());
  for (int i = 0; i < 6; ++i) ASSERT_EQ(late.next().item, i);
  EXPECT_EQ(late.try_next().status, Status::not_yet);
}

TEST_F(Takeover, AWriterThatDoesNotPersistContinuesAndRemovesAPersistentStream) {
  leave_after(5, {.history = 100, .persistent = true});
  {
    Writer<int> next("numbers", {.history = 100});
    EXPECT_EQ(next.inserted(), 5U);
  }
  EXPECT_TRUE(std::filesystem::is_empty(directory.path()));
}

// --- the control file ---

TEST_F(Takeover, MakesAMissingControlFile) {
  leave_after(5);
  std::filesystem::remove(control());
  Reader<int> reader("numbers", Start::next());
  EXPECT_FALSE(reader.is_listed());
  Writer<int> next("numbers", {.history = 100});
  EXPECT_TRUE(std::filesystem::exists(control()));
  EXPECT_EQ(next.inserted(), 5U);
  // A reader that attached before finds it when it sleeps.
  EXPECT_TRUE(
      test::eventually([&] { return reader.next(150ms).status == Status::timed_out && reader.is_listed(); }));
  EXPECT_EQ(next.readers().size(), 1U);
}

TEST_F(Takeover, ReplacesAForeignControlFile) {
  leave_after(5);
  const auto set = [&](std::uint64_t offset, auto number) { test::poke_file(control(), offset, number); };
  const std::vector<std::function<void()>> damages{
      [&] { set(0, 'x'); },
      [&] { set(offsetof(layout::ControlHeader, version), layout::layout_version + 1); },
      [&] { set(offsetof(layout::ControlHeader, slot_count), 255U); },
      [&] { set(offsetof(layout::ControlHeader, slot_bytes), 128U); },
      [&] { set(offsetof(layout::ControlHeader, stream_id), std::uint64_t{12345}); },
      [&] { std::filesystem::resize_file(control(), 100); },
      [&] { std::filesystem::resize_file(control(), layout::control_file_bytes + 1); },
      [&] { std::filesystem::resize_file(control(), 0); },
      [&] {
        std::filesystem::remove(control());
        std::filesystem::create_symlink("/dev/null", control());
      },
  };
  for (const auto& damage : damages) {
    damage();
    Reader<int> before("numbers", Start::oldest());
    EXPECT_FALSE(before.is_listed());
    Writer<int> next("numbers", {.history = 100});
    Reader<int> reader("numbers", Start::oldest());
    EXPECT_TRUE(reader.is_listed());
    EXPECT_EQ(next.readers().size(), 1U);
    EXPECT_EQ(reader.next().item, 0);
    EXPECT_EQ(before.next().item, 0);
    next.detach();
  }
}

TEST_F(Takeover, ReadersGoOnReadingWithoutTheirControlFile) {
  leave_after(5);
  Reader<int> reader("numbers", Start::next(), {.waiting = WaitStrategy::sleep()});
  EXPECT_TRUE(reader.is_listed());
  std::filesystem::remove(control());
  Writer<int> next("numbers", {.history = 100});
  append(next, 1);
  EXPECT_EQ(reader.next(30s).item, 5);
}

}  // namespace
}  // namespace shm
