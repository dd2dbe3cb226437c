// SPDX-License-Identifier: Apache-2.0

// A user who may write the control file of a stream shortens it while writers and readers use it.
#include <fcntl.h>
#include <sys/mman.h>

#include <csignal>
#include <thread>

#include "shm/source/demand.hpp"
#include "shm/storage/catalog.hpp"
#include "shm/storage/survive_truncation.hpp"
#include "shm/stream/reader.hpp"
#include "storage/users.hpp"
#include "support/print.hpp"
#include "support/sanitizers.hpp"

namespace shm {
namespace {

using namespace std::chrono_literals;
using test::Finished;
using test::Process;

class TruncatedControlFile : public ::testing::Test {
 protected:
  void SetUp() override {
    // The sanitizer's runtime does atomic operations under its own locks. If a fault comes within one, and the
    // handler does another, then the runtime deadlocks.
    if (test::with_thread_sanitizer)
      GTEST_SKIP() << "not under ThreadSanitizer: its runtime has no faults in mind";
  }
  static Finished in_child(const std::function<int()>& act) {
    return Process([&] {
             std::signal(SIGBUS, SIG_DFL);  // not a sanitizer's
             return act();
           })
        .wait();
  }
  void shorten(::off_t bytes = 0) const {
    if (::truncate((directory.path() / "numbers.control").c_str(), bytes) != 0) std::abort();
  }
  /// A page of a file that was shortened; the file is not one of the library's.
  [[nodiscard]] volatile char* foreign_lost_page() const {
    const std::string path = directory.path() / "foreign";
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (::ftruncate(fd, 4096) != 0) std::abort();
    void* page = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (::ftruncate(fd, 0) != 0) std::abort();
    ::close(fd);
    return static_cast<volatile char*>(page);
  }

  test::TestDirectory directory;
};

TEST_F(TruncatedControlFile, KillsAWriterWithoutSurviveTruncation) {
  const Finished finished = in_child([this] {
    Writer<int> out("numbers");
    shorten();
    out.append(1);
    return 0;
  });
  EXPECT_EQ(finished.signal, SIGBUS);
}

TEST_F(TruncatedControlFile, DoesNotEndAWriterThatSurvives) {
  const Finished finished = in_child([this] {
    survive_truncation();
    survive_truncation();
    Writer<int> out("numbers");
    Reader<int> before("numbers", Start::oldest(), {.waiting = WaitStrategy::sleep()});
    out.append(0);
    SHM_REQUIRE(before.is_listed());
    std::thread sleeper([&] {
      for (int i = 0; i < 1000; ++i) {
        if (before.next(30s).item != i) std::abort();
      }
    });
    shorten();
    for (int i = 1; i < 500; ++i) out.append(i);
    Reader<int> after("numbers", Start::oldest(), {.waiting = WaitStrategy::sleep()});
    SHM_REQUIRE(!after.is_listed());
    for (int i = 500; i < 1000; ++i) out.append(i);
    sleeper.join();
    for (int i = 0; i < 1000; ++i) SHM_REQUIRE(after.next(30s).item == i);
    SHM_REQUIRE(out.readers().empty());
    out.detach();
    Writer<int> next("numbers");  // makes a new one
    SHM_REQUIRE(next.inserted() == 1000);
    SHM_REQUIRE((Reader<int>("numbers", Start::oldest()).is_listed()));
    return 0;
  });
  EXPECT_EQ(finished.exit_code, 0) << "signal " << finished.signal;
}

TEST_F(TruncatedControlFile, IsReplacedAsAWholeIfTruncatedInPart) {
  const Finished finished = in_child([this] {
    survive_truncation();
    Writer<int> out("numbers");
    Reader<int> reader("numbers", Start::oldest(), {.name = "reader"});
    shorten(4096);  // removes the slots, but not the header
    SHM_REQUIRE(out.readers().empty());
    out.append(1);
    SHM_REQUIRE(reader.next(30s).item == 1);
    return 0;
  });
  EXPECT_EQ(finished.exit_code, 0) << "signal " << finished.signal;
}

TEST_F(TruncatedControlFile, StopsButDoesNotEndASourceThatSurvives) {
  const Finished finished = in_child([this] {
    survive_truncation();
    RawWriter out("numbers", "<i", {.has_source = true});
    Demand demand(out);
    Reader<int> reader("numbers", Start::oldest());
    std::thread enters([&] { reader.enter(30s); });
    SHM_REQUIRE(demand.wait(30s));
    demand.started();
    enters.join();
    shorten();
    SHM_REQUIRE(!demand.wait(30s));
    demand.stopped();
    return 0;
  });
  EXPECT_EQ(finished.exit_code, 0) << "signal " << finished.signal;
}

TEST_F(TruncatedControlFile, IsSurvivedWithManyStreams) {
  const Finished finished = in_child([this] {
    survive_truncation();
    std::vector<Writer<int>> many;
    for (int i = 0; i < 200; ++i) {
      many.emplace_back("many/" + std::to_string(i), StreamOptions{.history = 10, .prefault = false});
    }
    for (int i = 0; i < 200; i += 2) many[static_cast<std::size_t>(i)].close();
    Writer<int> out("numbers");
    for (const auto& entry : std::filesystem::recursive_directory_iterator(directory.path())) {
      if (entry.path().extension() == ".control") std::filesystem::resize_file(entry.path(), 0);
    }
    out.append(1);
    for (int i = 1; i < 200; i += 2) many[static_cast<std::size_t>(i)].append(1);
    return 0;
  });
  EXPECT_EQ(finished.exit_code, 0) << "signal " << finished.signal;
}

// --- every other SIGBUS goes to the previous handler ---

TEST_F(TruncatedControlFile, LeavesOtherFaultsToThePreviousHandler) {
  const Finished with_information = in_child([this] {
    struct sigaction action {};
    action.sa_sigaction = [](int, ::siginfo_t* info, void*) {
      ::_exit(info->si_code == BUS_ADRERR ? 41 : 1);
    };
    action.sa_flags = SA_SIGINFO;
    ::sigaction(SIGBUS, &action, nullptr);
    survive_truncation();
    Writer<int> out("numbers");
    *foreign_lost_page() = 1;
    return 0;
  });
  EXPECT_EQ(with_information.exit_code, 41);
  const Finished plain = in_child([this] {
    std::signal(SIGBUS, [](int number) { ::_exit(number == SIGBUS ? 42 : 1); });
    survive_truncation();
    *foreign_lost_page() = 1;
    return 0;
  });
  EXPECT_EQ(plain.exit_code, 42);
}

TEST_F(TruncatedControlFile, LetsOtherFaultsKill) {
  for (const auto handler : {SIG_DFL, SIG_IGN}) {
    const Finished fault = in_child([&] {
      std::signal(SIGBUS, handler);
      survive_truncation();
      *foreign_lost_page() = 1;
      return 0;
    });
    EXPECT_EQ(fault.signal, SIGBUS);
  }
  const Finished sent = in_child([] {
    survive_truncation();
    ::raise(SIGBUS);
    return 0;
  });
  EXPECT_EQ(sent.signal, SIGBUS);
  const Finished ignored = in_child([] {
    std::signal(SIGBUS, SIG_IGN);
    survive_truncation();
    ::raise(SIGBUS);
    return 7;
  });
  EXPECT_EQ(ignored.exit_code, 7);
}

// --- by another user, who may only write the control file ---

using ControlFileTruncatedByAnotherUser = test::Users;

TEST_F(ControlFileTruncatedByAnotherUser, IsSurvived) {
  test::Process writer([] {
    if (!test::become(test::owner)) return 98;
    survive_truncation();
    Writer<int> out("numbers", {.mode = 0640, .group = std::to_string(test::shared_group)});
    out.append(1);
    Reader<int> told("told", Start::oldest(), {.wait_for_stream = 30s});
    out.append(2);
    out.detach();
    return 0;
  });
  ASSERT_TRUE(test::eventually([&] { return std::filesystem::exists(file("numbers.control")); }));
  expect_as(test::stranger, [&] {
    SHM_REQUIRE(::truncate(file("numbers.control").c_str(), 0) != 0);
    return 0;
  });
  expect_as(test::member, [&] {
    SHM_REQUIRE(::truncate(file("numbers.control").c_str(), 0) == 0);
    SHM_REQUIRE(::truncate(file("numbers.stream").c_str(), 0) != 0);
    return 0;
  });
  const Writer<int> tell("told", {.mode = 0644});
  EXPECT_EQ(writer.wait().exit_code, 0);
  EXPECT_EQ(Reader<int>("numbers", Start::newest()).next().item, 2);
}

}  // namespace
}  // namespace shm
