// SPDX-License-Identifier: Apache-2.0

// shm cat, info and ls of streams of records.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "shm/stream/record_writer.hpp"
#include "support/process.hpp"
#include "support/test_directory.hpp"

namespace {

using nlohmann::json;
using shm::test::Finished;
using shm::test::Process;

class ShmCatRecords : public ::testing::Test {
 protected:
  static Finished shm_command(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), SHM_PROGRAM_shm);
    return shm::test::run(arguments);
  }
  static std::string cat(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"cat", "notes"});
    const Finished finished = shm_command(arguments);
    EXPECT_EQ(finished.exit_code, 0) << finished.err;
    return finished.out;
  }
  static std::vector<json> jsons(const std::string& text) {
    std::vector<json> lines;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) lines.push_back(json::parse(line));
    return lines;
  }
  shm::test::TestDirectory directory;
};

TEST_F(ShmCatRecords, PrintsLinesOfText) {
  shm::RecordWriter out("notes");
  for (const std::string_view record :
       {"plain", "with its newline\n", "", "two\nlines", "\"quoted", "\xff\n"}) {
    out.append(record);
  }
  EXPECT_EQ(cat({}), "plain\nwith its newline\n\n\"two\\nlines\"\n\"\\\"quoted\"\n\"\\xff\\n\"\n");
  EXPECT_EQ(cat({"--index", "-n", "2"}), "0: plain\n1: with its newline\n");
  EXPECT_EQ(cat({"--from=-1"}), "\"\\xff\\n\"\n");
  EXPECT_EQ(cat({"--format", "hex", "-n", "1"}), "706c61696e\n");
  EXPECT_EQ(cat({"--format", "raw", "-n", "2"}), "plainwith its newline\n");
}

TEST_F(ShmCatRecords, PrintsObjectsOfJson) {
  shm::RecordWriter out("notes");
  for (const std::string_view record : {std::string_view("a \"b\"\n"), std::string_view("\0\xff", 2)})
    out.append(record);
  const auto lines = jsons(cat({"--format", "json"}));
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0], (json{{"index", 0}, {"text", "a \"b\"\n"}}));
  EXPECT_EQ(lines[1], (json{{"index", 1}, {"base64", "AP8="}}));
}

TEST_F(ShmCatRecords, PrintsTimesInJson) {
  for (const bool by_ledger : {false, true}) {
    shm::StreamOptions options;
    if (by_ledger) {
      options.ledger = shm::LedgerOptions{};
    } else {
      options.timestamp = shm::Timestamp::field("time");
    }
    shm::RecordWriter out("notes", options);
    for (const std::int64_t time : {10, 20, 30}) out.append(std::to_string(time), shm::Stamp::first(time));
    EXPECT_EQ(jsons(cat({"--format", "json", "--from=-1"}))[0],
              (json{{"index", 2}, {"time", 30}, {"text", "30"}}));
    EXPECT_EQ(cat({"--since", "20"}), "20\n30\n");
    EXPECT_EQ(cat({"--since", "5", "--until", "20"}), "10\n");
  }
}

TEST_F(ShmCatRecords, PrintsLargeRecordsWhole) {
  shm::StreamOptions options;
  options.records = shm::RecordOptions{.max_record_bytes = 1 << 20};
  shm::RecordWriter out("notes", options);
  std::string text;
  while (text.size() < (300 << 10)) text += "\u20ac and more of it; ";
  out.append(text);
  EXPECT_EQ(cat({}), text + "\n");
  EXPECT_EQ(jsons(cat({"--format", "json"}))[0]["text"], text);
  text[text.size() / 2] = '\xff';
  out.append(text);
  const std::string base64 = jsons(cat({"--format", "json", "--from=-1"}))[0]["base64"];
  EXPECT_EQ(base64.size(), (text.size() + 2) / 3 * 4);
  EXPECT_EQ(base64.find('='),
            text.size() % 3 == 0 ? std::string::npos : base64.size() - (3 - text.size() % 3));
}

TEST_F(ShmCatRecords, FollowsRecordsToTheEnd) {
  shm::RecordWriter out("notes");
  Process following({SHM_PROGRAM_shm, "cat", "notes", "-f"});
  while (out.readers().empty()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  out.append("one");
  out.append("two");
  EXPECT_TRUE(shm::test::eventually([&] { return following.out() == "one\ntwo\n"; })) << following.out();
  out.close();
  EXPECT_EQ(following.wait().exit_code, 0);
}

TEST_F(ShmCatRecords, MergesRecordsByTheirTimes) {
  shm::StreamOptions options;
  options.timestamp = shm::Timestamp::field("time");
  shm::RecordWriter notes("notes", options);
  shm::RecordWriter more("more", options);
  notes.append("a", shm::Stamp::first(1'000'000'000));
  more.append("b\n", shm::Stamp::first(2'000'000'000));
  notes.append("two\nlines", shm::Stamp::first(3'000'000'000));
  const auto lines = jsons(shm_command({"merge", "notes", "more", "--format", "json"}).out);
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(lines[1]["stream"], "more");
  EXPECT_EQ(lines[1]["item"]["text"], "b\n");
  const std::string text = shm_command({"merge", "notes", "more"}).out;
  EXPECT_NE(text.find("Z notes a\n"), std::string::npos) << text;
  EXPECT_NE(text.find("Z more b\n"), std::string::npos) << text;
  EXPECT_NE(text.find("Z notes \"two\\nlines\"\n"), std::string::npos) << text;
}

TEST_F(ShmCatRecords, PrintsTheBytesOfItemsInHex) {
  shm::RecordWriter out("notes");
  out.append("abc");
  EXPECT_EQ(cat({"--format", "hex"}), "616263\n");
}

TEST_F(ShmCatRecords, InfoAndLsShowTheMediaType) {
  shm::StreamOptions options;
  options.records =
      shm::RecordOptions{.history_bytes = 100'000, .max_record_bytes = 5000, .media_type = "text/plain"};
  shm::RecordWriter out("notes", options);
  out.append("abc");
  const json info = json::parse(shm_command({"info", "notes", "--json"}).out);
  EXPECT_EQ(info["records"], (json{{"media_type", "text/plain"},
                                   {"max_bytes", 5000},
                                   {"history_bytes", 100'000},
                                   {"bytes_inserted", 8}}));
  const std::string text = shm_command({"info", "notes"}).out;
  EXPECT_NE(text.find("text/plain, of up to 5000 bytes, 100.0 kB guaranteed, 8 B inserted\n"),
            std::string::npos)
      << text;
  EXPECT_NE(shm_command({"ls"}).out.find("records of text/plain"), std::string::npos);
  EXPECT_EQ(json::parse(shm_command({"ls", "--json"}).out)[0]["records"]["media_type"], "text/plain");
}

}  // namespace
