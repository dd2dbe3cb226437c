// SPDX-License-Identifier: Apache-2.0

// The good file of a stream that its writer left, to be damaged in every way.
#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>

#include "shm/stream/writer.hpp"
#include "support/test_directory.hpp"

namespace shm::test {

class LeftStream : public ::testing::Test {
 protected:
  LeftStream() {
    Writer<std::uint64_t> out("numbers", options);
    for (std::uint64_t i = 0; i < 3000; ++i) out.append(i);
    out.detach();
    std::ifstream file(path, std::ios::binary);
    good.assign(std::istreambuf_iterator<char>(file), {});
  }
  /// Replaces the file by these bytes.
  void put(const std::string& bytes) const {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
  }

  TestDirectory directory;
  const StreamOptions options{.history = 50, .metadata = R"({"a": 1})", .unit = "V"};
  const std::filesystem::path path = directory.path() / "numbers.stream";
  std::string good;
};

}  // namespace shm::test
