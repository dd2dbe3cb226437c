// SPDX-License-Identifier: Apache-2.0

// /dev/shm/libshm itself, which the first user who needs it makes: on a /dev/shm of the test's own.
#include <sched.h>
#include <sys/mount.h>

#include "shm/storage/catalog.hpp"
#include "shm/stream/reader.hpp"
#include "storage/users.hpp"
#include "support/print.hpp"

namespace shm {
namespace {

namespace fs = std::filesystem;
using test::has;
using test::member;
using test::mode_of;
using test::not_permitted;
using test::owner;
using test::refusal;
using test::stranger;
using test::throws;
using test::User;

class BuiltInDirectory : public test::Users {
 protected:
  void on_a_new_dev_shm(const std::function<int()>& act) {
    test::Process child([&] {
      if (::unshare(CLONE_NEWNS) != 0 || ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
          ::mount("shm-test", "/dev/shm", "tmpfs", 0, "size=16m,mode=1777") != 0) {
        return not_permitted;
      }
      ::unsetenv("LIBSHM_DIR");
      return act();
    });
    const int code = child.wait().exit_code;
    if (code == not_permitted) GTEST_SKIP() << "may not mount a file system here";
    EXPECT_EQ(code, 0);
  }
  static int as(const User& user, const std::function<int()>& act) {
    test::Process child([&] { return test::become(user) ? act() : 98; });
    return child.wait().exit_code;
  }
  static constexpr const char* place = "/dev/shm/libshm";
};

TEST_F(BuiltInDirectory, IsOpenToAllUsersIfRootMadeIt) {
  on_a_new_dev_shm([] {
    Writer<int>("of-root").detach();
    SHM_REQUIRE(mode_of(place) == 01777);
    for (const User& user : {owner, stranger}) {
      SHM_REQUIRE(as(user, [&] {
                    Writer<int>("of-" + std::to_string(user.id)).detach();
                    return 0;
                  }) == 0);
    }
    SHM_REQUIRE(list_streams().size() == 3);
    return 0;
  });
}

TEST_F(BuiltInDirectory, IsWritableByTheUserWhoMadeItAndRefusesOthersWithAdvice) {
  on_a_new_dev_shm([] {
    SHM_REQUIRE(as(owner, [] {
                  Writer<int> out("numbers", {.mode = 0640, .group = std::to_string(test::shared_group)});
                  append(out, 1);
                  out.detach();
                  return 0;
                }) == 0);
    SHM_REQUIRE(mode_of(place) == 0755);
    SHM_REQUIRE(as(stranger, [] {
                  SHM_REQUIRE(has(refusal<PermissionDenied>([] { Writer<int>("theirs"); }),
                                  {place, "60001", "LIBSHM_DIR", "install -d -m 1777 /dev/shm/libshm"}));
                  return 0;
                }) == 0);
    SHM_REQUIRE(as(member, [] {  // a shared stream can be read all the same
                  SHM_REQUIRE(Reader<int>("numbers", Start::oldest()).next().item == 0);
                  return 0;
                }) == 0);
    SHM_REQUIRE(throws<PermissionDenied>([] { Writer<int>("of-root"); }));  // nor may root write it
    return 0;
  });
}

TEST_F(BuiltInDirectory, IsNotFollowedIfItIsASymbolicLink) {
  on_a_new_dev_shm([] {
    for (const User& user : {User{0, {0}}, stranger}) {
      SHM_REQUIRE(as(user, [] {
                    fs::create_directory("/dev/shm/elsewhere");
                    fs::create_symlink("elsewhere", place);
                    return 0;
                  }) == 0);
      for (const User& victim : {User{0, {0}}, owner, stranger}) {
        SHM_REQUIRE(as(victim, [] {
                      SHM_REQUIRE(has(refusal<PermissionDenied>([] { Writer<int>("numbers"); }),
                                      {place, "symbolic link", "LIBSHM_DIR"}));
                      SHM_REQUIRE(throws<PermissionDenied>([] { RawReader("numbers", Start::oldest()); }));
                      SHM_REQUIRE(throws<PermissionDenied>([] { static_cast<void>(list_streams()); }));
                      return 0;
                    }) == 0);
      }
      SHM_REQUIRE(fs::is_empty("/dev/shm/elsewhere"));
      fs::remove(place);
      fs::remove("/dev/shm/elsewhere");
    }
    return 0;
  });
}

}  // namespace
}  // namespace shm
