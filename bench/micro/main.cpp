// SPDX-License-Identifier: Apache-2.0

// shm-microbench: Google Benchmark over single calls, in one process. Each benchmark of ours stands beside
// its limit (bare store, memcpy) under the same name. Comparisons with bars are made by shm-bench.
#include <benchmark/benchmark.h>
#include <sched.h>

#include <cstdio>

#include "support/pinning.hpp"
#include "support/temp_directory.hpp"

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
#ifndef __OPTIMIZE__
  std::fputs(
      "shm-microbench: built without optimisation, for the tests: `./run bench --micro` builds one that "
      "measures\n",
      stderr);
  return 1;
#endif
  const shm::bench::TempDirectory directory;
  shm::bench::pin_to(::sched_getcpu());
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
}
