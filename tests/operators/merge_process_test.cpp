// SPDX-License-Identifier: Apache-2.0

// Merging streams whose writers are other processes: one is killed and replaced by another.
#include "shm/operators/merge.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include "shm/query/key_in_item.hpp"
#include "shm/stream/writer.hpp"
#include "support/print.hpp"
#include "support/process.hpp"
#include "support/require.hpp"
#include "support/test_directory.hpp"

namespace shm {
namespace {

using namespace std::chrono_literals;
using test::eventually;
using test::Process;
using TimedItem = TimeAndValue<std::int64_t>;

constexpr std::int64_t items_of_each = 2000;

/// Appends items with the values from `begin` to before `end` and keys of 2 value + odd; then closes, or
/// stays.
Process merged_writer(const char* name, std::int64_t odd, std::int64_t begin, std::int64_t end, bool closes) {
  return Process([=] {
    StreamOptions options;
    options.history = items_of_each;
    options.timestamp = Timestamp::time_and_value();
    Writer<TimedItem> writer(name, options);
    for (std::int64_t value = begin; value < end; ++value) writer.append({2 * value + odd, value});
    if (closes) {
      writer.close();
    } else {
      ::pause();
    }
    return 0;
  });
}

TEST(MergeProcess, GoesOnInOrderAfterAWriterIsKilledAndReplaced) {
  const test::TestDirectory directory;
  Process merging([] {
    Merge<> merge({.waiting = WaitStrategy::sleep()});
    for (const char* name : {"even", "odd"}) {
      Reader<TimedItem> reader(name, Start::oldest(), {.wait_for_stream = 30s});
      const KeyInItem<> map(reader.raw());
      merge.add(std::move(reader), map);
    }
    std::int64_t expected = 0;
    for (const auto& item : merge) {
      SHM_REQUIRE(item.key == expected);
      SHM_REQUIRE(item.stream == static_cast<std::size_t>(expected % 2));
      SHM_REQUIRE(item.as<TimedItem>().value == expected / 2);
      SHM_REQUIRE(!item.is_late);
      ++expected;
    }
    SHM_REQUIRE(expected == 2 * items_of_each);
    SHM_REQUIRE(merge.lost_items(0) == 0 && merge.lost_items(1) == 0);
    return 0;
  });
  Process even = merged_writer("even", 0, 0, items_of_each, false);
  Process killed = merged_writer("odd", 1, 0, items_of_each / 2, false);
  const auto inserted = [](const char* name, std::int64_t count) {
    return eventually([=] {
      try {
        return RawReader(name, Start::next()).inserted() == static_cast<Index>(count);
      } catch (const NotFound&) {
        return false;
      }
    });
  };
  ASSERT_TRUE(inserted("even", items_of_each));
  ASSERT_TRUE(inserted("odd", items_of_each / 2));
  killed.signal(SIGKILL);
  EXPECT_EQ(killed.wait().signal, SIGKILL);
  EXPECT_TRUE(merging.running());  // held back by a writer that may return
  EXPECT_EQ(merged_writer("odd", 1, items_of_each / 2, items_of_each, true).wait().exit_code, 0);
  EXPECT_TRUE(merging.running());  // no stream holds back, but the other has not ended
  even.signal(SIGKILL);
  even.wait();
  EXPECT_EQ(merged_writer("even", 0, items_of_each, items_of_each, true).wait().exit_code, 0);
  EXPECT_EQ(merging.wait().exit_code, 0);
}

TEST(MergeProcess, ReportsALostWriterIfItsReaderIsSetTo) {
  const test::TestDirectory directory;
  Process killed = merged_writer("even", 0, 0, 1, false);
  Process odd = merged_writer("odd", 1, 0, 1, false);
  Merge<> merge({.waiting = WaitStrategy::sleep()});
  for (const char* name : {"even", "odd"}) {
    Reader<TimedItem> reader(name, Start::oldest(), {.writer_loss_is_error = true, .wait_for_stream = 30s});
    const KeyInItem<> map(reader.raw());
    merge.add(std::move(reader), map);
  }
  EXPECT_EQ(merge.next(30s)->key, 0);
  EXPECT_EQ(merge.next(1ms).status, Status::timed_out);  // held back by a writer that lives
  killed.signal(SIGKILL);
  killed.wait();
  const auto next = merge.next(30s);
  EXPECT_EQ(next.status, Status::writer_lost);
  EXPECT_EQ(next.item.stream, 0U);
  EXPECT_THROW(static_cast<void>(merge.begin()), WriterLost);
}

}  // namespace
}  // namespace shm
