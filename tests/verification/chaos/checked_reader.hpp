// SPDX-License-Identifier: Apache-2.0

// A reader that is checked against the truth on the board: each item, each range of readable items, each loss, each
// end, each wake.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "shm/stream/raw_reader.hpp"
#include "worker.hpp"

namespace shm::chaos {

class CheckedReader {
 public:
  /// Attaches to the worker's stream. @throws as RawReader.
  CheckedReader(Worker& worker, Start start, const ReaderOptions& options);
  /// A forked reader: at the same position, of the same life.
  CheckedReader(const CheckedReader& from, RawReader reader);

  [[nodiscard]] RawReader& raw() { return raw_; }
  [[nodiscard]] std::span<std::byte> room() { return room_; }  ///< memory for one item
  /// Returns the generation of the life that it reads; 0 before the first item.
  [[nodiscard]] std::uint64_t generation() const { return generation_; }

  /// Checks that the bytes are the items first, first + step, ... of this stream, whole.
  void check(std::span<const std::byte> items, Index first, std::uint64_t step = 1);
  /// Checks the range of readable items: it never goes back, contains the published items, and has the promised
  /// history.
  void check_answers();
  /// Checks the result of a cursor's call that began at `before` and took this number of items from `first` on.
  void check_move(Index before, Status status, Index first, std::uint64_t taken);
  /// After an end was seen: checks that the stream may have ended.
  void check_end();
  /// Waits until item `index` is there, and measures whether the sleeper was woken.
  [[nodiscard]] Status wait_for(Index index, Deadline deadline);
  /// The same, with the caller's way to wait, which returns the same as RawReader::wait_for.
  [[nodiscard]] Status wait_for(Index index, const std::function<Status()>& wait);
  /// next(), checked. The item is in room().
  [[nodiscard]] Status next(Deadline deadline);
  /// Reads all that is readable.
  void audit();

  /// For a loss or an OverlapsPast: returns whether the writer can have overwritten the item.
  [[nodiscard]] bool may_be_gone(Index index) const;
  void violation(std::string_view what) const;

 private:
  [[nodiscard]] const Life* life() const;
  void check_promises();
  [[nodiscard]] bool may_have_ended() const;

  /// Whether garbage is being collected, and how often it was collected.
  struct Collecting {
    bool now = false;
    std::uint64_t times = 0;
  };
  [[nodiscard]] Collecting look_for_collectors() const;

  Worker& worker_;
  Collecting before_;  // before it attached
  RawReader raw_;
  StreamInfo info_;
  std::vector<std::byte> room_;
  std::uint64_t generation_ = 0;
  bool may_be_collected_ = true;  // a worker collected while it attached
  Index inserted_ = 0;            // the highest count that it has read
  Index oldest_ = 0;
  std::uint64_t lost_ = 0;
};

}  // namespace shm::chaos
