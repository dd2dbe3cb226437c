// SPDX-License-Identifier: Apache-2.0

// Progress on the terminal of programs that write a file.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "pseudo_terminal.hpp"
#include "shm/storage/catalog.hpp"
#include "shm/stream/writer.hpp"
#include "support/process.hpp"
#include "support/test_directory.hpp"

namespace {

using shm::test::eventually;
using shm::test::OnTerminal;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

class ProgressOnTerminal : public ::testing::Test {
 protected:
  /// Waits until the terminal shows the text.
  bool append_until_shown(OnTerminal& terminal, const std::string& text,
                          std::chrono::milliseconds limit = std::chrono::seconds(20)) {
    return eventually(
        [&] {
          ++item;
          out.append(item, shm::Stamp::first(item));
          return terminal.has_shown(text);
        },
        limit);
  }
  static shm::StreamOptions stamped() {
    shm::StreamOptions options;
    options.history = 100'000;
    options.ledger = shm::LedgerOptions{};
    return options;
  }

  const shm::test::TestDirectory directory;
  const std::string file = directory.path() / "out";
  shm::Writer<int> out{"a", stamped()};
  int item = 0;
};

TEST_F(ProgressOnTerminal, IsShownWhileAFileIsWrittenAndGoneAfterwards) {
  for (const std::vector<std::string>& arguments : std::vector<std::vector<std::string>>{
           {SHM_PROGRAM_shm, "cat", "a", "-f"}, {SHM_PROGRAM_shm, "merge", "a", "-f"}}) {
    OnTerminal terminal(arguments, {}, file);
    EXPECT_TRUE(append_until_shown(terminal, " items/s")) << terminal.shown();
    terminal.signal(SIGINT);
    EXPECT_EQ(terminal.wait(), 0);
    EXPECT_THAT(terminal.shown(), EndsWith("\r\x1b[K"));
  }
}

TEST_F(ProgressOnTerminal, IsNotShownIfItemsGoToTheTerminal) {
  OnTerminal terminal({SHM_PROGRAM_shm, "cat", "a", "-f"});
  EXPECT_TRUE(append_until_shown(terminal, "\n20\r\n"));
  EXPECT_FALSE(append_until_shown(terminal, " items/s", std::chrono::milliseconds(800)));
  terminal.signal(SIGINT);
  EXPECT_EQ(terminal.wait(), 0);
  EXPECT_THAT(terminal.shown(), Not(HasSubstr("\x1b")));
}

TEST_F(ProgressOnTerminal, IsRemovedBeforeANotice) {
  OnTerminal terminal({SHM_PROGRAM_shm, "cat", "a", "-f"}, {}, file);
  EXPECT_TRUE(append_until_shown(terminal, " items/s"));
  out.raw().detach();
  EXPECT_TRUE(eventually([&] { return terminal.has_shown("\r\x1b[Kshm: writer of 'a' lost"); }))
      << terminal.shown();
  terminal.signal(SIGINT);
  EXPECT_EQ(terminal.wait(), 0);
}

TEST_F(ProgressOnTerminal, ShowsHzUntilItReports) {
  OnTerminal terminal({SHM_PROGRAM_shm, "hz", "a", "--every", "0"});
  EXPECT_TRUE(append_until_shown(terminal, " items/s"));
  terminal.signal(SIGINT);
  EXPECT_EQ(terminal.wait(), 0);
  EXPECT_THAT(terminal.shown(), HasSubstr("\r\x1b[Ka: "));
}

}  // namespace
