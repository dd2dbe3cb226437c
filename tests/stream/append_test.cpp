// SPDX-License-Identifier: Apache-2.0

// The writer's side: appending, claiming, closing, and calls that are refused.
#include <gtest/gtest.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <numeric>

#include "shm/storage/catalog.hpp"
#include "shm/stream/reader.hpp"
#include "shm/stream/writer.hpp"
#include "support/print.hpp"
#include "support/process.hpp"
#include "support/sanitizers.hpp"
#include "support/test_directory.hpp"

namespace shm {
namespace {

class RawWriterTest : public ::testing::Test {
 protected:
  test::TestDirectory directory;
};

TEST_F(RawWriterTest, KeepsTheNewestItemsOfAnAppendLargerThanTheRing) {
  Writer<int> out("numbers", {.history = 100});
  Reader<int> reader("numbers", Start::oldest());
  std::vector<int> items(100'000);
  std::iota(items.begin(), items.end(), 0);
  out.append(items);
  EXPECT_EQ(out.inserted(), 100'000U);
  EXPECT_EQ((reader[{-100, {}}]), std::vector<int>(items.end() - 100, items.end()));
}

TEST_F(RawWriterTest, AnAppendOfZeroItemsAppendsNothing) {
  Writer<int> out("numbers");
  out.append(std::span<const int>());
  EXPECT_EQ(out.inserted(), 0U);
}

TEST_F(RawWriterTest, RefusesAPartOfAnItem) {
  RawWriter out("numbers", "<q");
  const std::vector<std::byte> bytes(12);
  EXPECT_THROW(out.append(bytes), InvalidArgument);
  EXPECT_EQ(out.inserted(), 0U);
}

TEST_F(RawWriterTest, ShowsClaimedItemsOnceTheyArePublished) {
  Writer<int> out("numbers", {.history = 100, .max_claim = 10});
  Reader<int> reader("numbers", Start::oldest());
  const std::span<int> slots = out.claim(4);
  ASSERT_EQ(slots.size(), 4U);
  std::iota(slots.begin(), slots.end(), 7);
  EXPECT_EQ(reader.try_next().status, Status::not_yet);
  out.publish(3);
  EXPECT_EQ((reader[{{}, {}}]), (std::vector<int>{7, 8, 9}));
}

TEST_F(RawWriterTest, RefusesClaimsAndPublicationsThatAreTooLarge) {
  Writer<int> out("numbers", {.history = 100, .max_claim = 10});
  EXPECT_THROW(static_cast<void>(out.claim(11)), InvalidArgument);
  static_cast<void>(out.claim(5));
  EXPECT_THROW(out.publish(6), InvalidArgument);
  out.publish(5);
  EXPECT_THROW(out.publish(1), InvalidArgument);
  EXPECT_EQ(out.inserted(), 5U);
}

TEST_F(RawWriterTest, AnAppendDiscardsAClaim) {
  Writer<int> out("numbers", {.history = 100, .max_claim = 10});
  std::span<int> slots = out.claim(4);
  std::fill(slots.begin(), slots.end(), 5);
  out.append(6);
  EXPECT_THROW(out.publish(4), InvalidArgument);
  static_cast<void>(out.claim(4));
  const int items[2] = {7, 8};
  out.append(std::span<const int>(items));
  EXPECT_THROW(out.publish(4), InvalidArgument);
  Reader<int> reader("numbers", Start::oldest());
  EXPECT_EQ((reader[{{}, {}}]), (std::vector<int>{6, 7, 8}));
}

TEST_F(RawWriterTest, AppendsAfterAMove) {
  Writer<int> first("numbers");
  first.append(1);
  Writer<int> second = std::move(first);
  second.append(2);
  EXPECT_FALSE(first.is_open());
  Reader<int> reader("numbers", Start::oldest());
  Writer<int> other("other");
  other = std::move(second);
  other.append(3);
  EXPECT_EQ((reader[{{}, {}}]), (std::vector<int>{1, 2, 3}));
  EXPECT_EQ(list_streams(), std::vector<std::string>{"numbers"});
}

TEST_F(RawWriterTest, EndsTheStreamAndRemovesItsFilesWhenDestroyed) {
  { Writer<int> out("numbers"); }
  EXPECT_TRUE(list_streams().empty());
  EXPECT_TRUE(std::filesystem::is_empty(directory.path()));
}

TEST_F(RawWriterTest, EndsTheStreamOnceIfClosedTwice) {
  Writer<int> out("numbers");
  EXPECT_TRUE(out.is_open());
  out.close();
  out.close();
  EXPECT_FALSE(out.is_open());
}

/// Runs in a child that the kernel kills at its first system call other than read, write and exit.
int append_without_system_calls(Writer<int>& out) {
  std::vector<int> batch(100, 1);
  if (::prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) != 0) ::_exit(77);
  for (int i = 0; i < 10'000; ++i) out.append(i);
  for (int i = 0; i < 100; ++i) out.append(batch);
  for (int i = 0; i < 100; ++i) {
    out.claim(10)[0] = i;
    out.publish(10);
  }
  ::syscall(SYS_exit, 0);
  return 1;
}

TEST_F(RawWriterTest, MakesNoSystemCallWhileNoReaderAsksForAWake) {
  if (test::with_address_sanitizer || test::with_thread_sanitizer)
    GTEST_SKIP() << "sanitizers make their own";
  for (const bool with_a_reader : {false, true}) {
    test::Process child([&] {
      Writer<int> out("numbers", {.history = 1000});
      std::optional<Reader<int>> reader;
      if (with_a_reader) reader.emplace("numbers", Start::oldest());
      return append_without_system_calls(out);
    });
    const test::Finished finished = child.wait();
    if (finished.exit_code == 77) GTEST_SKIP() << "no seccomp here";
    EXPECT_EQ(finished.exit_code, 0) << "signal " << finished.signal;
  }
}

}  // namespace
}  // namespace shm
