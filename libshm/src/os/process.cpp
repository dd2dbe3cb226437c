// SPDX-License-Identifier: Apache-2.0
#include "os/process.hpp"

#include <errno.h>
#include <sys/random.h>

#include <random>

namespace shm::os {

std::string program_name() { return program_invocation_short_name; }

std::array<std::uint8_t, 16> random_id() {
  std::array<std::uint8_t, 16> id{};
  if (::getrandom(id.data(), id.size(), 0) != static_cast<::ssize_t>(id.size())) {
    std::random_device device;
    for (auto& byte : id) byte = static_cast<std::uint8_t>(device());
  }
  return id;
}

}  // namespace shm::os
