// SPDX-License-Identifier: Apache-2.0

// Two ways to give items a time: a stamp for each append, and a time inside each item.
#include <array>
#include <cstdio>
#include <shm/shm.hpp>

int main() {
  // Samples at 1 kHz: the ledger holds a line, and begins a new run after a gap. Keys are nanoseconds.
  shm::StreamOptions sampled;
  sampled.sample_rate = 1000;
  sampled.ledger = shm::LedgerOptions{};
  shm::Writer<float> samples("example/samples", sampled);
  const std::array<float, 10> block{0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
  samples.append(block, shm::Stamp::first(5'000'000'000));
  samples.append(block);                                                // follows the line
  samples.append(block, shm::Stamp::first(5'100'000'000).after_gap());  // 80 ms are missing

  auto in = shm::keyed<shm::Ledger>(shm::Reader<float>("example/samples", shm::Start::oldest()));
  std::printf("item 19 was at %lld ms\n", static_cast<long long>(*in.key(19) / 1'000'000));
  std::printf("the first item at or after 5015 ms is %llu\n",
              static_cast<unsigned long long>(in.find(5'015'000'000, 5'016'000'000).items.begin));
  std::printf("%zu items from 5018 ms to before 5102 ms\n", in.range(5'018'000'000, 5'102'000'000).size());
  for (const shm::KeyGap& gap : in.map().gaps(5'000'000'000, 6'000'000'000, in.reader().readable())) {
    std::printf("nothing from %lld to %lld ms\n", static_cast<long long>(gap.begin / 1'000'000),
                static_cast<long long>(gap.end / 1'000'000));
  }

  // Events that carry their own time, with a bucket for each 100 units of it.
  shm::StreamOptions timed;
  timed.timestamp = shm::Timestamp::time_and_value();
  timed.buckets = shm::BucketOptions{.quantum = 100};
  shm::Writer<shm::TimeAndValue<double>> events("example/events", timed);
  for (const std::int64_t time : {10, 250, 250, 900}) events.append({time, 0.5 * static_cast<double>(time)});
  try {
    events.append({899, 0});
  } catch (const shm::KeyDecreases&) {
    std::printf("899 does not follow 900: nothing was written, there are %llu\n",
                static_cast<unsigned long long>(events.inserted()));
  }
}
