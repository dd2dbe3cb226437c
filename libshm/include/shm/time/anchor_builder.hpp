// SPDX-License-Identifier: Apache-2.0

// Anchors from stamps: from the stamps of an append it makes the anchors that a ledger needs, and no others.
//
//   shm::AnchorBuilder anchors({.sample_rate = 48000, .fit = true});
//   std::optional<shm::Anchor> anchor = anchors.stamp(first, first, measured_ns, false, 0);
//   // If there is one, it goes into the ledger; then the block is appended, whose first item is `first`.
//
// Without fit a key is exact. The line passes through it with the slope of the sample rate, or with none. An
// anchor is due whenever the current line gives another key.
//
// With fit a key is a measured time in nanoseconds. Measurements go into a TimeFit, and the published line
// follows it:
//   * The first stamp, a discontinuity, and a measurement that differs from the fit by more than tolerance_ns
//     begin a new run at the measured time.
//   * Otherwise the line is continuous: at its item, a new anchor has the key that the old line gave it, and its
//     slope meets the fit a second later. An anchor is due if the line is off by a quarter of the fit's
//     uncertainty, or by an eighth more within the next second, or if the uncertainty has halved. That is less
//     than one a second, and never more than two, except where a line turns out to be worse than its stated
//     uncertainty.
//   * Keys never decrease. If the clock stepped back, the new run begins a nanosecond after the item before it
//     and runs at half the pace until it meets the clock; its uncertainty includes how far ahead it is. A step
//     of D is made good after 2 D and some seconds. (Runs that overlapped would give two keys for one time, and
//     keys that stood still would give none.)
//
// The uncertainty of an anchor is that of the fit, three standard deviations, plus the distance of the published
// line from the fit. It does not include a delay that all measurements have in common.
//
// Pure: it reads no clock and no stream. An anchor counts only if the caller publishes it; to try a stamp, use a
// copy. Keys of items before `first` never change. One thread at a time.
// Throws InvalidArgument: the constructor and stamp().
#pragma once

#include <cstdint>
#include <optional>

#include "shm/base/export.hpp"
#include "shm/base/index_range.hpp"
#include "shm/layout/anchor.hpp"
#include "shm/time/time_fit.hpp"

namespace shm {

class SHM_API AnchorBuilder {
 public:
  struct Options {
    double sample_rate = 0;                  ///< items per second; 0: all items of an append have its key
    bool fit = false;                        ///< needs a sample_rate
    std::int64_t tolerance_ns = 10'000'000;  ///< fitted: a measurement off by more begins a new run
    std::uint64_t min_items_between = 0;     ///< fitted: from one anchor to the next of the same run
    TimeFit::Options fitting = {};
  };

  /// @throws InvalidArgument  a rate or a tolerance below 0 or not finite; a fit without a rate.
  explicit AnchorBuilder(const Options& options);

  /// The anchor to publish before the append whose first item is `first`. Empty if the line in force is good
  /// enough. `index`: the item of the stamp. `discontinuity`: items were lost, or may have been. `reason`: of
  /// the discontinuity, or of a jump that is found here: bits 8 to 15 of the flags of an anchor that begins a
  /// run.
  ///
  /// Exact keys are taken as they are, also one that lies before due(first - 1): the caller rejects it.
  ///
  /// Two anchors in a row may have the same index, if no item was appended in between: the latter counts.
  /// @throws InvalidArgument  index < first, or `first` lies before the last one. Nothing was changed.
  [[nodiscard]] std::optional<Anchor> stamp(Index first, Index index, std::int64_t key, bool discontinuity,
                                            std::uint8_t reason);

  /// After a takeover: the newest anchor in force, and the next item. The next stamp begins a new run.
  void resume(const Anchor& last, Index next);

  /// Key of an item by the line in force: as published, or as it will be if no anchor follows. Empty before
  /// the first stamp, and for items further than one before the line's first.
  [[nodiscard]] std::optional<std::int64_t> due(Index index) const;
  /// The same by the fit: the next measurement is compared with it. Without a fit, due().
  [[nodiscard]] std::optional<std::int64_t> predicted(Index index) const;
  /// The line in force, as an anchor at `first`, for a writer that publishes the same line again. Empty if
  /// due(first) is.
  [[nodiscard]] std::optional<Anchor> continued(Index first) const;
  /// Items per second: fitted, or the sample_rate.
  [[nodiscard]] double rate() const;
  /// How far due(index) may be off; 0 if keys are exact.
  [[nodiscard]] double uncertainty(Index index) const;

 private:
  [[nodiscard]] std::optional<Anchor> stamp_exactly(Index first, Index index, std::int64_t key, bool begins);
  [[nodiscard]] std::optional<Anchor> stamp_fitted(Index first, Index index, std::int64_t key, bool begins);
  [[nodiscard]] bool is_still_good(Index first) const;
  [[nodiscard]] std::optional<Anchor> line_towards_fit(Index first, std::int64_t key);
  [[nodiscard]] double ahead_of_fit(const Anchor& line, Index index) const;
  [[nodiscard]] Index later(Index index) const;
  void put_in_force(const Anchor& line);

  Options options_;
  TimeFit fit_;
  std::optional<Anchor> line_;         // in force
  std::optional<std::int64_t> floor_;  // key of the item before line_->index
  Index next_ = 0;                     // no stamp is of an item before it
  Index meets_ = 0;                    // where the line in force meets the fit
  bool begins_ = true;                 // the next stamp begins a run
};

}  // namespace shm
