// What the documents show is run as it stands there.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "shm/writer.hpp"
#include "support/process.hpp"
#include "support/test_directory.hpp"

namespace {

/// The first block of code in this language.
std::string code_block(const std::string& path, const std::string& language) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  const std::string all = text.str();
  const std::string opening = "```" + language + "\n";
  const auto begin = all.find(opening);
  if (begin == std::string::npos) return {};
  const auto end = all.find("```", begin + opening.size());
  return all.substr(begin + opening.size(), end - begin - opening.size());
}

TEST(Docs, ThePythonExampleOfTheLayoutReadsTheNewestItems) {
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

}  // namespace
