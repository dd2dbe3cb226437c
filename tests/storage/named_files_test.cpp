// SPDX-License-Identifier: Apache-2.0

// File systems that cannot make a file without a name: the library gives it a temporary name, and everything else
// stays the same. A seccomp filter that refuses O_TMPFILE stands for such a file system.
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <algorithm>
#include <array>
#include <cstddef>

#include "shm/storage/catalog.hpp"
#include "shm/stream/reader.hpp"
#include "storage/users.hpp"
#include "support/print.hpp"

namespace shm {
namespace {

namespace fs = std::filesystem;
using test::not_permitted;

/// From now on this process cannot make files without a name.
bool refuse_files_without_a_name() {
  constexpr unsigned only_in_tmpfile = O_TMPFILE & ~O_DIRECTORY;
  std::array<::sock_filter, 7> program = {{
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(::seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat, 0, 4),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(::seccomp_data, args) + 2 * sizeof(std::uint64_t)),
      BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, only_in_tmpfile, 0, 2),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EOPNOTSUPP),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  }};
  const ::sock_fprog filter{static_cast<unsigned short>(program.size()), program.data()};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0 &&
         ::open("/tmp", O_TMPFILE | O_RDWR, 0600) < 0 && errno == EOPNOTSUPP;
}

class NamedFiles : public ::testing::Test {
 protected:
  static void without_unnamed(const std::function<int()>& act) {
    const int code =
        test::Process([&] { return refuse_files_without_a_name() ? act() : not_permitted; }).wait().exit_code;
    if (code == not_permitted) GTEST_SKIP() << "no system call filters here";
    EXPECT_EQ(code, 0);
  }
  [[nodiscard]] bool holds_only(std::vector<std::string> names) const {
    std::vector<std::string> there;
    for (const auto& entry : fs::directory_iterator(directory.path()))
      there.push_back(entry.path().filename());
    std::sort(there.begin(), there.end());
    return there == names;
  }
  [[nodiscard]] struct ::stat status(const char* name) const {
    struct ::stat status {};
    ::lstat((directory.path() / name).c_str(), &status);
    return status;
  }

  test::TestDirectory directory;
};

TEST_F(NamedFiles, StreamsAreCreatedTakenOverReplacedAndRemoved) {
  without_unnamed([this] {
    for (const std::uint64_t history : {10U, 10U, 1000U}) {  // made, taken over, replaced
      Writer<int> out("numbers", {.history = history, .mode = 0640});
      out.append(static_cast<int>(out.inserted()));
      SHM_REQUIRE(holds_only({"numbers.control", "numbers.stream"}));
      SHM_REQUIRE(status("numbers.stream").st_nlink == 1 &&
                  (status("numbers.stream").st_mode & 0777) == 0640);
      SHM_REQUIRE(status("numbers.control").st_nlink == 1 &&
                  (status("numbers.control").st_mode & 0777) == 0660);
      Reader<int> reader("numbers", Start::newest());
      SHM_REQUIRE(reader.next().item == static_cast<int>(out.inserted()) - 1);
      SHM_REQUIRE(reader.is_listed());
      out.detach();
    }
    SHM_REQUIRE(Writer<int>("numbers", {.history = 1000, .mode = 0640}).inserted() == 3);
    SHM_REQUIRE(holds_only({}));
    return 0;
  });
}

TEST_F(NamedFiles, AFailedCreationLeavesNothingBehind) {
  without_unnamed([this] {
    SHM_REQUIRE(test::throws<NoSpace>([] { Writer<double>("much", {.history = std::uint64_t{1} << 37}); }));
    SHM_REQUIRE(holds_only({}));
    const Writer<int> first("numbers");
    SHM_REQUIRE(test::throws<WriterExists>([] { Writer<int>("numbers"); }));
    SHM_REQUIRE(holds_only({"numbers.control", "numbers.stream"}));
    return 0;
  });
}

}  // namespace
}  // namespace shm
