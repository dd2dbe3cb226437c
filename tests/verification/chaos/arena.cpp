// SPDX-License-Identifier: Apache-2.0
#include "arena.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <system_error>

namespace shm::chaos {
namespace {

namespace fs = std::filesystem;
constexpr const char* shared_memory = "/dev/shm";
constexpr const char* own_prefix = "shm-chaos-";
constexpr std::uint64_t page_bytes = 4096;
constexpr std::uint64_t whole_room = std::uint64_t{256} << 20;

bool write_text(const std::string& path, const std::string& text) {
  std::ofstream file(path);
  file << text << std::flush;
  return file.good();
}

/// If only root may mount: makes this process root of a user namespace without other users.
bool become_root_of_a_user_namespace() {
  const std::string user = std::to_string(::geteuid());
  const std::string group = std::to_string(::getegid());
  return ::unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0 &&
         write_text("/proc/self/uid_map", "0 " + user + " 1") && write_text("/proc/self/setgroups", "deny") &&
         write_text("/proc/self/gid_map", "0 " + group + " 1");
}

}  // namespace

Arena::Arena() {
  mounted_ = mount_own();
  if (!mounted_) make_directory();
  if (::setenv("LIBSHM_DIR", streams_.c_str(), 1) != 0) throw std::runtime_error("cannot set LIBSHM_DIR");
  pages_at_first_ = pages_used();
}

bool Arena::mount_own() {
  if (::unshare(CLONE_NEWNS) != 0 && !become_root_of_a_user_namespace()) return false;
  if (::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
      ::mount("shm-chaos", shared_memory, "tmpfs", 0, "size=512m,mode=1777") != 0) {
    return false;
  }
  streams_ = std::string(shared_memory) + "/libshm";
  files_ = std::string(shared_memory) + "/files";
  if (::mkdir(streams_.c_str(), 0777) != 0 || ::mkdir(files_.c_str(), 0700) != 0) return false;
  const std::string size = "mode=1777,size=" + std::to_string(whole_room);
  return ::mount("shm-chaos", streams_.c_str(), "tmpfs", 0, size.c_str()) == 0;
}

void Arena::make_directory() {
  std::string base = std::string(shared_memory) + "/" + own_prefix + "XXXXXX";
  if (::mkdtemp(base.data()) == nullptr) throw std::system_error(errno, std::generic_category(), base);
  ::chmod(base.c_str(), 0711);
  streams_ = base + "/libshm";
  files_ = base + "/files";
  fs::create_directory(streams_);
  fs::create_directory(files_);
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw std::system_error(errno, std::generic_category(), "pipe");
  guardian_ = ::fork();
  if (guardian_ == 0) {
    ::setsid();  // a signal that kills the run must not kill the guardian
    ::close(ends[1]);
    char byte = 0;
    while (::read(ends[0], &byte, 1) < 0 && errno == EINTR) {
    }
    ::usleep(200'000);  // the workers die with the director
    std::error_code ignored;
    fs::remove_all(base, ignored);
    ::_exit(0);
  }
  ::close(ends[0]);
  guardian_pipe_ = ends[1];
}

Arena::~Arena() {
  if (guardian_ > 0) {
    ::close(guardian_pipe_);
    ::waitpid(guardian_, nullptr, 0);
  }
  if (mounted_) {
    ::umount2(streams_.c_str(), MNT_DETACH);
    ::umount2(shared_memory, MNT_DETACH);
  }
}

bool Arena::fill(std::uint64_t pages_left) {
  if (!mounted_) return false;
  const std::string size = "size=" + std::to_string((pages_used() + pages_left) * page_bytes);
  return ::mount("shm-chaos", streams_.c_str(), "tmpfs", MS_REMOUNT, size.c_str()) == 0;
}

void Arena::give_room() {
  const std::string size = "size=" + std::to_string(whole_room);
  if (mounted_ && ::mount("shm-chaos", streams_.c_str(), "tmpfs", MS_REMOUNT, size.c_str()) != 0) {
    throw std::system_error(errno, std::generic_category(), "make room again");
  }
}

std::uint64_t Arena::pages_used() const {
  struct ::statvfs status {};
  if (::statvfs(streams_.c_str(), &status) != 0)
    throw std::system_error(errno, std::generic_category(), streams_);
  return (status.f_blocks - status.f_bfree) * (status.f_frsize / page_bytes);
}

std::int64_t Arena::pages_taken() const {
  if (!mounted_) return 0;  // others take some, too
  return static_cast<std::int64_t>(pages_used()) - static_cast<std::int64_t>(pages_at_first_);
}

std::vector<std::string> Arena::leftovers() const {
  std::vector<std::string> names;
  for (const auto& entry : fs::recursive_directory_iterator(streams_)) {
    names.push_back(entry.path().lexically_relative(streams_).string() + (entry.is_directory() ? "/" : ""));
  }
  return names;
}

std::vector<std::string> directories_of_runs() {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(shared_memory)) {
    if (entry.path().filename().string().starts_with(own_prefix)) names.push_back(entry.path().string());
  }
  return names;
}

}  // namespace shm::chaos
