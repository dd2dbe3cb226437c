// SPDX-License-Identifier: Apache-2.0

// The items of several streams as of the keys of one.
#include "shm/operators/as_of_join.hpp"

#include <gtest/gtest.h>

#include "shm/query/key_in_item.hpp"
#include "shm/query/ledger.hpp"
#include "shm/stream/writer.hpp"
#include "support/print.hpp"
#include "support/test_directory.hpp"

namespace shm {
namespace {

TEST(AsOfJoin, GivesEachItemOfOneStreamThoseOfTheOthers) {
  const test::TestDirectory directory;
  StreamOptions timed;
  timed.history = 100;
  timed.timestamp = Timestamp::time_and_value();
  Writer<TimeAndValue<double>> out("s", timed);
  for (const int key : {10, 20, 20, 40}) out.append({key, key * 1.5});
  auto in = keyed<KeyInItem<>>(Reader<TimeAndValue<double>>("s", Start::oldest()));

  StreamOptions sampled;
  sampled.history = 100;
  sampled.sample_rate = 1e8;
  sampled.ledger = LedgerOptions{};
  Writer<int> samples("samples", sampled);
  const std::array numbers{0, 1, 2, 3, 4, 5};
  samples.append(numbers, Stamp::first(0));  // 0, 10, ... 50
  auto first = keyed<Ledger>(Reader<int>("samples", Start::oldest()));
  const auto rows = as_of_join(first, {0, 40}, {.tolerance = 9}, in, in);
  ASSERT_EQ(rows.size(), 4U);
  const auto& [none, also_none] = rows[0].others;
  EXPECT_FALSE(none || also_none);
  EXPECT_EQ(rows[1].key, 10);
  EXPECT_EQ(rows[1].item, 1);
  EXPECT_EQ(std::get<0>(rows[1].others)->time, 10);
  EXPECT_EQ(std::get<1>(rows[2].others)->value, 30);
  EXPECT_EQ(rows[3].states[0], AsOfState::none);  // 20 is 10 before 30
}

}  // namespace
}  // namespace shm
