// SPDX-License-Identifier: Apache-2.0

// Checks that hold for a stream of checked items after any process died.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "shm/base/error.hpp"
#include "shm/storage/catalog.hpp"
#include "shm/stream/reader.hpp"
#include "shm/stream/writer.hpp"
#include "support/checked_item.hpp"
#include "support/print.hpp"

namespace shm::test {

template <std::size_t Words>
class StreamChecks {
 public:
  using Item = CheckedItem<Words>;

  /// `in` is the directory of the stream; empty: LIBSHM_DIR.
  StreamChecks(std::string name, StreamOptions options, std::string in = {})
      : name_(std::move(name)), options_(std::move(options)) {
    options_.directory = std::move(in);
  }

  [[nodiscard]] Reader<Item> reader(Start start = Start::oldest()) const {
    return Reader<Item>(name_, start, {.waiting = WaitStrategy::sleep(), .directory = options_.directory});
  }
  [[nodiscard]] Writer<Item> writer() const { return Writer<Item>(name_, options_); }

  static void append(Writer<Item>& out, std::uint64_t count) {
    for (; count > 0; --count) out.append(checked_item<Words>(out.inserted()));
  }

  /// Reads on to the newest item, and checks that no item is missing or lost.
  static void follow(Reader<Item>& reader) {
    for (;;) {
      const Index at = reader.cursor();
      const auto next = reader.try_next();
      if (next.status == Status::not_yet || next.status == Status::ended) break;
      ASSERT_EQ(next.status, Status::ok) << "at item " << at;
      ASSERT_TRUE(is_item(*next, at)) << "item " << at;
    }
    ASSERT_EQ(reader.cursor(), reader.inserted());
    ASSERT_EQ(reader.lost_items(), 0U);
  }

  /// Checks all results for every readable item, and for the items before and after them.
  void answers(Reader<Item>& reader) const {
    const Index n = reader.inserted();
    const Index o = reader.oldest();
    ASSERT_GE(n - o, std::min(reader.history(), n - reader.info().items.first_index));
    const std::vector<Item> all = reader[{static_cast<std::int64_t>(o), static_cast<std::int64_t>(n)}];
    ASSERT_EQ(all.size(), n - o);
    for (Index i = o; i < n; ++i) ASSERT_TRUE(is_item(all[i - o], i)) << "item " << i << " of a slice";
    if (n > o) {
      ASSERT_TRUE(is_item(reader[-1], n - 1));
      ASSERT_TRUE(is_item(reader[static_cast<std::int64_t>(o)], o));
      const View<Item> view = reader.view({static_cast<std::int64_t>(o), {}});
      ASSERT_TRUE(is_item(view[view.size() - 1], n - 1));
      ASSERT_NO_THROW(view.check());
    }
    if (o > 0) {
      ASSERT_THROW(static_cast<void>(reader[static_cast<std::int64_t>(o) - 1]), OverlapsPast);
    }
    ASSERT_THROW(static_cast<void>(reader[static_cast<std::int64_t>(n)]), OverlapsFuture);
    reader.seek(Start::oldest());
    follow(reader);
  }

  /// Checks a stream that a dead process left: readers read it, and the next writer continues it, around the whole
  /// ring and by every kind of append. `is_right` returns whether this count of inserted items is possible.
  void outlives(const std::function<bool(Index)>& is_right) const {
    Reader<Item> before = reader();
    const Index n = before.inserted();
    ASSERT_TRUE(is_right(n)) << n << " items inserted";
    ASSERT_EQ(before.writer_state(), WriterState::lost);
    answers(before);

    Writer<Item> out = writer();
    ASSERT_EQ(out.inserted(), n);
    // If the stream's creator died before it made the control file, then the reader finds that of the next writer.
    if (!before.is_listed()) {
      ASSERT_EQ(before.wait_for(n + 1, std::chrono::milliseconds(1)), Status::timed_out);
      ASSERT_TRUE(before.is_listed());
    }
    Reader<Item> after = reader(Start::next());
    ASSERT_TRUE(after.is_listed());
    const std::uint64_t around = out.info().items.capacity + 3;
    for (std::uint64_t i = 0; i < around; ++i) {
      append(out, 1);
      follow(before);
      follow(after);
    }
    std::vector<Item> batch;
    for (Index i = 0; i < 2 * out.max_claim() + 1; ++i)
      batch.push_back(checked_item<Words>(out.inserted() + i));
    out.append(std::span<const Item>(batch));
    follow(after);
    const std::span<Item> claimed = out.claim(out.max_claim());
    for (Index i = 0; i < claimed.size(); ++i) claimed[i] = checked_item<Words>(out.inserted() + i);
    out.publish(claimed.size());
    follow(after);
    ASSERT_EQ(out.inserted(), n + around + batch.size() + claimed.size());
    answers(before);
    answers(after);
    ASSERT_EQ(out.readers().size(), 2U);
    out.close();
    ASSERT_EQ(after.try_next().status, Status::ended);
    ASSERT_EQ(after.writer_state(), WriterState::ended);
  }

 private:
  std::string name_;
  StreamOptions options_;
};

/// Checks that garbage collection removes all files that no process uses: no clean-up by hand is needed.
inline void expect_nothing_to_stay(const std::string& directory) {
  const auto long_ago = std::filesystem::file_time_type::clock::now() - std::chrono::hours(1);
  for (const auto& left : std::filesystem::recursive_directory_iterator(directory)) {
    std::filesystem::last_write_time(left.path(), long_ago);  // young files are spared
  }
  static_cast<void>(collect_garbage({.persistent = true}, directory));
  for (const auto& left : std::filesystem::recursive_directory_iterator(directory)) {
    ADD_FAILURE() << left.path() << " stayed behind";
  }
}

}  // namespace shm::test
