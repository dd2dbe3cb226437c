// SPDX-License-Identifier: Apache-2.0
#include "results/machine.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/utsname.h>

#include <algorithm>
#include <cmath>
#include <ctime>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>

#include "support/clock.hpp"

namespace shm::bench {
namespace {

using Json = nlohmann::json;

/// The text after "NAME ... : " in the first such line of a file.
std::string line_of(const char* path, const std::string& name) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (line.rfind(name, 0) != 0) continue;
    const std::size_t colon = line.find(':');
    if (colon == std::string::npos) continue;
    const std::size_t begin = line.find_first_not_of(" \t", colon + 1);
    return begin == std::string::npos ? "" : line.substr(begin);
  }
  return {};
}

std::string first_line_of(const char* path) {
  std::string line;
  std::getline(std::ifstream(path) >> std::ws, line);
  return line;
}

}  // namespace

Json describe_machine() {
  ::utsname name{};
  ::uname(&name);
  const double kib = std::strtod(line_of("/proc/meminfo", "MemTotal").c_str(), nullptr);
  const std::string flags = line_of("/proc/cpuinfo", "flags");
  return {{"processor", line_of("/proc/cpuinfo", "model name")},
          {"processors", std::thread::hardware_concurrency()},
          {"memory_gib", std::round(kib / 1024 / 1024 * 10) / 10},
          {"kernel", fmt::format("{} {}", name.sysname, name.release)},
          {"hypervisor", flags.find(" hypervisor") != std::string::npos}};
}

Json describe_build() {
  return {{"compiler", SHM_BENCH_COMPILER}, {"flags", SHM_BENCH_FLAGS}, {"libshm", SHM_BENCH_VERSION}};
}

Json describe_clock() {
  return {{"source", first_line_of("/sys/devices/system/clocksource/clocksource0/current_clocksource")},
          {"cost_ns", ticks_cost_ns()}};
}

std::string date_and_time() { return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr))); }

}  // namespace shm::bench
