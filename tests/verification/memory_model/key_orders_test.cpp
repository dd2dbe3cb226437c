// SPDX-License-Identifier: Apache-2.0

// Rings of anchors and of buckets under every reordering that the C++ memory model allows (but load buffering): an
// anchor is published before its items, and a ring of buckets skips indices (RingWriter::skip_to). The calls are
// those of KeyWriter, RawWriter, Ledger and bucket_of, in their order.
#include <gtest/gtest.h>

#include <array>
#include <iostream>

#include "shm/ring/ring_reader.hpp"
#include "shm/ring/ring_writer.hpp"
#include "verification/memory_model/explorer.hpp"

namespace shm::ring {
namespace {

using weak::Explored;
using weak::Explorer;
using Orderings = std::set<std::string>;

void report(const char* what, const Explored& explored) {
  std::cout << "[ EXPLORED ] " << what << ": " << explored.executions << " executions\n";
}

// --- a ledger beside the items ---

struct SmallAnchor {
  std::uint64_t index;
  std::uint64_t key;
};

/// Items that reserve ahead, without a newest item in the counter line: none of their fences orders the stores of the
/// ledger.
struct StampedStream {
  static constexpr Geometry items_geometry{64, 16, 4, 1, 8, 0};
  static constexpr Geometry ledger_geometry{sizeof(SmallAnchor), 16, 4, 1, 8, 0};

  void tell(Explorer& explorer) const {
    explorer.name(&items.line.inserted, "items' inserted");
    explorer.name(&items.reserved, "items' reserved");
    explorer.name(&ledger.line.inserted, "ledger's inserted");
    explorer.name(&ledger.line.guard, "ledger's guard");
    explorer.name(ledger.line.newest.data(), "newest anchor", 2);
    explorer.name(&ledger.reserved, "ledger's reserved");
    explorer.name(anchors.data(), "anchor", anchors.size() / 8);
  }
  /// Stamped appends, each of one item.
  void append(std::uint64_t count, std::uint64_t key) {
    RingWriter to_ledger(ledger, anchors.data(), ledger_geometry);
    RingWriter to_items(items, nullptr, items_geometry);
    for (; count > 0; --count, ++key) {
      const SmallAnchor anchor{to_items.inserted(), key};
      to_ledger.append_one<sizeof anchor>(reinterpret_cast<const std::byte*>(&anchor));
      keys.at(anchor.index) = key;
      static_cast<void>(to_items.claim(1));  // the test does not read its bytes
      to_items.publish(1);
    }
  }
  /// As Ledger::line, for any item.
  void look_up() const {
    const RingReader of_items(items, nullptr, items_geometry);
    const RingReader of_ledger(ledger, anchors.data(), ledger_geometry);
    const std::uint64_t inserted = of_items.inserted();
    if (inserted == 0) return;
    const std::uint64_t index = Explorer::running()->pick(static_cast<unsigned>(inserted));
    std::uint64_t place = of_ledger.inserted();
    SmallAnchor anchor{};
    do {
      if (place == 0) return Explorer::running()->fail("an item without an anchor");
      load_item<sizeof anchor>(reinterpret_cast<std::byte*>(&anchor), of_ledger.at(--place));
    } while (anchor.index > index);
    if (anchor.key != keys.at(index)) Explorer::running()->fail("an item with another's key");
  }

  layout::RingCounters items{};
  layout::RingCounters ledger{};
  alignas(64) std::array<std::byte, 16 * sizeof(SmallAnchor)> anchors{};
  std::array<std::uint64_t, 16> keys{};  // the key from each item's own writer
};

Explored explore_ledger(const std::string& without = {}) {
  StampedStream stream;
  Explorer explorer({[&] { stream.append(4, 10); }, [&] { stream.look_up(); }},
                    Explorer::Schedule::one_after_other);
  stream.tell(explorer);
  if (!without.empty()) explorer.weaken(without);
  return explorer.explore();
}

TEST(LedgerOrders, EachItemHasItsOwnAnchor) {
  const Explored explored = explore_ledger();
  EXPECT_EQ(explored.violations, Orderings{});
  report("ledger, 4 stamped appends", explored);
}

TEST(LedgerOrders, EachItemHasItsOwnAnchorWhenAWriterDiesAndAnotherTakesOver) {
  StampedStream stream;
  Explorer explorer({[&] { stream.append(3, 10); }, [&] { stream.append(2, 20); }, [&] { stream.look_up(); }},
                    Explorer::Schedule::one_after_other);
  stream.tell(explorer);
  explorer.may_die(0, 1);
  const Explored explored = explorer.explore();
  EXPECT_EQ(explored.violations, Orderings{});
  report("ledger, a writer that dies at any store and its heir", explored);
}

// The orderings that the two rings need of each other. The others belong to each ring (ring_orders_test.cpp).
// The release of the ledger's count is not among them, since the fence after its guard does the same.
const Orderings needed_by_a_ledger{"acquire load of items' inserted", "acquire load of ledger's inserted",
                                   "release store of items' inserted"};
const Orderings orderings_of_a_ledger{
    "acquire load of items' inserted",       "acquire load of ledger's inserted",
    "release fence after items' reserved",   "release fence after ledger's guard",
    "release fence after ledger's reserved", "release store of items' inserted",
    "release store of ledger's inserted"};

TEST(LedgerOrders, TheListOfOrdersIsComplete) {
  EXPECT_EQ(explore_ledger().orderings, orderings_of_a_ledger);
}

class LedgerWithoutAnOrder : public ::testing::TestWithParam<std::string> {};

TEST_P(LedgerWithoutAnOrder, AnItemHasAWrongKeyOrNoKeyIfOneOrderIsMissing) {
  EXPECT_NE(explore_ledger(GetParam()).violations, Orderings{});
}

std::string as_name(const ::testing::TestParamInfo<std::string>& about) {
  std::string name = about.param;
  std::erase(name, '\'');
  std::replace(name.begin(), name.end(), ' ', '_');
  return name;
}
INSTANTIATE_TEST_SUITE_P(Each, LedgerWithoutAnOrder, ::testing::ValuesIn(needed_by_a_ledger), as_name);

// --- a ring that skips indices ---

struct LeapingRing {
  static constexpr Geometry geometry{8, 2, 1, 1, 0, 0};

  void tell(Explorer& explorer) const {
    explorer.name(&counters.line.inserted, "inserted");
    explorer.name(&counters.line.guard, "guard");
    explorer.name(counters.line.newest.data(), "newest");
    explorer.name(&counters.reserved, "reserved");
    explorer.name(data.data(), "bucket", 2);
  }
  void append(RingWriter& writer, std::uint64_t count) {
    for (; count > 0; --count) {
      std::byte* const slot = writer.claim(1);
      is_there.at(writer.inserted()) = true;
      store_unit<std::uint64_t>(slot, writer.inserted() + 1);
      writer.publish(1);
    }
  }
  /// Appends 0, 1; 4; 9, 10, 11; 13: the skips are one lap of the ring, more than one, and less than one.
  void write() {
    RingWriter writer(counters, data.data(), geometry);
    append(writer, 2);
    writer.skip_to(4);
    append(writer, 1);
    writer.skip_to(9);
    append(writer, 3);
    writer.skip_to(13);
    append(writer, 1);
  }
  /// Continues after a writer that died at any point.
  void go_on() {
    RingWriter writer(counters, data.data(), geometry);
    append(writer, 1);
    writer.skip_to(writer.inserted() + 3);
    append(writer, 1);
  }
  /// As bucket_of, for any bucket that the ring may still hold.
  void look_up(int turns) const {
    const RingReader reader(counters, data.data(), geometry);
    for (int turn = 0; turn < turns; ++turn) {
      const std::uint64_t inserted = reader.inserted();
      if (inserted == 0) continue;
      const unsigned most = static_cast<unsigned>(std::min<std::uint64_t>(inserted, 4));
      const std::uint64_t index = inserted - 1 - Explorer::running()->pick(most);
      const auto value = load_unit<std::uint64_t>(reader.at(index));
      if (!reader.intact(index)) continue;
      if (!is_there.at(index) || value != index + 1) Explorer::running()->fail("a bucket that is another");
    }
  }

  layout::RingCounters counters{};
  alignas(64) std::array<std::byte, 16> data{};
  std::array<bool, 32> is_there{};
};

Explored explore_leaps(bool dies, const Orderings& without = {}) {
  LeapingRing ring;
  std::vector<Explorer::Program> threads{[&] {
    ring.is_there = {};
    ring.write();
  }};
  if (dies) threads.emplace_back([&] { ring.go_on(); });
  threads.emplace_back([&] { ring.look_up(dies ? 1 : 2); });
  Explorer explorer(threads, Explorer::Schedule::one_after_other);
  ring.tell(explorer);
  if (dies) explorer.may_die(0, 1);
  for (const std::string& ordering : without) explorer.weaken(ordering);
  return explorer.explore();
}

TEST(LeapOrders, AReaderTakesNoBucketThatWasSkipped) {
  const Explored explored = explore_leaps(false);
  EXPECT_EQ(explored.violations, Orderings{});
  report("ring of 2 slots that leaps", explored);
}

TEST(LeapOrders, AReaderTakesNoWrongBucketWhenTheWriterDiesInASkip) {
  const Explored explored = explore_leaps(true);
  EXPECT_EQ(explored.violations, Orderings{});
  report("ring of 2 slots, a writer that dies in a leap and its heir", explored);
}

const Orderings orderings_of_a_leap{"acquire fence after bucket", "acquire load of inserted",
                                    "release fence after guard", "release fence after reserved",
                                    "release store of inserted"};

TEST(LeapOrders, TheListOfOrdersIsComplete) {
  EXPECT_EQ(explore_leaps(false).orderings, orderings_of_a_leap);
}

// The newest item is in the counter line. Hence the fence after its guard releases the same stores as the count: one
// of the two is needed.
const Orderings needed_by_a_leap{"acquire fence after bucket", "acquire load of inserted",
                                 "release fence after reserved"};

TEST(LeapOrders, EitherTheReleaseOfTheCountOrTheFenceAfterTheGuardIsNeeded) {
  const Explored explored = explore_leaps(false, {"release fence after guard", "release store of inserted"});
  EXPECT_NE(explored.violations, Orderings{});
}

class LeapWithoutAnOrder : public ::testing::TestWithParam<std::string> {};

TEST_P(LeapWithoutAnOrder, AReaderTakesAWrongBucketIfOneOrderIsMissing) {
  EXPECT_NE(explore_leaps(false, {GetParam()}).violations, Orderings{});
}
INSTANTIATE_TEST_SUITE_P(Each, LeapWithoutAnOrder, ::testing::ValuesIn(needed_by_a_leap), as_name);

}  // namespace
}  // namespace shm::ring
