// SPDX-License-Identifier: Apache-2.0

// Files that other users put at the names of a stream's files: the library never takes them over, follows them, or
// writes to them.
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/sysmacros.h>
#include <sys/un.h>

#include <fstream>

#include "shm/layout/control_layout.hpp"
#include "shm/storage/catalog.hpp"
#include "shm/stream/reader.hpp"
#include "storage/users.hpp"
#include "support/print.hpp"

namespace shm {
namespace {

namespace fs = std::filesystem;
using test::As;
using test::has;
using test::owner;
using test::refusal;
using test::stranger;
using test::throws;
using test::User;

class PlantedFiles : public test::Users {
 protected:
  static std::string writer_refusal() {
    return refusal<PermissionDenied>([] { Writer<int>("numbers"); });
  }
  static std::string reader_refusal() {
    return refusal<PermissionDenied>([] { RawReader("numbers", Start::oldest()); });
  }
  const User root{0, {0}};
};

// --- NAME.stream ---

TEST_F(PlantedFiles, StreamsOfAnotherUserAreNotTakenOver) {
  leave_numbers({.mode = 0644});
  for (const User& user : {stranger, root}) {
    expect_as(user, [&] {
      SHM_REQUIRE(has(writer_refusal(), {file("numbers.stream"), "60001"}));
      return 0;
    });
  }
  EXPECT_EQ(status("numbers.stream").st_uid, owner.id);
  EXPECT_EQ(Reader<int>("numbers", Start::newest()).next().item, 2);
  remove_stream("numbers");  // root may
  const Writer<int> out("numbers");
  EXPECT_EQ(out.inserted(), 0U);  // the other user's items are not published again
}

TEST_F(PlantedFiles, StreamsThatOthersMayWriteAreRefused) {
  leave_numbers();
  for (const ::mode_t mode : {0620U, 0602U, 0666U}) {
    ::chmod(file("numbers.stream").c_str(), mode);
    for (const User& user : {owner, root}) {
      expect_as(user, [&] {
        SHM_REQUIRE(has(reader_refusal(), {file("numbers.stream"), "60001", "chmod go-w", "shm rm"}));
        SHM_REQUIRE(throws<PermissionDenied>([] { static_cast<void>(stream_info("numbers")); }));
        SHM_REQUIRE(!writer_refusal().empty());
        SHM_REQUIRE(collect_garbage().empty());
        return 0;
      });
    }
  }
  expect_as(owner, [] {
    remove_stream("numbers");
    return 0;
  });
  EXPECT_TRUE(fs::is_empty(directory.path()));
}

TEST_F(PlantedFiles, StreamsWithTwoNamesAreRefused) {
  leave_numbers();
  const fs::path other = file("other.stream");
  fs::create_hard_link(file("numbers.stream"), other);
  expect_as(owner, [&] {
    SHM_REQUIRE(has(reader_refusal(), {file("numbers.stream"), "2 names", "hard link"}));
    SHM_REQUIRE(has(writer_refusal(), {file("numbers.stream"), "2 names"}));
    SHM_REQUIRE(collect_garbage().empty());
    remove_stream("other");  // removes this name alone; the file of the other name stays as it is
    return 0;
  });
  EXPECT_FALSE(fs::exists(other));
  EXPECT_EQ(stream_info("numbers").writer.state, WriterState::lost);
  EXPECT_EQ(Reader<int>("numbers", Start::newest()).next().item, 2);
}

TEST_F(PlantedFiles, HardLinksToOtherFilesAreNotWritten) {
  std::ofstream(file("precious")) << "precious";
  ::chown(file("precious").c_str(), owner.id, owner.groups[0]);
  fs::create_hard_link(file("precious"), file("numbers.stream"));
  fs::create_hard_link(file("precious"), file("numbers.control"));
  expect_as(owner, [] {
    SHM_REQUIRE(!writer_refusal().empty());
    SHM_REQUIRE(!reader_refusal().empty());
    return 0;
  });
  std::string text;
  std::ifstream(file("precious")) >> text;
  EXPECT_EQ(text, "precious");
}

TEST_F(PlantedFiles, ThingsThatAreNotRegularFilesAreRefusedWithoutBeingOpened) {
  const std::string path = file("numbers.stream");
  const auto socket = [](const std::string& at) {
    const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
    ::sockaddr_un address{};
    address.sun_family = AF_UNIX;
    at.copy(&address.sun_path[0], sizeof address.sun_path - 1);
    const bool bound = ::bind(fd, reinterpret_cast<::sockaddr*>(&address), sizeof address) == 0;
    ::close(fd);
    return bound;
  };
  const std::vector<std::pair<const char*, std::function<bool()>>> things = {
      {"a FIFO", [&] { return ::mkfifo(path.c_str(), 0666) == 0; }},
      {"a socket", [&] { return socket(path); }},
      {"a device", [&] { return ::mknod(path.c_str(), S_IFCHR | 0666, ::makedev(1, 3)) == 0; }},
      {"a directory", [&] { return ::mkdir(path.c_str(), 0777) == 0; }},
  };
  for (const auto& [what, put] : things) {
    if (!put()) continue;  // not every system lets a test make a device
    for (const User& user : {owner, root}) {
      expect_as(user, [&, what = what] {
        const std::vector<std::string> words = {path, what, "not a regular file"};
        SHM_REQUIRE(has(refusal<BadStream>([] { Writer<int>("numbers"); }), words));
        SHM_REQUIRE(has(refusal<BadStream>([] { RawReader("numbers", Start::oldest()); }), words));
        SHM_REQUIRE(has(refusal<BadStream>([] { static_cast<void>(stream_info("numbers")); }), words));
        SHM_REQUIRE(throws<BadStream>([] { remove_stream("numbers", true); }));
        SHM_REQUIRE(collect_garbage().empty());
        return 0;
      });
    }
    fs::remove(path);
  }
}

TEST_F(PlantedFiles, LinksAreRefusedWhateverTheirTarget) {
  leave_numbers();
  for (const char* target : {"numbers.stream", "nowhere", "/dev/null", "."}) {
    fs::create_symlink(target, file("link.stream"));
    expect_as(owner, [&] {
      const std::vector<std::string> words = {file("link.stream"), "symbolic link"};
      SHM_REQUIRE(has(refusal<SystemError>([] { Writer<int>("link"); }), words));
      SHM_REQUIRE(has(refusal<SystemError>([] { RawReader("link", Start::oldest()); }), words));
      SHM_REQUIRE(throws<SystemError>([] { remove_stream("link", true); }));
      return 0;
    });
    EXPECT_FALSE(fs::exists(file("nowhere")));
    fs::remove(file("link.stream"));
  }
}

// --- NAME.control ---

TEST_F(PlantedFiles, ControlFilesOfAnotherUserStopTheWriterBeforeItsStreamAppears) {
  {
    const As as(stranger);
    std::ofstream(file("numbers.control")) << "anything";
  }
  expect_as(owner, [&] {
    SHM_REQUIRE(has(writer_refusal(), {file("numbers.control"), "60003", "another name"}));
    return 0;
  });
  EXPECT_EQ(list_streams(), std::vector<std::string>{});
  expect_as(root, [] {  // root may replace it, and does
    Writer<int>("numbers").detach();
    return 0;
  });
  EXPECT_EQ(status("numbers.control").st_uid, 0U);
}

TEST_F(PlantedFiles, ControlFilesOfAnotherUserAreReplacedInADirectoryOfOnesOwn) {
  fs::create_directory(file("own"));
  ASSERT_EQ(::chown(file("own").c_str(), owner.id, owner.groups[0]), 0);
  std::ofstream(file("own/numbers.control")) << "root's";
  expect_as(owner, [] {
    Writer<int>("own/numbers").detach();
    return 0;
  });
  EXPECT_EQ(status("own/numbers.control").st_uid, owner.id);
}

TEST_F(PlantedFiles, ControlFilesThatAreLinksOrHaveTwoNamesAreReplacedNotWritten) {
  leave_numbers();
  fs::create_hard_link(file("numbers.control"), file("kept"));
  std::ofstream(file("precious")) << "precious";
  leave_numbers();
  EXPECT_NE(status("numbers.control").st_ino, status("kept").st_ino);
  const As as(owner);
  fs::remove(file("numbers.control"));
  fs::create_symlink("precious", file("numbers.control"));
  EXPECT_FALSE(Reader<int>("numbers", Start::oldest()).is_listed());
  Writer<int> out("numbers");
  EXPECT_TRUE(S_ISREG(status("numbers.control").st_mode));
  EXPECT_TRUE(Reader<int>("numbers", Start::oldest()).is_listed());
  EXPECT_EQ(fs::file_size(file("precious")), 8U);
}

TEST_F(PlantedFiles, ControlFilesThatAreDirectoriesAreRefused) {
  fs::create_directory(file("numbers.control"));
  expect_as(root, [&] {
    SHM_REQUIRE(
        has(refusal<SystemError>([] { Writer<int>("numbers"); }), {file("numbers.control"), "a directory"}));
    return 0;
  });
  EXPECT_FALSE(fs::exists(file("numbers.stream")));
}

TEST_F(PlantedFiles, ControlFilesOfAnotherThanTheStreamsOwnerAreNotWrittenByReaders) {
  leave_numbers({.mode = 0644});
  const fs::path control = file("numbers.control");
  std::ifstream in(control, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(in), {}};
  fs::remove(control);
  std::ofstream(control, std::ios::binary) << bytes;  // the same bytes, but root's file
  ::chmod(control.c_str(), 0666);
  expect_as(stranger, [] {
    Reader<int> mine("numbers", Start::oldest());
    SHM_REQUIRE(!mine.is_listed());
    SHM_REQUIRE(mine.next().item == 0);
    return 0;
  });
}

// --- names that are not names of streams ---

TEST_F(PlantedFiles, FilesWithTrickyNamesAreNeitherListedNorRemoved) {
  std::vector<std::string> names(1, ".stream");
  names[0].insert(0, 201, 'n');
  for (const char* name : {".stream", "..stream", ".hidden.stream", "a b.stream", "a\nb.stream",
                           "\xc3\xbc.stream", "\xff.stream", "a\x1b[2J.stream", "numbers.STREAM"}) {
    names.emplace_back(name);
  }
  for (const std::string& name : names) std::ofstream(file(name)) << "x";
  fs::create_directories(file(".dir/deeper"));
  std::ofstream(file(".dir/deeper/numbers.stream")) << "x";
  EXPECT_EQ(list_streams(), std::vector<std::string>{});
  EXPECT_TRUE(collect_garbage({.persistent = true}).empty());
  for (const std::string& name : names) EXPECT_TRUE(fs::exists(file(name))) << name;
}

TEST_F(PlantedFiles, DirectoriesDeeperThanAnyNameAreNotWalked) {
  std::string deep = directory.path();
  for (int i = 0; i < 150; ++i) fs::create_directory(deep += "/d");
  std::ofstream(deep + "/numbers.stream") << "x";
  EXPECT_EQ(list_streams(), std::vector<std::string>{});
}

TEST_F(PlantedFiles, DebrisIsRemovedByItsOwnerButNotByAStranger) {
  {
    const As as(owner);
    for (const char* name : {".making-1-1", "alone.control"}) {
      std::ofstream(file(name)) << "x";
      fs::last_write_time(file(name), fs::file_time_type::clock::now() - std::chrono::hours(1));
    }
  }
  expect_as(stranger, [] {
    SHM_REQUIRE(collect_garbage().empty());
    return 0;
  });
  expect_as(owner, [] {
    SHM_REQUIRE(collect_garbage().size() == 2);
    return 0;
  });
  EXPECT_TRUE(fs::is_empty(directory.path()));
}

}  // namespace
}  // namespace shm
