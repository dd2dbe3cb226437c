// SPDX-License-Identifier: Apache-2.0

// Directories that a writer does not trust with its streams, and links on the path to them, which the library does
// not follow.
#include <fstream>

#include "shm/storage/catalog.hpp"
#include "shm/stream/reader.hpp"
#include "storage/users.hpp"
#include "support/print.hpp"

namespace shm {
namespace {

namespace fs = std::filesystem;
using test::As;
using test::has;
using test::member;
using test::mode_of;
using test::owner;
using test::refusal;
using test::stranger;
using test::throws;
using test::User;

void make_directory(const fs::path& path, const User& user, ::mode_t mode) {
  fs::create_directory(path);
  ASSERT_EQ(::chown(path.c_str(), user.id, user.groups[0]), 0);
  ASSERT_EQ(::chmod(path.c_str(), mode), 0);
}

class UntrustedDirectory : public test::Users {
 protected:
  static std::string refusal_of(const std::string& name, const std::string& in = {}) {
    return refusal<PermissionDenied>([&] { Writer<int>(name, {.directory = in}); });
  }
  const User root{0, {0}};
};

TEST_F(UntrustedDirectory, WritersRefuseADirectoryOfAnotherUser) {
  make_directory(file("theirs"), stranger, 0777 | 01000);
  make_directory(file("theirs/deeper"), owner, 0755);
  for (const User& user : {owner, root}) {
    expect_as(user, [&] {
      for (const std::string name : {"theirs/numbers", "theirs/deeper/numbers"}) {
        SHM_REQUIRE(has(refusal_of(name),
                        {file("theirs"), "60003", "mode 1777", "LIBSHM_DIR", "install -d -m 1777"}));
      }
      SHM_REQUIRE(has(refusal_of("numbers", file("theirs")), {file("theirs"), "60003"}));
      return 0;
    });
  }
  EXPECT_EQ(list_streams(), std::vector<std::string>{});
}

TEST_F(UntrustedDirectory, WritersRefuseADirectoryThatOthersMayWriteUnlessSticky) {
  for (const ::mode_t mode : {0777U, 0775U, 0772U, 0720U}) {
    make_directory(file("open"), owner, mode);
    expect_as(owner, [&] {
      SHM_REQUIRE(has(refusal_of("open/numbers"), {file("open"), "60001", "chmod go-w", "chmod +t"}));
      return 0;
    });
    make_directory(file("open"), owner, mode | 01000);
    expect_as(owner, [&] {
      Writer<int>("open/numbers").detach();
      remove_stream("open/numbers");
      return 0;
    });
  }
}

TEST_F(UntrustedDirectory, ReadersAcceptAnyDirectory) {
  make_directory(file("theirs"), stranger, 0755);
  expect_as(stranger, [] {
    Writer<int> out("theirs/numbers", {.mode = 0644});
    append(out, 1);
    out.detach();
    return 0;
  });
  expect_as(owner, [] {
    SHM_REQUIRE(Reader<int>("theirs/numbers", Start::oldest()).next().item == 0);
    return 0;
  });
}

TEST_F(UntrustedDirectory, DirectoriesOfRootAndOfTheUserAreTrusted) {
  make_directory(file("roots"), root, 01777);
  make_directory(file("own"), owner, 0700);
  expect_as(owner, [] {
    Writer<int>("roots/numbers").detach();
    Writer<int>("own/numbers").detach();
    return 0;
  });
  EXPECT_EQ(list_streams(), (std::vector<std::string>{"own/numbers", "roots/numbers"}));
}

TEST_F(UntrustedDirectory, AFileInPlaceOfTheDirectoryIsAnError) {
  std::ofstream(file("file")) << "x";
  const std::string in = file("file");
  const std::vector<std::string> words = {in, "no directory", "LIBSHM_DIR"};
  EXPECT_TRUE(has(refusal<SystemError>([&] { Writer<int>("numbers", {.directory = in}); }), words));
  EXPECT_TRUE(has(refusal<SystemError>([&] { static_cast<void>(list_streams(in)); }), words));
  EXPECT_THROW(Writer<int>("file/numbers"), SystemError);
  EXPECT_THROW(RawReader("file/numbers", Start::oldest()), NotFound);
}

// --- directories that the library makes ---

TEST_F(UntrustedDirectory, ADirectoryMadeByRootIsForAllAndByAUserForThatUser) {
  const ::mode_t before = ::umask(0077);
  Writer<int>("a/b/numbers", {.directory = file("of-root")}).detach();
  {
    const As as(owner);
    Writer<int>("a/b/numbers", {.directory = file("of-user")}).detach();
    Writer<int>("beside/numbers", {.directory = file("of-root")}).detach();
  }
  ::umask(before);
  for (const char* part : {"of-root", "of-root/a", "of-root/a/b"})
    EXPECT_EQ(mode_of(file(part)), 01777U) << part;
  for (const char* part : {"of-user", "of-user/a", "of-user/a/b", "of-root/beside"}) {
    EXPECT_EQ(mode_of(file(part)), 0755U) << part;
  }
  expect_as(stranger, [&] {
    SHM_REQUIRE(has(refusal_of("numbers", file("of-user")), {"of-user", "60001"}));
    SHM_REQUIRE(has(refusal_of("beside/theirs", file("of-root")), {"beside", "60001"}));
    Writer<int>("a/b/theirs", {.directory = file("of-root")}).detach();
    return 0;
  });
}

TEST_F(UntrustedDirectory, ANestedDirectoryIsNoMoreOpenThanItsParent) {
  for (const ::mode_t mode : {0700U, 0755U, 0711U, 01777U}) {
    const fs::path in = file("in-" + std::to_string(mode));
    make_directory(in, root, mode);
    Writer<int>("a/b/numbers", {.directory = in}).detach();
    EXPECT_EQ(mode_of(in / "a"), mode);
    EXPECT_EQ(mode_of(in / "a/b"), mode);
  }
}

// --- links ---

TEST_F(UntrustedDirectory, ALinkBelowTheRootIsNotFollowed) {
  make_directory(file("real"), owner, 0755);
  {
    const As as(owner);
    Writer<int>("real/numbers", {.mode = 0644}).detach();
    fs::create_symlink("real", file("link"));
  }
  for (const User& user : {owner, stranger, root}) {
    expect_as(user, [&] {
      SHM_REQUIRE(
          has(refusal<SystemError>([] { Writer<int>("link/numbers"); }), {file("link"), "symbolic link"}));
      SHM_REQUIRE(throws<SystemError>([] { RawReader("link/numbers", Start::oldest()); }));
      SHM_REQUIRE(throws<SystemError>([] { static_cast<void>(stream_info("link/numbers")); }));
      SHM_REQUIRE(throws<SystemError>([] { remove_stream("link/numbers", true); }));
      SHM_REQUIRE(list_streams() == std::vector<std::string>{"real/numbers"});
      return 0;
    });
  }
  EXPECT_EQ(collect_garbage(), std::vector<std::string>{"real/numbers"});
}

TEST_F(UntrustedDirectory, TheRootMayBeALinkOfTheUserOrOfRootOnly) {
  make_directory(file("real"), owner, 0755);
  for (const User& user : {root, owner, stranger}) {
    const As as(user);
    fs::create_symlink("real", file("link-" + std::to_string(user.id)));
  }
  expect_as(owner, [&] {
    for (const std::string link : {"link-0", "link-60001", "link-60001/"}) {
      const std::string in = file(link);
      Writer<int>("numbers", {.directory = in}).detach();
      Reader<int>("numbers", Start::oldest(), {.directory = in});
      SHM_REQUIRE(list_streams(in) == std::vector<std::string>{"numbers"});
      remove_stream("numbers", false, in);
    }
    for (const std::string link : {"link-60003", "link-60003/", "link-60003//"}) {
      const std::string in = file(link);
      SHM_REQUIRE(has(refusal_of("numbers", in), {"link-60003", "60003", "symbolic link", "LIBSHM_DIR"}));
      SHM_REQUIRE(
          throws<PermissionDenied>([&] { RawReader("numbers", Start::oldest(), {.directory = in}); }));
      SHM_REQUIRE(throws<PermissionDenied>([&] { static_cast<void>(list_streams(in)); }));
      SHM_REQUIRE(throws<PermissionDenied>([&] { static_cast<void>(collect_garbage({}, in)); }));
    }
    return 0;
  });
  EXPECT_TRUE(fs::is_empty(file("real")));
}

TEST_F(UntrustedDirectory, ARemovalDoesNotFollowALinkInPlaceOfADirectory) {
  make_directory(file("precious"), owner, 0755);
  make_directory(file("trap"), stranger, 0755);
  {
    const As as(owner);
    Writer<int>("precious/numbers").detach();
  }
  {
    const As as(stranger);
    fs::create_symlink("../precious/numbers.stream", file("trap/file.stream"));
    fs::create_symlink("../precious", file("trap/way"));
  }
  EXPECT_THROW(remove_stream("trap/file", true), SystemError);
  EXPECT_THROW(remove_stream("trap/way/numbers", true), SystemError);
  EXPECT_TRUE(fs::exists(file("precious/numbers.stream")));
}

TEST_F(UntrustedDirectory, NoAccessFollowsALinkThatConstantlyReplacesADirectory) {
  make_directory(file("precious"), root, 0755);
  make_directory(file("trap"), stranger, 0755);
  { Writer<int>("precious/numbers", {.mode = 0644}).detach(); }
  test::Process swapper([&] {
    if (!test::become(stranger)) return 98;
    const std::string way = file("trap/way");
    fs::create_directory(file("trap/directory"));
    fs::create_symlink("../precious", file("trap/link"));
    for (;;) {
      for (const char* next : {"trap/directory", "trap/link"}) {
        fs::rename(file(next), way);
        fs::rename(way, file(next));
      }
    }
  });
  ASSERT_TRUE(test::eventually([&] { return fs::is_symlink(fs::symlink_status(file("trap/link"))); }));
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(500);
  while (std::chrono::steady_clock::now() < end) {
    EXPECT_THROW(remove_stream("trap/way/numbers", true), Error);
    EXPECT_THROW(RawReader("trap/way/numbers", Start::oldest()), Error);
    EXPECT_THROW(Writer<int>("trap/way/numbers"), Error);
    static_cast<void>(collect_garbage({.dry_run = true}));
  }
  EXPECT_TRUE(swapper.running());
  EXPECT_TRUE(fs::exists(file("precious/numbers.stream")));
  EXPECT_TRUE(fs::exists(file("precious/numbers.control")));
}

}  // namespace
}  // namespace shm
