// SPDX-License-Identifier: Apache-2.0

// Readers and writers of another user than the owner.
#include <fcntl.h>
#include <grp.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <thread>

#include "shm/layout/control_layout.hpp"
#include "shm/storage/catalog.hpp"
#include "shm/stream/reader.hpp"
#include "shm/stream/writer.hpp"
#include "storage/users.hpp"
#include "support/print.hpp"
#include "support/process.hpp"
#include "support/raw_file.hpp"
#include "support/test_directory.hpp"

namespace shm {
namespace {

using namespace std::chrono_literals;
using test::eventually;
using test::Process;
using test::throws;

constexpr ::uid_t nobody = 65534;

class OtherUser : public ::testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root, to become another user";
    ::chmod(directory.path().c_str(), 01777);  // as the default directory
  }
  /// Runs in a child as this user; 0 is success.
  static void expect_as(::uid_t user, ::gid_t group, const std::function<int()>& act) {
    Process child([&] {
      if (::setgroups(0, nullptr) != 0 || ::setgid(group) != 0 || ::setuid(user) != 0) return 98;
      return act();
    });
    const test::Finished finished = child.wait();
    EXPECT_EQ(finished.exit_code, 0) << "signal " << finished.signal;
  }
  static void expect_as_nobody(const std::function<int()>& act) { expect_as(nobody, nobody, act); }
  static void append(Writer<int>& out, int count) {
    for (; count > 0; --count) out.append(static_cast<int>(out.inserted()));
  }

  test::TestDirectory directory;
};

TEST_F(OtherUser, CannotReadByDefault) {
  Writer<int> out("numbers");
  expect_as_nobody([] {
    SHM_REQUIRE(throws<PermissionDenied>([] { Reader<int>("numbers", Start::oldest()); }));
    SHM_REQUIRE(throws<PermissionDenied>([] { static_cast<void>(stream_info("numbers")); }));
    SHM_REQUIRE(list_streams() == std::vector<std::string>{"numbers"});  // its name is no secret
    return 0;
  });
}

TEST_F(OtherUser, CannotWriteRemoveOrCollectForeignStreams) {
  {
    Writer<int> out("numbers", {.mode = 0644});
    append(out, 3);
    out.detach();
  }
  expect_as_nobody([] {
    SHM_REQUIRE(throws<PermissionDenied>([] { Writer<int>("numbers"); }));
    SHM_REQUIRE(throws<PermissionDenied>([] { remove_stream("numbers"); }));
    SHM_REQUIRE(throws<PermissionDenied>([] { remove_stream("numbers", true); }));
    SHM_REQUIRE(collect_garbage().empty());
    SHM_REQUIRE(stream_info("numbers").items.inserted == 3);
    return 0;
  });
  EXPECT_EQ(list_streams(), std::vector<std::string>{"numbers"});
}

TEST_F(OtherUser, ReadsAndSleepsUnlistedWithReadOnlyFiles) {
  Process reader([] {
    if (::setgroups(0, nullptr) != 0 || ::setgid(nobody) != 0 || ::setuid(nobody) != 0) return 98;
    Reader<int> mine("numbers", Start::oldest(), {.waiting = WaitStrategy::sleep(), .wait_for_stream = 30s});
    SHM_REQUIRE(!mine.is_listed());
    for (int i = 0; i < 200; ++i) SHM_REQUIRE(mine.next(30s).item == i);
    SHM_REQUIRE(mine.next(2ms).status == Status::timed_out);
    SHM_REQUIRE((mine[{-3, {}}]) == (std::vector<int>{197, 198, 199}));
    SHM_REQUIRE(mine.writer_state() == WriterState::live);
    SHM_REQUIRE(throws<PermissionDenied>([] { static_cast<void>(stream_readers("numbers")); }));
    std::string says;
    try {
      mine.enter(1s);
    } catch (const Error& error) {
      says = error.what();
    }
    SHM_REQUIRE(says.find("permission") != std::string::npos);
    SHM_REQUIRE(!mine.is_entered());
    std::ofstream(std::string(std::getenv("LIBSHM_DIR")) + "/was-there");
    SHM_REQUIRE(mine.next(30s).item == 200);
    SHM_REQUIRE(mine.next(30s).status == Status::ended);
    return 0;
  });
  Writer<int> out("numbers", {.mode = 0644, .control_mode = 0600});
  append(out, 100);
  append(out, 100);
  ASSERT_TRUE(eventually([&] { return std::filesystem::exists(directory.path() / "was-there"); }));
  EXPECT_TRUE(out.readers().empty());
  append(out, 1);
  out.close();
  EXPECT_EQ(reader.wait().exit_code, 0);
}

TEST_F(OtherUser, IsListedEntersAndIsWokenWithAStreamForAll) {
  Process reader([] {
    if (::setgroups(0, nullptr) != 0 || ::setgid(nobody) != 0 || ::setuid(nobody) != 0) return 98;
    Reader<int> mine("numbers", Start::oldest(),
                     {.name = "nobody's", .waiting = WaitStrategy::sleep(), .wait_for_stream = 30s});
    SHM_REQUIRE(mine.next(30s).item == 0);
    mine.enter();
    SHM_REQUIRE(mine.is_listed() && mine.is_entered());
    SHM_REQUIRE(mine.next(30s).item == 1);
    return 0;
  });
  Writer<int> out("numbers", {.mode = 0644});
  append(out, 1);
  const auto wake_at = [&] {
    return test::peek_file<std::uint64_t>(directory.path() / "numbers.control",
                                          offsetof(layout::ControlHeader, wake_at));
  };
  ASSERT_TRUE(eventually([&] { return wake_at() == 1; }));
  ASSERT_EQ(out.readers().size(), 1U);
  EXPECT_EQ(out.readers()[0].name, "nobody's");
  EXPECT_TRUE(out.readers()[0].entered);
  append(out, 1);
  EXPECT_EQ(wake_at(), layout::wake_nobody);
  EXPECT_EQ(reader.wait().exit_code, 0);
}

TEST_F(OtherUser, RegistersAsLosslessWithTheControlFileAndCannotEvict) {
  const LosslessOptions drops{.when_full = WhenFull::drop};
  Writer<int> closed("closed", {.history = 64, .mode = 0644, .control_mode = 0600, .lossless = drops});
  Writer<int> open("open", {.history = 64, .mode = 0644, .lossless = drops});
  const Reader<int> mine("open", Start::next(), {.lossless = Acknowledge::with_read});
  expect_as_nobody([] {
    const ReaderOptions lossless{.lossless = Acknowledge::with_read};
    SHM_REQUIRE(throws<PermissionDenied>([&] { Reader<int>("closed", Start::next(), lossless); }));
    const Reader<int> reader("open", Start::next(), lossless);
    SHM_REQUIRE(reader.is_lossless());
    const auto any = [](const ReaderInfo&) { return true; };
    SHM_REQUIRE(throws<PermissionDenied>([&] { evict_readers("open", any); }));
    SHM_REQUIRE(throws<PermissionDenied>([&] { evict_readers("closed", any); }));
    SHM_REQUIRE(reader.is_lossless());
    return 0;
  });
  EXPECT_TRUE(mine.is_lossless());
}

TEST_F(OtherUser, ReadsAStreamThatIsSharedWithItsGroup) {
  Writer<int> out("numbers", {.mode = 0640, .group = "60001"});
  append(out, 5);
  expect_as(60002, 60001, [] {
    Reader<int> mine("numbers", Start::oldest());
    SHM_REQUIRE(mine.next().item == 0);
    SHM_REQUIRE(mine.is_listed());
    return 0;
  });
  expect_as(60002, 60002, [] {
    SHM_REQUIRE(throws<PermissionDenied>([] { Reader<int>("numbers", Start::oldest()); }));
    return 0;
  });
}

TEST_F(OtherUser, CreatesItsOwnStreamBesideOthers) {
  const Writer<int> mine("deep/mine");
  expect_as_nobody([] {
    Writer<int> out("deep/theirs");
    append(out, 1);
    out.detach();
    SHM_REQUIRE(throws<PermissionDenied>([] {
      Writer<int>("deep/other", {.mode = 0640, .group = "0"});  // not one of their groups
    }));
    SHM_REQUIRE(list_streams() == (std::vector<std::string>{"deep/mine", "deep/theirs"}));
    return 0;
  });
  EXPECT_EQ(Reader<int>("deep/theirs", Start::oldest()).next().item, 0);
}

// --- the data are read-only for every reader ---

TEST_F(OtherUser, CannotOpenTheDataForWriting) {
  const Writer<int> out("numbers", {.mode = 0644});
  const std::string file = directory.path() / "numbers.stream";
  expect_as_nobody([&] {
    SHM_REQUIRE(::open(file.c_str(), O_RDONLY) >= 0);
    SHM_REQUIRE(::open(file.c_str(), O_RDWR) < 0);
    return 0;
  });
}

class ReaderMapping : public ::testing::Test {
 protected:
  test::TestDirectory directory;
  Writer<int> out{"numbers"};
};

TEST_F(ReaderMapping, MapsTheDataReadOnly) {
  Process reader([] {
    Reader<int> mine("numbers", Start::oldest());
    Reader<int> fork = mine.fork();
    std::ifstream maps("/proc/self/maps");
    int mappings = 0;
    for (std::string line; std::getline(maps, line);) {
      if (line.find("numbers.stream") == std::string::npos) continue;
      if (line.find(" rw-s ") != std::string::npos) continue;  // the writer's, inherited by this child
      SHM_REQUIRE(line.find(" r--s ") != std::string::npos);
      ++mappings;
    }
    SHM_REQUIRE(mappings == 3);  // header, and the ring twice
    return 0;
  });
  EXPECT_EQ(reader.wait().exit_code, 0);
}

TEST_F(ReaderMapping, AWriteThroughAViewKillsTheReaderAndChangesNothing) {
  out.append(5);
  Process reader([] {
    std::signal(SIGSEGV, SIG_DFL);  // not a sanitizer's
    Reader<int> mine("numbers", Start::oldest());
    const View<int> view = mine.view({0, 1});
    *const_cast<volatile int*>(view.span().data()) = 6;
    return 0;
  });
  EXPECT_EQ(reader.wait().signal, SIGSEGV);
  EXPECT_EQ(Reader<int>("numbers", Start::oldest())[0], 5);
}

}  // namespace
}  // namespace shm
