// SPDX-License-Identifier: Apache-2.0

// The command line of shm-system.
#include "producers/system/proc_stream.hpp"
#include "producers/system/sampler.hpp"

namespace shm::programs {

void add_system_options(Command& app, SystemOptions& options) {
  app.add_option("PREFIX", options.common.stream,
                 "Streams to write: PREFIX/cpu, PREFIX/memory, PREFIX/load, PREFIX/network")
      .required();
  app.add_option("-r,--rate", options.rate, "Samples per second")
      .show_default()
      .in_range(0.01, 1000.0)
      .type_name("HZ");
  app.add_option("--only", options.only, "Only these streams, with commas: cpu, memory, load, network")
      .delimiter(',')
      .one_argument()  // or it would take PREFIX for one more
      .one_of({proc_stream_names.begin(), proc_stream_names.end()})
      .type_name("NAMES");
  app.add_option("-n,--count", options.count, "Stop after so many samples")
      .in_range(std::uint64_t{1}, std::uint64_t{1'000'000'000'000})  // "-1" would be huge
      .type_name("N");
  app.add_option("--proc", options.proc, "Directory to read stat, meminfo, loadavg and net/dev in")
      .show_default()
      .type_name("DIR");
  add_daemon_options(app, options.common);
  Option history = app.option("--history");
  history.description("Seconds that readers can go back; if not given, 100000 items at most");
  app.on_parsed([&options, history] { options.history_is_asked_for = history.count() > 0; });
  app.footer(
      "Every item begins with time_ns, CLOCK_MONOTONIC when it was read: the end of the interval that\n"
      "fractions and rates speak of. Samples that could not be taken in time are skipped.\n"
      "Stops on SIGTERM and SIGINT. Exit code: 0 done, 1 failed, 2 wrong usage. See docs/programs.md.");
}

}  // namespace shm::programs
