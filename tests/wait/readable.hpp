// SPDX-License-Identifier: Apache-2.0

// Whether descriptors are readable, as an event loop would see them.
#pragma once

#include <poll.h>

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <string>

namespace shm::test {

[[nodiscard]] inline bool readable(int fd, std::chrono::milliseconds limit = {}) {
  ::pollfd poll{fd, POLLIN, 0};
  return ::poll(&poll, 1, static_cast<int>(limit.count())) == 1 && (poll.revents & POLLIN) != 0;
}

/// The number of wake threads in this process.
[[nodiscard]] inline std::size_t helpers() {
  std::size_t count = 0;
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
    std::string name;
    std::getline(std::ifstream(task.path() / "comm"), name);
    if (name == "shm-wake") ++count;
  }
  return count;
}

}  // namespace shm::test
