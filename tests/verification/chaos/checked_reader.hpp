// SPDX-License-Identifier: Apache-2.0

// A reader that is held against the truth on the board: each item, each answer of what is readable, each
// loss, each end, each wake.
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
  /// One that was forked: at the same position, of the same life.
  CheckedReader(const CheckedReader& from, RawReader reader);

  [[nodiscard]] RawReader& raw() { return raw_; }
  [[nodiscard]] std::span<std::byte> room() { return room_; }  ///< for one item
  /// Of the life that it reads; 0 until it saw an item.
  [[nodiscard]] std::uint64_t generation() const { return generation_; }

  /// The bytes that were read are items first, first + step, ... of this stream, whole.
  void check(std::span<const std::byte> items, Index first, std::uint64_t step = 1);
  /// Asks what is there: answers never go back, hold what was published, and as much history as promised.
  void check_answers();
  /// What a cursor's call answered, beginning at `before`, with so many items taken from `first` on.
  void check_move(Index before, Status status, Index first, std::uint64_t taken);
  /// After an end was seen: may it have been?
  void check_end();
  /// Waits until item `index` is there, and measures whether the sleeper was woken.
  [[nodiscard]] Status wait_for(Index index, Deadline deadline);
  /// The same, with a way of waiting for it that is the caller's: it answers as RawReader::wait_for.
  [[nodiscard]] Status wait_for(Index index, const std::function<Status()>& wait);
  /// next(), checked. The item is in room().
  [[nodiscard]] Status next(Deadline deadline);
  /// Reads all that is readable.
  void audit();

  /// A loss, an overlap with what is gone: true if the writer can have come so far.
  [[nodiscard]] bool may_be_gone(Index index) const;
  void violation(std::string_view what) const;

 private:
  [[nodiscard]] const Life* life() const;
  void check_promises();
  [[nodiscard]] bool may_have_ended() const;

  /// Is garbage being collected, and how often was it?
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
  bool may_be_collected_ = true;  // somebody collected while it attached
  Index inserted_ = 0;            // the highest it was told
  Index oldest_ = 0;
  std::uint64_t lost_ = 0;
};

}  // namespace shm::chaos
