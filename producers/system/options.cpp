// SPDX-License-Identifier: Apache-2.0

// The command line of shm-system.
#include "producers/system/proc_stream.hpp"
#include "producers/system/sampler.hpp"

namespace shm::producers {

void add_system_options(CLI::App& app, SystemOptions& options) {
  app.set_version_flag("--version", std::string("shm-system ") + SHM_VERSION);
  app.add_option("PREFIX", options.common.stream,
                 "Streams to write: PREFIX/cpu, PREFIX/memory, PREFIX/load, PREFIX/network")
      ->required();
  app.add_option("-r,--rate", options.rate, "Samples per second")
      ->capture_default_str()
      ->check(CLI::Range(0.01, 1000.0))
      ->check(a_number())
      ->type_name("HZ");
  app.add_option("--only", options.only, "Only these streams, with commas: cpu, memory, load, network")
      ->delimiter(',')
      ->allow_extra_args(false)  // or it would take PREFIX for one more
      ->check(CLI::IsMember(std::vector<std::string>(proc_stream_names.begin(), proc_stream_names.end())))
      ->type_name("NAMES");
  app.add_option("-n,--count", options.count, "Stop after so many samples")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1'000'000'000'000}))  // "-1" would be huge
      ->type_name("N");
  app.add_option("--proc", options.proc, "Directory to read stat, meminfo, loadavg and net/dev in")
      ->capture_default_str()
      ->type_name("DIR");
  add_common_options(app, options.common);
  CLI::Option* history = app.get_option("--history");
  history->description("Seconds that readers can go back; if not given, 100000 items at most");
  app.parse_complete_callback([&options, history] { options.history_is_asked_for = history->count() > 0; });
  app.footer(
      "Every item begins with time_ns, CLOCK_MONOTONIC when it was read: the end of the interval that\n"
      "fractions and rates speak of. Samples that could not be taken in time are skipped.\n"
      "Stops on SIGTERM and SIGINT. Exit code: 0 done, 1 failed, 2 wrong usage. See docs/programs.md.");
}

}  // namespace shm::producers
