// SPDX-License-Identifier: Apache-2.0

// Reading 8, 64 and 256 bytes with a cursor: one at a time, and in batches of 64 and 4096. Beside: memcpy out
// of memory of the same size. The items are there already: this is the cost of reading, not of waiting.
#include <benchmark/benchmark.h>

#include <cstring>
#include <vector>

#include "shm/stream/reader.hpp"
#include "shm/stream/writer.hpp"
#include "support/item.hpp"
#include "support/shared.hpp"

namespace shm::bench {
namespace {

/// A stream full of items, and a reader that goes over them again and again.
template <std::size_t Bytes>
class Full {
 public:
  explicit Full(std::uint64_t batch) : writer_("read", options(batch)), reader_("read", Start::oldest()) {
    const std::vector<Item<Bytes>> items(writer_.info().items.capacity);
    writer_.append(items);
    first_ = reader_.oldest();
    passes_at_ = first_ + (writer_.inserted() - first_) / batch * batch;
    reader_.seek(first_);
  }

  [[nodiscard]] Reader<Item<Bytes>>& reader() noexcept { return reader_; }
  void rewind_at_end() {
    if (reader_.cursor() == passes_at_) [[unlikely]] {
      reader_.seek(first_);
    }
  }
  [[nodiscard]] std::uint64_t bytes() const noexcept { return (passes_at_ - first_) * Bytes; }

 private:
  static StreamOptions options(std::uint64_t batch) {
    StreamOptions options;
    if (4 * batch * Bytes > 512 * 1024) options.history = 4 * batch;  // else the default
    return options;
  }
  Writer<Item<Bytes>> writer_;
  Reader<Item<Bytes>> reader_;
  Index first_ = 0;
  Index passes_at_ = 0;
};

void count(benchmark::State& state, std::size_t item_bytes, std::uint64_t batch) {
  const auto items = state.iterations() * static_cast<std::int64_t>(batch);
  state.SetItemsProcessed(items);
  state.SetBytesProcessed(items * static_cast<std::int64_t>(item_bytes));
}

template <std::size_t Bytes>
void read_one(benchmark::State& state) {
  Full<Bytes> stream(1);
  for (auto _ : state) {
    auto next = stream.reader().next();
    benchmark::DoNotOptimize(next);
    stream.rewind_at_end();
  }
  count(state, Bytes, 1);
}
BENCHMARK_TEMPLATE(read_one, 8);
BENCHMARK_TEMPLATE(read_one, 64);
BENCHMARK_TEMPLATE(read_one, 256);

template <std::size_t Bytes>
void read_batch(benchmark::State& state) {
  const auto batch = static_cast<std::uint64_t>(state.range(0));
  Full<Bytes> stream(batch);
  std::vector<Item<Bytes>> items(batch);
  for (auto _ : state) {
    benchmark::DoNotOptimize(stream.reader().read(items));
    benchmark::ClobberMemory();
    stream.rewind_at_end();
  }
  count(state, Bytes, batch);
}
BENCHMARK_TEMPLATE(read_batch, 8)->Arg(64)->Arg(4096);
BENCHMARK_TEMPLATE(read_batch, 64)->Arg(64)->Arg(4096);
BENCHMARK_TEMPLATE(read_batch, 256)->Arg(64)->Arg(4096);

template <std::size_t Bytes>
void memcpy_out(benchmark::State& state) {
  const auto batch = static_cast<std::uint64_t>(state.range(0));
  const std::uint64_t ring_bytes = Full<Bytes>(batch).bytes();
  const SharedPages ring(ring_bytes);
  const std::size_t bytes = Bytes * batch;
  std::vector<Item<Bytes>> items(batch);
  std::uint64_t at = 0;
  for (auto _ : state) {
    std::memcpy(items.data(), ring.data() + at, bytes);
    benchmark::DoNotOptimize(items.data());
    benchmark::ClobberMemory();
    if ((at += bytes) == ring_bytes) at = 0;
  }
  count(state, Bytes, batch);
}
BENCHMARK_TEMPLATE(memcpy_out, 8)->Arg(64)->Arg(4096);
BENCHMARK_TEMPLATE(memcpy_out, 64)->Arg(64)->Arg(4096);
BENCHMARK_TEMPLATE(memcpy_out, 256)->Arg(64)->Arg(4096);

}  // namespace
}  // namespace shm::bench
