// SPDX-License-Identifier: Apache-2.0

// A /proc of the test's own: files with texts that the test chooses, each replaced as a whole.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

namespace shm::test {

class MadeProc {
 public:
  explicit MadeProc(std::filesystem::path path) : path_(std::move(path)) {
    std::filesystem::create_directories(path_ / "net");
    cpu({1000, 100, 500, 9000, 50, 5, 25, 0});
    write(
        "meminfo",
        "MemTotal:       1000 kB\nMemFree:         200 kB\nMemAvailable:    600 kB\nBuffers:          10 kB\n"
        "Cached:          300 kB\nSwapCached:        7 kB\nSwapTotal:       400 kB\nSwapFree:        399 kB\n"
        "HugePages_Total:       0\n");
    write("loadavg", "0.25 1.50 2.75 3/456 7890\n");
    network({{"eth0", 1000, 500}, {"wlan0", 20, 10}});
  }

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

  /// A program that reads meanwhile gets the old text or the new one.
  void write(const std::string& file, const std::string& text) const {
    const std::filesystem::path made = path_ / "made";
    std::ofstream(made, std::ios::binary) << text;
    std::filesystem::rename(made, path_ / file);
  }

  void cpu(const std::array<std::uint64_t, 8>& ticks) const {
    std::string numbers;
    for (const std::uint64_t tick : ticks) numbers += " " + std::to_string(tick);
    write("stat", "cpu " + numbers + " 0 0\ncpu0" + numbers + " 0 0\ncpu1 0 0 0 0 0 0 0 0 0 0\nintr 12 3\n");
  }

  struct Interface {
    std::string name;
    std::uint64_t received = 0;
    std::uint64_t sent = 0;
  };
  static std::string net_dev(const std::vector<Interface>& interfaces) {
    std::string text =
        "Inter-|   Receive                            |  Transmit\n"
        " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo "
        "colls carrier compressed\n"
        "    lo: 77 7 0 0 0 0 0 0 77 7 0 0 0 0 0 0\n";
    for (const Interface& one : interfaces) {
      text += "  " + one.name + ": " + std::to_string(one.received) + " 4 3 2 0 0 0 0 " +
              std::to_string(one.sent) + " 8 7 6 0 0 0 0\n";
    }
    return text;
  }
  void network(const std::vector<Interface>& interfaces) const { write("net/dev", net_dev(interfaces)); }

 private:
  std::filesystem::path path_;
};

}  // namespace shm::test
