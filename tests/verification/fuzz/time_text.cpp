// SPDX-License-Identifier: Apache-2.0

// Fuzz target: times and clocks as text. A time that is accepted, written as text and read again, is the same.
#include "shm/time/time_text.hpp"

#include "shm/base/error.hpp"
#include "shm/time/clock.hpp"
#include "verification/fuzz/support/target.hpp"

using namespace shm;
using namespace shm::fuzz;

SHM_FUZZ_TARGET(time_text) {
  const std::string text = input.rest();
  try {
    const TimeText time = parse_time(text);
    if (time.kind == TimeText::Kind::realtime_ns) {
      SHM_FUZZ_CHECK(time.integer >= 0);
      SHM_FUZZ_CHECK(parse_time(iso_time(time.integer)).integer == time.integer);
      SHM_FUZZ_CHECK(parse_time(iso_time(time.integer, 9, false)).integer == time.integer);
      SHM_FUZZ_CHECK(parse_time(iso_time(time.integer, 0)).integer / 1'000'000'000 ==
                     time.integer / 1'000'000'000);
    }
  } catch (const InvalidArgument&) {  // no time
  }
  try {
    const ::clockid_t clock = parse_clock(text);
    SHM_FUZZ_CHECK(parse_clock(clock_name(clock)) == clock);
  } catch (const InvalidArgument&) {  // no clock
  }
}
