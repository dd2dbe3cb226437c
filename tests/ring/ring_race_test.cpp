// SPDX-License-Identifier: Apache-2.0

// A writer laps its readers as fast as it can, on memory that threads share: if the ring reports a copy as whole, it
// must be exactly the item (support/checked_item.hpp).
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

#include "support/checked_item.hpp"
#include "support/ring_memory.hpp"
#include "support/sanitizers.hpp"

namespace shm::ring {
namespace {

using test::checked_item;
using test::RingMemory;

template <std::size_t Words>
class Race {
 public:
  using Item = test::CheckedItem<Words>;
  explicit Race(std::uint64_t most) : most_(most), memory_(geometry_for(sizeof(Item), 16, 8)) {}

  void run() {
    std::vector<std::thread> readers;
    readers.emplace_back([this] { follow(); });
    readers.emplace_back([this] { look_at_the_newest(); });
    readers.emplace_back([this] { look_at_the_oldest(); });
    write();
    for (std::thread& reader : readers) reader.join();
    EXPECT_EQ(torn_.load(), 0U);
  }

 private:
  void write() {
    RingWriter writer = memory_.writer();
    std::vector<Item> batch(8);
    for (std::uint64_t turn = 0; writer.inserted() < most_; ++turn) {
      const std::uint64_t count = 1 + turn % 8;
      for (std::uint64_t i = 0; i < count; ++i) batch[i] = checked_item<Words>(writer.inserted() + i);
      if (count == 1) {
        writer.template append_one<sizeof(Item)>(reinterpret_cast<const std::byte*>(batch.data()));
      } else {
        writer.append_step(reinterpret_cast<const std::byte*>(batch.data()), count);
      }
      // The writer pauses now and then, so that readers can read whole laps.
      if (turn % 1024 == 0) std::this_thread::yield();
    }
  }

  bool over(const RingReader& reader) const { return reader.inserted() >= most_; }

  void check(bool whole, const Item& item, std::uint64_t index) {
    if (whole && !test::is_item(item, index)) ++torn_;
  }

  void follow() {
    const RingReader reader = memory_.reader();
    Item item{};
    std::uint64_t at = 0;
    while (at < most_) {
      const std::uint64_t inserted = reader.inserted();
      if (at >= inserted) continue;
      bool whole = false;
      if (sizeof(Item) <= layout::newest_bytes && at + 1 == inserted) {
        whole = reader.copy_newest(inserted, reinterpret_cast<std::byte*>(&item), sizeof item);
        check(whole, item, at);
      }
      if (!whole) {
        whole = reader.template copy_one<sizeof(Item)>(at, reinterpret_cast<std::byte*>(&item));
        check(whole, item, at);
      }
      at = whole ? at + 1 : std::max(reader.oldest(), at + 1);
    }
  }

  void look_at_the_newest() {
    const RingReader reader = memory_.reader();
    Item item{};
    while (!over(reader)) {
      const std::uint64_t inserted = reader.inserted();
      if (inserted == 0) continue;
      if (sizeof(Item) <= layout::newest_bytes) {
        check(reader.copy_newest(inserted, reinterpret_cast<std::byte*>(&item), sizeof item), item,
              inserted - 1);
      }
      // The newest item is within the history: it is lost only if the writer lapped the reader meanwhile.
      check(reader.copy(inserted - 1, 1, reinterpret_cast<std::byte*>(&item)), item, inserted - 1);
    }
  }

  void look_at_the_oldest() {
    const RingReader reader = memory_.reader();
    std::vector<Item> items(4);
    while (!over(reader)) {
      const std::uint64_t first = reader.oldest();
      if (reader.inserted() < first + items.size()) continue;
      const bool whole = reader.copy(first, items.size(), reinterpret_cast<std::byte*>(items.data()));
      for (std::size_t i = 0; i < items.size(); ++i) check(whole, items[i], first + i);
    }
  }

  const std::uint64_t most_;
  RingMemory memory_;
  std::atomic<std::uint64_t> torn_{0};
};

inline auto items_of(int count) { return static_cast<std::uint64_t>(test::turns(count)); }

TEST(RingRace, ReaderNeverAcceptsATornItemOf8Bytes) { Race<1>(items_of(3'000'000)).run(); }
TEST(RingRace, ReaderNeverAcceptsATornItemOf48Bytes) { Race<6>(items_of(2'000'000)).run(); }
TEST(RingRace, ReaderNeverAcceptsATornItemOf64Bytes) { Race<8>(items_of(2'000'000)).run(); }
TEST(RingRace, ReaderNeverAcceptsATornItemOf1024Bytes) { Race<128>(items_of(500'000)).run(); }

}  // namespace
}  // namespace shm::ring
