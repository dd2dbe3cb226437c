// SPDX-License-Identifier: Apache-2.0

// The code of record_ring.hpp under every reordering that the C++ memory model allows (but load buffering):
// a reader that takes a record by its entry gets the whole bytes of that record. The reader's calls are those of
// RecordReader::find and follow, in their order.
#include <gtest/gtest.h>

#include <array>
#include <iostream>

#include "shm/ring/record_ring.hpp"
#include "verification/memory_model/explorer.hpp"

namespace shm::ring {
namespace {

using weak::Explored;
using weak::Explorer;
using Orderings = std::set<std::string>;

/// Records that each overwrite the bytes of the one before; the entry of that one stays.
struct Records {
  static constexpr std::uint64_t size = 12;  // a unit, and a part of one
  static constexpr Geometry items_geometry{sizeof(RecordEntry), 4, 1, 1, 0, 0};
  static constexpr Geometry bytes_geometry{1, 2 * record_unit, 0, 2 * record_unit, 0, 0};

  void tell(Explorer& explorer) const {
    explorer.name(&items.line.inserted, "inserted");
    explorer.name(&items.line.guard, "guard");
    explorer.name(items.line.newest.data(), "newest entry", sizeof(RecordEntry) / 8);
    explorer.name(&items.reserved, "reserved");
    explorer.name(entries.data(), "entry", entries.size() / 8);
    explorer.name(&bytes.line.inserted, "bytes' inserted");
    explorer.name(&bytes.line.guard, "bytes' guard");
    explorer.name(bytes.line.newest.data(), "newest byte");
    explorer.name(&bytes.reserved, "bytes' reserved");
    explorer.name(data.data(), "record", data.size() / 8);
  }
  [[nodiscard]] RingReader of_items() const { return {items, entries.data(), items_geometry}; }
  using Bytes = std::array<std::uint32_t, size / sizeof(std::uint32_t)>;
  [[nodiscard]] static Bytes record(std::uint64_t index, std::uint64_t writer) {
    const auto value = static_cast<std::uint32_t>((index + 1) * 10 + writer);
    return {value, value, value};
  }

  /// As RecordWriter::append. `writer` is its number: an heir writes the same record with other bytes.
  void append(std::uint64_t count, std::uint64_t writer) {
    RingWriter to_items(items, entries.data(), items_geometry);
    RecordRing ring(of_items(), bytes, data.data(), bytes_geometry, record_unit);
    for (; count > 0; --count) {
      const Bytes written = record(to_items.inserted(), writer);
      store_record(ring.claim(to_items, size), reinterpret_cast<const std::byte*>(written.data()), size);
      // The time is part of the entry; it holds the number of the record's writer.
      ring.publish(to_items, size, static_cast<std::int64_t>(writer));
    }
  }
  /// As RecordReader::find or look, for any record of the stream; then copies the record.
  void read_anything() const {
    Explorer& run = *Explorer::running();
    const RingReader from_items = of_items();
    const RingReader from_bytes(bytes, data.data(), bytes_geometry);
    const std::uint64_t inserted = from_items.inserted();
    if (inserted == 0) return;
    const std::uint64_t index = inserted - 1 - run.pick(static_cast<unsigned>(inserted));
    RecordEntry entry;
    auto* const room = reinterpret_cast<std::byte*>(&entry);
    const bool is_newest = index + 1 == inserted && run.pick(2) == 1;
    if (is_newest ? !from_items.copy_newest<sizeof entry>(inserted, room)
                  : !from_items.copy_one<sizeof entry>(index, room)) {
      return;
    }
    if (!leads_to_bytes(entry, from_bytes)) {
      if (from_items.intact(index)) run.fail("a record that is there looks damaged");
      return;
    }
    if (entry.bytes != size) return run.fail("no entry");
    Bytes read{};
    load_record(reinterpret_cast<std::byte*>(read.data()), from_bytes.at(entry.begin), size);
    if (!from_items.intact(index)) return;
    if (read != record(index, static_cast<std::uint64_t>(entry.time))) run.fail("another record's bytes");
  }

  layout::RingCounters items{};
  layout::RingCounters bytes{};
  alignas(64) std::array<std::byte, 4 * sizeof(RecordEntry)> entries{};
  alignas(64) std::array<std::byte, 2 * record_unit> data{};
};

void report(const char* what, const Explored& explored) {
  std::cout << "[ EXPLORED ] " << what << ": " << explored.executions << " executions\n";
}

Explored explore(const Orderings& without = {}) {
  Records records;
  Explorer explorer({[&] { records.append(3, 1); }, [&] { records.read_anything(); }},
                    Explorer::Schedule::one_after_other);
  records.tell(explorer);
  for (const std::string& ordering : without) explorer.weaken(ordering);
  return explorer.explore();
}

TEST(RecordOrders, EachEntryHasItsOwnBytes) {
  const Explored explored = explore();
  EXPECT_EQ(explored.violations, Orderings{});
  report("3 records whose bytes overwrite each other", explored);
}

TEST(RecordOrders, EachEntryHasItsOwnBytesWhenAWriterDiesAndAnotherTakesOver) {
  Records records;
  Explorer explorer(
      {[&] { records.append(2, 1); }, [&] { records.append(2, 2); }, [&] { records.read_anything(); }},
      Explorer::Schedule::one_after_other);
  records.tell(explorer);
  explorer.may_die(0, 1);
  const Explored explored = explorer.explore();
  EXPECT_EQ(explored.violations, Orderings{});
  report("records, a writer that dies at any store and its heir", explored);
}

// The orderings that the two rings need of each other. An ordering that is added to the code is added here, where the
// test shows that it is needed, or to the list below.
const Orderings needed_by_records{
    "acquire fence after record",           // before the look at the item, one check for both
    "acquire load of inserted",             // a reader that sees an entry sees its bytes as inserted
    "release store of inserted",            //
    "release fence after bytes' reserved",  // items are given up before their bytes are written
};
const Orderings beside_those{
    "acquire fence after entry",            // the items' own (ring_orders_test.cpp)
    "acquire fence after newest entry",     //
    "release fence after guard",            //
    "acquire load of bytes' inserted",      // the entry's count, or a fence, does the same
    "release store of bytes' inserted",     //
    "acquire fence after bytes' inserted",  // before a look at the item, if its bytes are overwritten
    "release fence after bytes' guard",     // no reader looks at the newest byte
};

TEST(RecordOrders, TheListOfOrdersIsComplete) {
  Orderings all = needed_by_records;
  all.insert(beside_those.begin(), beside_those.end());
  EXPECT_EQ(explore().orderings, all);
}

class RecordWithoutAnOrder : public ::testing::TestWithParam<std::string> {};

TEST_P(RecordWithoutAnOrder, ARecordHasWrongBytesOrLooksDamagedIfOneOrderIsMissing) {
  EXPECT_NE(explore({GetParam()}).violations, Orderings{});
}
std::string as_name(const ::testing::TestParamInfo<std::string>& about) {
  std::string name = about.param;
  std::erase(name, '\'');
  std::replace(name.begin(), name.end(), ' ', '_');
  return name;
}
INSTANTIATE_TEST_SUITE_P(Each, RecordWithoutAnOrder, ::testing::ValuesIn(needed_by_records), as_name);

// The entry's count is released after that of the bytes, and acquired before it. The fences in claim and in intact
// order the items that were given up for the bytes below a count; so do these orderings.
TEST(RecordOrders, TheOrdersOfTheCountOfBytesAreNotNeededBesideTheOthers) {
  const Orderings of_the_count{"acquire load of bytes' inserted", "release store of bytes' inserted",
                               "release fence after bytes' guard"};
  EXPECT_EQ(explore(of_the_count).violations, Orderings{});
  EXPECT_NE(explore({"acquire load of bytes' inserted", "acquire fence after bytes' inserted"}).violations,
            Orderings{});
}

}  // namespace
}  // namespace shm::ring
