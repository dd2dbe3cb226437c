// SPDX-License-Identifier: Apache-2.0
#include "support/temp_directory.hpp"

#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <string>
#include <system_error>
#include <thread>

namespace shm::bench {
namespace {

std::filesystem::path make_directory() {
  std::string name = "/dev/shm/shm-bench-XXXXXX";
  if (::mkdtemp(name.data()) == nullptr) {
    throw std::system_error(errno, std::generic_category(), "make a directory like " + name);
  }
  return name;
}

void remove_on_signal(const std::filesystem::path& path) {
  ::sigset_t signals;
  ::sigemptyset(&signals);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) ::sigaddset(&signals, signal);
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::thread([path, signals] {
    int signal = 0;
    ::sigwait(&signals, &signal);
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
    std::_Exit(128 + signal);  // forked peers die with us (Peer)
  }).detach();
}

}  // namespace

TempDirectory::TempDirectory() : path_(make_directory()) {
  ::setenv("LIBSHM_DIR", path_.c_str(), 1);
  remove_on_signal(path_);
}

TempDirectory::~TempDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace shm::bench
