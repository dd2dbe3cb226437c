// SPDX-License-Identifier: Apache-2.0

// A stream has one writer at a time.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <memory>

#include "shm/storage/catalog.hpp"
#include "shm/stream/reader.hpp"
#include "shm/stream/writer.hpp"
#include "support/process.hpp"
#include "support/sanitizers.hpp"
#include "support/test_directory.hpp"

namespace shm {
namespace {

using namespace std::chrono_literals;
using test::eventually;
using test::Process;

/// Memory that a test shares with the processes it forks.
struct Shared {
  std::atomic<bool> go{false};
  std::atomic<int> ready{0};
  std::atomic<int> won{0};
  std::atomic<int> lost{0};
  std::atomic<int> winner{0};
  std::atomic<int> wrong{0};
  std::atomic<int> writing{0};
  std::atomic<bool> over{false};
};

class SecondWriter : public ::testing::Test {
 protected:
  SecondWriter() {
    void* memory = ::mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    shared = new (memory) Shared();
  }
  ~SecondWriter() override { ::munmap(shared, sizeof(Shared)); }

  test::TestDirectory directory;
  Shared* shared = nullptr;
};

TEST_F(SecondWriter, GetsThePidAndTheProgramOfTheFirst) {
  Process first([] {
    Writer<int> out("numbers");
    out.append(1);
    ::pause();
    return 0;
  });
  const Reader<int> reader("numbers", Start::oldest(), {.wait_for_stream = 30s});
  ASSERT_TRUE(eventually([&] { return reader.inserted() == 1; }));
  try {
    Writer<int> second("numbers");
    FAIL();
  } catch (const WriterExists& error) {
    EXPECT_EQ(error.pid(), first.pid());
    EXPECT_EQ(error.program(), program_invocation_short_name);
    EXPECT_THAT(error.what(), ::testing::HasSubstr(std::to_string(first.pid())));
  }
  EXPECT_THROW(Writer<double>("numbers"), WriterExists);  // also with another item type
  EXPECT_THROW(Writer<int>("numbers", {.history = 5}), WriterExists);
  EXPECT_EQ(reader.writer_state(), WriterState::live);
  first.signal(SIGKILL);
  first.wait();
  EXPECT_EQ(Writer<int>("numbers").inserted(), 1U);
}

TEST_F(SecondWriter, IsRefusedInTheSameProcess) {
  Writer<int> first("numbers");
  EXPECT_THROW(Writer<int>("numbers"), WriterExists);
  first.append(1);
  first.close();
  EXPECT_EQ(Writer<int>("numbers").inserted(), 0U);
}

TEST_F(SecondWriter, ExactlyOneOfManyRacingWritersWins) {
  constexpr int creators = 12;
  for (int round = 0; round < 4; ++round) {
    new (shared) Shared();
    std::vector<std::unique_ptr<Process>> processes;
    for (int i = 0; i < creators; ++i) {
      processes.push_back(std::make_unique<Process>([this] {
        ++shared->ready;
        eventually([this] { return shared->go.load(); });
        try {
          const Writer<int> out("numbers");
          ++shared->won;
          shared->winner = ::getpid();
          eventually([this] { return shared->over.load(); });
        } catch (const WriterExists& error) {
          eventually([this] { return shared->winner.load() != 0; });
          if (error.pid() != shared->winner) ++shared->wrong;
          ++shared->lost;
        }
        return 0;
      }));
    }
    ASSERT_TRUE(eventually([&] { return shared->ready == creators; }));
    shared->go = true;
    EXPECT_TRUE(eventually([&] { return shared->won + shared->lost == creators; }));
    EXPECT_EQ(shared->won.load(), 1);
    EXPECT_EQ(shared->lost.load(), creators - 1);
    EXPECT_EQ(shared->wrong.load(), 0);
    shared->over = true;
    for (const auto& process : processes) EXPECT_EQ(process->wait().exit_code, 0);
    EXPECT_TRUE(list_streams().empty());
  }
}

/// Each writer is the only one of the stream, and refused writers get WriterExists, no other error.
TEST_F(SecondWriter, NeverExistsBesideAnotherWriterWhileManyComeAndGo) {
  constexpr int processes = 4;
  std::vector<std::unique_ptr<Process>> writers;
  for (int i = 0; i < processes; ++i) {
    writers.push_back(std::make_unique<Process>([this, i] {
      for (int turn = 0; turn < test::turns(200); ++turn) {
        try {
          // Sometimes it fits the existing stream, sometimes it replaces it; sometimes it closes, sometimes it
          // detaches.
          Writer<int> out("deep/numbers", {.history = turn % 5 == 0 ? 100U : 50U});
          if (++shared->writing != 1) return 1;
          out.append(turn);
          --shared->writing;
          if ((turn + i) % 2 == 0) out.detach();
        } catch (const WriterExists&) {
          ++shared->lost;
        }
      }
      return 0;
    }));
  }
  Process collector([this] {
    while (!shared->over) collect_garbage();
    return 0;
  });
  Process observer([this] {
    while (!shared->over) {
      try {
        Reader<int> reader("deep/numbers", Start::newest());
        while (reader.try_next()) {
        }
      } catch (const NotFound&) {
      }
    }
    return 0;
  });
  for (const auto& writer : writers) EXPECT_EQ(writer->wait(60s).exit_code, 0);
  shared->over = true;
  EXPECT_EQ(collector.wait().exit_code, 0);
  EXPECT_EQ(observer.wait().exit_code, 0);
}

}  // namespace
}  // namespace shm
