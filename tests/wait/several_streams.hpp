// SPDX-License-Identifier: Apache-2.0

// Streams for tests that wait for several at once, and a check of the result.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "shm/layout/control_layout.hpp"
#include "shm/stream/reader.hpp"
#include "shm/stream/writer.hpp"
#include "shm/wait/wait_any.hpp"
#include "support/print.hpp"
#include "support/raw_file.hpp"
#include "support/test_directory.hpp"

namespace shm::test {

inline std::string name_of(std::size_t stream) { return "several/" + std::to_string(stream); }

/// A number of streams, each with a writer and a reader that has read everything.
class Several {
 public:
  explicit Several(std::size_t count, const ReaderOptions& options = {}) {
    for (std::size_t i = 0; i < count; ++i) open_stream(i, options);
  }
  void open_stream(std::size_t stream, const ReaderOptions& options) {
    out.emplace_back(name_of(stream), StreamOptions{.history = 64});
    in.emplace_back(name_of(stream), Start::next(), options);
  }
  [[nodiscard]] std::vector<Awaited> next() {
    std::vector<Awaited> streams;
    for (Reader<int>& reader : in) streams.push_back(Awaited::next_of(reader.raw()));
    return streams;
  }
  [[nodiscard]] std::uint64_t wake_at(std::size_t stream) const {
    return peek_file<std::uint64_t>(directory.path() / (name_of(stream) + ".control"),
                                    offsetof(layout::ControlHeader, wake_at));
  }
  [[nodiscard]] bool all_are_asked() const {
    for (std::size_t i = 0; i < out.size(); ++i) {
      if (wake_at(i) == layout::wake_nobody) return false;
    }
    return true;
  }

  TestDirectory directory;
  std::vector<Writer<int>> out;
  std::vector<Reader<int>> in;
};

inline void expect(const AnyResult& result, Status status, std::size_t which) {
  EXPECT_EQ(result.status, status);
  EXPECT_EQ(result.which, which);
}

}  // namespace shm::test
