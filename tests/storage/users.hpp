// SPDX-License-Identifier: Apache-2.0

// Three unrelated users: the owner of streams, a member of the group that the streams are shared with, and a
// stranger; and functions that run code as one of them. Only root can become them: other users skip these tests.
#pragma once

#include <grp.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "shm/stream/writer.hpp"
#include "support/process.hpp"
#include "support/require.hpp"
#include "support/test_directory.hpp"

namespace shm::test {

inline constexpr ::gid_t shared_group = 60100;

struct User {
  ::uid_t id;
  std::vector<::gid_t> groups;  ///< the first is its own
};
inline const User owner{60001, {60001, shared_group}};
inline const User member{60002, {60002, shared_group}};
inline const User stranger{60003, {60003}};

/// Becomes the user for good: only in a child.
inline bool become(const User& user) {
  return ::setgroups(user.groups.size(), user.groups.data()) == 0 && ::setgid(user.groups[0]) == 0 &&
         ::setuid(user.id) == 0;
}

/// As long as it lives, this process acts as that user.
class As {
 public:
  explicit As(const User& user) {
    if (::setgroups(user.groups.size(), user.groups.data()) != 0 || ::setegid(user.groups[0]) != 0 ||
        ::seteuid(user.id) != 0) {
      throw std::runtime_error("cannot become user " + std::to_string(user.id));
    }
  }
  ~As() {
    if (::seteuid(0) != 0 || ::setegid(0) != 0 || ::setgroups(0, nullptr) != 0) std::abort();
  }
  As(const As&) = delete;
  As& operator=(const As&) = delete;
};

/// Returns the text of the error that the call throws, if it is of this kind; otherwise empty.
template <class Expected, class Act>
std::string refusal(Act act) {
  try {
    act();
    std::fprintf(stderr, "nothing was thrown\n");
  } catch (const Expected& error) {
    return error.what();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "thrown instead: %s\n", error.what());
  }
  return {};
}

template <class Expected, class Act>
bool throws(Act act) {
  return !refusal<Expected>(act).empty();
}

/// Returns the permission bits of the file at this path (links are not followed); 0 if there is no file.
inline ::mode_t mode_of(const std::filesystem::path& path) {
  struct ::stat status {};
  return ::lstat(path.c_str(), &status) == 0 ? status.st_mode & 07777 : 0;
}

/// Returns whether the text has all of these words.
inline bool has(const std::string& text, const std::vector<std::string>& words) {
  for (const std::string& word : words) {
    if (text.find(word) != std::string::npos) continue;
    std::fprintf(stderr, "no '%s' in: %s\n", word.c_str(), text.c_str());
    return false;
  }
  return true;
}

/// A directory of streams as root makes it for all: sticky, like /tmp.
class Users : public ::testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root, to become another user";
    ::chmod(directory.path().c_str(), 01777);
  }
  /// Runs in a child as this user; 0 is success.
  static void expect_as(const User& user, const std::function<int()>& act) {
    Process child([&] { return become(user) ? act() : 98; });
    const Finished finished = child.wait();
    EXPECT_EQ(finished.exit_code, 0) << "as user " << user.id << ", signal " << finished.signal;
  }
  template <class Item>
  static void append(Writer<Item>& out, int count) {
    for (; count > 0; --count) out.append(static_cast<Item>(out.inserted()));
  }
  /// Makes a stream of the owner with the items 0, 1, 2, whose writer has detached.
  static void leave_numbers(const StreamOptions& options = {}) {
    const As as(owner);
    Writer<int> out("numbers", options);
    append(out, 3);
    out.detach();
  }
  [[nodiscard]] std::filesystem::path file(const std::string& name) const { return directory.path() / name; }
  [[nodiscard]] struct ::stat status(const std::string& name) const {
    struct ::stat status {};
    EXPECT_EQ(::lstat(file(name).c_str(), &status), 0) << name;
    return status;
  }

  TestDirectory directory;
};

}  // namespace shm::test
