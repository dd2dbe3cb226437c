// SPDX-License-Identifier: Apache-2.0

// Statistics of several rounds (median, minimum, maximum) and of many samples (percentiles).
#pragma once

#include <cstddef>
#include <vector>

namespace shm::bench {

struct Spread {
  double median = 0;
  double min = 0;
  double max = 0;
};

/// REQUIRES: at least one value.
[[nodiscard]] Spread spread_of(std::vector<double> values);

struct Percentiles {
  double p50 = 0;
  double p90 = 0;
  double p99 = 0;
  double p999 = 0;
};

/// REQUIRES: at least one sample.
[[nodiscard]] Percentiles percentiles_of(std::vector<double> samples);

/// REQUIRES: at least one value.
[[nodiscard]] double median_of(std::vector<double> values);

}  // namespace shm::bench
