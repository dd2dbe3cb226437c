// SPDX-License-Identifier: Apache-2.0

// Calls of the kernel: a membarrier beside a writer that is idle, or runs; creating and attaching.
#include <benchmark/benchmark.h>
#include <linux/membarrier.h>
#include <sched.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include <chrono>
#include <string>
#include <thread>

#include "shm/ring/shared_memory_ops.hpp"
#include "shm/stream/reader.hpp"
#include "shm/stream/writer.hpp"
#include "support/together.hpp"

namespace shm::bench {
namespace {

/// Another process that is registered as a writer is, on another processor.
void membarrier(benchmark::State& state, bool is_busy) {
  if (::get_nprocs() < 2) return state.SkipWithError("the writer needs a processor of its own");
  const Forked writer({::sched_getcpu() == 0 ? 1 : 0, [is_busy] {
                         ::syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED, 0);
                         for (;;) {
                           if (is_busy) {
                             ring::pause();
                           } else {
                             std::this_thread::sleep_for(std::chrono::milliseconds(1));
                           }
                         }
                       }});
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  for (auto _ : state) ::syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL_EXPEDITED, 0);
}
BENCHMARK_CAPTURE(membarrier, writer_idles, false);
BENCHMARK_CAPTURE(membarrier, writer_runs, true);

void create(benchmark::State& state) {
  StreamOptions options;
  options.history = static_cast<std::uint64_t>(state.range(0));  // 0: the default
  for (auto _ : state) {
    Writer<double> writer("create", options);
    state.PauseTiming();
    writer.close();
    state.ResumeTiming();
  }
}
BENCHMARK(create)->Arg(0)->Arg(64);

void attach(benchmark::State& state) {
  const Writer<double> writer("attach");
  for (auto _ : state) benchmark::DoNotOptimize(Reader<double>("attach", Start::next()).cursor());
}
BENCHMARK(attach);

}  // namespace
}  // namespace shm::bench
