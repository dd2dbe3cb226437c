// SPDX-License-Identifier: Apache-2.0
#include "consumers/shm/doctor/kernel_check.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/futex.h>
#include <linux/membarrier.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstring>

namespace shm::programs {
namespace {

/// Closes it.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int get() const noexcept { return fd_; }

 private:
  int fd_;
};

constexpr std::int64_t trial_bytes = 4096;

int try_lock(int fd) {
  struct ::flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  lock.l_len = 1;
  if (::fcntl(fd, F_OFD_SETLK, &lock) != 0) return errno;
  const Descriptor other(::open(fmt::format("/proc/self/fd/{}", fd).c_str(), O_RDWR | O_CLOEXEC));
  if (other.get() < 0) return 0;  // there is no /proc
  if (::fcntl(other.get(), F_OFD_GETLK, &lock) != 0) return errno;
  return lock.l_type == F_WRLCK ? 0 : ENOLCK;
}

int try_map(int fd) {
  void* memory = ::mmap(nullptr, trial_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (memory == MAP_FAILED) return errno;
  ::munmap(memory, trial_bytes);
  return 0;
}

std::string refused(int error) {
  if (error == ENOSYS) return "this kernel does not have it";
  return fmt::format("refused here ({})", std::strerror(error));
}

constexpr const char* filtered =
    "of a container: a newer runtime (its filter does not know the call), or --security-opt seccomp=FILE "
    "with a "
    "filter that lets it through";

}  // namespace

int try_futex_waitv() noexcept {
  const std::atomic<std::uint32_t> word{1};
  ::futex_waitv wait{};
  wait.val = 0;  // which it is not: the call returns at once
  wait.uaddr = reinterpret_cast<std::uintptr_t>(&word);
  wait.flags = FUTEX_32;
  const long result = ::syscall(SYS_futex_waitv, &wait, 1U, 0U, nullptr, CLOCK_MONOTONIC);
  return result >= 0 || errno == EAGAIN || errno == EINTR ? 0 : errno;
}

Finding futex_waitv_finding(int error) {
  constexpr const char* check = "futex_waitv";
  if (error == 0) return Finding::ok(check, "one sleep waits for several streams");
  return Finding::warning(
      check,
      refused(error) + ": who waits for several streams at once looks at them each millisecond instead",
      error == ENOSYS ? "Linux 5.16 or later" : filtered);
}

int try_membarrier() noexcept {
  const bool works = ::syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED, 0, 0) == 0 &&
                     ::syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL_EXPEDITED, 0, 0) == 0;
  return works ? 0 : errno;
}

Finding membarrier_finding(int error, bool is_switched_off) {
  constexpr const char* check = "membarrier";
  if (is_switched_off) {
    return Finding::warning(check, "switched off by LIBSHM_NO_MEMBARRIER: writers fence at each append",
                            "unset LIBSHM_NO_MEMBARRIER where writers are started");
  }
  if (error == 0) return Finding::ok(check, "writers need no fence for readers that sleep");
  return Finding::warning(check, refused(error) + ": writers fence at each append (some 20 ns more)",
                          error == ENOSYS || error == EINVAL ? "Linux 4.16 or later" : filtered);
}

FileTrial try_files(const std::string& directory) {
  FileTrial trial;
  constexpr int flags = O_RDWR | O_CLOEXEC;
  int fd = ::open(directory.c_str(), O_TMPFILE | flags, 0600);
  if (fd < 0) {
    trial.unnamed = errno;
    // With the prefix of unfinished files: if this process ends in between, `gc` removes the file.
    std::string name = directory + "/.making-doctor-XXXXXX";
    fd = ::mkostemp(name.data(), O_CLOEXEC);
    if (fd < 0) {
      trial.made = errno;
      return trial;
    }
    ::unlink(name.c_str());
  }
  const Descriptor file(fd);
  trial.allocate = ::posix_fallocate(fd, 0, trial_bytes);
  trial.lock = try_lock(fd);
  trial.map = trial.allocate == 0 ? try_map(fd) : 0;
  return trial;
}

Findings file_findings(const FileTrial& trial, const std::string& directory) {
  const auto cannot = [&](const char* what, int error) {
    return fmt::format("cannot {} in {}: {}", what, directory, std::strerror(error));
  };
  constexpr const char* elsewhere =
      "set LIBSHM_DIR to a directory on a tmpfs, or on another local file system";
  Findings findings;
  if (trial.made != 0) {
    findings.push_back(Finding::problem("files made", cannot("make a file", trial.made),
                                        "see what is said of the directory and of space"));
    return findings;
  }
  if (trial.unnamed == 0) {
    findings.push_back(Finding::ok("O_TMPFILE", "streams have no name until they are whole"));
  } else {
    findings.push_back(Finding::ok(
        "O_TMPFILE", fmt::format("not in {}: streams that are being made have a temporary name", directory)));
  }
  if (trial.allocate != 0) {
    findings.push_back(Finding::problem("posix_fallocate", cannot("allocate 4 KiB", trial.allocate),
                                        trial.allocate == ENOSPC ? "see what is said of space" : elsewhere));
  } else {
    findings.push_back(Finding::ok("posix_fallocate", "a stream has all its memory when it is made"));
  }
  if (trial.lock != 0) {
    findings.push_back(Finding::problem(
        "OFD locks", cannot("lock a file", trial.lock) + "; nobody could tell whether a writer lives",
        elsewhere));
  } else {
    findings.push_back(Finding::ok("OFD locks", "a writer's death is seen"));
  }
  if (trial.map != 0) {
    findings.push_back(Finding::problem("shared mapping", cannot("map a file", trial.map), elsewhere));
  }
  return findings;
}

}  // namespace shm::programs
