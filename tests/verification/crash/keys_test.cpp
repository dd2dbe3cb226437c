// SPDX-License-Identifier: Apache-2.0

// A writer that dies at any instruction of an append whose items have keys: between the anchors and the items, and in
// a skip of the buckets. Readable items have the keys that their writer gave them; the next writer continues with
// other keys.
#include <gtest/gtest.h>

#include "verification/crash/every_instruction.hpp"
#include "verification/crash/key_checks.hpp"
#include "verification/crash/stepped_process.hpp"
#include "verification/crash/stream_checks.hpp"

namespace shm {
namespace {

using test::begin_steps;
using test::end_steps;
using Item = test::KeyedItem;

constexpr std::int64_t quantum = 4;

StreamOptions stamped(double sample_rate) {
  StreamOptions options{.history = 32, .max_claim = 8, .sample_rate = sample_rate};
  options.ledger = LedgerOptions{};
  return options;
}
StreamOptions with_buckets(StreamOptions options) {
  options.buckets = BucketOptions{.quantum = quantum};
  return options;
}
StreamOptions timed() {
  StreamOptions options{.history = 32, .max_claim = 8};
  options.timestamp = Timestamp::time_and_value();
  return options;
}
constexpr double events = 0;
constexpr double every_5 = 2e8;  // one sample each five nanoseconds
constexpr std::int64_t leap = 1'000'000'000;

class KeyedWriterCrash : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!test::can_step()) GTEST_SKIP() << test::why_no_steps;
  }

  /// A kind of append, of some items from this key on.
  template <class Map>
  using Append = std::function<void(const test::KeyChecks<Map>& here, Writer<Item>& out, std::int64_t key)>;

  /// Does `times` appends after the 140 items of another writer; keys are ten apart, and then skip.
  template <class Map>
  void in_appending(const std::string& what, const StreamOptions& options, std::int64_t step, int times,
                    const Append<Map>& append, std::int64_t apart = 100) {
    const test::KeyChecks<Map> here(options, step);
    constexpr std::uint64_t before = 140;
    std::int64_t key = -400;
    {
      auto first = here.writer();
      for (; first.inserted() < before; key += 5 * step + 4) here.append(first, key, 5);
      first.detach();
    }
    auto attached = here.reader();
    const Map map(attached.raw());
    const auto points = test::check_at_every_instruction(
        directory,
        {.name = what,
         .act =
             [&] {
               auto out = here.writer();
               begin_steps();
               for (int i = 0; i < times; ++i) append(here, out, key + i * apart);
               end_steps();
               out.detach();
             },
         .look = [&] { here.answers(attached, map); },
         .bury =
             [&](const std::string& left) {
               const Index lowest = attached.inserted();
               test::KeyChecks<Map>(options, step, left).outlives([&](Index n) { return n >= lowest; });
             }});
    EXPECT_GT(points.states, 10U);
    EXPECT_GT(attached.inserted(), before);
  }

  test::TestDirectory directory;
};

template <class Map>
void one(const test::KeyChecks<Map>& here, Writer<Item>& out, std::int64_t key) {
  here.append(out, key);
}
template <class Map>
void a_batch(const test::KeyChecks<Map>& here, Writer<Item>& out, std::int64_t key) {
  here.append(out, key, 11);  // two steps
}
template <class Map>
void a_claim(const test::KeyChecks<Map>& here, Writer<Item>& out, std::int64_t key) {
  here.publish(out, key, 3);
}
/// Stamps the last item of the batch.
void by_its_last(const test::KeyChecks<Ledger>& here, Writer<Item>& out, std::int64_t key) {
  const std::vector<Item> batch = here.items(out.inserted(), key, 3);
  out.append(std::span<const Item>(batch), Stamp::last(batch.back().time).after_gap(3));
}

TEST_F(KeyedWriterCrash, DeathInAStampedAppendGivesNoItemAnothersKey) {
  in_appending<Ledger>("stamped appends of one", stamped(events), 0, 2, one<Ledger>);
}
TEST_F(KeyedWriterCrash, DeathInAStampedAppendOfABatchGivesNoItemAnothersKey) {
  in_appending<Ledger>("stamped appends of a batch", stamped(events), 0, 2, a_batch<Ledger>);
}
TEST_F(KeyedWriterCrash, DeathInAStampedAppendOfSamplesGivesNoItemAnothersKey) {
  in_appending<Ledger>("appends of samples, stamped by their last", stamped(every_5), 5, 2, by_its_last);
}
TEST_F(KeyedWriterCrash, DeathInPublishingAStampedClaimGivesNoItemAnothersKey) {
  in_appending<Ledger>("stamped claims", stamped(every_5), 5, 2, a_claim<Ledger>);
}
TEST_F(KeyedWriterCrash, DeathInAStampedAppendWithBucketsBreaksNoLookUp) {
  in_appending<Ledger>("stamped appends with buckets", with_buckets(stamped(events)), 0, 2, one<Ledger>);
}
// These include a death between the two stores of RingWriter::skip_to: check_counters (owned_stream.cpp) must not
// take that state for damage.
TEST_F(KeyedWriterCrash, DeathInAStampedAppendWhoseBucketsSkipBreaksNoLookUp) {
  in_appending<Ledger>("stamped appends whose buckets leap", with_buckets(stamped(events)), 0, 2, one<Ledger>,
                       leap);
}
TEST_F(KeyedWriterCrash, DeathInAppendingItemsWithATimeBreaksNoLookUp) {
  in_appending<KeyInItem<>>("appends of timed items with buckets", with_buckets(timed()), 9, 1,
                            a_batch<KeyInItem<>>);
}
TEST_F(KeyedWriterCrash, DeathInAppendingItemsWhoseTimeSkipsBreaksNoLookUp) {
  in_appending<KeyInItem<>>("appends of timed items whose buckets leap", with_buckets(timed()), 1, 2,
                            one<KeyInItem<>>, leap);
}

TEST_F(KeyedWriterCrash, DeathInCreatingAStreamAndInItsFirstAppendLeavesAWholeStreamOrNoStream) {
  const StreamOptions options = with_buckets(stamped(events));
  test::check_at_every_instruction(
      directory,
      {.name = "creating a stream with ledger and buckets, and its first append",
       .act =
           [&] {
             const test::KeyChecks<Ledger> here(options, 0);
             begin_steps();
             auto out = here.writer();
             here.append(out, 1000, 2);
             end_steps();
             out.detach();
           },
       .look =
           [&] {
             if (list_streams().empty()) return;
             const test::KeyChecks<Ledger> here(options, 0);
             auto reader = here.reader();
             here.answers(reader, Ledger(reader.raw()));
           },
       .bury =
           [&](const std::string& left) {
             if (!list_streams(left).empty()) {
               test::KeyChecks<Ledger>(options, 0, left).outlives([](Index n) { return n == 0 || n == 2; });
             }
             test::expect_nothing_to_stay(left);
           }});
}

/// The first append of the next writer must get a stamp, whatever the state of the ledger.
TEST_F(KeyedWriterCrash, DeathInTheAppendThatFillsTheLedgerLeavesRoomForTheNextWriter) {
  StreamOptions options = stamped(events);
  options.ledger->anchors = 4;
  const test::KeyChecks<Ledger> here(options, 0);
  {
    auto first = here.writer();
    const auto last = static_cast<std::int64_t>(first.info().ledger->anchors) - 1;
    for (std::int64_t key = 0; key < last; ++key) here.append(first, key);
    first.detach();
  }
  test::check_at_every_instruction(directory, {.name = "filling a ledger",
                                               .act =
                                                   [&] {
                                                     auto out = here.writer();
                                                     begin_steps();
                                                     here.append(out, 100);
                                                     end_steps();
                                                     out.detach();
                                                   },
                                               .bury =
                                                   [&](const std::string& left) {
                                                     const test::KeyChecks<Ledger> there(options, 0, left);
                                                     auto reader = there.reader();
                                                     const Ledger map(reader.raw());
                                                     for (std::int64_t key = 101; key < 104; ++key) {
                                                       auto next = there.writer();
                                                       there.append(next, key, 2);
                                                       there.answers(reader, map);
                                                       ASSERT_THROW(there.append(next, key + 1), LedgerFull);
                                                       next.detach();
                                                     }
                                                   }});
}

TEST_F(KeyedWriterCrash, DeathInTakingAStreamOverLeavesItToTheNextWriter) {
  const StreamOptions options = with_buckets(stamped(events));
  const test::KeyChecks<Ledger> here(options, 0);
  {
    auto first = here.writer();
    for (std::int64_t key = 0; key < 1000; key += 10) here.append(first, key);
    first.detach();
  }
  auto attached = here.reader();
  const Ledger map(attached.raw());
  test::check_at_every_instruction(
      directory, {.name = "taking a stream with ledger and buckets over",
                  .act =
                      [&] {
                        begin_steps();
                        auto out = here.writer();
                        end_steps();
                        out.detach();
                      },
                  .look = [&] { here.answers(attached, map); },
                  .bury =
                      [&](const std::string& left) {
                        test::KeyChecks<Ledger>(options, 0, left).outlives([](Index n) { return n == 100; });
                      }});
}

TEST_F(KeyedWriterCrash, DeathInReplacingAStreamKeepsItsKeys) {
  StreamOptions before = stamped(events);
  before.ledger->anchors = 100;
  const StreamOptions after = with_buckets(stamped(events));
  const test::KeyChecks<Ledger> here(before, 0);
  {
    auto first = here.writer();
    for (std::int64_t key = 0; key < 180; key += 10) here.append(first, key, 4);
    first.detach();
  }
  auto attached = here.reader();
  const Ledger map(attached.raw());
  test::check_at_every_instruction(
      directory, {.name = "replacing a stream with a ledger",
                  .act =
                      [&] {
                        const test::KeyChecks<Ledger> anew(after, 0);
                        begin_steps();
                        auto out = anew.writer();
                        end_steps();
                        out.detach();
                      },
                  .look = [&] { here.answers(attached, map); },
                  .bury =
                      [&](const std::string& left) {
                        const bool is_replaced = stream_info("keyed", left).buckets.has_value();
                        test::KeyChecks<Ledger>(is_replaced ? after : before, 0, left).outlives([](Index n) {
                          return n == 72;
                        });
                      }});
}

}  // namespace
}  // namespace shm
