// SPDX-License-Identifier: Apache-2.0

// Readers that search by key while a writer in the same process laps them. (In another process:
// tests/query/keys_lapped_process_test.cpp.)
#include <gtest/gtest.h>

#include "query/lapped_keys.hpp"
#include "shm/query/key_in_item.hpp"
#include "shm/query/ledger.hpp"
#include "support/test_directory.hpp"

namespace shm {
namespace {

using namespace std::chrono_literals;
using test::Moving;

class LappedReader : public ::testing::Test {
 protected:
  /// Several threads with a reader each, and one map for all.
  template <class Map>
  static void run(bool is_stamped, bool has_buckets) {
    const test::TestDirectory directory;
    const StreamOptions options = test::moving_options(is_stamped, has_buckets);
    std::thread writer([&] { test::write_moving(options, 300ms); });
    {
      Reader<Moving> reader("moving", Start::oldest(), {.wait_for_stream = 10s});
      const Map map(reader.raw());
      std::vector<std::thread> threads;
      for (std::uint64_t seed = 1; seed <= 2; ++seed) {
        threads.emplace_back([&, seed, mine = reader.fork()]() mutable {
          test::LappedQuestions questions(Keyed(std::move(mine), map), seed);
          questions.ask_until_left();
          EXPECT_GT(questions.answers(), 0U);
        });
      }
      for (std::thread& thread : threads) thread.join();
    }
    writer.join();
  }
};

TEST_F(LappedReader, GetsTheRightItemsOrOverlapsPastByKeysInItems) { run<KeyInItem<>>(false, false); }
TEST_F(LappedReader, GetsTheRightItemsOrOverlapsPastByBucketsOfItems) { run<KeyInItem<>>(false, true); }
TEST_F(LappedReader, GetsTheRightItemsOrOverlapsPastByALedger) { run<Ledger>(true, false); }
TEST_F(LappedReader, GetsTheRightItemsOrOverlapsPastByBucketsOfALedger) { run<Ledger>(true, true); }

}  // namespace
}  // namespace shm
