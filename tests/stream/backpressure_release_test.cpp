// SPDX-License-Identifier: Apache-2.0

// A lossless reader that is destroyed, or dies, no longer holds the writer back.
#include <gtest/gtest.h>

#include <csignal>
#include <vector>

#include "stream/lossless_stream.hpp"
#include "support/print.hpp"

namespace shm {
namespace {

using namespace std::chrono_literals;
using test::eventually;
using test::fill;
using test::lossless;
using test::lossless_reader;
using test::NumberReader;
using test::Numbers;
using test::Process;

class LosslessReleaseTest : public ::testing::Test, protected test::FullStream {
 protected:
  /// A process with a lossless reader that reads nothing.
  static int stall() {
    const NumberReader reader("numbers", Start::next(), lossless_reader());
    for (;;) ::pause();
  }
  void wait_for_readers(std::size_t count) {
    ASSERT_TRUE(eventually([&] {
      std::size_t lossless_ones = 0;
      for (const ReaderInfo& reader : out.readers()) lossless_ones += reader.lossless ? 1 : 0;
      return lossless_ones == count;
    }));
  }
};

TEST_F(LosslessReleaseTest, ADestroyedReaderReleasesItsItems) {
  {
    const NumberReader reader("numbers", Start::next(), lossless_reader());
    fill(out);
    EXPECT_TRUE(is_held_back());
  }
  EXPECT_FALSE(is_held_back());
}

TEST_F(LosslessReleaseTest, AKilledReaderReleasesItsItems) {
  Process reader(stall);
  wait_for_readers(1);
  fill(out);
  EXPECT_TRUE(is_held_back());
  reader.signal(SIGKILL);
  reader.wait();
  EXPECT_TRUE(eventually([&] { return !is_held_back(); }));
  EXPECT_TRUE(out.readers().empty());
}

TEST_F(LosslessReleaseTest, AKilledReaderReleasesItsItemsWithinTheWritersPatience) {
  Process reader(stall);
  wait_for_readers(1);
  out.detach();
  reader.signal(SIGKILL);
  reader.wait();  // as a fork it held the writer's lock, too
  Numbers patient("numbers", lossless(WhenFull::wait, 100ms));
  EXPECT_NO_THROW(test::append_up_to(patient, 10'000));
  EXPECT_EQ(patient.inserted(), 10'000U);
}

TEST_F(LosslessReleaseTest, AReaderKilledDuringTheWritersWaitReleasesItsItems) {
  out.detach();
  Numbers waiting("numbers", lossless(WhenFull::wait));
  std::vector<std::unique_ptr<Process>> readers;
  for (int i = 0; i < 3; ++i) readers.push_back(std::make_unique<Process>(stall));
  ASSERT_TRUE(eventually([&] { return waiting.readers().size() == 3; }));
  Process killer([&] {
    NumberReader watcher("numbers", Start::next());
    while (!watcher.info().backpressure.is_held_back) std::this_thread::sleep_for(1ms);
    for (const auto& reader : readers) reader->signal(SIGKILL);
    return 0;
  });
  test::append_up_to(waiting, 100'000);
  EXPECT_EQ(waiting.inserted(), 100'000U);
  EXPECT_EQ(killer.wait().exit_code, 0);
}

TEST_F(LosslessReleaseTest, TheNextReaderInTheSlotDoesNotUndoARelease) {
  Process reader(stall);
  wait_for_readers(1);
  fill(out);
  reader.signal(SIGKILL);
  reader.wait();
  const NumberReader lossy("numbers", Start::next());  // takes the slot of the dead reader
  EXPECT_TRUE(eventually([&] { return !is_held_back(); }));
  EXPECT_FALSE(out.readers()[0].lossless);
}

TEST_F(LosslessReleaseTest, AReleaseLeavesOtherReadersTheirItems) {
  Process dies(stall);
  wait_for_readers(1);
  NumberReader lives("numbers", Start::next(), lossless_reader());
  const Index full_at = fill(out);
  dies.signal(SIGKILL);
  dies.wait();
  std::this_thread::sleep_for(20ms);
  EXPECT_TRUE(is_held_back());
  for (Index i = 0; i < full_at; ++i) ASSERT_EQ(lives.try_next().item, i);
  EXPECT_FALSE(is_held_back());
}

}  // namespace
}  // namespace shm
