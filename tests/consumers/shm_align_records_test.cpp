// SPDX-License-Identifier: Apache-2.0

// shm align of streams of records.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "shm/stream/record_reader.hpp"
#include "shm/stream/record_writer.hpp"
#include "shm/stream/writer.hpp"
#include "shm/time/clock.hpp"
#include "support/process.hpp"
#include "support/test_directory.hpp"

namespace {

using shm::test::eventually;
using shm::test::Finished;
using shm::test::Process;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

using Row = std::vector<std::string>;

/// The fields of a CSV file, by the rules of RFC 4180 (but for the lines' ends, which are \n here).
std::vector<Row> parse_csv(std::string_view text) {
  std::vector<Row> rows;
  for (Row row; !text.empty();) {
    std::string& field = row.emplace_back();
    if (text.front() == '"') {
      text.remove_prefix(1);
      for (; text.front() != '"' || text.substr(1, 1) == "\""; text.remove_prefix(1)) {
        if (text.front() == '"') text.remove_prefix(1);
        field += text.front();
      }
      text.remove_prefix(1);
    } else {
      field = text.substr(0, text.find_first_of(",\n"));
      text.remove_prefix(field.size());
    }
    const bool ends = text.front() == '\n';
    EXPECT_TRUE(ends || text.front() == ',') << text;
    text.remove_prefix(1);
    if (ends) rows.push_back(std::exchange(row, {}));
  }
  return rows;
}

class ShmAlignRecords : public ::testing::Test {
 protected:
  static constexpr std::int64_t second = 1'000'000'000;
  using Item = shm::TimeAndValue<int>;

  static shm::StreamOptions timed() {
    shm::StreamOptions options;
    options.clock = CLOCK_REALTIME;
    options.timestamp = shm::Timestamp::time_and_value();
    return options;
  }
  static shm::StreamOptions timed_records() {
    shm::StreamOptions options;
    options.clock = CLOCK_REALTIME;
    options.timestamp = shm::Timestamp::field("time");
    return options;
  }
  static std::vector<std::string> command(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {SHM_PROGRAM_shm, "align"});
    return arguments;
  }
  static Finished align(std::vector<std::string> arguments) {
    return shm::test::run(command(std::move(arguments)));
  }
  /// The table without its column of times.
  static std::vector<Row> cells(const std::string& table) {
    std::vector<Row> rows = parse_csv(table);
    for (Row& row : rows) row.erase(row.begin());
    return rows;
  }
  static std::vector<Row> table(std::vector<std::string> arguments) {
    const Finished finished = align(std::move(arguments));
    EXPECT_EQ(finished.exit_code, 0) << finished.err;
    return cells(finished.out);
  }
  static void append(shm::RecordWriter& out, std::string_view text, std::int64_t seconds) {
    out.append(text, shm::Stamp::first(seconds * second));
  }

  shm::test::TestDirectory directory;
};

TEST_F(ShmAlignRecords, PrintsOneColumnWithTheirText) {
  shm::Writer<Item> a("a", timed());
  shm::RecordWriter notes("notes", timed_records());
  for (const int t : {10, 20, 30}) a.append({t * second, t});
  append(notes, "early", 5);
  append(notes, "a, \"b\"\nc\n", 15);
  append(notes, "\xff\n", 28);
  append(notes, "late", 40);
  const Finished finished = align({"a", "notes", "--time", "seconds"});
  EXPECT_EQ(finished.out,
            "time,a.time,a.value,notes\n"
            "10.000000000,10000000000,10,early\n"
            "20.000000000,20000000000,20,\"a, \"\"b\"\"\nc\"\n"
            "30.000000000,30000000000,30,\"\"\"\\xff\\n\"\"\"\n");
  EXPECT_EQ(finished.err, "");
}

TEST_F(ShmAlignRecords, PrintsCsvThatReadsBack) {
  shm::RecordWriter notes("notes", timed_records());
  const std::vector<std::string> texts{"plain", "a,b", "say \"b\"", "two\nlines", "two\r\nlines",
                                       "",      " ",   ",",         "\n\n,"};
  for (std::size_t i = 0; i < texts.size(); ++i) append(notes, texts[i] + "\n", static_cast<std::int64_t>(i));
  const std::vector<Row> rows = table({"notes"});
  ASSERT_EQ(rows.size(), texts.size() + 1);
  for (std::size_t i = 0; i < texts.size(); ++i) EXPECT_THAT(rows[i + 1], ElementsAre(texts[i]));
}

TEST_F(ShmAlignRecords, PrintsARowForEachRecordThatLeads) {
  shm::RecordWriter notes("notes", timed_records());
  shm::Writer<Item> a("a", timed());
  for (const int t : {0, 10, 20, 30}) a.append({t * second, t});
  append(notes, "one", 4);
  append(notes, "two", 19);
  const std::vector<Row> rows = table({"notes", "a"});
  EXPECT_THAT(rows, ElementsAre(Row{"notes", "a.time", "a.value"}, Row{"one", "0", "0"},
                                Row{"two", "10000000000", "10"}));
  EXPECT_THAT(
      table({"a", "notes", "--on", "notes", "--how", "nearest"}),
      ElementsAre(Row{"a.time", "a.value", "notes"}, Row{"0", "0", "one"}, Row{"20000000000", "20", "two"}));
}

TEST_F(ShmAlignRecords, FindsRecordsByEveryMethodWithinTheTolerance) {
  shm::Writer<Item> a("a", timed());
  shm::RecordWriter notes("notes", timed_records());
  a.append({20 * second, 0});
  append(notes, "before", 10);
  append(notes, "after", 25);
  const auto cell = [](std::vector<std::string> more) {
    more.insert(more.begin(), {"a", "notes"});
    return table(std::move(more)).at(1).back();
  };
  EXPECT_EQ(cell({}), "before");
  EXPECT_EQ(cell({"--how", "next"}), "after");
  EXPECT_EQ(cell({"--how", "nearest"}), "after");
  EXPECT_EQ(cell({"--tolerance", "9s"}), "");
}

TEST_F(ShmAlignRecords, AlignsSeveralStreamsOnAGrid) {
  shm::RecordWriter notes("notes", timed_records());
  shm::RecordWriter more("more", timed_records());
  append(notes, "n0", 0);
  append(more, "m5", 5);
  append(notes, "n15", 15);
  append(more, "m21", 21);
  append(notes, "n30", 30);
  EXPECT_THAT(table({"notes", "more", "--every", "10s", "--until", "1970-01-01T00:00:30Z"}),
              ElementsAre(Row{"notes", "more"}, Row{"n0", "m5"}, Row{"n15", "m5"}));
}

TEST_F(ShmAlignRecords, FollowsRecords) {
  shm::Writer<Item> a("a", timed());
  shm::RecordWriter notes("notes", timed_records());
  Process process(command({"a", "notes", "--follow", "--lateness", "1h"}));
  ASSERT_TRUE(eventually([&] { return a.readers().size() == 1 && notes.readers().size() == 1; }));
  append(notes, "one", 1);
  a.append({2 * second, 2});
  append(notes, "three", 3);
  ASSERT_TRUE(eventually([&] { return cells(process.out()).size() == 2; })) << process.out();
  a.append({3 * second, 3});
  a.close();
  notes.close();
  const Finished finished = process.wait();
  EXPECT_EQ(finished.exit_code, 0) << finished.err;
  const std::vector<Row> rows = cells(finished.out);
  ASSERT_EQ(rows.size(), 3U) << finished.out;
  EXPECT_EQ(rows[1].back(), "one");
  EXPECT_EQ(rows[2].back(), "three");
}

TEST_F(ShmAlignRecords, FollowsLeadingRecordsToTheEnd) {
  shm::RecordWriter notes("notes", timed_records());
  Process process(command({"notes", "--follow"}));
  ASSERT_TRUE(eventually([&] { return notes.readers().size() == 1; }));
  append(notes, "one", 1);
  ASSERT_TRUE(eventually([&] { return cells(process.out()).size() == 2; })) << process.out();
  append(notes, "two", 2);
  notes.close();
  EXPECT_THAT(cells(process.wait().out), ElementsAre(Row{"notes"}, Row{"one"}, Row{"two"}));
}

TEST_F(ShmAlignRecords, PrintsOverwrittenRecordsAsEmptyCellsAndCountsThem) {
  shm::Writer<Item> a("a", timed());
  shm::StreamOptions options = timed_records();
  options.history = 8;
  shm::RecordWriter notes("notes", options);
  for (const int t : {1, 2, 100'000}) a.append({t * second, t});
  shm::RecordReader reader("notes", shm::Start::oldest());
  int t = 0;
  while (reader.oldest() < 10) append(notes, "note", t++);
  append(notes, "the last but one", 99'999);
  append(notes, "the last", 100'001);
  const Finished finished = align({"a", "notes"});
  std::vector<std::string> column;
  for (const Row& row : cells(finished.out)) column.push_back(row.back());
  EXPECT_THAT(column, ElementsAre("notes", "", "", "the last but one"));
  EXPECT_THAT(finished.err, HasSubstr("2 cells left empty: overwritten"));
}

TEST_F(ShmAlignRecords, PrintsLargeRecordsWhole) {
  shm::Writer<Item> a("a", timed());
  shm::Writer<Item> b("b", timed());
  shm::StreamOptions options = timed_records();
  options.records = shm::RecordOptions{.max_record_bytes = 1 << 20};
  shm::RecordWriter notes("notes", options);
  std::string text;
  while (text.size() < (300 << 10)) text += "\u20ac, and \"more\";\n";
  text += '.';
  append(notes, text, 5);
  append(notes, "next", 50);
  for (const int t : {10, 20}) a.append({t * second, t});
  b.append({15 * second, 0});
  const Finished finished = align({"a", "notes", "b"});
  const std::vector<Row> rows = cells(finished.out);
  ASSERT_EQ(rows.size(), 2U) << "nothing of a row that is not yet sure";
  EXPECT_EQ(rows[1][2], text);
  EXPECT_THAT(finished.err, HasSubstr("what 'b' had then is not yet sure"));
}

TEST_F(ShmAlignRecords, RefusesLinearInterpolationOfRecords) {
  shm::Writer<Item> a("a", timed());
  shm::RecordWriter notes("notes", timed_records());
  for (const int t : {10, 20}) a.append({t * second, t});
  append(notes, "note", 15);
  for (const std::vector<std::string>& wrong :
       {std::vector<std::string>{"a", "notes", "--how", "linear"},
        std::vector<std::string>{"notes", "a", "--how", "linear", "--every", "1s"},
        std::vector<std::string>{"notes", "a", "--how", "linear", "--on", "a"}}) {
    const Finished refused = align(wrong);
    EXPECT_EQ(refused.exit_code, 2) << refused.err;
    EXPECT_EQ(refused.out, "");
    EXPECT_THAT(refused.err, HasSubstr("'notes' is a stream of records"));
    EXPECT_THAT(refused.err, HasSubstr("previous, next or nearest"));
  }
  // Its own records need no interpolation; the numbers of the other stream do.
  EXPECT_THAT(table({"notes", "a", "--how", "linear"}),
              ElementsAre(Row{"notes", "a.time", "a.value"}, Row{"note", "15000000000", "15"}));
}

}  // namespace
