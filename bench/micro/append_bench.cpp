// SPDX-License-Identifier: Apache-2.0

// Appending 8, 64 and 256 bytes: one at a time, and in batches of 64 and 4096. Beside: a bare store of item
// and counter, and memcpy into memory of the ring's size.
#include <benchmark/benchmark.h>

#include <cstring>
#include <vector>

#include "limits/bare_ring.hpp"
#include "shm/stream/writer.hpp"
#include "support/item.hpp"
#include "support/shared.hpp"

namespace shm::bench {
namespace {

void count(benchmark::State& state, std::size_t item_bytes, std::uint64_t batch) {
  const auto items = state.iterations() * static_cast<std::int64_t>(batch);
  state.SetItemsProcessed(items);
  state.SetBytesProcessed(items * static_cast<std::int64_t>(item_bytes));
}

template <std::size_t Bytes>
void append_one(benchmark::State& state) {
  Writer<Item<Bytes>> writer("append");
  Item<Bytes> item{};
  for (auto _ : state) {
    ++item.front();
    writer.append(item);
  }
  count(state, Bytes, 1);
}
BENCHMARK_TEMPLATE(append_one, 8);
BENCHMARK_TEMPLATE(append_one, 64);
BENCHMARK_TEMPLATE(append_one, 256);

void bare_store(benchmark::State& state) {
  BareRing<8> ring(std::uint64_t{1} << 17);  // 1 MiB, as the default ring
  std::uint64_t item = 0;
  for (auto _ : state) {
    ++item;
    ring.append(reinterpret_cast<const std::byte*>(&item));
  }
  count(state, 8, 1);
}
BENCHMARK(bare_store);

template <std::size_t Bytes>
StreamOptions holding(std::uint64_t batch) {
  StreamOptions options;
  if (4 * batch * Bytes > 512 * 1024) options.history = 4 * batch;  // else the default
  return options;
}

template <std::size_t Bytes>
void append_batch(benchmark::State& state) {
  const auto batch = static_cast<std::uint64_t>(state.range(0));
  Writer<Item<Bytes>> writer("append", holding<Bytes>(batch));
  std::vector<Item<Bytes>> items(batch);
  for (auto _ : state) {
    benchmark::DoNotOptimize(items.data());
    writer.append(items);
  }
  count(state, Bytes, batch);
}
BENCHMARK_TEMPLATE(append_batch, 8)->Arg(64)->Arg(4096);
BENCHMARK_TEMPLATE(append_batch, 64)->Arg(64)->Arg(4096);
BENCHMARK_TEMPLATE(append_batch, 256)->Arg(64)->Arg(4096);

/// The same without a source buffer: filled in place.
template <std::size_t Bytes>
void claim_and_publish(benchmark::State& state) {
  const auto batch = static_cast<std::uint64_t>(state.range(0));
  StreamOptions options = holding<Bytes>(batch);
  options.max_claim = batch;
  Writer<Item<Bytes>> writer("append", options);
  std::uint64_t number = 0;
  for (auto _ : state) {
    for (Item<Bytes>& item : writer.claim(batch)) item.fill(++number);
    writer.publish(batch);
  }
  count(state, Bytes, batch);
}
BENCHMARK_TEMPLATE(claim_and_publish, 8)->Arg(64)->Arg(4096);
BENCHMARK_TEMPLATE(claim_and_publish, 64)->Arg(64)->Arg(4096);

template <std::size_t Bytes>
void memcpy_into(benchmark::State& state) {
  const auto batch = static_cast<std::uint64_t>(state.range(0));
  std::uint64_t ring_bytes = 0;
  {
    const Writer<Item<Bytes>> writer("append", holding<Bytes>(batch));
    ring_bytes = writer.info().items.capacity * Bytes;
  }
  const SharedPages ring(ring_bytes);
  const std::size_t bytes = Bytes * batch;
  std::vector<Item<Bytes>> items(batch);
  std::uint64_t at = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(items.data());
    std::memcpy(ring.data() + at, items.data(), bytes);
    at = (at + bytes) % ring_bytes;
  }
  count(state, Bytes, batch);
}
BENCHMARK_TEMPLATE(memcpy_into, 8)->Arg(64)->Arg(4096);
BENCHMARK_TEMPLATE(memcpy_into, 64)->Arg(64)->Arg(4096);
BENCHMARK_TEMPLATE(memcpy_into, 256)->Arg(64)->Arg(4096);

}  // namespace
}  // namespace shm::bench
