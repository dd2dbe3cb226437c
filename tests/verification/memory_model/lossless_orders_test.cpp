// SPDX-License-Identifier: Apache-2.0

// The code of backpressure.hpp and the ring under every interleaving of a writer and lossless readers and every
// reordering that the C++ memory model allows (but load buffering): a lossless reader loses nothing, no item is
// overwritten that it may still be reading, and a writer that is held back does not sleep for ever.
#include <gtest/gtest.h>

#include <array>
#include <iostream>

#include "shm/ring/backpressure.hpp"
#include "shm/ring/ring_reader.hpp"
#include "shm/ring/ring_writer.hpp"
#include "shm/ring/wake.hpp"
#include "verification/memory_model/explorer.hpp"

namespace shm::ring {
namespace {

using weak::Explored;
using weak::Explorer;
using Orderings = std::set<std::string>;

constexpr std::size_t first_slot = 70;  // in the second group of bits
constexpr std::size_t readers = 2;

/// A lossless stream whose ring of two slots is full.
struct Stream {
  Stream() {
    layout::RingCounters& counters = live.counters[0];
    counters.line.inserted = geometry.capacity;
    counters.reserved = geometry.capacity;
    for (std::uint64_t i = 0; i < geometry.capacity; ++i) {
      const std::uint64_t value = i + 1;
      std::memcpy(data.data() + i * item_bytes, &value, sizeof value);
    }
    control.room_at = layout::wake_nobody;
  }
  /// Another reader had the slot of this one before, and left.
  void was_used(std::size_t reader) {
    bits |= std::uint64_t{1} << ((first_slot + reader) % 64);
    control.lossless_slots[first_slot / 64] = bits;
  }
  /// This reader registered before, to begin at 0.
  void is_there(std::size_t reader) {
    was_used(reader);
    slots[first_slot + reader].lossless = 1;
  }

  void tell(Explorer& explorer) const {
    explorer.name(&live.counters[0].line.inserted, "inserted");
    explorer.name(&live.counters[0].reserved, "reserved");
    explorer.name(data.data(), "item", 2, item_bytes);
    explorer.name(&live.released, "released");
    explorer.name(&control.lossless_slots[first_slot / 64], "lossless_slots");
    explorer.name(&control.room_at, "room_at");
    explorer.name(&control.room_count, "room_count");
    for (std::size_t i = 0; i < readers; ++i) {
      explorer.name(&slots[first_slot + i].lossless, "lossless");
      explorer.name(&slots[first_slot + i].acknowledged, "acknowledged");
      explorer.name(&reads_at[i], "reads_at");
    }
  }

  // --- the writer, as RawWriter and BackpressureGate ---

  void append(RingWriter& writer) {
    const std::uint64_t index = writer.inserted();
    const std::uint64_t overwritten = index - geometry.capacity;
    for (const layout::Atomic<std::uint64_t>& reads : reads_at) {
      if (reads.load(std::memory_order_relaxed) <= overwritten)
        Explorer::running()->fail("an item is overwritten that may still be being read");
    }
    store_unit<std::uint64_t>(writer.claim(1), index + 1);
    writer.publish(1);
  }
  [[nodiscard]] Backpressure gate(const RingWriter& writer) {
    Backpressure backpressure(live, control, slots.data(), writer.released());
    backpressure.grant_ahead(1);
    return backpressure;
  }
  /// Appends as long as no reader holds the writer back.
  void write(std::uint64_t items) {
    RingWriter writer(live.counters[0], data.data(), geometry);
    Backpressure backpressure = gate(writer);
    for (; items > 0; --items) {
      Explorer::running()->remember_only(items, backpressure.granted());
      if (!backpressure.allows(writer.released_by(1), writer.inserted())) return;
      append(writer);
    }
  }
  /// Appends, and sleeps while the writer is held back; only a wake ends a sleep.
  void write_all(std::uint64_t items, bool has_membarrier) {
    Explorer& run = *Explorer::running();
    RingWriter writer(live.counters[0], data.data(), geometry);
    Backpressure backpressure = gate(writer);
    for (; items > 0; --items) {
      const Index below = writer.released_by(1);
      while (!backpressure.allows(below, writer.inserted())) {
        run.remember_only(items * 4, backpressure.granted());
        const std::uint32_t seen_wakes = load_wake_word(control.room_count);
        ask_for_wake(control.room_at, below - 1);
        full_fence();
        if (has_membarrier) run.membarrier();
        run.remember_only(items * 4 + 1, backpressure.granted() * 16 + seen_wakes);
        if (backpressure.allows(below, writer.inserted())) break;
        run.remember_only(items * 4 + 2, backpressure.granted() * 16 + seen_wakes);
        run.futex_wait(&control.room_count, 0, seen_wakes);
      }
      append(writer);
      run.remember_only(items * 4 + 3, backpressure.granted());
    }
  }

  // --- a reader, as RawReader ---

  void wake_writer_if_asked(Index acknowledged, bool fences) {
    using Order = WakeRequests::Order;
    const WakeRequests requests(control.room_at, fences ? Order::by_own_fence : Order::by_membarrier);
    if (!requests.is_pending(acknowledged)) return;
    withdraw_requests(control.room_at, control.room_count);
    Explorer::running()->futex_wake();
  }
  /// Registers to begin at `index`; returns the index where the reader begins.
  Index enter(std::size_t reader, Index index, bool fences) {
    const LosslessPlace place =
        register_lossless(live, control, first_slot + reader, slots[first_slot + reader], index);
    reads_at[reader].store(place.begin, std::memory_order_relaxed);
    if (wakes_when_it_registers && place.begin > index) wake_writer_if_asked(place.begin, fences);
    return place.begin;
  }
  /// As ControlFile::release.
  void leave(std::size_t reader) {
    static_cast<void>(release_reader(slots[first_slot + reader].lossless, 1));
    withdraw_requests(control.room_at, control.room_count);
    Explorer::running()->futex_wake();
  }
  void read(std::size_t reader, Index index, bool fences) {
    const RingReader ring(live.counters[0], data.data(), geometry);
    for (; index < ring.inserted(); ++index) {
      Explorer::running()->remember_only(100, index);
      const auto value = load_unit<std::uint64_t>(ring.at(index));
      if (!ring.intact(index)) return Explorer::running()->fail("a lossless reader lost an item");
      if (value != index + 1) return Explorer::running()->fail("a wrong item");
      reads_at[reader].store(index + 1, std::memory_order_relaxed);
      finish(reader, index + 1, fences);
    }
  }
  /// As RawReader::release_below.
  void finish(std::size_t reader, Index index, bool fences) {
    acknowledge(slots[first_slot + reader], index);
    wake_writer_if_asked(index, fences);
  }

  static constexpr std::size_t item_bytes = 2 * layout::newest_bytes;  // too large for the counter line
  const Geometry geometry{item_bytes, 2, 1, 1, 0, 0};
  layout::LiveState live{};
  layout::ControlHeader control{};
  std::array<layout::ReaderSlot, layout::reader_slots> slots{};
  std::uint64_t bits = 0;
  bool wakes_when_it_registers = true;
  /// The item that each reader is reading. The store comes after the loads of the item before it, and so stands for
  /// them: the machine itself never moves a load behind a later store.
  std::array<layout::Atomic<std::uint64_t>, readers> reads_at{UINT64_MAX, UINT64_MAX};
  alignas(64) std::array<std::byte, 2 * item_bytes> data{};
};

void report(const char* what, const Explored& explored) {
  std::cout << "[ EXPLORED ] " << what << ": " << explored.executions << " executions, " << explored.states
            << " states\n";
}

// --- a reader that comes while the writer grants itself items, and reads ---

// The names whose interleaving matters. (The others are used next to one of these.)
const Orderings used_by_a_reader{"item", "released", "lossless_slots", "acknowledged"};

Explored explore_registration(const Orderings& without = {}) {
  Stream stream;
  Explorer explorer({[&] { stream.write(2); }, [&] { stream.read(0, stream.enter(0, 0, false), false); }},
                    Explorer::Schedule::interleaved);
  stream.tell(explorer);
  explorer.share_only(used_by_a_reader);
  for (const std::string& ordering : without) explorer.weaken(ordering);
  return explorer.explore();
}

TEST(LosslessReaderOrders, AReaderLosesNoItemThatItHoldsBack) {
  const Explored explored = explore_registration();
  EXPECT_EQ(explored.violations, Orderings{});
  report("a writer of two items, a lossless reader that comes meanwhile", explored);
}

TEST(LosslessReaderOrders, AReaderLosesNoItemWhenTheWriterDiesAndAnotherTakesOver) {
  Stream stream;
  Explorer explorer({[&] { stream.write(2); }, [&] { stream.read(0, stream.enter(0, 0, false), false); },
                     [&] { stream.write(1); }},
                    Explorer::Schedule::interleaved);
  stream.tell(explorer);
  explorer.share_only(used_by_a_reader);
  explorer.may_die(0, 2);
  const Explored explored = explorer.explore();
  EXPECT_EQ(explored.violations, Orderings{});
  report("a writer that dies at any store and its heir, a lossless reader", explored);
}

// --- a writer that sleeps until it is woken ---

enum class Sleep { two_readers, a_reader_that_registers, the_next_reader_of_a_slot };

Explored explore_sleep(Sleep sleep, bool fences, const Orderings& without = {}, bool wakes = true) {
  Stream stream;
  stream.wakes_when_it_registers = wakes;
  std::vector<Explorer::Program> programs{[&] { stream.write_all(1, !fences); }};
  Orderings shared{"acknowledged", "room_at", "room_count"};
  if (sleep == Sleep::two_readers) {
    for (const std::size_t reader : {0U, 1U}) {
      stream.is_there(reader);
      programs.emplace_back([&stream, fences, reader] { stream.finish(reader, 1, fences); });
    }
  } else {
    shared.insert({"lossless", "lossless_slots", "released"});
    if (sleep == Sleep::the_next_reader_of_a_slot) {
      stream.is_there(0);
      programs.emplace_back([&] {
        stream.leave(0);
        static_cast<void>(stream.enter(0, 2, fences));
      });
    } else {
      programs.emplace_back([&] {
        if (stream.enter(0, 0, fences) > 0) return;
        stream.reads_at[0].store(1, std::memory_order_relaxed);
        stream.finish(0, 1, fences);
      });
    }
  }
  Explorer explorer(programs, Explorer::Schedule::interleaved);
  explorer.reach_by_membarrier({1, programs.size() - 1});
  stream.tell(explorer);
  explorer.share_only(shared);
  for (const std::string& ordering : without) explorer.weaken(ordering);
  return explorer.explore();
}

class BlockedWriterOrders : public ::testing::TestWithParam<bool> {};

TEST_P(BlockedWriterOrders, TheLastOfTwoReadersToAcknowledgeWakesTheWriter) {
  const Explored explored = explore_sleep(Sleep::two_readers, GetParam());
  EXPECT_EQ(explored.violations, Orderings{});
  report("a writer that is held back by two readers", explored);
}
TEST_P(BlockedWriterOrders, AReaderThatRegistersAfterTheAwaitedItemWakesTheWriter) {
  const Explored explored = explore_sleep(Sleep::a_reader_that_registers, GetParam());
  EXPECT_EQ(explored.violations, Orderings{});
  report("a writer that is held back by a reader that registers", explored);
}
TEST_P(BlockedWriterOrders, AReaderThatLeftDoesNotBlockTheWriter) {
  const Explored explored = explore_sleep(Sleep::the_next_reader_of_a_slot, GetParam());
  EXPECT_EQ(explored.violations, Orderings{});
  report("a writer, and a reader that takes another's slot", explored);
}
INSTANTIATE_TEST_SUITE_P(With, BlockedWriterOrders, ::testing::Bool(),
                         [](const auto& about) { return about.param ? "ReadersThatFence" : "Membarrier"; });

// A reader that does not wake the writer after it registered.
TEST(RegistrationWithoutAWake, AWriterSleepsForEverIfARegistrationDoesNotWakeIt) {
  EXPECT_NE(explore_sleep(Sleep::a_reader_that_registers, false, {}, false).violations, Orderings{});
}

// --- each ordering is needed ---

// An ordering that is added to the code is added here.
const Orderings orderings_of_grants{
    "full fence after released",         // one of these two comes first: the writer sees the reader, or the
    "full fence after lossless_slots",   // reader sees the count of released items
    "release store of acknowledged",     // the loads of the items come before
    "acquire load of acknowledged",      // pairs with it
    "release store of lossless",         // `acknowledged` is this reader's
    "acquire load of lossless",          // pairs with it
    "release change of lossless_slots",  // the word is this reader's
    "acquire load of lossless_slots",    // pairs with it
    "acquire load of an unnamed word",   // the other lossless_slots
    "acquire fence after item",          // the ring's own (ring_orders_test.cpp)
    "acquire load of inserted",          //
    "release fence after reserved",      //
    "release store of inserted"};

TEST(LosslessReaderOrders, TheListOfOrdersIsComplete) {
  EXPECT_EQ(explore_registration().orderings, orderings_of_grants);
}
TEST(LosslessReaderWithoutAnOrder, AnItemIsLostWithoutTheWritersFence) {
  EXPECT_NE(explore_registration({"full fence after released"}).violations, Orderings{});
}
TEST(LosslessReaderWithoutAnOrder, AnItemIsLostWithoutTheFenceOfRegistration) {
  EXPECT_NE(explore_registration({"full fence after lossless_slots"}).violations, Orderings{});
}
TEST(LosslessReaderWithoutAnOrder, AnItemInUseIsOverwrittenWithoutTheReleaseOfAcknowledged) {
  EXPECT_NE(explore_registration({"release store of acknowledged"}).violations, Orderings{});
}
TEST(LosslessReaderWithoutAnOrder, AnItemInUseIsOverwrittenWithoutTheAcquireOfAcknowledged) {
  EXPECT_NE(explore_registration({"acquire load of acknowledged"}).violations, Orderings{});
}
TEST(LosslessReaderWithoutAnOrder, AWriterSleepsForEverWithoutTheReleaseOfTheReadersWord) {
  EXPECT_NE(explore_sleep(Sleep::the_next_reader_of_a_slot, false, {"release store of lossless"}).violations,
            Orderings{});
}
TEST(LosslessReaderWithoutAnOrder, AWriterSleepsForEverWithoutTheAcquireOfTheReadersWord) {
  EXPECT_NE(explore_sleep(Sleep::the_next_reader_of_a_slot, false, {"acquire load of lossless"}).violations,
            Orderings{});
}
TEST(LosslessReaderWithoutAnOrder, AWriterSleepsForEverWithoutItsMembarrier) {
  EXPECT_NE(explore_sleep(Sleep::two_readers, false, {"membarrier"}).violations, Orderings{});
}
TEST(LosslessReaderWithoutAnOrder, AWriterSleepsForEverWithoutItsFence) {
  EXPECT_NE(explore_sleep(Sleep::two_readers, true, {"full fence after room_at"}).violations, Orderings{});
}
TEST(LosslessReaderWithoutAnOrder, AWriterSleepsForEverWithoutTheReadersFenceAfterAcknowledged) {
  // The fence has the name of the word before it: a word of WakeRequests that always asks for a wake.
  EXPECT_NE(explore_sleep(Sleep::two_readers, true, {"full fence after an unnamed word"}).violations,
            Orderings{});
}

// The full fences order the bit and the word, too: the look of the writer that decides comes after a fence. (The
// orderings serve checkers that do not understand fences.)
TEST(LosslessReaderOrders, TheOrdersOfLosslessSlotsAreNotNeededBesideTheFullFences) {
  const Orderings beside_the_fences{"release change of lossless_slots", "acquire load of lossless_slots"};
  EXPECT_EQ(explore_registration(beside_the_fences).violations, Orderings{});
  EXPECT_EQ(explore_sleep(Sleep::the_next_reader_of_a_slot, false, beside_the_fences).violations,
            Orderings{});
}

}  // namespace
}  // namespace shm::ring
