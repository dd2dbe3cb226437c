// SPDX-License-Identifier: Apache-2.0

// Several streams, cut by the same intervals.
#include "shm/operators/aligned_windows.hpp"

#include <gtest/gtest.h>

#include <numeric>
#include <thread>

#include "shm/query/key_in_item.hpp"
#include "shm/query/ledger.hpp"
#include "shm/stream/writer.hpp"
#include "support/print.hpp"
#include "support/test_directory.hpp"

namespace shm {
namespace {

using Spike = TimeAndValue<int>;

class AlignedWindowsTest : public ::testing::Test {
 protected:
  AlignedWindowsTest() {
    StreamOptions timed;
    timed.history = 1000;
    timed.timestamp = Timestamp::time_and_value();
    spikes_out.emplace("spikes", timed);
    StreamOptions sampled;
    sampled.history = 1000;
    sampled.sample_rate = 1e8;  // a sample every 10 ns
    sampled.ledger = LedgerOptions{};
    samples_out.emplace("samples", sampled);
  }
  static auto spikes(const RangeOptions& options = {}) {
    return IntervalReader(keyed<KeyInItem<>>(Reader<Spike>("spikes", Start::oldest())),
                          StampInterval<>::instant(), {}, options);
  }
  static auto samples(const RangeOptions& options = {}) {
    return IntervalReader(keyed<Ledger>(Reader<int>("samples", Start::oldest())),
                          StampInterval<>::at_begin(10), {}, options);
  }
  void append_samples(int from, int count) {
    std::vector<int> samples(static_cast<std::size_t>(count));
    std::iota(samples.begin(), samples.end(), from);
    samples_out->append(samples, Stamp::first(from * 10));
  }

  test::TestDirectory directory;
  std::optional<Writer<Spike>> spikes_out;
  std::optional<Writer<int>> samples_out;
};

TEST_F(AlignedWindowsTest, HoldTheItemsOfEachStreamForEachInterval) {
  for (const int time : {3, 12, 14, 35}) spikes_out->append({time, time * 100});
  append_samples(0, 6);  // [0, 10) ... [50, 60)
  auto spike_reader = spikes();
  auto sample_reader = samples();
  std::vector<std::vector<int>> spike_values;
  std::vector<std::vector<int>> sample_values;
  for (const auto& window : aligned_windows(intervals<std::int64_t>(0, 15, 3), spike_reader, sample_reader)) {
    const auto& [some_spikes, some_samples] = window.parts;
    spike_values.emplace_back();
    for (const Spike& spike : some_spikes) spike_values.back().push_back(spike.value);
    sample_values.emplace_back(some_samples.begin(), some_samples.end());
  }
  EXPECT_EQ(spike_values, (std::vector<std::vector<int>>{{300, 1200, 1400}, {}, {3500}}));
  EXPECT_EQ(sample_values, (std::vector<std::vector<int>>{{0, 1}, {1, 2}, {3, 4}}));
}

TEST_F(AlignedWindowsTest, HoldTheResultOfAnAggregate) {
  append_samples(0, 100);
  auto reader = samples();
  auto sum = aggregate(reader, [](const auto& view) { return std::accumulate(view.begin(), view.end(), 0); });
  std::vector<int> sums;
  for (const auto& window : aligned_windows(intervals<std::int64_t>(0, 200, 5), sum))
    sums.push_back(std::get<0>(window.parts));
  EXPECT_EQ(sums, (std::vector{190, 590, 990, 1390, 1790}));
}

TEST_F(AlignedWindowsTest, ThrowIfItemsWereOverwrittenDuringAnAggregate) {
  append_samples(0, 10);
  auto reader = samples();
  auto slow = aggregate(reader, [&](const auto& view) {
    for (int i = 0; i < 40; ++i) append_samples(10 + i * 100, 100);  // more than the ring holds
    return view.size();
  });
  const auto cut = [&] {
    for (const auto& window : aligned_windows(intervals<std::int64_t>(0, 50, 1), slow))
      static_cast<void>(window);
  };
  EXPECT_THROW(cut(), OverlapsPast);
}

TEST_F(AlignedWindowsTest, WaitUntilTheIntervalOfALiveStreamIsOver) {
  const RangeOptions wait{.require_end = true, .wait = Deadline::never()};
  auto spike_reader = spikes(wait);
  auto sample_reader = samples(wait);
  std::thread writer([&] {
    for (int i = 0; i < 20; ++i) {
      spikes_out->append({i * 50, i});
      append_samples(i * 5, 5);
    }
    spikes_out->close();
    samples_out->close();
  });
  std::size_t spike_count = 0;
  std::size_t sample_count = 0;
  for (const auto& window :
       aligned_windows(intervals<std::int64_t>(0, 100, 10), spike_reader, sample_reader)) {
    const auto& [some_spikes, some_samples] = window.parts;
    EXPECT_EQ(some_spikes.size(), 2U);
    EXPECT_EQ(some_samples.size(), 10U);
    spike_count += some_spikes.size();
    sample_count += some_samples.size();
  }
  writer.join();
  EXPECT_EQ(spike_count, 20U);
  EXPECT_EQ(sample_count, 100U);
}

TEST_F(AlignedWindowsTest, TakeQueriesThatAreSortedAndMayOverlap) {
  append_samples(0, 100);
  auto reader = samples();
  const auto cut = [&](std::vector<Interval<>> queries) {
    std::size_t items = 0;
    for (const auto& window : aligned_windows(std::move(queries), reader))
      items += std::get<0>(window.parts).size();
    return items;
  };
  EXPECT_EQ(cut({{0, 100}, {0, 50}, {40, 60}}), 17U);
  EXPECT_THROW(cut({{10, 20}, {9, 20}}), InvalidArgument);
  EXPECT_EQ(cut({}), 0U);
  EXPECT_THROW(static_cast<void>(intervals<std::int64_t>(0, 0, 5)), InvalidArgument);
}

}  // namespace
}  // namespace shm
