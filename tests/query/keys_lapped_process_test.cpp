// SPDX-License-Identifier: Apache-2.0

// A reader that searches by key while a writer in another process laps it.
#include <gtest/gtest.h>

#include "query/lapped_keys.hpp"
#include "shm/query/stream_keys.hpp"
#include "support/process.hpp"
#include "support/test_directory.hpp"

namespace shm {
namespace {

using namespace std::chrono_literals;

class LappedReaderOfAnotherProcess : public ::testing::TestWithParam<bool> {};

TEST_P(LappedReaderOfAnotherProcess, GetsTheRightItemsOrOverlapsPast) {
  const test::TestDirectory directory;
  test::Process writer([] {
    test::write_moving(test::moving_options(GetParam(), true), 300ms);
    return 0;
  });
  test::LappedQuestions questions(
      keyed<StreamKeys>(Reader<test::Moving>("moving", Start::oldest(), {.wait_for_stream = 10s})), 1);
  questions.ask_until_left();
  EXPECT_GT(questions.answers(), 0U);
  EXPECT_EQ(writer.wait().exit_code, 0);
}

INSTANTIATE_TEST_SUITE_P(Keys, LappedReaderOfAnotherProcess, ::testing::Bool(),
                         [](const auto& kind) { return std::string(kind.param ? "InALedger" : "InItems"); });

}  // namespace
}  // namespace shm
