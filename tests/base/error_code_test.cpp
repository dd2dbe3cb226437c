// SPDX-License-Identifier: Apache-2.0

// Every class of error has a code of its own, and the numbers never change.
#include "shm/base/error_code.hpp"

#include <gtest/gtest.h>

#include <set>
#include <utility>
#include <vector>

#include "shm/base/error.hpp"
#include "shm/stream/reader.hpp"
#include "support/test_directory.hpp"

namespace shm {
namespace {

using Codes = std::vector<ErrorCode>;

/// Sorted by number. A new code is appended here, with the next number.
const std::vector<std::pair<ErrorCode, int>> all_codes{
    {ErrorCode::other, 1},          {ErrorCode::invalid_argument, 2},
    {ErrorCode::key_decreases, 3},  {ErrorCode::ledger_full, 4},
    {ErrorCode::ring_full, 5},      {ErrorCode::not_found, 6},
    {ErrorCode::system_error, 7},   {ErrorCode::permission_denied, 8},
    {ErrorCode::no_space, 9},       {ErrorCode::bad_stream, 10},
    {ErrorCode::type_mismatch, 11}, {ErrorCode::writer_exists, 12},
    {ErrorCode::overlaps_past, 13}, {ErrorCode::overlaps_future, 14},
    {ErrorCode::timed_out, 15},     {ErrorCode::interrupted, 16},
    {ErrorCode::ended, 17},         {ErrorCode::writer_lost, 18},
    {ErrorCode::evicted, 19},       {ErrorCode::source_failed, 20},
    {ErrorCode::readers_full, 21},  {ErrorCode::tai_offset_unknown, 22},
};

TEST(ErrorCode, NumbersAreStable) {
  for (const auto& [code, number] : all_codes) EXPECT_EQ(static_cast<int>(code), number) << to_string(code);
}

TEST(ErrorCode, EveryCodeHasANameOfItsOwn) {
  std::set<std::string_view> names;
  for (const auto& [code, number] : all_codes) names.insert(to_string(code));
  EXPECT_EQ(names.size(), all_codes.size());
  EXPECT_FALSE(names.contains("unknown"));
  EXPECT_EQ(to_string(ErrorCode::not_found), "not_found");
}

TEST(ErrorCode, NumberAfterTheLastCodeHasNoName) {
  EXPECT_EQ(to_string(static_cast<ErrorCode>(0)), "unknown");
  EXPECT_EQ(to_string(static_cast<ErrorCode>(all_codes.size() + 1)), "unknown");
}

TEST(ErrorCode, EveryClassOfErrorHasACodeOfItsOwn) {
  const Codes codes{Error("").code(),
                    InvalidArgument("").code(),
                    KeyDecreases("").code(),
                    LedgerFull("").code(),
                    RingFull("", 0, "").code(),
                    NotFound("").code(),
                    SystemError(0, "").code(),
                    PermissionDenied(0, "").code(),
                    NoSpace(0, "").code(),
                    BadStream("").code(),
                    TypeMismatch("").code(),
                    WriterExists("", 0, "").code(),
                    OverlapsPast("", {}, {}).code(),
                    OverlapsFuture("", {}, {}).code(),
                    TimedOut("").code(),
                    Interrupted("").code(),
                    Ended("").code(),
                    WriterLost("").code(),
                    Evicted("").code(),
                    SourceFailed("").code()};
  for (std::size_t i = 0; i < codes.size(); ++i) EXPECT_EQ(codes[i], all_codes[i].first) << i;
}

TEST(ErrorCode, SurvivesBeingCaughtAsTheBaseClass) {
  const test::TestDirectory directory;
  try {
    Reader<int>("numbers", Start::oldest());
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::not_found);
  }
}

}  // namespace
}  // namespace shm
