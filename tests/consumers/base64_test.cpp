// SPDX-License-Identifier: Apache-2.0
#include "consumers/shm/base64.hpp"

#include <gtest/gtest.h>

namespace {

using shm::programs::Output;

std::string encoded(std::string_view text) {
  Output::Buffer out;
  shm::programs::append_base64(out, std::as_bytes(std::span<const char>(text)));
  return fmt::to_string(out);
}

TEST(Base64, EncodesTheExamplesOfTheStandard) {  // RFC 4648, section 10
  EXPECT_EQ(encoded(""), "");
  EXPECT_EQ(encoded("f"), "Zg==");
  EXPECT_EQ(encoded("fo"), "Zm8=");
  EXPECT_EQ(encoded("foo"), "Zm9v");
  EXPECT_EQ(encoded("foob"), "Zm9vYg==");
  EXPECT_EQ(encoded("fooba"), "Zm9vYmE=");
  EXPECT_EQ(encoded("foobar"), "Zm9vYmFy");
}

TEST(Base64, EncodesEveryByte) {
  EXPECT_EQ(encoded(std::string_view("\0", 1)), "AA==");
  EXPECT_EQ(encoded("\xff\xff\xff\xfe"), "/////g==");
  EXPECT_EQ(encoded("\xfb\xef\xbe"), "++++");
}

TEST(Base64, EncodesPiecesOfThreeBytesAsTheWhole) {
  std::string all;
  for (int i = 0; i < 256; ++i) all += static_cast<char>(i);
  std::string pieces;
  for (std::size_t at = 0; at < all.size(); at += 33) pieces += encoded(all.substr(at, 33));
  EXPECT_EQ(pieces, encoded(all));
}

}  // namespace
