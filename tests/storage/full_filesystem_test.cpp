// SPDX-License-Identifier: Apache-2.0

// A full file system is an error at creation, and never a SIGBUS later. In a mount namespace of its own, on a
// tmpfs of a few pages.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <string>

#include "shm/layout/control_layout.hpp"
#include "shm/storage/catalog.hpp"
#include "shm/stream/reader.hpp"
#include "shm/stream/writer.hpp"
#include "support/process.hpp"
#include "support/require.hpp"
#include "support/test_directory.hpp"

namespace shm {
namespace {

namespace fs = std::filesystem;
using test::not_permitted;

class FullFileSystem : public ::testing::Test {
 protected:
  /// Runs in a child that has an empty tmpfs on the directory.
  void in_a_small_file_system(const std::function<int()>& act) {
    test::Process child([&] {
      if (::unshare(CLONE_NEWNS) != 0 || ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
          ::mount("shm-test", directory.path().c_str(), "tmpfs", 0, "size=4096k") != 0) {
        return not_permitted;
      }
      return act();
    });
    const int code = child.wait().exit_code;
    if (code == not_permitted) GTEST_SKIP() << "may not mount a file system here";
    EXPECT_EQ(code, 0);
  }
  /// Limits the file system to this number of further pages.
  [[nodiscard]] bool leave_room_for(std::uint64_t pages) const {
    const std::string size = "size=" + std::to_string((used() + pages) * 4096);
    return ::mount("shm-test", directory.path().c_str(), "tmpfs", MS_REMOUNT, size.c_str()) == 0;
  }
  [[nodiscard]] std::uint64_t used() const {
    struct ::statvfs status {};
    ::statvfs(directory.path().c_str(), &status);
    return status.f_blocks - status.f_bfree;
  }
  [[nodiscard]] bool is_empty() const { return fs::is_empty(directory.path()); }

  test::TestDirectory directory;
};

constexpr std::uint64_t control_pages = layout::control_file_bytes / 4096;

TEST_F(FullFileSystem, AFailedCreationLeavesNothingBehind) {
  in_a_small_file_system([this] {
    SHM_REQUIRE(leave_room_for(100));
    const std::uint64_t before = used();
    try {
      Writer<double>("much", {.history = 1'000'000});
      return 1;
    } catch (const NoSpace& error) {
      SHM_REQUIRE(error.error() == ENOSPC);
      SHM_REQUIRE(std::string(error.what()).find("much.stream") != std::string::npos);
    }
    SHM_REQUIRE(is_empty());
    SHM_REQUIRE(used() == before);
    return 0;
  });
}

TEST_F(FullFileSystem, AFailedCreationLeavesNoNestedDirectoriesBehind) {
  in_a_small_file_system([this] {
    SHM_REQUIRE(leave_room_for(100));
    try {
      Writer<double>("a/b/much", {.history = 1'000'000});
      return 1;
    } catch (const NoSpace&) {
    }
    SHM_REQUIRE(is_empty());
    return 0;
  });
}

TEST_F(FullFileSystem, AFileSystemOfAnySizeHoldsAWholeStreamOrNothing) {
  in_a_small_file_system([this] {
    bool refused = false;
    bool taken = false;
    for (std::uint64_t pages = 1; pages < control_pages + 10; ++pages) {
      SHM_REQUIRE(leave_room_for(pages));
      try {
        Writer<std::uint64_t> out("deep/numbers", {.history = 400});
        taken = true;
        SHM_REQUIRE(fs::exists(directory.path() / "deep/numbers.control"));
        for (std::uint64_t i = 0; i < 5000; ++i) out.append(i);  // a SIGBUS if a page were missing
        Reader<std::uint64_t> reader("deep/numbers", Start::newest());
        SHM_REQUIRE(reader.is_listed());
        SHM_REQUIRE(reader.next().item == 4999);
      } catch (const NoSpace&) {
        SHM_REQUIRE(!taken);
        refused = true;
      }
      SHM_REQUIRE(is_empty());
    }
    SHM_REQUIRE(refused && taken);
    return 0;
  });
}

TEST_F(FullFileSystem, FillingUpLaterDoesNotHurtAnExistingStream) {
  in_a_small_file_system([this] {
    Writer<std::uint64_t> out("numbers", {.history = 100'000, .prefault = false});
    Reader<std::uint64_t> reader("numbers", Start::oldest());
    std::ofstream filler(directory.path() / "filler");
    while (filler << std::string(4096, 'x') << std::flush) {
    }
    for (std::uint64_t i = 0; i < 500'000; ++i) out.append(i);
    SHM_REQUIRE(reader[-1] == 499'999);
    SHM_REQUIRE(reader[-100'000] == 400'000);
    return 0;
  });
}

TEST_F(FullFileSystem, AFailedReplacementLeavesTheStreamAsItWas) {
  in_a_small_file_system([this] {
    bool refused = false;
    bool taken = false;
    for (std::uint64_t pages = 0; pages < control_pages + 16; ++pages) {
      SHM_REQUIRE(leave_room_for(100));
      {
        Writer<std::uint64_t> out("numbers", {.history = 100});
        for (std::uint64_t i = 0; i < 50; ++i) out.append(i);
        out.detach();
      }
      SHM_REQUIRE(leave_room_for(pages));
      Reader<std::uint64_t> reader("numbers", Start::oldest());
      try {
        Writer<std::uint64_t> other("numbers", {.history = 2000});
        SHM_REQUIRE(other.inserted() == 50);
        taken = true;
      } catch (const NoSpace&) {
        SHM_REQUIRE(!taken);
        refused = true;
        SHM_REQUIRE(reader.writer_state() == WriterState::lost);
        Writer<std::uint64_t> next("numbers", {.history = 100});  // needs no room
        SHM_REQUIRE(next.inserted() == 50);
        SHM_REQUIRE(reader.writer_state() == WriterState::live);
        SHM_REQUIRE(reader.next().item == 0);
        SHM_REQUIRE(next.readers().size() == 1);
      }
      SHM_REQUIRE(is_empty());
    }
    SHM_REQUIRE(refused && taken);
    return 0;
  });
}

TEST_F(FullFileSystem, AControlFileThatDoesNotFitLeavesTheStream) {
  in_a_small_file_system([this] {
    {
      Writer<std::uint64_t> out("numbers", {.history = 100});
      out.append(7);
      out.detach();
    }
    fs::remove(directory.path() / "numbers.control");
    SHM_REQUIRE(leave_room_for(control_pages - 1));
    try {
      Writer<std::uint64_t>("numbers", {.history = 100});
      return 1;
    } catch (const NoSpace&) {
    }
    SHM_REQUIRE(list_streams() == std::vector<std::string>{"numbers"});
    SHM_REQUIRE(Reader<std::uint64_t>("numbers", Start::oldest()).next().item == 7);
    SHM_REQUIRE(stream_info("numbers").writer.state == WriterState::lost);
    SHM_REQUIRE(leave_room_for(control_pages));
    SHM_REQUIRE(Writer<std::uint64_t>("numbers", {.history = 100}).inserted() == 1);
    return 0;
  });
}

TEST_F(FullFileSystem, TakingOverAFileWithHolesFails) {
  in_a_small_file_system([this] {
    {
      Writer<double> out("numbers", {.history = 50'000});
      out.append(1.5);
      out.detach();
    }
    const std::string file = directory.path() / "numbers.stream";
    const int fd = ::open(file.c_str(), O_RDWR | O_CLOEXEC);
    SHM_REQUIRE(::fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 64 * 4096, 32 * 4096) == 0);
    ::close(fd);
    SHM_REQUIRE(leave_room_for(8));
    try {
      Writer<double> out("numbers", {.history = 50'000});
      return 1;
    } catch (const NoSpace&) {
    }
    SHM_REQUIRE(leave_room_for(64));
    Writer<double> out("numbers", {.history = 50'000});
    SHM_REQUIRE(out.inserted() == 1);
    for (int i = 0; i < 70'000; ++i) out.append(i);  // into all of it
    return 0;
  });
}

}  // namespace
}  // namespace shm
