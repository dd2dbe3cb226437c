// SPDX-License-Identifier: Apache-2.0

// Makes the items of a stream in order, and tells the board the truth about them: what is about to be
// published before it is, and what was published after it was.
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

/// How often a stream may have been removed: seen before a writer is made, it tells which removals hit its
/// life.
struct Removals {
  std::uint64_t by_name = 0;
  std::uint64_t as_garbage = 0;
  explicit Removals(const StreamTruth& truth)
      : by_name(truth.removals.load()), as_garbage(truth.collections.load()) {}
};

/// A stream that is removed by force was, between its takeover and the look at what was taken over.
struct RemovedMeanwhile : std::exception {
  [[nodiscard]] const char* what() const noexcept override { return "removed meanwhile"; }
};

class Pen {
 public:
  /// Finds out which life of the stream this is, and checks that it is what the board says must be there: the
  /// same life with no fewer items, all readable ones whole; or a new one, if the old may have gone.
  /// @throws RemovedMeanwhile
  Pen(Worker& worker, const RawWriter& out, const Removals& before);

  [[nodiscard]] std::uint64_t generation() const { return generation_; }
  [[nodiscard]] Life& life() const { return *life_; }

  /// So many items from `inserted` on will be in the making.
  void intend(std::uint64_t items);
  /// Of a stream with keys: that of the last item, empty if there is none.
  [[nodiscard]] std::optional<std::int64_t> last_key() const { return last_key_; }
  /// The next item, and those after it until something is published, have keys: `first`, and `rise` more with
  /// every fourth.
  void give_keys(std::int64_t first, std::int64_t rise);
  /// Item `index`, made now.
  void make(std::uint64_t index, std::span<std::byte> item) const;
  /// The next `count` items, made now, one after the other.
  [[nodiscard]] std::span<const std::byte> make_next(std::uint64_t count);
  /// The next record, made now.
  [[nodiscard]] std::vector<std::byte> make_record() const;
  /// So many were published. Checks the writer's own count.
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
