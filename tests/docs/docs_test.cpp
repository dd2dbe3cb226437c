// SPDX-License-Identifier: Apache-2.0

// The programs in the README and in docs/ are run as they stand there.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "shm/stream/record_writer.hpp"
#include "shm/stream/writer.hpp"
#include "support/process.hpp"
#include "support/test_directory.hpp"

namespace {

std::string text_of(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

/// The first block of code in this language.
std::string code_block(const std::string& path, const std::string& language) {
  const std::string all = text_of(path);
  const std::string opening = "```" + language + "\n";
  const auto begin = all.find(opening);
  if (begin == std::string::npos) return {};
  const auto end = all.find("```", begin + opening.size());
  return all.substr(begin + opening.size(), end - begin - opening.size());
}

/// Lines without what stands before and behind them: an excerpt may be indented otherwise, and a comment
/// aligned.
std::string without_spaces(const std::string& text) {
  std::string dense;
  for (const char c : text) {
    if (c != ' ') dense += c;
  }
  return dense;
}

struct Example {
  const char* document;
  const char* name;
};

/// A block of a document that is marked with a language and the name of a program of examples/.
class ExampleInADocument : public ::testing::TestWithParam<Example> {
 protected:
  [[nodiscard]] static std::string name() { return GetParam().name; }
  [[nodiscard]] static std::string block(const std::string& language) {
    return code_block(std::string(SHM_DOCS "/") + GetParam().document, language + ' ' + name());
  }
};

TEST_P(ExampleInADocument, IsAnExcerptOfTheProgram) {
  const std::string excerpt = without_spaces(block("cpp"));
  ASSERT_FALSE(excerpt.empty());
  const std::string program = without_spaces(text_of(SHM_EXAMPLES "/" + name() + ".cpp"));
  EXPECT_NE(program.find(excerpt), std::string::npos) << block("cpp");
}

TEST_P(ExampleInADocument, PrintsTheTextBelowIt) {
  const shm::test::TestDirectory directory;
  const auto finished = shm::test::run({SHM_EXAMPLE_PROGRAMS "/example_" + name()});
  EXPECT_EQ(finished.exit_code, 0) << finished.err;
  EXPECT_EQ(finished.out, block("text"));
}

INSTANTIATE_TEST_SUITE_P(
    Docs, ExampleInADocument,
    ::testing::Values(Example{"time.md", "stamps"}, Example{"time.md", "ranges"},
                      Example{"time.md", "intervals"}, Example{"time.md", "several_streams"},
                      Example{"lossless.md", "lossless"}, Example{"waiting.md", "wait_set"},
                      Example{"waiting.md", "ready_fd"}, Example{"waiting.md", "coroutines"},
                      Example{"records.md", "records"}),
    [](const auto& example) { return std::string(example.param.name); });

TEST(Readme, ConsumerPrintsTheItemsOfTheProducer) {
  const shm::test::TestDirectory directory;
  const auto finished = shm::test::run({"bash", "-c",
                                        SHM_PROGRAM_readme_producer " & " SHM_PROGRAM_readme_consumer
                                                                    " | head -n 1000; kill %1"});
  std::istringstream printed(finished.out);
  std::int64_t lines = 0, before = -1, time = 0;
  for (double price = 0; printed >> time >> price; before = time, ++lines) {
    EXPECT_GT(time, before);
    EXPECT_EQ(price, 100.0 + static_cast<double>(time % 7));
  }
  EXPECT_EQ(lines, 1000) << finished.err;
}

TEST(LayoutPage, PythonExampleReadsTheNewestItems) {
  const shm::test::TestDirectory directory;
  const std::string example = code_block(SHM_DOCS "/layout.md", "python");
  ASSERT_FALSE(example.empty());
  shm::Writer<double> writer("lab/temperature", {.history = 100});
  const std::string file = (directory.path() / "lab/temperature.stream").string();

  EXPECT_EQ(shm::test::run({"python3", "-c", example, file}).out, "[]\n");
  writer.append(0.5);
  EXPECT_EQ(shm::test::run({"python3", "-c", example, file}).out, "[0.5]\n");
  for (int i = 1; i <= 10000; ++i) writer.append(i);
  const auto finished = shm::test::run({"python3", "-c", example, file});
  EXPECT_EQ(finished.out, "[9998.0, 9999.0, 10000.0]\n") << finished.err;
}

TEST(LayoutPage, PythonExampleReadsTheNewestRecords) {
  const shm::test::TestDirectory directory;
  const std::string example = code_block(SHM_DOCS "/layout.md", "python records");
  ASSERT_FALSE(example.empty());
  shm::StreamOptions options;
  options.records = shm::RecordOptions{.history_bytes = 20'000, .max_record_bytes = 5000};
  shm::RecordWriter writer("lab/notes", options);
  const std::string file = (directory.path() / "lab/notes.stream").string();
  const auto printed = [&] {
    const auto finished = shm::test::run({"python3", "-c", example, file});
    EXPECT_EQ(finished.exit_code, 0) << finished.err;
    return finished.out;
  };

  EXPECT_EQ(printed(), "[]\n");
  writer.append("one");
  EXPECT_EQ(printed(), "[b'one']\n");
  writer.append("");
  writer.append("three");
  writer.append(std::string_view("\0four", 5));
  EXPECT_EQ(printed(), "[b'', b'three', b'\\x00four']\n");
  // Around the ring, wherever its end cuts a record.
  for (std::size_t i = 0; i < 500; ++i) {
    writer.append(std::string(1 + i * 97 % 5000, 'x'));
    writer.append(std::string(i % 10, 'y'));
    if (i % 50 == 0) {
      EXPECT_NE(printed().find("b'" + std::string(1 + i * 97 % 5000, 'x') + "', b'" +
                               std::string(i % 10, 'y') + "']"),
                std::string::npos);
    }
  }
}

}  // namespace
