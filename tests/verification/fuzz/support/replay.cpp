// SPDX-License-Identifier: Apache-2.0

// Runs a target on inputs that are kept in files, without a fuzzer:
//
//   replay_inputs TARGET (FILE | DIRECTORY) ...
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "verification/fuzz/support/target.hpp"

namespace {

namespace fs = std::filesystem;
using shm::fuzz::Target;

const Target* find_target(const std::string& name) {
  const auto& all = Target::all();
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const Target* target) { return target->name == name; });
  return found == all.end() ? nullptr : *found;
}

std::vector<fs::path> files_of(int argc, char** argv) {
  std::vector<fs::path> files;
  for (int i = 2; i < argc; ++i) {
    if (!fs::is_directory(argv[i])) {
      files.emplace_back(argv[i]);
      continue;
    }
    for (const auto& entry : fs::directory_iterator(argv[i])) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

int usage(const char* program) {
  std::fprintf(stderr, "usage: %s TARGET (FILE | DIRECTORY) ...\ntargets:", program);
  for (const Target* target : Target::all()) std::fprintf(stderr, " %s", target->name.c_str());
  std::fputc('\n', stderr);
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  const Target* target = argc > 2 ? find_target(argv[1]) : nullptr;
  if (target == nullptr) return usage(argv[0]);
  const std::vector<fs::path> files = files_of(argc, argv);
  for (const fs::path& path : files) {
    std::ifstream file(path, std::ios::binary);
    const std::string bytes(std::istreambuf_iterator<char>(file), {});
    if (!file.is_open()) {
      std::fprintf(stderr, "%s: cannot read it: %s\n", path.c_str(), std::strerror(errno));
      return 2;
    }
    std::fprintf(stderr, "%s\n", path.c_str());  // if it crashes, then the last line names the input
    try {
      target->run(shm::fuzz::Input(bytes));
    } catch (const std::exception& error) {
      std::fprintf(stderr, "%s: threw what it may not: %s\n", path.c_str(), error.what());
      return 1;
    }
  }
  std::fprintf(stderr, "%zu inputs\n", files.size());
  return files.empty() ? 1 : 0;
}
