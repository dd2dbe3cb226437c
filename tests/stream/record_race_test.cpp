// SPDX-License-Identifier: Apache-2.0

// A writer that laps its readers as fast as it can: each record that a reader returns as whole must be exactly that
// record. Records contain their own check.
#include <atomic>
#include <functional>
#include <random>
#include <thread>

#include "shm/base/error.hpp"
#include "stream/record_stream.hpp"
#include "support/sanitizers.hpp"

namespace shm {
namespace {

constexpr std::size_t most_bytes = 3000;

class LappedRecordReaderTest : public test::RecordStream {
 protected:
  [[nodiscard]] static StreamOptions options() {
    // The ring is small, so that the writer laps its readers all the time.
    return test::with_records({.history_bytes = 6000, .max_record_bytes = most_bytes}, 50);
  }
  void check(std::span<const std::byte> record, Index index) {
    if (!test::is_record(record, index, most_bytes)) ++torn_;
    ++whole_;
  }
  void write() {
    for (std::uint64_t turn = 0; out_.inserted() < last_; ++turn) {
      const Index index = out_.inserted();
      const std::size_t size = test::checked_size(index, most_bytes);
      out_.append(test::checked_record(index, size));
      if (turn % 256 == 0) std::this_thread::yield();
    }
    out_.close();
  }
  void race(const std::function<void(RecordReader&)>& read) {
    std::vector<std::thread> readers;
    for (int i = 0; i < 2; ++i) {
      readers.emplace_back([&] {
        RecordReader reader("records", Start::oldest());
        ++attached_;
        read(reader);
      });
    }
    while (attached_ < 2) std::this_thread::yield();
    write();
    for (std::thread& reader : readers) reader.join();
    EXPECT_EQ(torn_.load(), 0U) << "of " << whole_.load();
    EXPECT_GT(whole_.load(), 0U);
  }

  const std::uint64_t last_ = static_cast<std::uint64_t>(test::turns(200'000));
  RecordWriter out_{"records", options()};
  std::atomic<int> attached_{0};
  std::atomic<std::uint64_t> torn_{0};
  std::atomic<std::uint64_t> whole_{0};
};

TEST_F(LappedRecordReaderTest, CopiesOfTheCursorAreWhole) {
  race([this](RecordReader& reader) {
    for (const Record& record : reader) check(record.bytes, record.index);
    EXPECT_EQ(reader.cursor(), last_);
  });
}

TEST_F(LappedRecordReaderTest, CopiesOfIntactViewsAreWhole) {
  race([this](RecordReader& reader) {
    std::vector<std::byte> copy(most_bytes);
    for (;;) {
      const Next<RecordView> next = reader.next();
      if (next.status == Status::ended) break;
      if (!next) continue;
      ASSERT_LE(next->size(), most_bytes);
      if (next->copy_to(copy.data())) check(std::span(copy).first(next->size()), next->index());
    }
  });
}

TEST_F(LappedRecordReaderTest, SlicesAreWhole) {
  race([this](RecordReader& reader) {
    std::mt19937_64 random(1);
    while (reader.inserted() < last_) {
      const IndexRange there = reader.readable();
      if (there.empty()) continue;
      const auto first = static_cast<std::int64_t>(there.begin + random() % there.size());
      try {
        for (const Record& record : reader[{first, static_cast<std::int64_t>(there.end)}]) {
          check(record.bytes, record.index);
        }
        for (const Record& record : reader[{-1, {}}]) check(record.bytes, record.index);
      } catch (const OverlapsPast&) {
      }
    }
    const Record newest = reader[-1];
    check(newest.bytes, newest.index);
  });
}

}  // namespace
}  // namespace shm
