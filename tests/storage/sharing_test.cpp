// SPDX-License-Identifier: Apache-2.0

// Access to the owner's streams by a member of the group and by a stranger: none by default, read access if they are
// shared, and never write access.
#include <fcntl.h>
#include <sys/mman.h>

#include <csignal>
#include <thread>

#include "shm/layout/control_layout.hpp"
#include "shm/storage/catalog.hpp"
#include "shm/stream/reader.hpp"
#include "storage/users.hpp"
#include "support/print.hpp"
#include "support/raw_file.hpp"

namespace shm {
namespace {

using namespace std::chrono_literals;
using test::As;
using test::eventually;
using test::has;
using test::member;
using test::owner;
using test::Process;
using test::refusal;
using test::stranger;
using test::throws;

class Sharing : public test::Users {
 protected:
  /// Tries every operation that a user without rights can try on a file by its name.
  static int expect_untouchable(const std::string& path, bool readable) {
    const int reading = ::open(path.c_str(), O_RDONLY);
    SHM_REQUIRE((reading >= 0) == readable);
    SHM_REQUIRE(::open(path.c_str(), O_WRONLY) < 0 && errno == EACCES);
    SHM_REQUIRE(::open(path.c_str(), O_RDWR) < 0 && errno == EACCES);
    SHM_REQUIRE(::truncate(path.c_str(), 0) < 0 && errno == EACCES);
    SHM_REQUIRE(::unlink(path.c_str()) < 0 && errno == EPERM);
    SHM_REQUIRE(::rename(path.c_str(), (path + "2").c_str()) < 0 && errno == EPERM);
    SHM_REQUIRE(::chmod(path.c_str(), 0666) < 0 && errno == EPERM);
    SHM_REQUIRE(::chown(path.c_str(), stranger.id, static_cast<::gid_t>(-1)) < 0 && errno == EPERM);
    if (reading < 0) return 0;
    SHM_REQUIRE(::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, reading, 0) == MAP_FAILED);
    void* map = ::mmap(nullptr, 4096, PROT_READ, MAP_SHARED, reading, 0);
    SHM_REQUIRE(map != MAP_FAILED && ::mprotect(map, 4096, PROT_READ | PROT_WRITE) < 0 && errno == EACCES);
    struct ::flock lock {};
    lock.l_type = F_WRLCK;
    lock.l_len = 1;
    SHM_REQUIRE(::fcntl(reading, F_OFD_SETLK, &lock) < 0 && errno == EBADF);
    SHM_REQUIRE(::ftruncate(reading, 0) < 0);
    return 0;
  }
  static int expect_closed(const std::string& name) {
    SHM_REQUIRE(has(refusal<PermissionDenied>([&] { RawReader(name, Start::oldest()); }),
                    {name + ".stream", "cannot open it to read", "60001"}));
    SHM_REQUIRE(throws<PermissionDenied>([&] { static_cast<void>(stream_info(name)); }));
    SHM_REQUIRE(throws<PermissionDenied>([&] { static_cast<void>(stream_readers(name)); }));
    SHM_REQUIRE(throws<PermissionDenied>([&] { Writer<int> out(name); }));
    SHM_REQUIRE(throws<PermissionDenied>([&] { remove_stream(name); }));
    SHM_REQUIRE(throws<PermissionDenied>([&] { remove_stream(name, true); }));
    SHM_REQUIRE(collect_garbage({.persistent = true}).empty());
    return 0;
  }
};

TEST_F(Sharing, StreamsArePrivateByDefault) {
  leave_numbers();
  for (const test::User& user : {member, stranger}) {
    expect_as(user, [&] {
      SHM_REQUIRE(expect_closed("numbers") == 0);
      SHM_REQUIRE(expect_untouchable(file("numbers.stream"), false) == 0);
      SHM_REQUIRE(expect_untouchable(file("numbers.control"), false) == 0);
      return 0;
    });
  }
  EXPECT_EQ(Reader<int>("numbers", Start::newest()).next().item, 2);
}

TEST_F(Sharing, NamesAreVisibleToUsersWhoMayListTheDirectory) {
  leave_numbers();
  expect_as(stranger, [] {
    SHM_REQUIRE(list_streams() == std::vector<std::string>{"numbers"});
    return 0;
  });
  ::chmod(directory.path().c_str(), 01711);
  expect_as(stranger, [] {
    SHM_REQUIRE(
        has(refusal<PermissionDenied>([] { static_cast<void>(list_streams()); }), {"cannot list it"}));
    return 0;
  });
  ::chmod(directory.path().c_str(), 0700);
  expect_as(stranger, [] {
    SHM_REQUIRE(throws<PermissionDenied>([] { RawReader("numbers", Start::oldest()); }));
    SHM_REQUIRE(throws<PermissionDenied>([] { RawReader("not-there", Start::oldest()); }));
    return 0;
  });
}

TEST_F(Sharing, GroupMembersReadAStreamOfTheirGroup) {
  leave_numbers({.mode = 0640, .group = std::to_string(test::shared_group)});
  expect_as(member, [&] {
    Reader<int> mine("numbers", Start::oldest());
    SHM_REQUIRE(mine.next().item == 0);
    SHM_REQUIRE(mine.is_listed());
    SHM_REQUIRE(stream_readers("numbers").size() == 1);
    SHM_REQUIRE(expect_untouchable(file("numbers.stream"), true) == 0);
    SHM_REQUIRE(throws<PermissionDenied>([] { Writer<int>("numbers"); }));
    SHM_REQUIRE(throws<PermissionDenied>([] { remove_stream("numbers"); }));
    return 0;
  });
  expect_as(stranger, [&] {
    SHM_REQUIRE(expect_closed("numbers") == 0);
    SHM_REQUIRE(expect_untouchable(file("numbers.stream"), false) == 0);
    SHM_REQUIRE(expect_untouchable(file("numbers.control"), false) == 0);
    return 0;
  });
}

TEST_F(Sharing, MembersReadSleepAndSeeTheEndWithoutTheControlFile) {
  Process reader([] {
    if (!test::become(member)) return 98;
    Reader<int> mine("numbers", Start::oldest(), {.waiting = WaitStrategy::sleep(), .wait_for_stream = 30s});
    SHM_REQUIRE(!mine.is_listed());
    for (int i = 0; i < 100; ++i) SHM_REQUIRE(mine.next(30s).item == i);
    SHM_REQUIRE(mine.next(2ms).status == Status::timed_out);
    const int fd = ::open((default_directory() + "/asleep").c_str(), O_CREAT | O_WRONLY, 0644);
    SHM_REQUIRE(fd >= 0);
    SHM_REQUIRE(mine.next(30s).item == 100);
    SHM_REQUIRE(mine.next(30s).status == Status::ended);
    return 0;
  });
  std::optional<Writer<int>> out;
  {
    const As as(owner);
    out.emplace(
        "numbers",
        StreamOptions{.mode = 0640, .control_mode = 0600, .group = std::to_string(test::shared_group)});
  }
  append(*out, 100);
  ASSERT_TRUE(eventually([&] { return std::filesystem::exists(file("asleep")); }));
  EXPECT_TRUE(out->readers().empty());
  append(*out, 1);
  out->close();
  EXPECT_EQ(reader.wait().exit_code, 0);
}

TEST_F(Sharing, OtherUsersCannotWakeTheReadersOfAPrivateStream) {
  leave_numbers();
  expect_as(stranger, [&] {
    SHM_REQUIRE(::open(file("numbers.control").c_str(), O_RDONLY) < 0);  // no mapping, no futex
    return 0;
  });
  EXPECT_EQ(test::peek_file<std::uint64_t>(file("numbers.control"), offsetof(layout::ControlHeader, wake_at)),
            layout::wake_nobody);
}

TEST_F(Sharing, AModeThatSharesTheDataForWritingIsRefused) {
  for (const ::mode_t mode : {0660U, 0666U, 0602U, 0620U, 0646U, 0777U}) {
    EXPECT_TRUE(
        has(refusal<InvalidArgument>([&] { Writer<int>("numbers", {.mode = mode}); }), {"mode", "write"}))
        << mode;
  }
  EXPECT_TRUE(std::filesystem::is_empty(directory.path()));
}

TEST_F(Sharing, TheNextWriterCanMakeAStreamPrivate) {
  leave_numbers({.mode = 0640, .group = std::to_string(test::shared_group)});
  leave_numbers();  // shares with no group
  EXPECT_EQ(status("numbers.stream").st_gid, owner.groups[0]);
  EXPECT_EQ(status("numbers.control").st_gid, owner.groups[0]);
  expect_as(member, [] { return expect_closed("numbers"); });
  leave_numbers({.mode = 0640});  // with the owner's own group, no longer with the earlier one
  expect_as(member, [] { return expect_closed("numbers"); });
}

TEST_F(Sharing, StreamsInADirectoryOfAGroupBelongToThatGroup) {
  ASSERT_EQ(::chown(directory.path().c_str(), 0, test::shared_group), 0);
  ::chmod(directory.path().c_str(), 03775);
  leave_numbers({.mode = 0640});
  leave_numbers({.mode = 0640});
  expect_as(member, [] {
    SHM_REQUIRE(Reader<int>("numbers", Start::newest()).next().item == 5);
    return 0;
  });
}

TEST_F(Sharing, AForeignGroupIsRefusedAndLeavesNothing) {
  expect_as(stranger, [] {
    SHM_REQUIRE(has(refusal<PermissionDenied>([] {
                      Writer<int>("numbers", {.mode = 0640, .group = std::to_string(test::shared_group)});
                    }),
                    {"60100", "group"}));
    return 0;
  });
  EXPECT_TRUE(std::filesystem::is_empty(directory.path()));
}

TEST_F(Sharing, AReaderCanKeepTheNextWriterOutButNotForever) {
  leave_numbers({.mode = 0644});
  Process locker([] {
    if (!test::become(stranger)) return 98;
    const int fd = ::open((default_directory() + "/numbers.stream").c_str(), O_RDONLY);
    struct ::flock lock {};
    lock.l_type = F_RDLCK;
    lock.l_start = layout::writer_lock_offset;
    lock.l_len = 1;
    SHM_REQUIRE(::fcntl(fd, F_OFD_SETLK, &lock) == 0);
    const int told = ::open((default_directory() + "/locked").c_str(), O_CREAT | O_WRONLY, 0644);
    SHM_REQUIRE(told >= 0);
    for (;;) ::pause();
  });
  ASSERT_TRUE(eventually([&] { return std::filesystem::exists(file("locked")); }));
  EXPECT_EQ(stream_info("numbers").writer.state, WriterState::lost);  // the reader does not pass for a writer
  expect_as(owner, [&] {
    SHM_REQUIRE(has(refusal<SystemError>([] { Writer<int>("numbers", {.mode = 0644}); }),
                    {file("numbers.stream"), "holds a lock", "shm rm"}));
    remove_stream("numbers");
    Writer<int>("numbers", {.mode = 0644}).detach();
    return 0;
  });
}

// --- the owner of a stream ---

TEST_F(Sharing, StreamInfoNamesTheOwner) {
  leave_numbers({.mode = 0640, .group = std::to_string(test::shared_group)});
  expect_as(member, [] {
    const StreamInfo info = stream_info("numbers");
    SHM_REQUIRE(info.file.owner == owner.id && info.file.group == test::shared_group &&
                info.file.mode == 0640);
    SHM_REQUIRE((Reader<int>("numbers", Start::oldest()).info().file.owner == owner.id));
    return 0;
  });
}

TEST_F(Sharing, ReadersCanAcceptOneOwnerAlone) {
  leave_numbers({.mode = 0644});
  expect_as(stranger, [] {
    SHM_REQUIRE(Reader<int>("numbers", Start::oldest(), {.owner = owner.id}).next().item == 0);
    SHM_REQUIRE(has(refusal<PermissionDenied>([] { Reader<int>("numbers", Start::oldest(), {.owner = 0}); }),
                    {"numbers.stream", "60001", "only streams of user", "(0)"}));
    SHM_REQUIRE(throws<PermissionDenied>(
        [] { Reader<int>("numbers", Start::oldest(), {.wait_for_stream = 10s, .owner = member.id}); }));
    return 0;
  });
}

}  // namespace
}  // namespace shm
