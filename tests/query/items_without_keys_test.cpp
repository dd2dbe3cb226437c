// SPDX-License-Identifier: Apache-2.0

// Readable items without a key: the first anchor of each writer is stored even if the ledger is full, so that
// the oldest anchors are overwritten.
#include <gtest/gtest.h>

#include "shm/query/as_of.hpp"
#include "shm/query/ledger.hpp"
#include "shm/stream/writer.hpp"
#include "support/print.hpp"
#include "support/test_directory.hpp"

namespace shm {
namespace {

class LedgerWithLostAnchors : public ::testing::Test {
 protected:
  /// Many writers of one item each, with keys 0, 10, ...
  LedgerWithLostAnchors() {
    StreamOptions options{.history = 400};
    options.ledger = LedgerOptions{.anchors = 4};
    for (int i = 0; i < writers; ++i) {
      Writer<int> out("s", options);
      out.append(i, Stamp::first(10 * i));
      out.detach();
    }
    in.emplace(keyed<Ledger>(Reader<int>("s", Start::oldest())));
    while (!in->key(first)) ++first;
    before = static_cast<std::int64_t>(first) * 10 - 1;
  }

  static constexpr int writers = 300;
  test::TestDirectory directory;
  std::optional<Keyed<Reader<int>, Ledger>> in;
  Index first = 0;          ///< the first item with a key
  std::int64_t before = 0;  ///< a key just before its key
};

TEST_F(LedgerWithLostAnchors, KeepsTheKeysOfTheOtherItems) {
  EXPECT_EQ(in->reader().oldest(), 0U);
  EXPECT_GT(first, 0U);
  for (Index i = first; i < writers; ++i) EXPECT_EQ(in->key(i), static_cast<std::int64_t>(i) * 10);
}

TEST_F(LedgerWithLostAnchors, LeavesItemsWithoutKeysOutOfRanges) {
  EXPECT_THROW(static_cast<void>(in->range(0, 2990)), OverlapsPast);
  EXPECT_THROW(static_cast<void>(in->range(before, 2990)), OverlapsPast);
  EXPECT_EQ(in->range(before + 2, 2990).front(), static_cast<int>(first) + 1);
  const KeyRange left = in->find(0, 2990, {.take_what_is_left = true});
  EXPECT_EQ(left.items, (IndexRange{first, 299}));
  EXPECT_TRUE(left.begins_in_past);
}

TEST_F(LedgerWithLostAnchors, ThrowsIfTheLastItemAtOrBeforeAKeyIsUnknown) {
  EXPECT_THROW(static_cast<void>(in->at_or_before(before)), OverlapsPast);
  EXPECT_EQ(in->at_or_before(before + 1), first);
}

TEST_F(LedgerWithLostAnchors, ReportsItemsWithoutKeysAsGone) {
  EXPECT_EQ(as_of(*in, before).state, AsOfState::gone);
  EXPECT_EQ(as_of(*in, before, {.how = AsOfMethod::nearest}).state, AsOfState::gone);
  EXPECT_EQ(as_of(*in, before, {.how = AsOfMethod::next}).state, AsOfState::gone);
  EXPECT_EQ(as_of(*in, before + 1).index, first);
}

}  // namespace
}  // namespace shm
