// SPDX-License-Identifier: Apache-2.0

// A directory in shared memory for one test: LIBSHM_DIR names it while the test runs, and it is removed afterwards.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>

namespace shm::test {

class TestDirectory {
 public:
  TestDirectory() {
    std::string pattern =
        (std::filesystem::exists("/dev/shm") ? "/dev/shm" : "/tmp") + std::string("/shm-test-XXXXXX");
    if (::mkdtemp(pattern.data()) == nullptr)
      throw std::runtime_error("no directory for the test: " + pattern);
    path_ = pattern;
    ::setenv("LIBSHM_DIR", pattern.c_str(), 1);
  }
  ~TestDirectory() {
    ::unsetenv("LIBSHM_DIR");
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TestDirectory(const TestDirectory&) = delete;
  TestDirectory& operator=(const TestDirectory&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace shm::test
