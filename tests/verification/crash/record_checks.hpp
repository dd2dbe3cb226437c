// SPDX-License-Identifier: Apache-2.0

// Checks that hold for a stream of records after any process died: each readable record is whole, has the bytes of
// its own writer, and has its own key.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "shm/base/error.hpp"
#include "shm/query/ledger.hpp"
#include "shm/stream/record_reader.hpp"
#include "shm/stream/record_writer.hpp"
#include "support/checked_record.hpp"
#include "support/print.hpp"

namespace shm::test {

/// The writer of a record. The record that the dead writer was appending has another size, other bytes and another
/// key than the record that the next writer appends in its place.
enum class Author : std::uint64_t { first, dead, next };

class RecordChecks {
 public:
  static constexpr std::size_t most = 200;  // bytes of a record

  /// `in` is the directory of the stream; empty: LIBSHM_DIR.
  explicit RecordChecks(StreamOptions options, std::string in = {}) : options_(std::move(options)) {
    options_.directory = std::move(in);
    if (!options_.records) options_.records = RecordOptions{.history_bytes = 2000, .max_record_bytes = most};
  }

  [[nodiscard]] RecordWriter writer() const { return RecordWriter("records", options_); }
  [[nodiscard]] RecordReader reader(std::optional<Acknowledge> lossless = {}) const {
    return RecordReader(
        "records", Start::oldest(),
        {.waiting = WaitStrategy::sleep(), .lossless = lossless, .directory = options_.directory});
  }

  [[nodiscard]] static std::vector<std::byte> record(Index index, Author author) {
    return checked_record(seed(index, author), checked_size(seed(index, author), most));
  }
  [[nodiscard]] static std::int64_t key(Index index, Author author) {
    return static_cast<std::int64_t>(10 * index + static_cast<std::uint64_t>(author));
  }
  [[nodiscard]] bool has_keys() const {
    return options_.ledger || options_.timestamp.kind != Timestamp::Kind::none;
  }

  /// Returns false if the record was dropped.
  bool append(RecordWriter& out, Author author) const {
    return out.append(record(out.inserted(), author), stamp(out.inserted(), author));
  }
  /// Appends in place, in room for the largest record.
  bool publish(RecordWriter& out, Author author) const {
    const std::span<std::byte> room = out.claim(most);
    const std::vector<std::byte> bytes = record(out.inserted(), author);
    if (room.data() != nullptr) std::copy(bytes.begin(), bytes.end(), room.begin());
    return out.publish(bytes.size(), stamp(out.inserted(), author));
  }

  /// Reads on to the newest record, and checks that no record is missing or lost.
  static void follow(RecordReader& reader) {
    for (;;) {
      const Index at = reader.cursor();
      const auto next = reader.try_next();
      if (next.status == Status::not_yet || next.status == Status::ended) break;
      ASSERT_EQ(next.status, Status::ok) << "at record " << at;
      ASSERT_TRUE(author_of(next->bytes(), at)) << "record " << at << ", of " << next->size();
      ASSERT_TRUE(next->intact());
    }
    ASSERT_EQ(reader.cursor(), reader.inserted());
    ASSERT_EQ(reader.lost_items(), 0U);
  }

  /// Checks all results for every readable record, and that as many records are readable as the options promise.
  void answers(RecordReader& reader) const {
    const IndexRange there = reader.readable();
    const auto begin = static_cast<std::int64_t>(there.begin);
    const std::vector<Record> all = reader[{begin, static_cast<std::int64_t>(there.end)}];
    ASSERT_EQ(all.size(), there.size());
    std::optional<Ledger> map;
    if (options_.ledger) map.emplace(reader.raw());
    for (const Record& record : all) has_its_key(record, map ? map->key(record.index) : record.time);
    if (!all.empty()) {
      ASSERT_EQ(reader[-1].bytes, all.back().bytes);
      ASSERT_EQ(reader.record(begin).bytes, all.front().bytes);
      const RecordViews views = reader.view({begin, {}});
      ASSERT_EQ(views[0].copy().bytes, all.front().bytes);
      ASSERT_TRUE(views.intact());
    }
    keeps_its_history(reader, all);
    if (there.begin > 0) {
      ASSERT_THROW(static_cast<void>(reader[begin - 1]), OverlapsPast);
    }
    ASSERT_THROW(static_cast<void>(reader[static_cast<std::int64_t>(there.end)]), OverlapsFuture);
    reader.seek(Start::oldest());
    follow(reader);
  }

  /// Checks a stream that a dead process left: readers read it, and the next writer continues with other records than
  /// the dead writer's, around both rings. `is_right` returns whether this count of inserted records is possible.
  void outlives(const std::function<bool(Index)>& is_right) const {
    RecordReader before = reader();
    const Index n = before.inserted();
    ASSERT_TRUE(is_right(n)) << n << " records inserted";
    ASSERT_EQ(before.writer_state(), WriterState::lost);
    answers(before);

    RecordWriter out = writer();
    ASSERT_EQ(out.inserted(), n);
    ASSERT_TRUE(append(out, Author::next));
    answers(before);
    ASSERT_TRUE(publish(out, Author::next));
    answers(before);
    const Index end = n + out.info().items.capacity + 3;
    while (out.inserted() < end) {
      ASSERT_TRUE(append(out, Author::next));
      if (out.inserted() % 8 == 0) follow(before);
    }
    answers(before);
    out.close();
    ASSERT_EQ(before.writer_state(), WriterState::ended);
    answers(before);
  }

 private:
  static constexpr std::array authors{Author::first, Author::dead, Author::next};
  [[nodiscard]] static std::uint64_t seed(Index index, Author author) {
    return index * 4 + static_cast<std::uint64_t>(author);
  }
  [[nodiscard]] std::optional<Stamp> stamp(Index index, Author author) const {
    return has_keys() ? std::optional(Stamp::first(key(index, author))) : std::nullopt;
  }
  [[nodiscard]] static std::optional<Author> author_of(std::span<const std::byte> bytes, Index index) {
    for (const Author author : authors) {
      if (is_record(bytes, seed(index, author), most)) return author;
    }
    return std::nullopt;
  }
  void has_its_key(const Record& found, std::optional<std::int64_t> its_key) const {
    ASSERT_TRUE(author_of(found.bytes, found.index)) << "record " << found.index;
    if (!has_keys()) return;
    for (const Author author : authors) {
      if (its_key == key(found.index, author) && is_record(found.bytes, seed(found.index, author), most))
        return;
    }
    FAIL() << "record " << found.index << " has another's key, " << its_key.value_or(-1);
  }
  /// Checks that the newest records are readable, up to the history in number and in bytes.
  void keeps_its_history(const RecordReader& reader, const std::vector<Record>& all) const {
    const Index first = reader.info().items.first_index;
    std::uint64_t bytes = 0;
    Index promised = 0;
    for (auto record = all.rbegin(); record != all.rend() && promised < options_.history; ++record) {
      bytes += (record->bytes.size() + 7) / 8 * 8;
      if (bytes > options_.records->history_bytes) return;
      ++promised;
    }
    ASSERT_GE(all.size(), std::min(options_.history, reader.inserted() - first));
  }

  StreamOptions options_;
};

}  // namespace shm::test
