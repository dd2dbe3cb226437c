// SPDX-License-Identifier: Apache-2.0

// A writer that dies at any instruction of appending a record: between the release of older records and the bytes
// that replace them, between the bytes and their entry, at the end of either ring. Readable records are whole; the
// next writer appends other records.
#include <gtest/gtest.h>

#include "shm/layout/stream_layout.hpp"
#include "shm/storage/catalog.hpp"
#include "support/raw_file.hpp"
#include "verification/crash/every_instruction.hpp"
#include "verification/crash/record_checks.hpp"
#include "verification/crash/stepped_process.hpp"

namespace shm {
namespace {

using test::Author;
using test::begin_steps;
using test::end_steps;
using test::RecordChecks;

class RecordWriterCrash : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!test::can_step()) GTEST_SKIP() << test::why_no_steps;
  }
  using Append = std::function<bool(const RecordChecks& here, RecordWriter& out)>;

  [[nodiscard]] static StreamOptions plain() {
    StreamOptions options;
    options.history = 32;
    return options;
  }

  /// The counters of the ring of bytes, which is the last ring.
  struct Bytes {
    std::uint64_t inserted;
    std::uint64_t reserved;
    std::uint64_t capacity;
  };
  [[nodiscard]] Bytes bytes() const {
    const auto file = directory.path() / "records.stream";
    const auto rings = test::peek_file<std::uint32_t>(file, offsetof(layout::StreamHeader, ring_count));
    const std::uint64_t counters = layout::live_state_offset + offsetof(layout::LiveState, counters) +
                                   (rings - 1) * sizeof(layout::RingCounters);
    const std::uint64_t ring =
        offsetof(layout::StreamHeader, rings) + (rings - 1) * sizeof(layout::RingDescriptor);
    return {
        test::peek_file<std::uint64_t>(file, counters + offsetof(layout::RingCounters, line.inserted)),
        test::peek_file<std::uint64_t>(file, counters + offsetof(layout::RingCounters, reserved)),
        test::peek_file<std::uint64_t>(file, ring + offsetof(layout::RingDescriptor, capacity)),
    };
  }

  /// Appends records with a first writer until the count of bytes meets the condition, and both rings are full.
  void lead_up_to(const RecordChecks& here, const std::function<bool(const Bytes&)>& is_there) const {
    RecordWriter first = here.writer();
    for (Bytes now = bytes(); now.inserted < 2 * now.capacity || !is_there(now); now = bytes()) {
      ASSERT_TRUE(here.append(first, Author::first));
    }
    first.detach();
  }

  void in_appending(const std::string& what, const StreamOptions& options, int times, const Append& append,
                    const std::function<bool(const Bytes&)>& from) {
    const RecordChecks here(options);
    lead_up_to(here, from);
    RecordReader follower =
        here.reader(options.lossless ? std::optional(Acknowledge::with_read) : std::nullopt);
    RecordReader asker = here.reader();
    here.follow(follower);
    const Index before = follower.inserted();
    const Index oldest = follower.oldest();
    const auto points = test::check_at_every_instruction(
        directory, {.name = what,
                    .act =
                        [&] {
                          RecordWriter out = here.writer();
                          bool all = true;
                          begin_steps();
                          for (int i = 0; i < times; ++i) all = append(here, out) && all;
                          end_steps();
                          out.detach();
                          if (!all) std::_Exit(1);
                        },
                    .look =
                        [&] {
                          here.follow(follower);
                          here.answers(asker);
                        },
                    .bury =
                        [&](const std::string& left) {
                          const Index lowest = follower.inserted();
                          RecordChecks(options, left).outlives([&](Index n) {
                            return n >= lowest && n <= before + static_cast<Index>(times);
                          });
                        }});
    EXPECT_EQ(points.system_calls, 1U);  // the one of end_steps(): an append makes no system call
    EXPECT_EQ(follower.inserted(), before + static_cast<Index>(times));
    given_up = follower.oldest() - oldest;
  }

  /// So few bytes are reserved that the next records overwrite older ones.
  static bool is_almost_out_of_room(const Bytes& now) { return now.reserved - now.inserted < 300; }
  /// The next records cross the end of the ring of bytes.
  static bool is_almost_around(const Bytes& now) { return now.inserted % now.capacity > now.capacity - 150; }

  Index given_up = 0;  // how many records became unreadable
  test::TestDirectory directory;
};

bool one_record(const RecordChecks& here, RecordWriter& out) { return here.append(out, Author::dead); }
bool claimed_record(const RecordChecks& here, RecordWriter& out) { return here.publish(out, Author::dead); }

TEST_F(RecordWriterCrash, DeathInAppendingReleasesWhatItOverwrites) {
  in_appending("appends of records that cost older ones", plain(), 12, one_record, is_almost_out_of_room);
  EXPECT_GT(given_up, 50U);  // many at once, since the writer makes room for thousands of bytes
}
TEST_F(RecordWriterCrash, DeathInAppendingOverTheEndOfTheBytesTearsNothing) {
  in_appending("appends of records over the end of the bytes", plain(), 8, one_record, is_almost_around);
}
TEST_F(RecordWriterCrash, DeathInPublishingLessThanItClaimedTearsNothing) {
  in_appending("claims of more than is published", plain(), 8, claimed_record, is_almost_out_of_room);
}
TEST_F(RecordWriterCrash, DeathInAppendingWithALedgerGivesNoRecordAnothersKey) {
  StreamOptions options = plain();
  options.ledger = LedgerOptions{};
  options.buckets = BucketOptions{.quantum = 16};
  in_appending("stamped records", options, 4, one_record, is_almost_out_of_room);
}
TEST_F(RecordWriterCrash, DeathInAppendingWithATimeGivesNoRecordAnothersKey) {
  StreamOptions options = plain();
  options.timestamp = Timestamp::field("time");
  in_appending("records that carry their time", options, 4, claimed_record, is_almost_out_of_room);
}
TEST_F(RecordWriterCrash, DeathInALosslessStreamTakesNothingFromItsReaders) {
  StreamOptions options = plain();
  options.lossless = LosslessOptions{.when_full = WhenFull::wait, .patience = std::chrono::seconds(30)};
  in_appending("records of a lossless stream", options, 8, one_record, is_almost_out_of_room);
}

/// The writer is held back for room in the ring of bytes; the ring of entries has room.
TEST_F(RecordWriterCrash, DeathInAFullLosslessStreamTakesNothingFromItsReaders) {
  StreamOptions options = plain();
  options.history = 1000;
  options.lossless = LosslessOptions{.when_full = WhenFull::drop};
  const RecordChecks here(options);
  lead_up_to(here, [](const Bytes&) { return true; });
  RecordReader keeper = here.reader(Acknowledge::explicitly);
  {
    RecordWriter out = here.writer();
    while (here.append(out, Author::first)) {
    }
    ASSERT_LT(out.inserted() - keeper.acknowledged(), out.info().items.history);
    out.detach();
  }
  const auto keeps = [&] {
    ASSERT_TRUE(keeper.is_lossless());
    ASSERT_LE(keeper.oldest(), keeper.acknowledged());
    keeper.seek(keeper.acknowledged());
    here.follow(keeper);
  };
  test::check_at_every_instruction(
      directory, {.name = "records that are dropped",
                  .act =
                      [&] {
                        RecordWriter out = here.writer();
                        begin_steps();
                        bool any = here.append(out, Author::dead);
                        any = here.publish(out, Author::dead) || any;
                        end_steps();
                        out.detach();
                        if (any) std::_Exit(1);
                      },
                  .look = keeps,
                  .bury =
                      [&](const std::string& left) {
                        RecordChecks(options, left).outlives([&](Index n) { return n == keeper.inserted(); });
                      }});
}

TEST_F(RecordWriterCrash, DeathInCreatingAStreamAndInItsFirstAppendLeavesAWholeStreamOrNoStream) {
  const RecordChecks here(plain());
  test::check_at_every_instruction(
      directory, {.name = "creating a stream of records, and its first append",
                  .act =
                      [&] {
                        begin_steps();
                        RecordWriter out = here.writer();
                        here.append(out, Author::dead);
                        end_steps();
                        out.detach();
                      },
                  .look =
                      [&] {
                        if (list_streams().empty()) return;
                        RecordReader reader = here.reader();
                        here.answers(reader);
                      },
                  .bury =
                      [&](const std::string& left) {
                        if (list_streams(left).empty()) return;
                        RecordChecks(plain(), left).outlives([](Index n) { return n <= 1; });
                      }});
}

TEST_F(RecordWriterCrash, DeathInTakingAStreamOverLeavesItToTheNextWriter) {
  const RecordChecks here(plain());
  lead_up_to(here, is_almost_out_of_room);
  RecordReader asker = here.reader();
  test::check_at_every_instruction(
      directory, {.name = "taking a stream of records over",
                  .act =
                      [&] {
                        begin_steps();
                        RecordWriter out = here.writer();
                        end_steps();
                        out.detach();
                      },
                  .look = [&] { here.answers(asker); },
                  .bury =
                      [&](const std::string& left) {
                        RecordChecks(plain(), left).outlives([&](Index n) { return n == asker.inserted(); });
                      }});
}

TEST_F(RecordWriterCrash, DeathInReplacingAStreamKeepsItsRecords) {
  StreamOptions after = plain();
  after.sample_rate = 100;
  const RecordChecks here(plain());
  lead_up_to(here, is_almost_out_of_room);
  RecordReader asker = here.reader();
  test::check_at_every_instruction(
      directory, {.name = "replacing a stream of records",
                  .act =
                      [&] {
                        begin_steps();
                        RecordWriter out = RecordChecks(after).writer();
                        end_steps();
                        out.detach();
                      },
                  .look = [&] { here.answers(asker); },
                  .bury =
                      [&](const std::string& left) {
                        const bool is_replaced = stream_info("records", left).items.sample_rate != 0;
                        RecordChecks(is_replaced ? after : plain(), left).outlives([&](Index n) {
                          return n == asker.inserted();
                        });
                      }});
}

}  // namespace
}  // namespace shm
