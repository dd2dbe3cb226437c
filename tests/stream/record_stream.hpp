// SPDX-License-Identifier: Apache-2.0

// A stream of records for a test, and the helper functions that several tests use.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "shm/stream/record_reader.hpp"
#include "shm/stream/record_writer.hpp"
#include "support/checked_record.hpp"
#include "support/print.hpp"
#include "support/test_directory.hpp"

namespace shm::test {

[[nodiscard]] inline StreamOptions with_records(const RecordOptions& records, std::uint64_t history = 100) {
  StreamOptions options;
  options.history = history;
  options.records = records;
  return options;
}

/// Appends the next `count` records, of `bytes` each.
inline void append_filled(RecordWriter& out, std::uint64_t count, std::size_t bytes) {
  for (; count > 0; --count) out.append(checked_record(out.inserted(), bytes));
}

[[nodiscard]] inline std::vector<std::string> texts(const std::vector<Record>& records) {
  std::vector<std::string> result;
  for (const Record& record : records) result.emplace_back(record.text());
  return result;
}

/// Checks every readable record: it must be whole, and as fill_record() made it. Returns their indices.
[[nodiscard]] inline IndexRange check_all(RecordReader& reader) {
  const IndexRange there = reader.readable();
  for (Index index = there.begin; index < there.end; ++index) {
    EXPECT_TRUE(is_filled(reader.record(static_cast<std::int64_t>(index)).bytes, index)) << index;
  }
  return there;
}

class RecordStream : public ::testing::Test {
 protected:
  [[nodiscard]] std::filesystem::path file() const { return directory.path() / "records.stream"; }
  test::TestDirectory directory;
};

}  // namespace shm::test
