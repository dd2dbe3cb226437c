// SPDX-License-Identifier: Apache-2.0

// Checks that hold for a lossless stream after any process died: live lossless readers keep the items that they have
// not acknowledged, and dead readers do not hold the writer back.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "shm/storage/catalog.hpp"
#include "shm/stream/reader.hpp"
#include "shm/stream/writer.hpp"
#include "support/checked_item.hpp"
#include "support/print.hpp"
#include "support/raw_file.hpp"
#include "verification/crash/stream_checks.hpp"

namespace shm::test {

class LosslessChecks {
 public:
  using Items = StreamChecks<2>;
  using Item = Items::Item;

  /// `in` is the directory of the stream; empty: LIBSHM_DIR.
  explicit LosslessChecks(std::string in = {}) : in_(std::move(in)) {}

  [[nodiscard]] static StreamOptions options(WhenFull when_full,
                                             std::chrono::nanoseconds patience = std::chrono::seconds(30)) {
    return {.history = 32,
            .max_claim = 8,
            .lossless = LosslessOptions{
                .when_full = when_full, .patience = patience, .waiting = WaitStrategy::sleep()}};
  }
  [[nodiscard]] Writer<Item> writer(const StreamOptions& with = options(WhenFull::drop)) const {
    return Items("kept", with, in_).writer();
  }
  [[nodiscard]] Reader<Item> lossy(Start start = Start::oldest()) const {
    return Items("kept", options(WhenFull::drop), in_).reader(start);
  }
  [[nodiscard]] Reader<Item> lossless(Start start = Start::oldest(),
                                      Acknowledge acknowledge = Acknowledge::with_read) const {
    return Reader<Item>(
        "kept", start,
        {.name = "keeper", .waiting = WaitStrategy::sleep(), .lossless = acknowledge, .directory = in_});
  }

  /// Appends until an item is dropped, at most two laps; calls `each` after each append. Returns whether an item was
  /// dropped.
  static bool fill(
      Writer<Item>& out, const std::function<void()>& each = [] {}) {
    for (std::uint64_t left = 2 * out.info().items.capacity; left > 0; --left) {
      if (!out.append(checked_item<2>(out.inserted()))) return true;
      each();
    }
    return false;
  }

  /// Checks that a live lossless reader has lost nothing: all items that it has not acknowledged are readable.
  static void keeps(Reader<Item>& reader) {
    ASSERT_TRUE(reader.is_lossless());
    const Index begin = reader.acknowledged();
    const Index end = reader.inserted();
    ASSERT_LE(reader.oldest(), begin);
    const std::vector<Item> all = reader[{static_cast<std::int64_t>(begin), static_cast<std::int64_t>(end)}];
    ASSERT_EQ(all.size(), end - begin);
    for (Index i = begin; i < end; ++i) ASSERT_TRUE(is_item(all[i - begin], i)) << "item " << i;
  }
  /// Does the same, and reads all of them, once and in order.
  static void drain(Reader<Item>& reader) {
    keeps(reader);
    Items::follow(reader);
    ASSERT_EQ(reader.acknowledged(), reader.inserted());
  }

  /// Checks the state that dead processes left (a writer, and readers in the first slots): none of these readers
  /// holds the next writer back, and new readers get their slots, as if the slots were new.
  void outlives(const std::function<bool(Index)>& is_right) const {
    const LosslessChecks second = copy("second");
    const LosslessChecks third = copy("third");
    ASSERT_TRUE(evict_readers(
                    "kept", [](const ReaderInfo&) { return true; }, in_)
                    .empty());
    ASSERT_TRUE(stream_readers("kept", in_).empty());
    const Index n = goes_around(is_right);
    Items("kept", options(WhenFull::wait), in_).outlives([&](Index there) { return there == n; });
    second.gives_slots_anew(true);
    third.gives_slots_anew(false);
  }

 private:
  [[nodiscard]] LosslessChecks copy(const std::string& name) const {
    namespace fs = std::filesystem;
    const fs::path to = fs::path(in_) / name;
    fs::create_directory(to);
    for (const char* file : {"kept.stream", "kept.control"}) fs::copy_file(fs::path(in_) / file, to / file);
    return LosslessChecks(to.string());
  }

  /// Continues the stream with next writers, around the ring; one look at the locks is enough for each of them.
  /// Returns the number of items after that.
  [[nodiscard]] Index goes_around(const std::function<bool(Index)>& is_right) const {
    Reader<Item> follows = lossy();
    EXPECT_TRUE(is_right(follows.inserted())) << follows.inserted() << " items inserted";
    Items::follow(follows);
    for (int turn = 0; turn < 2; ++turn) {
      Writer<Item> out = writer(options(WhenFull::fail));
      std::vector<Item> batch;
      const Index end = out.inserted() + out.info().items.capacity / 2;
      for (Index i = out.inserted(); i < end; ++i) batch.push_back(checked_item<2>(i));
      EXPECT_NO_THROW(out.append(std::span<const Item>(batch))) << "held back by a dead reader";
      Items::follow(follows);
      out.detach();
    }
    return follows.inserted();
  }

  /// Gives the first slots, which dead readers had, to a lossless reader (the first or the second slot) and to lossy
  /// readers.
  void gives_slots_anew(bool lossless_first) const {
    // Mark all slots as taken, as if dead readers had left them all: slots that look free are taken first.
    const std::filesystem::path control = std::filesystem::path(in_) / "kept.control";
    auto slots = peek_file<std::array<std::byte, layout::reader_slots * sizeof(layout::ReaderSlot)>>(
        control, layout::reader_slots_offset);
    for (std::size_t i = 0; i < layout::reader_slots; ++i) {
      slots[i * sizeof(layout::ReaderSlot) + offsetof(layout::ReaderSlot, taken)] = std::byte{1};
    }
    poke_file(control, layout::reader_slots_offset, slots);
    std::vector<Reader<Item>> others;
    if (!lossless_first) others.push_back(lossy());
    std::optional<Reader<Item>> keeper(lossless());
    while (others.size() < 2) others.push_back(lossy());
    keeps(*keeper);
    const Index begin = keeper->acknowledged();

    Writer<Item> out = writer();
    ASSERT_TRUE(fill(out)) << "the keeper did not hold the writer back";
    ASSERT_GE(out.inserted() - begin, out.info().items.history);
    const std::vector<ReaderInfo> readers = out.readers();
    ASSERT_EQ(readers.size(), 3U);
    for (std::size_t i = 0; i < readers.size(); ++i) {
      ASSERT_EQ(readers[i].holds_back, i == (lossless_first ? 0 : 1)) << "reader " << i;
      ASSERT_EQ(readers[i].lossless, readers[i].holds_back) << "reader " << i;
    }
    drain(*keeper);
    ASSERT_FALSE(fill(out, [&] { drain(*keeper); })) << "held back by a dead reader, or by a lossy one";
    ASSERT_TRUE(fill(out));
    drain(*keeper);
    keeper.reset();
    ASSERT_FALSE(fill(out)) << "held back without a lossless reader";
    out.close();
  }

  std::string in_;
};

}  // namespace shm::test
