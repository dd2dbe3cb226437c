// SPDX-License-Identifier: Apache-2.0

// Lossless means lossless: readers that live get every item once and in order, while others, and the writer,
// are killed at random.
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <atomic>
#include <csignal>
#include <memory>
#include <new>
#include <random>
#include <thread>

#include "stream/lossless_stream.hpp"
#include "support/print.hpp"
#include "support/sanitizers.hpp"

namespace shm {
namespace {

using namespace std::chrono_literals;
using test::lossless_reader;
using test::NumberReader;
using test::Numbers;
using test::Process;

const int kills = test::turns(1000);
const std::uint64_t least_items = static_cast<std::uint64_t>(test::turns(1000)) * 10'000;

StreamOptions options() {
  return {.history = 4096,
          .lossless = LosslessOptions{.when_full = WhenFull::wait, .patience = 60s},
          .persistent = true};
}

/// Reads to the end. Unless each item comes once and in order, prints the difference and returns exit code 1.
int read_all() {
  ReaderOptions options = lossless_reader();
  options.wait_for_stream = 30s;
  NumberReader reader("numbers", Start::next(), options);
  if (reader.cursor() != 0) return 2;
  for (std::uint64_t expected = 0;; ++expected) {
    const Next<std::uint64_t> next = reader.next(60s);
    if (next.status == Status::ended) return expected == reader.inserted() && expected >= least_items ? 0 : 3;
    if (next && next.item == expected) continue;
    std::fprintf(stderr, "at %lu: %s, item %lu\n", expected, std::string(to_string(next.status)).c_str(),
                 next.item);
    return 1;
  }
}

/// Reads until it is killed, from a random start.
int read_until_killed(unsigned seed) {
  std::mt19937 random(seed);
  const auto acknowledge = random() % 2 == 0 ? Acknowledge::with_read : Acknowledge::explicitly;
  const auto start = random() % 2 == 0 ? Start::oldest() : Start::next();
  NumberReader reader("numbers", start, lossless_reader(acknowledge));
  std::uint64_t expected = reader.cursor();
  for (;;) {
    const Next<std::uint64_t> next = reader.next(60s);
    if (next.status == Status::ended) return 0;
    if (!next || next.item != expected++) return 1;
    if (acknowledge == Acknowledge::explicitly && expected % 100 == 0) reader.acknowledge(expected);
  }
}

class LosslessKillsTest : public ::testing::Test {
 protected:
  LosslessKillsTest() {
    // The readers that must see all items wait for the stream, which is empty until they are registered. (They are
    // forked before the stream exists: a child that has the writer's file open would keep its lock.)
    for (int i = 0; i < 2; ++i) readers.push_back(std::make_unique<Process>(read_all));
    Numbers first("numbers", options());
    EXPECT_TRUE(test::eventually([&] {
      const std::vector<ReaderInfo> all = first.readers();
      return all.size() == 2 && all[0].lossless && all[1].lossless;
    }));
    first.detach();
  }
  /// Writes until the kills are over and there are enough items.
  int write_all() {
    Numbers out("numbers", options());
    while (!*killing_is_over || out.inserted() < least_items) out.append(out.inserted());
    out.close();
    return 0;
  }
  void check_readers() {
    for (const auto& reader : readers) {
      const test::Finished finished = reader->wait(120s);
      EXPECT_EQ(finished.exit_code, 0) << finished.err;
    }
  }
  test::TestDirectory directory;
  std::atomic<bool>* killing_is_over = new (
      ::mmap(nullptr, sizeof(std::atomic<bool>), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0))
      std::atomic<bool>(false);
  std::vector<std::unique_ptr<Process>> readers;
  std::mt19937 random{20261121};  // NOLINT: the same kills each time, as far as time allows
};

TEST_F(LosslessKillsTest, KilledLosslessReadersLoseNoItem) {
  Process writer([this] { return write_all(); });
  int killed = 0;
  for (; killed < kills; ++killed) {
    const auto seed = static_cast<unsigned>(random());
    Process reader([seed] { return read_until_killed(seed); });
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 4000));
    reader.signal(SIGKILL);
    const test::Finished finished = reader.wait();
    EXPECT_TRUE(finished.signal == SIGKILL || finished.exit_code == 0) << finished.exit_code;
  }
  *killing_is_over = true;
  EXPECT_EQ(writer.wait(120s).exit_code, 0);
  check_readers();
}

TEST_F(LosslessKillsTest, KilledWritersOfALosslessStreamLoseNoItem) {
  for (int killed = 0; killed < kills / 10; ++killed) {
    Process writer([this] { return write_all(); });
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 20'000));
    writer.signal(SIGKILL);
    writer.wait();
  }
  *killing_is_over = true;
  Process writer([this] { return write_all(); });
  EXPECT_EQ(writer.wait(120s).exit_code, 0);
  check_readers();
}

}  // namespace
}  // namespace shm
