// SPDX-License-Identifier: Apache-2.0

// shm-system on a /proc of the test's own.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "made_proc.hpp"
#include "producers/system/items.hpp"
#include "shm/stream/reader.hpp"
#include "support/process.hpp"
#include "support/test_directory.hpp"

namespace shm::test {

class ShmSystem : public ::testing::Test {
 protected:
  [[nodiscard]] static std::vector<std::string> argv(const std::vector<std::string>& arguments) {
    std::vector<std::string> all{SHM_PROGRAM_shm_system};
    all.insert(all.end(), arguments.begin(), arguments.end());
    return all;
  }

  /// PREFIX is pc.
  [[nodiscard]] std::unique_ptr<Process> start(const std::vector<std::string>& more = {},
                                               const std::string& rate = "200") const {
    std::vector<std::string> all = argv({"pc", "--rate", rate, "--proc", proc_.path().string()});
    all.insert(all.end(), more.begin(), more.end());
    return std::make_unique<Process>(all);
  }

  template <class Item>
  [[nodiscard]] static Reader<Item> attach(const std::string& stream) {
    ReaderOptions options;
    options.wait_for_stream = std::chrono::seconds(20);
    return Reader<Item>(stream, Start::oldest(), options);
  }

  /// The first item from here on for which this is true; others are skipped.
  template <class Item, class Condition>
  static Item first_with(Reader<Item>& in, Condition condition) {
    for (;;) {
      const Next<Item> next = in.next(std::chrono::seconds(20));
      if (!next) {
        ADD_FAILURE() << "no such item: " << to_string(next.status);
        return {};
      }
      if (condition(*next)) return *next;
    }
  }

  TestDirectory directory_;
  MadeProc proc_{directory_.path() / "proc"};
};

}  // namespace shm::test
