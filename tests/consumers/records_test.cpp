// SPDX-License-Identifier: Apache-2.0
#include "consumers/shm/records.hpp"

#include <gtest/gtest.h>

#include "shm/stream/record_reader.hpp"
#include "shm/stream/record_writer.hpp"
#include "shm/stream/writer.hpp"
#include "support/test_directory.hpp"

namespace shm::programs {
namespace {

TEST(Records, AreAttachedIfTheStreamHoldsRecords) {
  const test::TestDirectory directory;
  RecordWriter notes("notes");
  Writer<int> numbers("numbers");
  const StreamArguments of_records{"notes", "", 0};
  const StreamArguments of_items{"numbers", "", 0};
  EXPECT_TRUE(attach_records(attach(of_records, "test"), of_records, "test").has_value());
  EXPECT_FALSE(attach_records(attach(of_items, "test"), of_items, "test").has_value());
}

TEST(Records, AreNotCopiedIfOverwritten) {
  const test::TestDirectory directory;
  StreamOptions options;
  options.history = 8;
  RecordWriter out("notes", options);
  RecordReader records("notes", Start::oldest());
  Record record;
  out.append("a note");
  ASSERT_TRUE(copy_record(records, 0, record));
  EXPECT_EQ(record.text(), "a note");
  while (records.oldest() == 0) out.append("another");
  EXPECT_FALSE(copy_record(records, 0, record));
  EXPECT_EQ(record.text(), "");
  EXPECT_TRUE(copy_record(records, records.oldest() + 1, record));
}

}  // namespace
}  // namespace shm::programs
