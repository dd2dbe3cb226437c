// SPDX-License-Identifier: Apache-2.0
#include "shm/time/anchor_builder.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "shm/base/error.hpp"
#include "shm/base/saturating.hpp"

namespace shm {
namespace {

constexpr double most_correction = 1e-3;  // of the pace: inaudible, and more than the error of any crystal
constexpr double step_back_pace = 0.5;

bool is_rate(double rate) { return std::isfinite(rate) && rate >= 0; }

const AnchorBuilder::Options& checked(const AnchorBuilder::Options& options) {
  if (!is_rate(options.sample_rate) || options.tolerance_ns < 0) {
    throw InvalidArgument("an AnchorBuilder's sample_rate (" + std::to_string(options.sample_rate) +
                          ") and tolerance_ns (" + std::to_string(options.tolerance_ns) +
                          ") must not be below 0");
  }
  if (options.fit && options.sample_rate == 0) {
    throw InvalidArgument("an AnchorBuilder that fits a line needs a sample_rate above 0");
  }
  const TimeFit::Options& fitting = options.fitting;
  for (const double value : {fitting.memory_seconds, fitting.prior_jitter_ns, fitting.prior_ppm}) {
    if (!(is_rate(value) && value > 0)) {
      throw InvalidArgument(
          "an AnchorBuilder's memory_seconds, prior_jitter_ns and prior_ppm must be above 0");
    }
  }
  return options;
}

/// Never less than the number: it is a bound.
float rounded_up(double number) { return std::nextafter(static_cast<float>(std::min(number, 1e30)), 1e31F); }

}  // namespace

AnchorBuilder::AnchorBuilder(const Options& options)
    : options_(checked(options)), fit_(options.fit ? options.sample_rate : 1, options.fitting) {}

void AnchorBuilder::put_in_force(const Anchor& line) {
  // Of two anchors at the same index the latter counts, and the floor before both stays.
  if (!line_ || line_->index < line.index) floor_ = due(line.index - 1);
  line_ = line;
}

void AnchorBuilder::resume(const Anchor& last, Index next) {
  line_ = last;
  floor_.reset();
  next_ = std::max(last.index, next);
  begins_ = true;
}

std::optional<Anchor> AnchorBuilder::stamp(Index first, Index index, std::int64_t key, bool discontinuity,
                                           std::uint8_t reason) {
  if (index < first || first < next_) {
    throw InvalidArgument("a stamp of item " + std::to_string(index) + " for items from " +
                          std::to_string(first) + " on, where " + std::to_string(next_) +
                          " is the first that can be stamped");
  }
  next_ = first;
  const bool begins = begins_ || discontinuity;
  std::optional<Anchor> anchor =
      options_.fit ? stamp_fitted(first, index, key, begins) : stamp_exactly(first, index, key, begins);
  begins_ = false;
  if (!anchor) return anchor;
  if (begins) anchor->flags = Anchor::begins_run;
  if (anchor->is_start()) {
    anchor->flags |= static_cast<std::uint32_t>(reason) << 8U;
  } else if (line_->index == first) {
    anchor->flags = line_->flags;  // it replaces an anchor without items
  }
  put_in_force(*anchor);
  return anchor;
}

// --- exact keys ---

std::optional<Anchor> AnchorBuilder::stamp_exactly(Index first, Index index, std::int64_t key, bool begins) {
  if (!begins && line_->key_at(index) == key) return std::nullopt;
  Anchor anchor{.index = first, .key_per_item = options_.sample_rate > 0 ? 1e9 / options_.sample_rate : 0};
  // The same product that key_at() cuts off: the result is `key` to the nanosecond.
  anchor.key = saturating::subtract(key, anchor.key_at(index));
  if (options_.sample_rate > 0 && !begins) {
    const std::int64_t off = saturating::subtract(key, line_->key_at(index));
    if (off > options_.tolerance_ns || off < -options_.tolerance_ns) anchor.flags = Anchor::begins_run;
  }
  return anchor;
}

// --- fitted ---

double AnchorBuilder::ahead_of_fit(const Anchor& line, Index index) const {
  return static_cast<double>(saturating::subtract(line.key_at(index), fit_.time_of(index)));
}

/// A second later, and at least an item.
Index AnchorBuilder::later(Index index) const {
  const auto second = static_cast<Index>(std::clamp(options_.sample_rate, 1.0, 1e15));
  return saturating::add(index, second);
}

std::optional<Anchor> AnchorBuilder::stamp_fitted(Index first, Index index, std::int64_t key, bool begins) {
  if (!begins) {
    const std::int64_t off = saturating::subtract(key, fit_.time_of(index));
    begins = off > options_.tolerance_ns || off < -options_.tolerance_ns;
  }
  if (begins) {
    fit_.restart(index, key);
    std::int64_t start = fit_.time_of(first);
    if (line_) {
      // The old line goes on to the item before this one: the new run begins after that item's key.
      const std::optional<std::int64_t> before = first > line_->index ? due(first - 1) : floor_;
      start = std::max(start, saturating::add(before.value_or(line_->key), 1));
    }
    std::optional<Anchor> anchor = line_towards_fit(first, start);
    anchor->flags = Anchor::begins_run;
    return anchor;
  }
  // A stamp may be of an item before that of the last one: such a stamp has no new information.
  if (index >= fit_.last()) fit_.add(index, key);
  if (is_still_good(first)) return std::nullopt;
  return line_towards_fit(first, line_->key_at(first));
}

bool AnchorBuilder::is_still_good(Index first) const {
  const std::uint64_t since = first - line_->index;
  if (since < options_.min_items_between) return true;
  const double uncertainty = fit_.uncertainty_ns(first);
  const double ahead = ahead_of_fit(*line_, first);
  if (std::abs(ahead) + uncertainty > static_cast<double>(line_->uncertainty)) return false;
  // The line had no time yet to approach the fit.
  if (since < (later(first) - first) / 2 && first < meets_) return true;
  if (2 * (std::abs(ahead) + uncertainty) < static_cast<double>(line_->uncertainty)) return false;
  if (first < meets_) {
    return std::abs(ahead_of_fit(*line_, meets_)) <= fit_.uncertainty_ns(meets_) / 4;
  }
  const double ahead_later = ahead_of_fit(*line_, later(first));
  return std::abs(ahead) <= uncertainty / 4 && std::abs(ahead_later - ahead) <= uncertainty / 8;
}

std::optional<Anchor> AnchorBuilder::line_towards_fit(Index first, std::int64_t key) {
  Anchor line{.index = first, .key = key};
  const double ahead = ahead_of_fit(line, first);  // no slope is needed to be where it begins
  meets_ = later(first);
  const auto items = static_cast<double>(meets_ - first);
  const double nominal = 1e9 / options_.sample_rate;
  const double pace = std::clamp(1e9 / fit_.rate(), nominal / 2, nominal * 2);
  const bool is_slowed = line_ && line_->key_per_item < pace * (1 - 2 * most_correction);
  const bool stepped_back = is_slowed || ahead > static_cast<double>(options_.tolerance_ns);
  const double slowest = pace * (stepped_back ? step_back_pace : 1 - most_correction);
  const double wanted = static_cast<double>(saturating::subtract(fit_.time_of(meets_), key)) / items;
  line.key_per_item = std::clamp(wanted, slowest, pace * (1 + most_correction));
  if (line.key_per_item != wanted) {
    const double needed = ahead / (pace - line.key_per_item);  // above 0: they approach each other
    if (needed > items && needed < 1e15) meets_ = first + static_cast<Index>(needed);
  }
  // Both ends of the way count: the distance shrinks, the uncertainty of the fit grows with time. A quarter
  // more, since the fit may move by that much before a new anchor is due. Keys are whole nanoseconds.
  const double second_later = fit_.uncertainty_ns(later(first));
  const double uncertainty = std::max(fit_.uncertainty_ns(first), second_later);
  line.uncertainty = rounded_up(std::abs(ahead) + 1.25 * uncertainty + 1);
  return line;
}

// --- the line in force ---

std::optional<std::int64_t> AnchorBuilder::due(Index index) const {
  if (!line_) return std::nullopt;
  if (index >= line_->index) return line_->key_at(index);
  return index + 1 == line_->index ? floor_ : std::nullopt;
}

std::optional<std::int64_t> AnchorBuilder::predicted(Index index) const {
  if (!options_.fit || begins_) return due(index);
  return fit_.time_of(index);
}

std::optional<Anchor> AnchorBuilder::continued(Index first) const {
  if (!line_ || first < line_->index) return std::nullopt;
  Anchor line = *line_;
  line.index = first;
  line.key = line_->key_at(first);
  if (first > line_->index) line.flags = 0;
  return line;
}

double AnchorBuilder::rate() const { return options_.fit ? fit_.rate() : options_.sample_rate; }

double AnchorBuilder::uncertainty(Index index) const {
  if (!line_) return 0;
  const auto stated = static_cast<double>(line_->uncertainty);
  if (!options_.fit || begins_) return stated;
  return std::max(stated,
                  std::abs(ahead_of_fit(*line_, std::max(index, line_->index))) + fit_.uncertainty_ns(index));
}

}  // namespace shm
