// SPDX-License-Identifier: Apache-2.0
#include "transports/daemon.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <system_error>
#include <thread>

namespace shm::bench {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

std::string said(const std::string& log) {
  std::ostringstream text;
  text << std::ifstream(log).rdbuf();
  return text.str();
}

[[noreturn]] void become(const std::vector<std::string>& command, const std::string& log) {
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  ::sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);  // the run holds its signals (TempDirectory)
  const int file = ::open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  ::dup2(file, STDOUT_FILENO);
  ::dup2(file, STDERR_FILENO);
  const char* path = std::getenv("PATH");
  ::setenv("PATH", (std::string(path == nullptr ? "/usr/bin" : path) + ":/usr/sbin").c_str(), 1);
  std::vector<char*> arguments;
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  ::execvp(arguments.front(), arguments.data());
  ::perror(arguments.front());
  ::_exit(127);
}

class Socket {
 public:
  Socket() : descriptor_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {}
  ~Socket() { ::close(descriptor_); }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  [[nodiscard]] int get() const noexcept { return descriptor_; }

 private:
  int descriptor_;
};

::sockaddr_in loopback(int port) noexcept {
  ::sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  return address;
}

}  // namespace

Daemon::Daemon(std::vector<std::string> command, const std::function<bool()>& is_ready) {
  const std::string log =
      daemon_directory("logs") + "/" + fs::path(command.front()).filename().string() + ".log";
  pid_ = ::fork();
  if (pid_ < 0) throw std::system_error(errno, std::generic_category(), "fork");
  if (pid_ == 0) become(command, log);
  const auto patience = std::chrono::steady_clock::now() + 10s;
  while (!is_ready()) {
    if (::waitpid(pid_, nullptr, WNOHANG) == pid_) {
      pid_ = -1;
      throw std::runtime_error(command.front() + " ended: " + said(log));
    }
    if (std::chrono::steady_clock::now() > patience) {
      throw std::runtime_error(command.front() + " is not ready after 10 s: " + said(log));
    }
    std::this_thread::sleep_for(20ms);
  }
}

Daemon::~Daemon() {
  if (pid_ < 0) return;
  ::kill(pid_, SIGTERM);
  for (int i = 0; i < 100; ++i) {
    if (::waitpid(pid_, nullptr, WNOHANG) == pid_) return;
    std::this_thread::sleep_for(20ms);
  }
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

std::string daemon_directory(const std::string& name) {
  const char* run = std::getenv("LIBSHM_DIR");  // TempDirectory
  const fs::path path = fs::path(run == nullptr ? "/tmp" : run) / "daemons" / name;
  fs::create_directories(path);
  return path.string();
}

int free_port() {
  const Socket socket;
  ::sockaddr_in address = loopback(0);
  ::socklen_t size = sizeof address;
  if (::bind(socket.get(), reinterpret_cast<::sockaddr*>(&address), size) != 0 ||
      ::getsockname(socket.get(), reinterpret_cast<::sockaddr*>(&address), &size) != 0) {
    throw std::system_error(errno, std::generic_category(), "find a free port");
  }
  return ntohs(address.sin_port);
}

bool is_listening(int port) noexcept {
  const Socket socket;
  const ::sockaddr_in address = loopback(port);
  return ::connect(socket.get(), reinterpret_cast<const ::sockaddr*>(&address), sizeof address) == 0;
}

}  // namespace shm::bench
