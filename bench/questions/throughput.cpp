// SPDX-License-Identifier: Apache-2.0

// Throughput: messages sent as fast as they are taken. The receiver reads every byte and checks every number.
// The size of the ring matters more than the code: it is the default.
#include "questions/pouring.hpp"

namespace shm::bench {
namespace {

bool measure(Run& run, const Case& of, Wait wait, const Implementation& implementation, int round) {
  const auto poured =
      pour(run, of, {.name = run.next_name(), .bytes = of.bytes, .wait = wait, .goal = Goal::throughput},
           implementation, round);
  if (!poured) return false;
  const std::vector<std::string> limits =
      wait == Wait::spin ? std::vector<std::string>{"unchecked ring"} : std::vector<std::string>{};
  run.results().add(of,
                    {.name = "bytes per second",
                     .unit = "B/s",
                     .less_is_better = false,
                     .limits = limits,
                     .bar = wait == Wait::spin && of.bytes >= 4096 ? 1.15 : 0},
                    implementation.is.name, poured->moment, poured->bytes_per_second);
  run.results().add(of, {.name = "lost", .unit = "messages", .is_compared = false}, implementation.is.name,
                    poured->moment, static_cast<double>(poured->lost));
  return true;
}

}  // namespace

void ask_throughput(Run& run) {
  const std::size_t KiB = 1024;
  for (const Wait wait : {Wait::spin, Wait::sleep}) {
    for (const std::size_t bytes :
         run.sizes({8, 64, 256, KiB, 4 * KiB, 16 * KiB, 64 * KiB, 256 * KiB, KiB * KiB},
                   {8, KiB, 64 * KiB, KiB * KiB})) {
      const Case of{.question = "throughput",
                    .name = in_words(bytes) + (wait == Wait::spin ? ", spinning" : ", asleep"),
                    .bytes = bytes,
                    .wait = words(wait)};
      run.interleave(
          of,
          [&](const Implementation& one) {
            return waits(one, wait) && !one.is.one_at_a_time && bytes <= one.is.most_bytes;
          },
          [&](const Implementation& one, int round) { return measure(run, of, wait, one, round); });
    }
  }
}

}  // namespace shm::bench
