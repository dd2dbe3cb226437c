// SPDX-License-Identifier: Apache-2.0

// Slices of the newest 1, 64, 4096 and 1M items of 8 bytes: copied into a vector, copied into memory of the
// caller's, and viewed in place (which is then summed, or not). Beside: memcpy, and a sum over plain memory.
#include <benchmark/benchmark.h>

#include <cstring>
#include <numeric>
#include <vector>

#include "shm/stream/reader.hpp"
#include "shm/stream/writer.hpp"
#include "support/item.hpp"
#include "support/shared.hpp"

namespace shm::bench {
namespace {

using Number = std::uint64_t;

/// A stream that holds at least `count` items, and a reader.
class Full {
 public:
  explicit Full(std::int64_t count) : writer_("slice", options(count)), reader_("slice", Start::oldest()) {
    writer_.append(std::vector<Number>(writer_.info().items.capacity));
  }
  [[nodiscard]] Reader<Number>& reader() noexcept { return reader_; }

 private:
  static StreamOptions options(std::int64_t count) {
    StreamOptions options;
    if (count > 65536) options.history = static_cast<std::uint64_t>(count);  // else the default
    return options;
  }
  Writer<Number> writer_;
  Reader<Number> reader_;
};

void count(benchmark::State& state) {
  state.SetItemsProcessed(state.iterations() * state.range(0));
  state.SetBytesProcessed(state.iterations() * state.range(0) * static_cast<std::int64_t>(sizeof(Number)));
}

void sizes(benchmark::internal::Benchmark* benchmark) {
  for (const std::int64_t items : {1, 64, 4096, 1 << 20}) benchmark->Arg(items);
}

void slice_copy(benchmark::State& state) {
  Full stream(state.range(0));
  for (auto _ : state) {
    auto items = stream.reader().slice({-state.range(0), {}});
    benchmark::DoNotOptimize(items.data());
  }
  count(state);
}
BENCHMARK(slice_copy)->Apply(sizes);

void slice_copy_into(benchmark::State& state) {
  Full stream(state.range(0));
  std::vector<Number> items(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) {
    benchmark::DoNotOptimize(stream.reader().slice_into(items, {-state.range(0), {}}));
    benchmark::ClobberMemory();
  }
  count(state);
}
BENCHMARK(slice_copy_into)->Apply(sizes);

void memcpy_out(benchmark::State& state) {
  const std::size_t bytes = static_cast<std::size_t>(state.range(0)) * sizeof(Number);
  const SharedPages from(std::max<std::size_t>(bytes, 4096));
  std::vector<Number> items(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) {
    std::memcpy(items.data(), from.data(), bytes);
    benchmark::DoNotOptimize(items.data());
    benchmark::ClobberMemory();
  }
  count(state);
}
BENCHMARK(memcpy_out)->Apply(sizes);

void slice_view(benchmark::State& state) {
  Full stream(state.range(0));
  for (auto _ : state) {
    const auto view = stream.reader().view({-state.range(0), {}});
    benchmark::DoNotOptimize(view.span().data());
    benchmark::DoNotOptimize(view.intact());
  }
  count(state);
}
BENCHMARK(slice_view)->Apply(sizes);

void slice_view_sum(benchmark::State& state) {
  Full stream(state.range(0));
  for (auto _ : state) {
    const auto view = stream.reader().view({-state.range(0), {}});
    const auto items = view.span();
    benchmark::DoNotOptimize(std::accumulate(items.begin(), items.end(), Number{0}));
    benchmark::DoNotOptimize(view.intact());
  }
  count(state);
}
BENCHMARK(slice_view_sum)->Apply(sizes);

void plain_sum(benchmark::State& state) {
  std::vector<Number> items(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) {
    benchmark::DoNotOptimize(items.data());
    benchmark::DoNotOptimize(std::accumulate(items.begin(), items.end(), Number{0}));
  }
  count(state);
}
BENCHMARK(plain_sum)->Apply(sizes);

}  // namespace
}  // namespace shm::bench
