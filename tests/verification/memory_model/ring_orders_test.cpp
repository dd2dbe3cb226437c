// SPDX-License-Identifier: Apache-2.0

// The ring's own code, RingWriter and RingReader, under every reordering that the C++ memory model allows
// (but load buffering): a reader never takes a wrong or torn item for the item that it reads. Each ordering in the
// code is needed: without it the exploration finds a wrong item.
#include <gtest/gtest.h>

#include <array>

#include "shm/ring/ring_reader.hpp"
#include "shm/ring/ring_writer.hpp"
#include "verification/memory_model/explorer.hpp"

namespace shm::ring {
namespace {

using weak::Explored;
using weak::Explorer;
using Orderings = std::set<std::string>;

constexpr std::size_t words = 2;
constexpr std::size_t item_bytes = words * sizeof(std::uint64_t);
using Item = std::array<std::uint64_t, words>;

Item item_of(std::uint64_t index) { return {index + 1, (index + 1) * 1000}; }

/// A ring of two or four slots in this process.
struct SmallRing {
  explicit SmallRing(std::uint64_t capacity)
      : geometry{item_bytes, capacity, capacity / 2, 1, capacity / 4, 0} {}

  void tell(Explorer& explorer) const {
    explorer.name(&counters.line.guard, "guard");
    explorer.name(counters.line.newest.data(), "newest", words);
    explorer.name(&counters.line.inserted, "inserted");
    explorer.name(&counters.reserved, "reserved");
    explorer.name(data.data(), "item", data.size() / 8);
  }
  void append(std::uint64_t count) {
    RingWriter writer(counters, data.data(), geometry);
    for (; count > 0; --count) {
      const Item item = item_of(writer.inserted());
      writer.append_one<item_bytes>(reinterpret_cast<const std::byte*>(item.data()));
    }
  }
  [[nodiscard]] RingReader reader() const { return {counters, data.data(), geometry}; }

  Geometry geometry;
  layout::RingCounters counters{};
  alignas(64) std::array<std::byte, 4 * item_bytes> data{};
};

void expect_item(const Item& item, std::uint64_t index, const char* from) {
  if (item != item_of(index)) Explorer::running()->fail(std::string("a wrong item ") + from);
}

/// Reads any item of the ring in both ways, twice.
void read_anything(const RingReader& reader) {
  std::uint64_t before = 0;
  for (int turn = 0; turn < 2; ++turn) {
    const std::uint64_t inserted = reader.inserted();
    if (inserted < before) Explorer::running()->fail("inserted went back");
    before = inserted;
    if (inserted == 0) continue;
    Item item{};
    if (Explorer::running()->pick(2) == 0) {
      if (reader.copy_newest<item_bytes>(inserted, reinterpret_cast<std::byte*>(item.data())))
        expect_item(item, inserted - 1, "from the counter line");
    } else {
      const std::uint64_t index = inserted - 1 - Explorer::running()->pick(static_cast<unsigned>(inserted));
      if (reader.copy_one<item_bytes>(index, reinterpret_cast<std::byte*>(item.data())))
        expect_item(item, index, "from the ring");
    }
  }
}

Explored explore(std::uint64_t capacity, std::uint64_t items, const std::string& without = {}) {
  SmallRing ring(capacity);
  Explorer explorer({[&] { ring.append(items); }, [&] { read_anything(ring.reader()); }},
                    Explorer::Schedule::one_after_other);
  ring.tell(explorer);
  if (!without.empty()) explorer.weaken(without);
  return explorer.explore();
}

void report(const char* what, const Explored& explored) {
  std::cout << "[ EXPLORED ] " << what << ": " << explored.executions << " executions\n";
}

TEST(RingOrders, AReaderTakesNoWrongItemFromARingOfTwoSlots) {
  const Explored explored = explore(2, 5);
  EXPECT_EQ(explored.violations, Orderings{});
  report("ring of 2 slots, 5 items", explored);
}

TEST(RingOrders, AReaderTakesNoWrongItemFromARingOfFourSlots) {
  const Explored explored = explore(4, 6);
  EXPECT_EQ(explored.violations, Orderings{});
  report("ring of 4 slots, 6 items", explored);
}

TEST(RingOrders, AReaderTakesNoWrongItemWhenTheWriterDiesAndAnotherTakesOver) {
  SmallRing ring(2);
  Explorer explorer({[&] { ring.append(3); }, [&] { ring.append(2); }, [&] { read_anything(ring.reader()); }},
                    Explorer::Schedule::one_after_other);
  ring.tell(explorer);
  explorer.may_die(0, 1);
  const Explored explored = explorer.explore();
  EXPECT_EQ(explored.violations, Orderings{});
  report("ring of 2 slots, a writer that dies at any store and its heir", explored);
}

// An ordering that is added to the ring's code is added here, where the test shows that it is needed.
const Orderings all_orderings{"acquire fence after item",     "acquire fence after newest",
                              "acquire load of inserted",     "release fence after guard",
                              "release fence after reserved", "release store of inserted"};

TEST(RingOrders, TheListOfOrdersIsComplete) { EXPECT_EQ(explore(2, 4).orderings, all_orderings); }

class RingWithoutAnOrder : public ::testing::TestWithParam<std::string> {};

TEST_P(RingWithoutAnOrder, AReaderTakesAWrongItemIfOneOrderIsMissing) {
  EXPECT_NE(explore(2, 4, GetParam()).violations, Orderings{});
}
INSTANTIATE_TEST_SUITE_P(Each, RingWithoutAnOrder, ::testing::ValuesIn(all_orderings), [](const auto& about) {
  std::string name = about.param;
  std::replace(name.begin(), name.end(), ' ', '_');
  return name;
});

}  // namespace
}  // namespace shm::ring
