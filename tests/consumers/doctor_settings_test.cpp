// SPDX-License-Identifier: Apache-2.0

// The checks of `shm doctor` on the machine's settings, in a made-up root directory.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "consumers/shm/doctor/system_check.hpp"
#include "support/test_directory.hpp"

namespace {

using namespace shm::programs;
using ::testing::HasSubstr;
using Level = Finding::Level;
namespace fs = std::filesystem;

constexpr ::uid_t other_user = 1234;

class DoctorSettings : public ::testing::Test {
 protected:
  void SetUp() override { fs::create_directories(root.path() / "run/systemd/system"); }
  void set(const std::string& file, const std::string& text) const {
    const fs::path path = root.path() / file;
    fs::create_directories(path.parent_path());
    std::ofstream(path) << text;
  }
  [[nodiscard]] Finding remove_ipc(::uid_t user = other_user,
                                   const std::string& at = "/dev/shm/libshm") const {
    return check_remove_ipc(root.path(), at, user);
  }
  const shm::test::TestDirectory root;
};

TEST_F(DoctorSettings, WarnsIfFilesAreRemovedAtLogout) {
  const Finding found = remove_ipc();
  EXPECT_EQ(found.level, Level::warning);
  EXPECT_THAT(found.advice, HasSubstr("RemoveIPC=no"));
  set("etc/systemd/logind.conf", "[Login]\n#RemoveIPC=no\n");
  EXPECT_EQ(remove_ipc().level, Level::warning);
  set("etc/systemd/logind.conf", "[Login]\n RemoveIPC = No\n");
  EXPECT_EQ(remove_ipc().level, Level::ok);
  set("usr/lib/systemd/logind.conf", "RemoveIPC=yes\n");  // hidden by the one in etc
  EXPECT_EQ(remove_ipc().level, Level::ok);
}

TEST_F(DoctorSettings, ReadsFilesInTheOrderOfSystemd) {
  set("usr/lib/systemd/logind.conf.d/50-vendor.conf", "[Login]\nRemoveIPC=no\n");
  EXPECT_EQ(remove_ipc().level, Level::ok);
  set("etc/systemd/logind.conf.d/60-ours.conf", "[Login]\nRemoveIPC=yes\n");
  EXPECT_EQ(remove_ipc().level, Level::warning);
  set("etc/systemd/logind.conf.d/70-not-this.txt", "[Login]\nRemoveIPC=no\n");
  EXPECT_EQ(remove_ipc().level, Level::warning);
  set("etc/systemd/logind.conf.d/50-vendor.conf", "");  // hides the vendor's
  set("etc/systemd/logind.conf.d/60-ours.conf", "");
  EXPECT_EQ(remove_ipc().level, Level::warning);
}

TEST_F(DoctorSettings, IgnoresSettingsThatDoNotApply) {
  EXPECT_EQ(remove_ipc(0).level, Level::ok);
  EXPECT_EQ(remove_ipc(999).level, Level::ok);
  EXPECT_EQ(remove_ipc(other_user, "/srv/streams").level, Level::ok);
  set("var/lib/systemd/linger/" + std::to_string(other_user), "");
  EXPECT_EQ(remove_ipc().level, Level::ok);
  fs::remove_all(root.path() / "run");
  EXPECT_EQ(check_remove_ipc(root.path(), "/dev/shm/libshm", other_user).text, "no systemd here");
}

TEST_F(DoctorSettings, ReportsWhetherTheDirectoryIsMadeAtBoot) {
  const auto found = [&](const std::string& at) { return check_tmpfiles(root.path(), at); };
  EXPECT_EQ(found("/dev/shm/libshm").level, Level::warning);
  EXPECT_EQ(found("/srv/streams").level, Level::ok);
  set("usr/local/lib/tmpfiles.d/libshm.conf", "d /dev/shm/libshm 1777 root root");
  EXPECT_EQ(found("/dev/shm/libshm").level, Level::ok);
  fs::remove_all(root.path() / "run");
  EXPECT_EQ(found("/dev/shm/libshm").level, Level::ok);
}

TEST_F(DoctorSettings, ReportsHugePagesAndGovernor) {
  EXPECT_EQ(check_huge_pages(root.path()).text, "not known");
  set("sys/kernel/mm/transparent_hugepage/shmem_enabled", "always within_size [advise] never deny force\n");
  EXPECT_EQ(check_huge_pages(root.path()).text, "for shared memory: advise");
  EXPECT_EQ(check_governor(root.path()).text, "not told here");
  set("sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "performance\n");
  EXPECT_EQ(check_governor(root.path()).text, "performance (1)");
  set("sys/devices/system/cpu/cpu1/cpufreq/scaling_governor", "powersave\n");
  EXPECT_THAT(check_governor(root.path()).text, HasSubstr("performance (1), powersave (1); where"));
}

}  // namespace
