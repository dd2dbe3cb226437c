// SPDX-License-Identifier: Apache-2.0
#include "simulated_card/start_origin.hpp"

#include <dlfcn.h>
#include <execinfo.h>

#include <array>
#include <cstring>

namespace simulated_card {

bool started_by_reading() {
  std::array<void*, 24> addresses{};
  const int depth = ::backtrace(addresses.data(), static_cast<int>(addresses.size()));
  int in_alsa_lib = 0;
  for (int i = 0; i < depth; ++i) {
    Dl_info info{};
    const bool found =
        ::dladdr(addresses[static_cast<std::size_t>(i)], &info) != 0 && info.dli_fname != nullptr;
    if (found && std::strstr(info.dli_fname, "libasound") != nullptr) {
      ++in_alsa_lib;
      if (info.dli_sname != nullptr && std::strcmp(info.dli_sname, "snd_pcm_start") == 0) return false;
    } else if (in_alsa_lib > 0) {
      break;  // the program
    }
  }
  // One function of alsa-lib alone is the ioplug's own start, to which snd_pcm_start() may have jumped: only
  // a longer way is a read.
  return in_alsa_lib > 1;
}

}  // namespace simulated_card
