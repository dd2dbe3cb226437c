// SPDX-License-Identifier: Apache-2.0

// A writer that dies at any instruction of an append of any kind, around the ring. At every instruction, readers that
// are attached see whole items only. After the death, other processes read the stream and continue it.
#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>

#include <functional>

#include "support/raw_file.hpp"
#include "verification/crash/every_instruction.hpp"
#include "verification/crash/stepped_process.hpp"
#include "verification/crash/stream_checks.hpp"

namespace shm {
namespace {

using test::begin_steps;
using test::end_steps;

/// A kind of append: it appends `count` items, the first of which has index `first`.
template <std::size_t Words>
using Append = std::function<void(Writer<test::CheckedItem<Words>>& out, Index first, std::uint64_t count)>;

template <std::size_t Words>
void one_by_one(Writer<test::CheckedItem<Words>>& out, Index first, std::uint64_t count) {
  for (Index i = first; i < first + count; ++i) out.append(test::checked_item<Words>(i));
}
template <std::size_t Words>
void as_a_batch(Writer<test::CheckedItem<Words>>& out, Index first, std::uint64_t count) {
  std::vector<test::CheckedItem<Words>> items;
  for (Index i = first; i < first + count; ++i) items.push_back(test::checked_item<Words>(i));
  out.append(std::span<const test::CheckedItem<Words>>(items));
}
template <std::size_t Words>
void claimed(Writer<test::CheckedItem<Words>>& out, Index first, std::uint64_t count) {
  for (Index i = first; i < first + count;) {
    const auto slots = out.claim(std::min<std::uint64_t>(7, out.max_claim()));
    for (std::size_t k = 0; k < slots.size(); ++k) slots[k] = test::checked_item<Words>(i + k);
    const std::uint64_t published = std::min<std::uint64_t>(5, first + count - i);  // the rest is returned
    out.publish(published);
    i += published;
  }
}

class AppendCrash : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!test::can_step()) GTEST_SKIP() << test::why_no_steps;
  }

  /// Appends `count` items, all around the ring, after `before` items of another writer, and checks each instruction.
  template <std::size_t Words>
  void in_appending(const std::string& what, std::uint64_t count, const Append<Words>& append,
                    std::uint64_t before = 100) {
    const test::StreamChecks<Words> here("items", options);
    {
      auto first = here.writer();
      here.append(first, before);
      first.detach();
    }
    auto follower = here.reader();
    auto asker = here.reader();
    const auto points = test::check_at_every_instruction(
        directory, {.name = what + " of " + std::to_string(Words * 8) + " bytes",
                    .act =
                        [&] {
                          auto out = here.writer();
                          begin_steps();
                          append(out, before, count);
                          end_steps();
                          out.detach();
                        },
                    .look =
                        [&] {
                          here.follow(follower);
                          here.answers(asker);
                        },
                    .bury =
                        [&](const std::string& left) {
                          Index lowest = follower.inserted();
                          test::StreamChecks<Words>("items", options, left).outlives([&](Index n) {
                            return n >= lowest && n <= before + count;
                          });
                        }});
    EXPECT_GT(points.instructions, 30 * count / 8);
    EXPECT_EQ(points.system_calls, 1U);  // the one of end_steps(): an append makes no system call
    EXPECT_GT(points.states, count / 8);
    EXPECT_EQ(follower.inserted(), before + count);
  }

  test::TestDirectory directory;
  const StreamOptions options{.history = 32, .max_claim = 8};
};

constexpr std::size_t inserted_offset = layout::live_state_offset + offsetof(layout::LiveState, counters) +
                                        offsetof(layout::CounterLine, inserted);

/// A test of the harness: it finds a wrong append.
TEST_F(AppendCrash, TheHarnessFindsAnItemThatIsCountedBeforeItIsWritten) {
  const test::StreamChecks<6> here("items", options);
  auto first = here.writer();
  here.append(first, 100);
  auto follower = here.reader();
  testing::TestPartResultArray failures;
  {
    const testing::ScopedFakeTestPartResultReporter reporter(
        testing::ScopedFakeTestPartResultReporter::INTERCEPT_ONLY_CURRENT_THREAD, &failures);
    test::check_at_every_instruction(
        directory, {.name = "a wrong append",
                    .act =
                        [&] {
                          begin_steps();
                          test::poke_file<Index>(directory.path() / "items.stream", inserted_offset, 101);
                          end_steps();
                        },
                    .look = [&] { here.follow(follower); },
                    .bury = [](const std::string&) {}});
  }
  EXPECT_GT(failures.size(), 0);
}

// The ring has 128 slots for 16 bytes (history 32, reserve 64, claim 8; a page): counts go around it.
TEST_F(AppendCrash, DeathInAppendingSmallItemsLosesNothing) {
  in_appending<2>("single appends", 140, one_by_one<2>);
}
TEST_F(AppendCrash, DeathInAppendingItemsThatFillTheCounterLineLosesNothing) {
  in_appending<6>("single appends", 70, one_by_one<6>);
}
TEST_F(AppendCrash, DeathInAppendingLargeItemsLosesNothing) {
  in_appending<16>("single appends", 140, one_by_one<16>);
}
TEST_F(AppendCrash, DeathInAppendingTheVeryFirstItemsLosesNothing) {
  in_appending<2>("first appends", 5, one_by_one<2>, 0);
}
TEST_F(AppendCrash, DeathInAppendingABatchOfManyStepsLosesNothing) {
  in_appending<6>("a batch append", 150, as_a_batch<6>);
}
TEST_F(AppendCrash, DeathInAppendingABatchOfLargeItemsLosesNothing) {
  in_appending<16>("a batch append", 40, as_a_batch<16>);
}
TEST_F(AppendCrash, DeathInClaimingAndPublishingLosesNothing) {
  in_appending<6>("claim and publish", 140, claimed<6>);
}

}  // namespace
}  // namespace shm
