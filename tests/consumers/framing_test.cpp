// SPDX-License-Identifier: Apache-2.0

// Records out of a pipe, and into one.
#include "consumers/pipe/framing.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <string>
#include <thread>
#include <vector>

namespace {

using shm::programs::BadInput;
using shm::programs::Framing;
using shm::programs::Output;
using shm::programs::RecordSource;
using Texts = std::vector<std::string>;

/// A pipe into which a thread writes, in pieces of so many bytes.
class Input {
 public:
  Input(std::string text, std::size_t piece) {
    if (::pipe2(ends_, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
    writer_ = std::thread([this, text = std::move(text), piece] {
      for (std::size_t at = 0; at < text.size(); at += piece) {
        const std::string_view part = std::string_view(text).substr(at, piece);
        if (::write(ends_[1], part.data(), part.size()) < 0) break;
      }
      ::close(ends_[1]);
    });
  }
  ~Input() {
    ::close(ends_[0]);
    writer_.join();
  }
  Input(const Input&) = delete;
  Input& operator=(const Input&) = delete;
  [[nodiscard]] int fd() const { return ends_[0]; }

 private:
  int ends_[2]{};
  std::thread writer_;
};

Texts records_of(const std::string& text, Framing framing, std::size_t piece = 1000,
                 std::uint64_t most = 100) {
  const Input input(text, piece);
  RecordSource source(input.fd(), framing, most);
  Texts records;
  while (source.fill()) {
    while (const auto record = source.next()) {
      records.emplace_back(reinterpret_cast<const char*>(record->data()), record->size());
    }
  }
  return records;
}

std::string problem_of(const std::string& text, Framing framing, std::size_t piece = 1000) {
  try {
    records_of(text, framing, piece, 5);
  } catch (const BadInput& error) {
    return error.what();
  }
  return "none";
}

const std::string zero(1, '\0');

TEST(Framing, SplitsLinesWhateverThePiecesOfInput) {
  for (const std::size_t piece : {1U, 2U, 3U, 1000U}) {
    EXPECT_EQ(records_of("one\ntwo\n", Framing::lines, piece), (Texts{"one", "two"}));
    EXPECT_EQ(records_of("one\n\n\ntwo", Framing::lines, piece), (Texts{"one", "", "", "two"}));
    EXPECT_EQ(records_of("\n", Framing::lines, piece), (Texts{""}));
    EXPECT_EQ(records_of("", Framing::lines, piece), Texts{});
    EXPECT_EQ(records_of("a" + zero + "b\r\n" + zero, Framing::lines, piece),
              (Texts{"a" + zero + "b\r", zero}));
  }
}

TEST(Framing, ReadsLengthsBeforeRecords) {
  const std::string text = std::string("\3\0\0\0one\0\0\0\0\4\0\0\0\n\0\n\0", 19);
  for (const std::size_t piece : {1U, 2U, 5U, 1000U}) {
    EXPECT_EQ(records_of(text, Framing::length_prefixed, piece),
              (Texts{"one", "", std::string("\n\0\n\0", 4)}));
  }
}

TEST(Framing, ReadsLargeInputsWhole) {
  std::string text;
  Texts expected;
  for (std::size_t i = 0; i < 3000; ++i) {
    expected.push_back(std::string(i * 37 % 100'000, static_cast<char>('a' + i % 26)));
    if (i % 100 != 0) expected.back().resize(expected.back().size() % 100);
    text += expected.back() + '\n';
  }
  EXPECT_EQ(records_of(text, Framing::lines, 9999, 100'000), expected);
}

TEST(Framing, RefusesALargeRecordWithItsNumberAndTheLimit) {
  EXPECT_EQ(
      problem_of("one\ntoo long\n", Framing::lines),
      "line 2 of stdin has 8 bytes; the stream takes records of at most 5 (--max-record); what came before "
      "it was appended");
  EXPECT_NE(problem_of("sixsix", Framing::lines, 1).find("line 1 of stdin has 6 or more bytes"),
            std::string::npos);
  EXPECT_EQ(problem_of("fives\nfives", Framing::lines), "none");
  EXPECT_NE(problem_of(std::string("\xff\xff\xff\xff", 4), Framing::length_prefixed).find("4294967295 bytes"),
            std::string::npos);
}

TEST(Framing, RefusesInputThatEndsWithinARecord) {
  EXPECT_EQ(problem_of(std::string("\1\0\0\0a\3\0\0\0ab", 11), Framing::length_prefixed),
            "stdin ends within its record 2: what came before it was appended");
  EXPECT_NE(problem_of(std::string("\1\0", 2), Framing::length_prefixed), "none");
}

TEST(Framing, WritesRecordsAsItReadsThem) {
  const auto written = [](const Texts& records, Framing framing) {
    Output out;
    for (const std::string& record : records) {
      shm::programs::write_record(std::as_bytes(std::span<const char>(record)), framing, out);
    }
    std::string text(out.buffer().data(), out.buffer().size());
    out.buffer().clear();
    return text;
  };
  EXPECT_EQ(written({"one", "", "two\n"}, Framing::lines), "one\n\ntwo\n");
  EXPECT_EQ(written({"one", "", "two\n"}, Framing::length_prefixed),
            std::string("\3\0\0\0one\0\0\0\0\4\0\0\0two\n", 19));
}

}  // namespace
