// SPDX-License-Identifier: Apache-2.0

// The next writer of a stream of records, which takes the stream over or replaces it.
#include <sys/stat.h>

#include "shm/base/error.hpp"
#include "shm/stream/writer.hpp"
#include "stream/record_stream.hpp"

namespace shm {
namespace {

using test::with_records;

class RecordTakeoverTest : public test::RecordStream {
 protected:
  [[nodiscard]] static RecordOptions usual() { return {.history_bytes = 50'000, .max_record_bytes = 5000}; }
  void leave_after(std::uint64_t count, std::size_t bytes, const StreamOptions& options) {
    RecordWriter out("records", options);
    test::append_filled(out, count, bytes);
    out.detach();
  }
  void leave_after(std::uint64_t count, std::size_t bytes) {
    leave_after(count, bytes, with_records(usual()));
  }
  [[nodiscard]] ::ino_t inode() const {
    struct ::stat status {};
    ::stat(file().c_str(), &status);
    return status.st_ino;
  }
};

TEST_F(RecordTakeoverTest, TheNextWriterContinuesInPlace) {
  leave_after(200, 1000);
  const ::ino_t before = inode();
  RecordReader in("records", Start::newest());
  RecordWriter next("records", with_records(usual()));
  EXPECT_EQ(inode(), before);
  EXPECT_EQ(next.inserted(), 200U);
  test::append_filled(next, 1, 1000);
  EXPECT_TRUE(test::is_filled(in.next()->bytes(), 199));
  EXPECT_TRUE(test::is_filled(in.next()->bytes(), 200));
  EXPECT_GE(test::check_all(in).size(), 50U);
}

TEST_F(RecordTakeoverTest, RepeatedTakeoversGoAroundTheRing) {
  for (std::uint64_t turn = 0; turn < 300; ++turn) {
    RecordWriter out("records", with_records(usual()));
    for (std::uint64_t i = 0; i < 1 + turn % 7; ++i) {
      const std::uint64_t index = out.inserted();
      out.append(test::checked_record(index, test::checked_size(index, 5000)));
    }
    static_cast<void>(out.claim(turn % 3 * 2000));  // never published
    RecordReader in("records", Start::oldest());
    ASSERT_FALSE(test::check_all(in).empty());
    out.detach();
  }
}

TEST_F(RecordTakeoverTest, OtherOptionsReplaceTheStream) {
  leave_after(10, 100);
  const auto replaced_by = [this](const StreamOptions& options) {
    const ::ino_t before = inode();
    RecordReader old("records", Start::oldest());
    RecordWriter next("records", options);
    const bool replaced = inode() != before;
    EXPECT_EQ(next.inserted(), 10U);
    RecordReader in("records", Start::oldest());
    EXPECT_EQ(test::check_all(in), (IndexRange{0, 10}));
    if (replaced) {
      EXPECT_EQ(old.writer_state(), WriterState::ended);
      EXPECT_EQ(test::check_all(old), (IndexRange{0, 10}));
    }
    next.detach();
    return replaced;
  };
  EXPECT_FALSE(replaced_by(with_records(usual())));
  RecordOptions records = usual();
  records.history_bytes += 1;
  EXPECT_TRUE(replaced_by(with_records(records)));
  records.max_record_bytes += 1;
  EXPECT_TRUE(replaced_by(with_records(records)));
  records.alignment = 64;
  EXPECT_TRUE(replaced_by(with_records(records)));
  records.media_type = "text/plain";
  EXPECT_TRUE(replaced_by(with_records(records)));
  EXPECT_TRUE(replaced_by(with_records(records, 101)));
  EXPECT_FALSE(replaced_by(with_records(records, 101)));
}

TEST_F(RecordTakeoverTest, AReplacementKeepsAsManyRecordsAsItsCountAllows) {
  leave_after(100, 100);
  RecordWriter next("records", with_records(usual(), 20));
  RecordReader in("records", Start::oldest());
  EXPECT_EQ(test::check_all(in), (IndexRange{80, 100}));
  test::append_filled(next, 10'000, 100);
  EXPECT_GE(test::check_all(in).size(), 20U);
}

TEST_F(RecordTakeoverTest, AReplacementKeepsAsManyRecordsAsItsBytesAllow) {
  leave_after(40, 1000);
  RecordWriter next("records", with_records({.history_bytes = 10'500, .max_record_bytes = 5000}));
  RecordReader in("records", Start::oldest());
  EXPECT_EQ(test::check_all(in), (IndexRange{30, 40}));
  test::append_filled(next, 1, 5000);
  EXPECT_TRUE(test::is_filled(in.record(40).bytes, 40));
  test::append_filled(next, 1000, 1000);
  EXPECT_GE(test::check_all(in).size(), 10U);
}

TEST_F(RecordTakeoverTest, AReplacementDropsEverythingUpToARecordThatIsTooLarge) {
  {
    RecordWriter out("records", with_records(usual()));
    test::append_filled(out, 3, 100);
    test::append_filled(out, 1, 4000);
    test::append_filled(out, 3, 100);
    out.detach();
  }
  RecordWriter next("records", with_records({.history_bytes = 50'000, .max_record_bytes = 3999}));
  RecordReader in("records", Start::oldest());
  EXPECT_EQ(test::check_all(in), (IndexRange{4, 7}));
}

TEST_F(RecordTakeoverTest, ALargerReplacementKeepsAllRecordsAndGoesAroundTheRing) {
  leave_after(1000, 777);
  RecordReader old("records", Start::oldest());
  const IndexRange there = test::check_all(old);
  RecordWriter next("records", with_records({.history_bytes = 1 << 20, .max_record_bytes = 1 << 17}, 10'000));
  RecordReader in("records", Start::oldest());
  EXPECT_EQ(test::check_all(in), there);
  test::append_filled(next, 5000, 777);
  EXPECT_GE(test::check_all(in).size(), 1000U);
}

TEST_F(RecordTakeoverTest, RecordsAndItemsAreDifferentTypes) {
  leave_after(10, 100);
  {
    Writer<RecordEntry> entries("records", {.history = 100});
    EXPECT_EQ(entries.inserted(), 0U);
    entries.append(RecordEntry{});
    entries.detach();
  }
  RecordWriter again("records", with_records(usual()));
  EXPECT_EQ(again.inserted(), 0U);
}

TEST_F(RecordTakeoverTest, APersistentStreamIsReadAfterItsEnd) {
  StreamOptions options = with_records(usual());
  options.persistent = true;
  {
    RecordWriter out("records", options);
    test::append_filled(out, 10, 100);
  }
  RecordReader in("records", Start::oldest());
  EXPECT_EQ(test::check_all(in), (IndexRange{0, 10}));
  std::uint64_t count = 0;
  for (const Record& record : in) count += test::is_filled(record.bytes, record.index) ? 1 : 0;
  EXPECT_EQ(count, 10U);
}

}  // namespace
}  // namespace shm
