// SPDX-License-Identifier: Apache-2.0
#include "consumers/shm/aligned_stream.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>

#include "shm/stream/record_writer.hpp"
#include "support/test_directory.hpp"

namespace shm::programs {
namespace {

class AlignedStreamTest : public ::testing::Test {
 protected:
  static StreamOptions timed() {
    StreamOptions options;
    options.history = 8;
    options.clock = CLOCK_REALTIME;  // the index that streams have in common
    options.timestamp = Timestamp::field("time");
    return options;
  }
  void append(const std::string& text, std::int64_t time) { out.append(text, Stamp::first(time)); }
  void overwrite_the_first() {
    for (std::int64_t time = 100; notes.indexed().reader().oldest() == 0; ++time) append("another", time);
  }
  [[nodiscard]] std::string cells() const {
    Output text;
    notes.print(text);
    return fmt::to_string(text.buffer());
  }

  test::TestDirectory directory;
  RecordWriter out{"notes", timed()};
  AlignedStream notes{{"notes", "", 0}, "test"};
};

TEST_F(AlignedStreamTest, HasOneColumnForRecords) {
  Output names;
  notes.print_names(names);
  EXPECT_EQ(fmt::to_string(names.buffer()), ",notes");
  EXPECT_TRUE(notes.has_records());
}

TEST_F(AlignedStreamTest, LooksRecordsUpByTheirTimes) {
  append("a, b", 10);
  append("c", 20);
  ASSERT_TRUE(notes.look_up(12, {}));
  EXPECT_EQ(cells(), ",\"a, b\"");
  ASSERT_TRUE(notes.look_up(12, {.options = {.how = AsOfMethod::next}}));
  EXPECT_EQ(cells(), ",c");
  ASSERT_TRUE(notes.look_up(5, {}));
  EXPECT_EQ(cells(), ",");
  EXPECT_EQ(notes.gone_cells(), 0U);
  EXPECT_FALSE(notes.look_up(20, {})) << "another may come at 20";
}

TEST_F(AlignedStreamTest, KeepsRecordsThatWereTaken) {
  append("the first", 10);
  append("the second", 20);
  ASSERT_TRUE(notes.look_up(15, {}));
  overwrite_the_first();
  EXPECT_EQ(cells(), ",the first");
  EXPECT_EQ(notes.gone_cells(), 0U);
}

TEST_F(AlignedStreamTest, ShowsOverwrittenRecordsAsEmptyCellsAndCountsThem) {
  append("the first", 10);
  append("the second", 20);
  overwrite_the_first();
  ASSERT_TRUE(notes.look_up(15, {}));
  EXPECT_EQ(cells(), ",");
  EXPECT_EQ(notes.gone_cells(), 1U);
}

}  // namespace
}  // namespace shm::programs
