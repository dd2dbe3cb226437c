// SPDX-License-Identifier: Apache-2.0
#include "os/user.hpp"

#include <pwd.h>

#include <array>
#include <cstdio>
#include <vector>

namespace shm::os {

std::string user_text(::uid_t user) {
  std::vector<char> texts(16384);
  ::passwd entry{};
  ::passwd* found = nullptr;
  std::string number = std::to_string(user);
  if (::getpwuid_r(user, &entry, texts.data(), texts.size(), &found) != 0 || found == nullptr) return number;
  return std::string(found->pw_name) + " (" + number + ")";
}

std::string mode_text(::mode_t mode) {
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), "mode %04o", static_cast<unsigned>(mode & 07777));
  return text.data();
}

}  // namespace shm::os
