// SPDX-License-Identifier: Apache-2.0

// shm-pipe as it is used: programs at both ends, that come, go, stop and die.
#include <gtest/gtest.h>

#include <fstream>

#include "shm/stream/record_reader.hpp"
#include "shm/stream/record_writer.hpp"
#include "support/process.hpp"
#include "support/test_directory.hpp"

namespace {

using namespace std::chrono_literals;
using shm::test::eventually;
using shm::test::Finished;
using shm::test::Process;

const std::string pipe_program = SHM_PROGRAM_shm_pipe;

class ShmPipe : public ::testing::Test {
 protected:
  /// A shell's command, in which `shm-pipe` is the program.
  static Finished shell(const std::string& command) {
    return shm::test::run({"bash", "-c", "shm-pipe() { " + pipe_program + " \"$@\"; }; " + command});
  }
  static std::vector<std::string> records_of(const std::string& stream) {
    shm::RecordReader in(stream, shm::Start::oldest());
    std::vector<std::string> records;
    for (const shm::Record& record : in.slice({})) records.emplace_back(record.text());
    return records;
  }
  using Texts = std::vector<std::string>;
  shm::test::TestDirectory directory;
};

TEST_F(ShmPipe, WritesLinesAsRecords) {
  EXPECT_EQ(shell("printf 'one\\n\\ntwo\\0x\\nlast' | shm-pipe write notes --persistent").exit_code, 0);
  EXPECT_EQ(records_of("notes"), (Texts{"one", "", std::string("two\0x", 5), "last"}));
}

TEST_F(ShmPipe, ReadsRecordsAsLines) {
  shm::RecordWriter out("notes");
  for (const std::string_view record : {"one", "", "two\n"}) out.append(record);
  const Finished finished = shell("shm-pipe read notes");
  EXPECT_EQ(finished.out, "one\n\ntwo\n");
  EXPECT_EQ(finished.err, "");
  EXPECT_EQ(shell("shm-pipe read notes --from=-2 -n 1").out, "\n");
}

TEST_F(ShmPipe, ReportsARecordOfSeveralLines) {
  shm::RecordWriter out("notes");
  for (const std::string_view record : {"one\ntwo", "three\nfour\n"}) out.append(record);
  const Finished finished = shell("shm-pipe read notes");
  EXPECT_EQ(finished.out, "one\ntwo\nthree\nfour\n");
  EXPECT_EQ(
      finished.err,
      "shm-pipe: record 0 has newlines inside: it is more than one line (--length-prefixed keeps records "
      "whole)\n");
}

TEST_F(ShmPipe, KeepsAnyBytesWithLengthPrefixes) {
  shm::RecordWriter out("notes");
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
  for (const std::string& record : {bytes, std::string(), bytes + "\n", std::string(300'000, '\n')})
    out.append(record);
  const Finished finished =
      shell("shm-pipe read notes --length-prefixed | shm-pipe write copy --length-prefixed --persistent");
  EXPECT_EQ(finished.exit_code, 0) << finished.err;
  EXPECT_EQ(records_of("copy"), records_of("notes"));
}

TEST_F(ShmPipe, RefusesARecordBeyondTheLimitAndAppendsNothingOfIt) {
  const Finished finished =
      shell("printf 'one\\n12345678901\\nthree\\n' | shm-pipe write notes --persistent --max-record 10");
  EXPECT_EQ(finished.exit_code, 1);
  EXPECT_EQ(
      finished.err,
      "shm-pipe: line 2 of stdin has 11 bytes; the stream takes records of at most 10 (--max-record); what "
      "came before it was appended\n");
  EXPECT_EQ(records_of("notes"), (Texts{"one"}));
  EXPECT_EQ(shell("printf '\\5\\0\\0\\0abc' | shm-pipe write notes --length-prefixed").exit_code, 1);
}

TEST_F(ShmPipe, MakesTheStreamAsItsOptionsAsk) {
  shell(
      "echo x | shm-pipe write notes --persistent --stamp --history 50 --history-bytes 64k --max-record 1k "
      "--media-type application/json --mode 0644");
  const shm::StreamInfo info = shm::RecordReader("notes", shm::Start::next()).info();
  EXPECT_EQ(info.items.history, 50U);
  EXPECT_EQ(info.records->history_bytes, 65536U);
  EXPECT_EQ(info.records->max_record_bytes, 1024U);
  EXPECT_EQ(info.records->media_type, "application/json");
  EXPECT_EQ(info.file.mode, 0644U);
  EXPECT_EQ(info.timestamp.name, "time");
  EXPECT_GT(shm::RecordReader("notes", shm::Start::oldest())().time, 0);
}

TEST_F(ShmPipe, LosesNothingBetweenTwoLosslessPrograms) {
  const std::string input = (directory.path() / "input").string();
  std::ofstream file(input);
  for (int i = 0; i < 200'000; ++i)
    file << "line " << i << std::string(static_cast<std::size_t>(i % 50), '.') << '\n';
  file.close();
  const Finished finished =
      shell("shm-pipe write notes --lossless --readers 1 --history 100 --history-bytes 20k < " + input +
            " & shm-pipe read notes -w 10 -f --lossless | cmp - " + input + "; wait");
  EXPECT_EQ(finished.out, "");
  EXPECT_EQ(finished.err, "");
  EXPECT_EQ(finished.exit_code, 0);
}

TEST_F(ShmPipe, ReportsLostRecords) {
  shm::StreamOptions options;
  options.history = 100;
  shm::RecordWriter out("notes", options);
  Process reader({"bash", "-c", pipe_program + " read notes -f | { sleep 0.2; cat; }"});
  while (out.readers().empty()) std::this_thread::sleep_for(1ms);
  // More than the pipe between the two programs holds, and what the reader takes at a time.
  for (int i = 0; i < 20'000; ++i) out.append(std::string(100, 'x'));
  out.close();
  const Finished finished = reader.wait();
  EXPECT_EQ(finished.exit_code, 0);
  EXPECT_NE(finished.err.find("lost records "), std::string::npos) << finished.err;
  EXPECT_NE(finished.err.find(" lost in "), std::string::npos) << finished.err;
}

TEST_F(ShmPipe, FollowsAcrossADeadWriterAndStopsOnASignal) {
  { shm::RecordWriter("notes").detach(); }
  Process reader({pipe_program, "read", "notes", "-f"});
  const auto append = [](const char* text) {
    shm::RecordWriter out("notes");
    out.append(text);
    out.detach();
  };
  append("one");
  EXPECT_TRUE(eventually([&] { return reader.out() == "one\n"; }));
  append("two");
  EXPECT_TRUE(eventually([&] { return reader.out() == "one\ntwo\n"; }));
  reader.signal(SIGTERM);
  EXPECT_EQ(reader.wait().exit_code, 0);
}

TEST_F(ShmPipe, StopsWritingOnASignalAndReportsTheUnwrittenRest) {
  Process writer({"bash", "-c", "{ printf 'one\\nhal'; sleep 20; } | exec " + pipe_program + " write notes"});
  ASSERT_TRUE(eventually([] {
    try {
      return shm::RecordReader("notes", shm::Start::oldest()).inserted() == 1;
    } catch (const shm::NotFound&) {
      return false;
    }
  }));
  ::kill(shm::RecordReader("notes", shm::Start::oldest()).info().writer.pid, SIGINT);
  EXPECT_TRUE(eventually([&] {
    return writer.err().find("3 bytes of it were not appended") != std::string::npos;
  })) << writer.err();
}

TEST_F(ShmPipe, EndsQuietlyIfStdoutIsClosed) {
  shm::RecordWriter out("notes");
  for (int i = 0; i < 10'000; ++i) out.append(std::string(100, 'x'));
  const Finished finished = shell("shm-pipe read notes | head -n 1 | wc -l; exit ${PIPESTATUS[0]}");
  EXPECT_EQ(finished.exit_code, 0);
  EXPECT_EQ(finished.out, "1\n");
  EXPECT_EQ(finished.err, "");
}

TEST_F(ShmPipe, ExitsWith2AndOneSentenceOnWrongUsage) {
  for (const char* arguments :
       {"", "write", "read", "read x --from yesterday", "read x -n 0", "write x --lines --length-prefixed",
        "write x --max-record much", "write x --mode 9"}) {
    const Finished finished = shell(std::string("shm-pipe ") + arguments + " < /dev/null");
    EXPECT_EQ(finished.exit_code, 2) << arguments;
    EXPECT_EQ(std::count(finished.err.begin(), finished.err.end(), '\n'), 1) << arguments << finished.err;
  }
}

TEST_F(ShmPipe, ExitsWith1OnImpossibleRequests) {
  EXPECT_EQ(shell("shm-pipe read notes").exit_code, 1);
  EXPECT_EQ(shell("shm-pipe write notes --history-bytes 10 --max-record 20 < /dev/null").exit_code, 1);
  shm::RecordWriter out("notes");
  EXPECT_EQ(shell("shm-pipe write notes < /dev/null").exit_code, 1) << "it has a writer";
  EXPECT_EQ(shell("shm-pipe read notes --lossless").exit_code, 1) << "it was not made lossless";
}

}  // namespace
