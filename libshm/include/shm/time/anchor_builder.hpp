// SPDX-License-Identifier: Apache-2.0

// What a writer that stamps its appends publishes: of the stamps that its user gives, the anchors that a
// ledger needs, and no others.
//
//   shm::Stamping stamping({.sample_rate = 48000, .fit = true});
//   if (auto anchor = stamping.stamp(first, first, measured_ns, false, 0)) ledger.append(*anchor);
//   items.append(block);                                   // its first item becomes `first`
//
// Without fit a key is exact: the line passes through it with the slope of the sample rate, or with none, and
// an anchor is due whenever the line in force says something else.
//
// With fit a key is a measurement of nanoseconds. Measurements go into a TimeFit, and the published line
// follows it:
//   * The first stamp, a discontinuity, and a measurement off the fit by more than tolerance_ns begin a new
//     run at the measured time.
//   * Otherwise the line goes on where it is: a new anchor has at its item the key that the old line gave it
//     there, and a slope that meets the fit a second later. One is due if the line misses the fit by a
//     quarter of the fit's uncertainty, or by an eighth more within the next second, or if the uncertainty
//     has halved: less than one a second, and never more than two but where a line is found to be worse than
//     it said.
//   * Keys never decrease. If the clock stepped back, the new run begins a nanosecond after the item that
//     it follows and runs at half the pace until it meets the clock, and its uncertainty says how far ahead
//     it is: a step of D is made good after 2 D and some seconds. (Runs that overlapped would give two
//     answers to one question, and keys that stood still would give none.)
//
// The uncertainty of an anchor is the fit's, three standard deviations, and the distance that the published
// line still has from the fit. It does not know of a delay that all measurements have in common.
//
// Pure: no clock, no stream; what it says stands only if the caller publishes it, who may try on a copy. One
// thread at a time. What was published is never changed: keys of items before `first` stay.
#pragma once

#include <cstdint>
#include <optional>

#include "shm/base/export.hpp"
#include "shm/base/index_range.hpp"
#include "shm/layout/anchor.hpp"
#include "shm/time/time_fit.hpp"

namespace shm {

class SHM_API Stamping {
 public:
  struct Options {
    double sample_rate = 0;                  ///< items per second; 0: all items of an append have its key
    bool fit = false;                        ///< needs a sample_rate
    std::int64_t tolerance_ns = 10'000'000;  ///< fitted: a measurement off by more begins a new run
    std::uint64_t min_items_between = 0;     ///< fitted: from one anchor to the next of the same run
    TimeFit::Options fitting = {};
  };

  /// @throws InvalidArgument  a rate or a tolerance below 0 or not finite; a fit without a rate.
  explicit Stamping(const Options& options);

  /// The anchor to publish before the append whose first item is `first`; nothing if the line that stands
  /// says it well enough. `index`: the item that the stamp speaks of. `discontinuity`: something was lost, or
  /// may have been. `reason`: of that, or of the jump that is found here: bits 8 to 15 of the flags of an
  /// anchor that begins a run.
  ///
  /// Exact keys are taken as they are, also one that lies before due(first - 1): to refuse it is the caller's
  /// part.
  ///
  /// Two anchors in a row may have the same index, if nothing was appended in between: the latter counts.
  /// @throws InvalidArgument  index < first, or `first` lies before the last one. Nothing was changed.
  [[nodiscard]] std::optional<Anchor> stamp(Index first, Index index, std::int64_t key, bool discontinuity,
                                            std::uint8_t reason);

  /// After a takeover: the newest anchor in force, and the next item. The next stamp begins a new run.
  void resume(const Anchor& last, Index next);

  /// Key of an item by the line in force, as it is published or will be if nothing changes. Empty before the
  /// first stamp, and for items before the line's first but one.
  [[nodiscard]] std::optional<std::int64_t> due(Index index) const;
  /// The same by the fit: what the next measurement is compared with. Without a fit, due().
  [[nodiscard]] std::optional<std::int64_t> predicted(Index index) const;
  /// The line in force, as an anchor at `first`: what a writer publishes that says again what stands. Empty
  /// where due(first) is.
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
  Index next_ = 0;                     // no stamp speaks of items before
  Index meets_ = 0;                    // where the line in force meets the fit
  bool begins_ = true;                 // the next stamp begins a run
};

}  // namespace shm
