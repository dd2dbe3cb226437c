// SPDX-License-Identifier: Apache-2.0

// A source for tests: it counts up from 0, counts its calls, and fails on request.
#pragma once

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>

#include "shm/source/source.hpp"

namespace shm::test {

/// The state that a test shares with its source, which lives on another thread.
struct SourceRecord {
  std::atomic<int> opens{0};
  std::atomic<int> closes{0};
  std::atomic<int> failures_to_open{0};  ///< how many of the next open() throw
  std::atomic<bool> fails_to_read{false};
  std::atomic<int> most{-1};  ///< exhausted after so many items
};

struct CounterSource : Source<int> {
  explicit CounterSource(SourceRecord& of) : record(of) {}
  void open() override {
    if (record.failures_to_open > 0) {
      --record.failures_to_open;
      throw std::runtime_error("the plug is pulled");
    }
    ++record.opens;
  }
  bool read(Writer<int>& out) override {
    if (record.fails_to_read) throw std::runtime_error("the cable broke");
    if (record.most >= 0 && next >= record.most) return false;
    out.append(next++);
    std::this_thread::sleep_for(std::chrono::microseconds(200));  // the pace of the device
    return true;
  }
  void close() noexcept override { ++record.closes; }

  SourceRecord& record;
  int next = 0;
};

}  // namespace shm::test
