// SPDX-License-Identifier: Apache-2.0

// The ring's copies, which have no data race, beside memcpy, which has: the same bytes through the same ring
// of 4 MiB. The ratio of two lines of the same size is the cost of freedom from races.
#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstring>
#include <vector>

#include "shm/ring/copy.hpp"

namespace shm::bench {
namespace {

constexpr std::size_t ring_bytes = std::size_t{4} << 20;

/// Calls copy(place in the ring, private memory) around the ring.
template <class Copy>
void around_the_ring(benchmark::State& state, Copy copy) {
  const auto bytes = static_cast<std::size_t>(state.range(0));
  std::vector<std::byte> ring(ring_bytes + 64);
  std::byte* const start = ring.data() + (64 - reinterpret_cast<std::uintptr_t>(ring.data()) % 64);
  std::vector<std::byte> own(bytes);
  std::size_t at = 0;
  for (auto _ : state) {
    copy(start + at, own.data(), bytes);
    benchmark::ClobberMemory();
    at += bytes;
    if (at + bytes > ring_bytes) at = 0;
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes) * state.iterations());
}

void out_of_the_ring(benchmark::State& state) {
  around_the_ring(state, [](std::byte* shared, std::byte* own, std::size_t bytes) {
    ring::load_items(own, shared, bytes, 8);
  });
}
void out_by_memcpy(benchmark::State& state) {
  around_the_ring(
      state, [](std::byte* shared, std::byte* own, std::size_t bytes) { std::memcpy(own, shared, bytes); });
}
void into_the_ring(benchmark::State& state) {
  around_the_ring(state, [](std::byte* shared, std::byte* own, std::size_t bytes) {
    ring::store_items(shared, own, bytes, 8);
  });
}
void in_by_memcpy(benchmark::State& state) {
  around_the_ring(
      state, [](std::byte* shared, std::byte* own, std::size_t bytes) { std::memcpy(shared, own, bytes); });
}

BENCHMARK(out_of_the_ring)->RangeMultiplier(4)->Range(16, 1 << 20);
BENCHMARK(out_by_memcpy)->RangeMultiplier(4)->Range(16, 1 << 20);
BENCHMARK(into_the_ring)->RangeMultiplier(4)->Range(16, 1 << 20);
BENCHMARK(in_by_memcpy)->RangeMultiplier(4)->Range(16, 1 << 20);

}  // namespace
}  // namespace shm::bench
