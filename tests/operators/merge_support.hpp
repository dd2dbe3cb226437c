// SPDX-License-Identifier: Apache-2.0

// Streams of timed items, and merges of them.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "shm/operators/merge.hpp"
#include "shm/query/key_in_item.hpp"
#include "shm/stream/writer.hpp"
#include "support/print.hpp"
#include "support/test_directory.hpp"

namespace shm::test {

using TimedItem = TimeAndValue<std::int64_t>;

/// Streams with their writers.
class MergeFixture : public ::testing::Test {
 protected:
  static std::string name_of(std::size_t stream) { return "merged/" + std::to_string(stream); }
  void open_all(std::size_t count, std::uint64_t history = 100) {
    StreamOptions options;
    options.history = history;
    options.timestamp = Timestamp::time_and_value();
    for (std::size_t i = 0; i < count; ++i) out.emplace_back(name_of(i), options);
  }
  static std::size_t add(Merge<>& merge, std::size_t stream, const ReaderOptions& options = {}) {
    Reader<TimedItem> reader(name_of(stream), Start::oldest(), options);
    KeyInItem<> map(reader.raw());
    return merge.add(std::move(reader), map);
  }
  void add_all(Merge<>& merge) {
    for (std::size_t i = 0; i < out.size(); ++i) add(merge, i);
  }
  void append(std::size_t stream, std::int64_t key) { out[stream].append({key, 0}); }

  TestDirectory directory;
  std::vector<Writer<TimedItem>> out;
};

/// The same, with a clock that lateness is measured with.
class MergeWithClock : public MergeFixture {
 protected:
  [[nodiscard]] MergeOptions with_clock(std::chrono::nanoseconds lateness) {
    return {.lateness = lateness, .clock = [this] { return now; }};
  }
  std::chrono::steady_clock::time_point now{std::chrono::hours(1)};
};

}  // namespace shm::test
