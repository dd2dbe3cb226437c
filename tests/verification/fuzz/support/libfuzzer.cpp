// SPDX-License-Identifier: Apache-2.0

// A libFuzzer program of the one target that is linked in.
#include "verification/fuzz/support/target.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  shm::fuzz::Target::all().front()->run({data, size});
  return 0;
}
