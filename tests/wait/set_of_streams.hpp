// SPDX-License-Identifier: Apache-2.0

// A wait set of the streams of a test; its results are numbers of streams.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "several_streams.hpp"
#include "shm/wait/wait_set.hpp"

namespace shm::test {

/// Each stream of `several`, in one set.
struct SetOf {
  explicit SetOf(Several& several, std::uint64_t items = 1) : several_(several) {
    for (Reader<int>& reader : several.in) ids.push_back(set.add(reader.raw(), items));
  }
  [[nodiscard]] WaitSet::Result sleep(Deadline deadline = std::chrono::seconds(60),
                                      const Interrupt* interrupt = nullptr) {
    return set.wait(deadline, interrupt, WaitStrategy::sleep());
  }
  [[nodiscard]] WaitSet::Result look() { return set.wait(Deadline::now()); }
  /// Returns the numbers of the ready streams, in the order of the result.
  [[nodiscard]] std::vector<std::size_t> numbers(const WaitSet::Result& result) const {
    std::vector<std::size_t> all;
    for (const WaitSet::Ready& ready : result.ready) {
      all.push_back(static_cast<std::size_t>(std::find(ids.begin(), ids.end(), ready.id) - ids.begin()));
      EXPECT_EQ(ready.reader, &several_.in[all.back()].raw());
    }
    return all;
  }

  WaitSet set;
  std::vector<WaitSet::Id> ids;

 private:
  Several& several_;
};

using Numbers = std::vector<std::size_t>;

}  // namespace shm::test
