// SPDX-License-Identifier: Apache-2.0
#include "consumers/shm/record_printer.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace shm::programs {
namespace {

Record record_with(std::string_view text) {
  const auto bytes = std::as_bytes(std::span(text));
  return {.index = 7, .time = 0, .bytes = {bytes.begin(), bytes.end()}};
}

std::string field(std::string_view text) {
  Output out;
  print_record(record_with(text), std::nullopt, PrintRecordAs::csv, out);
  return fmt::to_string(out.buffer());
}

TEST(PrintRecordCsv, PrintsTheText) {
  for (const char* text : {"21.5", "a b", "\u20ac", "\ttab", "{a:1}"}) EXPECT_EQ(field(text), text);
  EXPECT_EQ(field("a,b"), "\"a,b\"");
  EXPECT_EQ(field(R"({"a":1})"), R"("{""a"":1}")");
  EXPECT_EQ(field("two\nlines"), "\"two\nlines\"");
  EXPECT_EQ(field("two\r\nlines"), "\"two\r\nlines\"");
}

TEST(PrintRecordCsv, DropsTheNewlineAtTheEnd) {
  EXPECT_EQ(field("a line\n"), "a line");
  EXPECT_EQ(field("a line\r\n"), "a line");
  EXPECT_EQ(field("two\nlines\n"), "\"two\nlines\"");
  EXPECT_EQ(field("a line\n\n"), "\"a line\n\"");
}

TEST(PrintRecordCsv, PrintsAnEmptyRecordAsAField) {
  EXPECT_EQ(field(""), "\"\"");
  EXPECT_EQ(field("\n"), "\"\"");
}

TEST(PrintRecordCsv, MarksBinaryRecordsByALeadingQuote) {
  EXPECT_EQ(field("\xff\xd8"
                  "A"),
            R"("""\xff\xd8A""")");
  EXPECT_EQ(field(std::string_view("\0", 1)), R"("""\x00""")");
  EXPECT_EQ(field("\x1b[2J\n"), R"("""\x1b[2J\n""")");
  EXPECT_EQ(field("a\rb"), R"("""a\rb""")");
  EXPECT_EQ(field(R"("b")"), R"("""\""b\""""")");
}

TEST(PrintRecordCsv, DoesNotCopyLargeRecords) {
  const int nowhere = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  constexpr std::size_t large = 4 << 20;
  for (const std::string& text :
       {std::string(large, 'a'), std::string(large, ','), std::string(large, '\xff')}) {
    Output out(nowhere);
    print_record(record_with(text), std::nullopt, PrintRecordAs::csv, out);
    EXPECT_GE(out.written() + out.buffer().size(), text.size());
    EXPECT_LT(out.buffer().capacity(), large / 4);
  }
  ::close(nowhere);
}

}  // namespace
}  // namespace shm::programs
