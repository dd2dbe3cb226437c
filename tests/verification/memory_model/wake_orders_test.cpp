// SPDX-License-Identifier: Apache-2.0

// The code of wake.hpp and the ring under every interleaving of a writer and two sleepers and every
// reordering that the C++ memory model allows (but load buffering): no reader sleeps for ever after its item was
// published. Sleeps have no bound here. Those of the library have one, which would only hide lost wakes.
#include <gtest/gtest.h>

#include <array>
#include <iostream>

#include "shm/ring/ring_reader.hpp"
#include "shm/ring/ring_writer.hpp"
#include "shm/ring/wake.hpp"
#include "verification/memory_model/explorer.hpp"

namespace shm::ring {
namespace {

using weak::Explored;
using weak::Explorer;
using Orderings = std::set<std::string>;

/// A fence has the name of the word before it: here a word of WakeRequests that always asks for a wake.
constexpr const char* fence_of_writer = "full fence after an unnamed word";

enum class Fences { by_membarrier, by_the_writer };

/// The parts of a stream that take part in waking.
struct Stream {
  explicit Stream(Fences fences) : fences_itself(fences == Fences::by_the_writer) {
    live.writer_fences = fences_itself ? 1 : 0;
  }

  void tell(Explorer& explorer, bool ends) const {
    explorer.name(&live.counters[0].line.inserted, "inserted");
    explorer.name(&live.counters[0].reserved, "reserved");
    explorer.name(&live.writer_fences, "writer_fences");
    explorer.name(&live.wake_count, "wake_count");
    explorer.name(&live.state, "state");
    explorer.name(&wake_at, "wake_at");
    explorer.name(&standing, "standing_request");
    explorer.share_only(ends ? Orderings{"inserted", "wake_count", "wake_at", "standing_request", "state"}
                             : Orderings{"inserted", "wake_count", "wake_at", "standing_request"});
  }

  // As RawWriter::publish, RawWriter::wake and OwnedStream::wake_all. The test does not read the items.
  void publish(std::uint64_t count) {
    RingWriter writer(live.counters[0], data.data(), geometry);
    using Order = WakeRequests::Order;
    const WakeRequests requests(wake_at, fences_itself ? Order::by_own_fence : Order::by_membarrier);
    for (; count > 0; --count) {
      Explorer::running()->remember_only(count);
      static_cast<void>(writer.claim(1));
      const std::uint64_t inserted = writer.publish(1);
      if (!requests.is_pending(inserted)) continue;
      withdraw_requests(wake_at, live.wake_count);
      Explorer::running()->futex_wake();
    }
  }
  // As storage::mark_ended.
  void end() {
    live.state.store(layout::StreamState::ended, std::memory_order_release);
    live.wake_count.fetch_add(1, std::memory_order_release);
    Explorer::running()->futex_wake();
  }

  // As RawReader::gave_up, ask_to_be_woken and sleep_until, with sleeps that only a wake ends.
  [[nodiscard]] bool is_over(const RingReader& reader, Index count) const {
    const bool ended = live.state.load(std::memory_order_acquire) == layout::StreamState::ended;
    const Index inserted = reader.inserted();
    if (ended && inserted < final_count) Explorer::running()->fail("an item before the end is not seen");
    return inserted >= count || ended;
  }
  void wait_for(Index count) {
    Explorer& run = *Explorer::running();
    const RingReader reader(live.counters[0], data.data(), geometry);
    if (is_over(reader, count)) return;
    for (;;) {
      run.remember_only(1);
      const std::uint32_t seen_wakes = load_wake_word(live.wake_count);
      if (!shares_requests || !request_stands(standing, seen_wakes, count - 1)) {
        ask_for_wake(wake_at, count - 1);
        run.remember_only(2, seen_wakes);
        static_cast<void>(order_request(live.writer_fences, [&] {
          run.membarrier();
          if (shares_requests) announce_request(standing, seen_wakes, count - 1, 0);
          return true;
        }));
      }
      run.remember_only(5, seen_wakes);
      if (is_over(reader, count)) return;
      run.remember_only(3, seen_wakes);
      run.futex_wait(&live.wake_count, 0, seen_wakes);
      run.remember_only(4);
      if (reader.inserted() >= count) return;
    }
  }

  // Too large to ride in the counter line: less for the explorer to do.
  static constexpr std::size_t item_bytes = 2 * layout::newest_bytes;
  bool fences_itself;
  Index final_count = 0;  // of the writer that ends
  bool shares_requests = true;
  const Geometry geometry{item_bytes, 4, 1, 1, 2, 0};
  layout::LiveState live{};
  layout::Atomic<std::uint64_t> wake_at{layout::wake_nobody};
  layout::Atomic<std::uint64_t> standing{0};
  alignas(64) std::array<std::byte, 4 * item_bytes> data{};
};

Explored explore(Fences fences, const std::vector<Index>& wanted, std::uint64_t items, bool ends,
                 const std::string& without = {}, bool shares_requests = true) {
  Stream stream(fences);
  stream.shares_requests = shares_requests;
  stream.final_count = items;
  std::vector<Explorer::Program> programs{[&] {
    stream.publish(items);
    if (ends) stream.end();
  }};
  for (const Index count : wanted) programs.emplace_back([&stream, count] { stream.wait_for(count); });
  Explorer explorer(programs, Explorer::Schedule::interleaved);
  stream.tell(explorer, ends);
  if (!without.empty()) explorer.weaken(without);
  return explorer.explore();
}

void report(const char* what, const Explored& explored) {
  std::cout << "[ EXPLORED ] " << what << ": " << explored.executions << " executions, " << explored.states
            << " states\n";
}

class WakeOrders : public ::testing::TestWithParam<Fences> {};

TEST_P(WakeOrders, NoReaderStaysAsleep) {
  const Explored explored = explore(GetParam(), {1, 1}, 1, false);
  EXPECT_EQ(explored.violations, Orderings{});
  report("a writer of one item, two readers that want it", explored);
}

// Each reader asks for itself: with shared requests the exploration takes minutes. Two readers that want different
// items and share a request are in the model (tests/verification/model, configuration asleep).
TEST_P(WakeOrders, NoReaderStaysAsleepIfReadersWaitForDifferentItems) {
  const Explored explored = explore(GetParam(), {1, 2}, 2, false, {}, false);
  EXPECT_EQ(explored.violations, Orderings{});
  report("a writer of two items, a reader for each", explored);
}

TEST_P(WakeOrders, NoReaderStaysAsleepAtTheEnd) {
  const Explored explored = explore(GetParam(), {2, 3}, 1, true, {}, false);
  EXPECT_EQ(explored.violations, Orderings{});
  report("a writer of one item that closes, two readers that want more", explored);
}

INSTANTIATE_TEST_SUITE_P(With, WakeOrders, ::testing::Values(Fences::by_membarrier, Fences::by_the_writer),
                         [](const auto& about) {
                           return about.param == Fences::by_membarrier ? "Membarrier" : "AFencingWriter";
                         });

// An ordering that is added to the code is added here.
TEST(WakeAndEndOrders, TheListOfOrdersIsComplete) {
  const Orderings always{
      "acquire load of state",             // pairs with the release of the end: items before it are seen
      "release store of state",            //
      "acquire load of wake_count",        // pairs with the release of the count: the withdrawal is seen
      "release change of wake_count",      //
      "acquire load of standing_request",  // pairs with the membarrier, a full fence of the reader that asked
      "full fence after wake_at",   // between request and look; a membarrier, where there is one, does it too
      "release store of inserted",  // for the items: see ring_orders_test.cpp
      "acquire load of inserted",   //
      "release fence after reserved"};  //
  Orderings by_membarrier = always;
  by_membarrier.insert("membarrier");
  EXPECT_EQ(explore(Fences::by_membarrier, {1}, 2, true).orderings, by_membarrier);
  Orderings by_the_writer = always;
  by_the_writer.insert(fence_of_writer);
  EXPECT_EQ(explore(Fences::by_the_writer, {1}, 2, true).orderings, by_the_writer);
}

TEST(WakeWithoutAnOrder, AReaderSleepsForEverWithoutTheMembarrier) {
  EXPECT_NE(explore(Fences::by_membarrier, {1}, 1, false, "membarrier").violations, Orderings{});
}
TEST(WakeWithoutAnOrder, AReaderSleepsForEverWithoutItsFence) {
  EXPECT_NE(explore(Fences::by_the_writer, {1}, 1, false, "full fence after wake_at").violations,
            Orderings{});
}
TEST(WakeWithoutAnOrder, AReaderSleepsForEverWithoutTheWritersFence) {
  EXPECT_NE(explore(Fences::by_the_writer, {1}, 1, false, fence_of_writer).violations, Orderings{});
}
TEST(WakeWithoutAnOrder, AReaderTakesAServedRequestForStandingWithoutTheAcquireOfWakeCount) {
  EXPECT_NE(explore(Fences::by_membarrier, {1, 2}, 2, false, "acquire load of wake_count").violations,
            Orderings{});
}
TEST(WakeWithoutAnOrder, AReaderTakesAServedRequestForStandingWithoutTheReleaseOfWakeCount) {
  EXPECT_NE(explore(Fences::by_membarrier, {1, 2}, 2, false, "release change of wake_count").violations,
            Orderings{});
}
TEST(WakeWithoutAnOrder, AReaderSleepsForEverWithoutTheAcquireOfASharedRequest) {
  EXPECT_NE(explore(Fences::by_membarrier, {1, 1}, 1, false, "acquire load of standing_request").violations,
            Orderings{});
}
TEST(WakeWithoutAnOrder, AReaderMissesAnItemBeforeTheEndWithoutTheAcquireOfState) {
  EXPECT_NE(explore(Fences::by_membarrier, {3}, 1, true, "acquire load of state").violations, Orderings{});
}
TEST(WakeWithoutAnOrder, AReaderMissesAnItemBeforeTheEndWithoutTheReleaseOfState) {
  EXPECT_NE(explore(Fences::by_membarrier, {3}, 1, true, "release store of state").violations, Orderings{});
}

}  // namespace
}  // namespace shm::ring
