// SPDX-License-Identifier: Apache-2.0
#include "consumers/shm/quote.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace {

using shm::programs::Output;

std::string json(std::string_view text) {
  Output::Buffer out;
  shm::programs::append_json_string(out, text);
  return fmt::to_string(out);
}

std::string quoted(std::string_view text) {
  Output::Buffer out;
  shm::programs::append_quoted(out, text);
  return fmt::to_string(out);
}

std::string csv(std::string_view text) {
  Output::Buffer out;
  shm::programs::append_csv(out, text);
  return fmt::to_string(out);
}

TEST(Quote, EscapesCharactersThatJsonRequires) {
  EXPECT_EQ(json("a\"b\\c\n\t\r"), R"("a\"b\\c\n\t\r")");
  EXPECT_EQ(json(std::string("\x01\x7f", 2)), R"("\u0001\u007f")");
}

TEST(Quote, KeepsUtf8AsItIs) {
  for (const char* text : {"\u00e4", "\u20ac", "\U0001F600"}) {
    EXPECT_EQ(json(text), '"' + std::string(text) + '"');
    EXPECT_EQ(quoted(text), '"' + std::string(text) + '"');
  }
}

TEST(Quote, MakesValidJsonOfEveryPairOfBytes) {
  for (int a = 0; a < 256; ++a) {
    for (int b = 0; b < 256; ++b) {
      const std::string text{static_cast<char>(a), static_cast<char>(b)};
      ASSERT_TRUE(nlohmann::json::accept(json(text))) << a << ' ' << b;
    }
  }
}

TEST(Quote, ReplacesOverlongFormsSurrogatesAndCutOffCharacters) {
  for (const std::string text : {"\xc0\xaf", "\xed\xa0\x80", "\xe2\x82", "\xf4\x90\x80\x80", "\xff"}) {
    const std::string line = json(text);
    EXPECT_TRUE(nlohmann::json::accept(line));
    EXPECT_NE(line.find("\xef\xbf\xbd"), std::string::npos);
  }
}

TEST(Quote, ShowsOtherBytesInHexAsText) { EXPECT_EQ(quoted("a\xff\x01\n"), R"("a\xff\x01\n")"); }

TEST(Quote, CutsLongTextsBetweenCharacters) {
  using shm::programs::first_piece;
  EXPECT_EQ(first_piece("abc", 4), "abc");
  EXPECT_EQ(first_piece("abcdef", 4), "abcd");
  EXPECT_EQ(first_piece("ab\u20acd", 4), "ab") << "three bytes, of which two would fit";
  EXPECT_EQ(first_piece("a\u20acd", 4), "a\u20ac");
  EXPECT_EQ(first_piece("a\U0001F600", 4), "a");
  EXPECT_EQ(first_piece("\x80\x80\x80\x80\x80\x80", 4), "\x80\x80\x80\x80") << "no characters to cut between";
}

TEST(Quote, RecognisesUtf8AndPlainLines) {
  using shm::programs::is_plain_line;
  using shm::programs::is_utf8;
  for (const char* text : {"", "plain", "tab\tbed", "\u00e4\u20ac\U0001F600"}) {
    EXPECT_TRUE(is_utf8(text)) << text;
    EXPECT_TRUE(is_plain_line(text)) << text;
  }
  EXPECT_TRUE(is_utf8("two\nlines"));
  EXPECT_FALSE(is_plain_line("two\nlines"));
  EXPECT_FALSE(is_plain_line("\x1b[31mred"));
  for (const char* text : {"\xff", "\xc3", "\xe2\x82", "\xed\xa0\x80", "\xc0\x80"})
    EXPECT_FALSE(is_utf8(text));
}

TEST(Quote, QuotesCsvFieldsOnlyIfRequired) {
  for (const char* text : {"", "plain", "a b", "a;b", "it's"}) EXPECT_EQ(csv(text), text);
  EXPECT_EQ(csv("a,b"), "\"a,b\"");
  EXPECT_EQ(csv("a \"b\""), "\"a \"\"b\"\"\"");
  EXPECT_EQ(csv("a\r\nb"), "\"a\r\nb\"");
}

TEST(Quote, RecognisesPlainTextOfManyLines) {
  using shm::programs::is_plain_text;
  for (const char* text : {"", "\n", "\n\n", "a", "a\n", "a\nb", "a\r\nb\r\n", "\ta\n\u20ac"}) {
    EXPECT_TRUE(is_plain_text(text)) << quoted(text);
  }
  for (const char* text :
       {"a\rb", "a\r", "a\n\r", "a\r\r\n", "\x1b[2J", "a\n\x7f", "\xff", "\xe2\n\x82\xac"}) {
    EXPECT_FALSE(is_plain_text(text)) << quoted(text);
  }
  EXPECT_FALSE(is_plain_text(std::string_view("a\0b", 3)));
}

}  // namespace
