// SPDX-License-Identifier: Apache-2.0
#include "common/percentiles.hpp"

#include <algorithm>
#include <cmath>

namespace shm::programs {
namespace {

constexpr double largest = 1e9;  // eleven days

}  // namespace

void Percentiles::add(double milliseconds) {
  const double value = std::isnan(milliseconds) ? smallest_ : std::clamp(milliseconds, smallest_, largest);
  const auto bucket = static_cast<std::size_t>(std::log(value / smallest_) / std::log(bucket_width_));
  if (bucket >= buckets_.size()) buckets_.resize(bucket + 1);
  ++buckets_[bucket];
  ++count_;
}

std::optional<double> Percentiles::at(double percent) const {
  if (count_ == 0) return std::nullopt;
  const auto wanted = std::max<std::uint64_t>(
      1, static_cast<std::uint64_t>(std::ceil(percent / 100 * static_cast<double>(count_))));
  std::uint64_t seen = 0;
  std::size_t bucket = 0;
  for (; bucket < buckets_.size(); ++bucket) {
    seen += buckets_[bucket];
    if (seen >= wanted) break;
  }
  return smallest_ * std::pow(bucket_width_, static_cast<double>(bucket) + 0.5);  // the middle of the bucket
}

}  // namespace shm::programs
