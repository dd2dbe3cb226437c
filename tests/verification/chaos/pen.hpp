// SPDX-License-Identifier: Apache-2.0

// Makes the items of a stream in order, and stores the truth about them on the board: before an append the items that
// it will publish, and after it the items that it has published.
#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <optional>
#include <span>
#include <vector>

#include "shm/stream/raw_writer.hpp"
#include "worker.hpp"

namespace shm::chaos {

/// How often a stream may have been removed. Read before a writer is made, it shows which removals hit the writer's
/// life.
struct Removals {
  std::uint64_t by_name = 0;
  std::uint64_t as_garbage = 0;
  explicit Removals(const StreamTruth& truth)
      : by_name(truth.removals.load()), as_garbage(truth.collections.load()) {}
};

/// The stream was removed by force between the takeover and the check of its items.
struct RemovedMeanwhile : std::exception {
  [[nodiscard]] const char* what() const noexcept override { return "removed meanwhile"; }
};

class Pen {
 public:
  /// Finds the life of the stream, and checks it against the board: the same life with no fewer items, all readable
  /// items whole; or a new life, if the old one may have been removed.
  /// @throws RemovedMeanwhile
  Pen(Worker& worker, const RawWriter& out, const Removals& before);

  [[nodiscard]] std::uint64_t generation() const { return generation_; }
  [[nodiscard]] Life& life() const { return *life_; }

  /// Stores that this number of items from `inserted` on will be begun.
  void intend(std::uint64_t items);
  /// For a stream with keys: returns the key of the last item; empty without an item.
  [[nodiscard]] std::optional<std::int64_t> last_key() const { return last_key_; }
  /// Sets the keys of the items up to the next publication: `first`, and `rise` more with every fourth item.
  void give_keys(std::int64_t first, std::int64_t rise);
  /// Makes item `index`, with the time of now.
  void make(std::uint64_t index, std::span<std::byte> item) const;
  /// Makes the next `count` items, one after the other.
  [[nodiscard]] std::span<const std::byte> make_next(std::uint64_t count);
  /// Makes the next record.
  [[nodiscard]] std::vector<std::byte> make_record() const;
  /// Stores that this number of items was published. Checks the writer's own count.
  void published(const RawWriter& out, std::uint64_t items);

 private:
  void begin_life(const Removals& before);
  void continue_life(std::uint64_t inserted);
  void check_it_has_the_name() const;
  [[nodiscard]] std::int64_t key_of(std::uint64_t index) const;

  Worker& worker_;
  Life* life_ = nullptr;
  std::uint64_t generation_ = 0;
  std::uint64_t next_ = 0;
  std::uint64_t history_;
  std::optional<std::int64_t> last_key_;
  std::int64_t first_key_ = 0;
  std::int64_t rise_ = 0;
  std::vector<std::byte> items_;
};

}  // namespace shm::chaos
