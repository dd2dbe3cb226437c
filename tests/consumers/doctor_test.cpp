// SPDX-License-Identifier: Apache-2.0

// The checks of `shm doctor` on made-up directories, limits and results of the kernel.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>

#include "consumers/shm/doctor/directory_check.hpp"
#include "consumers/shm/doctor/kernel_check.hpp"
#include "consumers/shm/doctor/leftovers_check.hpp"
#include "consumers/shm/doctor/limits_check.hpp"
#include "shm/stream/writer.hpp"
#include "support/test_directory.hpp"

namespace {

using namespace shm::programs;
using ::testing::HasSubstr;
using Level = Finding::Level;
namespace fs = std::filesystem;

constexpr std::uint64_t mebibyte = std::uint64_t{1} << 20;
constexpr ::uid_t other_user = 1234;

void write(const fs::path& path, const std::string& text) {
  fs::create_directories(path.parent_path());
  std::ofstream(path) << text;
}

const Finding& finding_of(const Findings& findings, const std::string& check) {
  for (const Finding& finding : findings) {
    if (finding.check == check) return finding;
  }
  throw std::out_of_range("there is no finding for " + check);
}

class Doctor : public ::testing::Test {
 protected:
  [[nodiscard]] std::string path(const std::string& name) const { return directory.path() / name; }
  [[nodiscard]] std::string make(const std::string& name, ::mode_t mode) const {
    fs::create_directory(path(name));
    ::chmod(path(name).c_str(), mode);
    return path(name);
  }
  const shm::test::TestDirectory directory;
};

// --- the directory ---

TEST_F(Doctor, AcceptsAPrivateAndAPublicDirectory) {
  EXPECT_EQ(check_directory(make("own", 0755), ::geteuid()).level, Level::ok);
  const Finding for_all = check_directory(make("all", 01777), ::geteuid());
  EXPECT_EQ(for_all.level, Level::ok);
  EXPECT_THAT(for_all.text, HasSubstr("every user"));
}

TEST_F(Doctor, AcceptsADirectoryThatIsYetToBeMade) {
  const Finding found = check_directory(path("later"), ::geteuid());
  EXPECT_EQ(found.level, Level::ok);
  EXPECT_THAT(found.text, HasSubstr("the first writer makes it"));
  EXPECT_FALSE(fs::exists(path("later")));
}

TEST_F(Doctor, ReportsADirectoryThatCannotBeMade) {
  const Finding found = check_directory(path("no/such/place"), ::geteuid());
  EXPECT_EQ(found.level, Level::problem);
  EXPECT_THAT(found.advice, HasSubstr("mkdir -p"));
  if (::geteuid() == 0) return;  // root may make everything
  EXPECT_EQ(check_directory(make("closed", 0500) + "/streams", ::geteuid()).level, Level::problem);
}

TEST_F(Doctor, ReportsADirectoryInWhichOthersCanReplaceStreams) {
  const Finding found = check_directory(make("open", 0777), ::geteuid());
  EXPECT_EQ(found.level, Level::problem);
  EXPECT_THAT(found.advice, HasSubstr("chmod +t"));
}

TEST_F(Doctor, ReportsADirectoryOfAnotherUser) {
  const std::string place = make("theirs", 0755);
  if (::geteuid() == 0) {
    ASSERT_EQ(::chown(place.c_str(), other_user, other_user), 0);
  }
  const Finding found = check_directory(place, other_user + 1);
  EXPECT_EQ(found.level, Level::problem);
  EXPECT_THAT(found.advice, HasSubstr("LIBSHM_DIR"));
  EXPECT_EQ(check_directory(place, 0).level, Level::warning);  // root may only be looking
}

TEST_F(Doctor, ReportsAPathThatIsNotADirectory) {
  write(path("file"), "");
  EXPECT_EQ(check_directory(path("file"), ::geteuid()).level, Level::problem);
  fs::create_symlink(path("nowhere"), path("link"));
  EXPECT_EQ(check_directory(path("link"), ::geteuid()).level, Level::problem);
  fs::create_directory(path("nowhere"));
  EXPECT_EQ(check_directory(path("link"), ::geteuid()).level, Level::ok);
}

// --- its file system ---

FileSystem roomy() {
  FileSystem found;
  found.bytes = 8192 * mebibyte;
  found.free_bytes = 4096 * mebibyte;
  return found;
}

TEST(DoctorFileSystem, AcceptsMemoryWithRoom) {
  for (const Finding& finding : check_file_system(roomy(), "/streams")) EXPECT_EQ(finding.level, Level::ok);
  const shm::test::TestDirectory directory;
  const FileSystem found = file_system_of(directory.path() / "not/there");
  EXPECT_GT(found.bytes, 0U);
  EXPECT_FALSE(found.read_only);
}

TEST(DoctorFileSystem, WarnsOfADisk) {
  FileSystem disk = roomy();
  disk.in_memory = false;
  EXPECT_EQ(finding_of(check_file_system(disk, "/streams"), "file system").level, Level::warning);
}

TEST(DoctorFileSystem, ReportsAReadOnlyFileSystem) {
  FileSystem found = roomy();
  found.read_only = true;
  EXPECT_EQ(check_file_system(found, "/streams").at(1).level, Level::problem);
}

TEST(DoctorFileSystem, WarnsOfTheDefaultSizeOfContainers) {
  FileSystem found;
  found.bytes = found.free_bytes = 64 * mebibyte;
  const Finding space = finding_of(check_file_system(found, "/streams"), "space");
  EXPECT_EQ(space.level, Level::warning);
  EXPECT_THAT(space.advice, HasSubstr("--shm-size"));
}

TEST(DoctorFileSystem, WarnsWhenItIsNearlyFullAndReportsWhenItIs) {
  FileSystem found = roomy();
  found.free_bytes = 100 * mebibyte;
  EXPECT_EQ(finding_of(check_file_system(found, "/streams"), "space").level, Level::warning);
  found.free_bytes = 4096;
  EXPECT_EQ(finding_of(check_file_system(found, "/streams"), "space").level, Level::problem);
}

TEST(DoctorFileSystem, ChecksTheNumberOfFreeInodes) {
  FileSystem found = roomy();
  found.files = 1000;
  found.free_files = 100;
  EXPECT_EQ(finding_of(check_file_system(found, "/streams"), "files").level, Level::warning);
  found.free_files = 1;
  EXPECT_EQ(finding_of(check_file_system(found, "/streams"), "files").level, Level::problem);
}

// --- its contents ---

TEST_F(Doctor, FindsNothingWrongWithStreamsInUse) {
  shm::Writer<int> out("a");
  const Findings streams = check_streams(directory.path());
  ASSERT_EQ(streams.size(), 1U);
  EXPECT_EQ(streams[0].level, Level::ok);
  EXPECT_EQ(streams[0].text, "1 stream");
  EXPECT_EQ(check_leftovers(directory.path()).level, Level::ok);
}

TEST_F(Doctor, WarnsOfLeftoversOfDeadPrograms) {
  shm::Writer<int>("left").detach();
  write(path(".making-1-2"), "");
  fs::last_write_time(path(".making-1-2"), fs::file_time_type::clock::now() - std::chrono::hours(1));
  const Finding found = check_leftovers(directory.path());
  EXPECT_EQ(found.level, Level::warning);
  EXPECT_THAT(found.text, HasSubstr("left, .making-1-2 (2)"));
  EXPECT_THAT(found.advice, HasSubstr("shm gc --directory " + directory.path().string()));
  EXPECT_TRUE(fs::exists(path("left.stream")));  // it only looks
}

TEST_F(Doctor, ReportsStreamsThatAreDamagedOrRefused) {
  write(path("bad.stream"), "this is no stream");
  shm::Writer<int> out("linked");
  fs::create_hard_link(path("linked.stream"), path("second"));
  const Findings findings = check_streams(directory.path());
  ASSERT_EQ(findings.size(), 3U);
  EXPECT_EQ(findings[0].level, Level::problem);
  EXPECT_THAT(findings[0].advice, HasSubstr("shm rm bad"));
  EXPECT_EQ(findings[1].level, Level::problem);
  EXPECT_THAT(findings[1].text, HasSubstr("hard links"));
  EXPECT_EQ(findings[2].level, Level::ok);
}

TEST_F(Doctor, IgnoresStreamsThatOthersDoNotShare) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may read everything";
  shm::Writer<int> out("a");
  ::chmod(path("a.stream").c_str(), 0);
  const Findings streams = check_streams(directory.path());
  ASSERT_EQ(streams.size(), 1U);
  EXPECT_EQ(streams[0].level, Level::ok);
}

TEST_F(Doctor, ReportsADirectoryThatCannotBeListed) {
  write(path("file"), "");
  EXPECT_EQ(check_streams(path("file")).at(0).level, Level::problem);
  EXPECT_EQ(check_leftovers(path("file")).level, Level::warning);
}

// --- the kernel ---

TEST(DoctorKernel, AcceptsTheKernelOfThisMachine) {
  // Whatever the results on this machine, they are among the known ones.
  EXPECT_NE(futex_waitv_finding(try_futex_waitv()).level, Level::problem);
  EXPECT_NE(membarrier_finding(try_membarrier(), false).level, Level::problem);
}

TEST(DoctorKernel, WarnsOfAnOldOrFilteredKernel) {
  EXPECT_EQ(futex_waitv_finding(0).level, Level::ok);
  EXPECT_THAT(futex_waitv_finding(ENOSYS).advice, HasSubstr("Linux 5.16"));
  EXPECT_THAT(futex_waitv_finding(EPERM).advice, HasSubstr("seccomp"));
  EXPECT_EQ(futex_waitv_finding(EPERM).level, Level::warning);
  EXPECT_EQ(membarrier_finding(0, false).level, Level::ok);
  EXPECT_EQ(membarrier_finding(EINVAL, false).level, Level::warning);
  EXPECT_THAT(membarrier_finding(EPERM, false).advice, HasSubstr("seccomp"));
  EXPECT_THAT(membarrier_finding(0, true).advice, HasSubstr("unset LIBSHM_NO_MEMBARRIER"));
}

TEST_F(Doctor, TriesFilesAndRemovesThem) {
  const FileTrial trial = try_files(directory.path());
  EXPECT_EQ(trial.made, 0);
  EXPECT_EQ(trial.allocate, 0);
  EXPECT_EQ(trial.lock, 0);
  EXPECT_EQ(trial.map, 0);
  EXPECT_TRUE(fs::is_empty(directory.path()));
  EXPECT_NE(try_files(path("nowhere")).made, 0);
  for (const Finding& finding : file_findings(trial, "/streams")) EXPECT_EQ(finding.level, Level::ok);
}

TEST(DoctorFiles, ReportsFilesThatCannotBeMappedOrSized) {
  EXPECT_EQ(file_findings({.unnamed = EACCES, .made = EACCES}, "/streams").at(0).level, Level::problem);
  // Without files that have no name streams work as well.
  EXPECT_EQ(finding_of(file_findings({.unnamed = EOPNOTSUPP}, "/streams"), "O_TMPFILE").level, Level::ok);
  const Finding full = finding_of(file_findings({.allocate = ENOSPC}, "/streams"), "posix_fallocate");
  EXPECT_EQ(full.level, Level::problem);
  EXPECT_THAT(full.advice, HasSubstr("space"));
  EXPECT_EQ(finding_of(file_findings({.lock = ENOLCK}, "/streams"), "OFD locks").level, Level::problem);
  EXPECT_EQ(finding_of(file_findings({.map = ENODEV}, "/streams"), "shared mapping").level, Level::problem);
}

// --- limits ---

TEST(DoctorLimits, ReportsTheLimitOfLockedMemory) {
  EXPECT_EQ(locked_memory_finding(RLIM_INFINITY, false).level, Level::ok);
  EXPECT_EQ(locked_memory_finding(8 * mebibyte, true).level, Level::ok);
  EXPECT_EQ(locked_memory_finding(1024 * mebibyte, false).level, Level::ok);
  const Finding little = locked_memory_finding(64 << 10, false);
  EXPECT_EQ(little.level, Level::warning);
  EXPECT_THAT(little.advice, HasSubstr("limits.d"));
  EXPECT_TRUE(may_lock_beyond(RLIM_INFINITY));
}

TEST(DoctorLimits, ReportsTheLimitOfRealTimePriority) {
  EXPECT_EQ(realtime_finding(0, 40, 0).level, Level::ok);
  const Finding refused = realtime_finding(EPERM, 40, 0);
  EXPECT_EQ(refused.level, Level::warning);
  EXPECT_THAT(refused.advice, HasSubstr("rtprio 95"));
  const Finding in_group = realtime_finding(EPERM, 40, 95);
  EXPECT_EQ(in_group.level, Level::warning);
  EXPECT_THAT(in_group.advice, HasSubstr("cpu.rt_runtime_us"));
  EXPECT_EQ(try_realtime(0), EINVAL);
}

TEST(DoctorLimits, NeverWarnsOfNiceValues) {
  EXPECT_EQ(nice_finding(0, true).text, "any");
  EXPECT_EQ(nice_finding(0, false).text, "0 and above");
  EXPECT_EQ(nice_finding(31, false).text, "down to -11");
  EXPECT_EQ(nice_finding(RLIM_INFINITY, false).text, "down to -20");
}

}  // namespace
