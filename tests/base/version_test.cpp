// SPDX-License-Identifier: Apache-2.0

// The version of headers, library and build are one.
#include "shm/version.hpp"

#include <gtest/gtest.h>

#include <string>

namespace shm {
namespace {

TEST(Version, HeaderHasTheVersionOfTheBuild) { EXPECT_STREQ(SHM_VERSION_STRING, SHM_PROJECT_VERSION); }

TEST(Version, TextHasTheNumbers) {
  EXPECT_EQ(std::string(SHM_VERSION_STRING), std::to_string(version.major) + "." +
                                                 std::to_string(version.minor) + "." +
                                                 std::to_string(version.patch));
}

TEST(Version, LibraryHasTheVersionOfTheHeaders) { EXPECT_EQ(library_version(), version); }

TEST(Version, IsOrderedByMajorThenMinorThenPatch) {
  EXPECT_LT((Version{0, 9, 9}), (Version{1, 0, 0}));
  EXPECT_LT((Version{1, 0, 9}), (Version{1, 1, 0}));
  EXPECT_LT((Version{1, 1, 0}), (Version{1, 1, 1}));
}

}  // namespace
}  // namespace shm
