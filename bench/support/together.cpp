// SPDX-License-Identifier: Apache-2.0
#include "support/together.hpp"

#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <system_error>

#include "support/pinning.hpp"

namespace shm::bench {
namespace {

constexpr std::size_t most_words = 1000;

[[noreturn]] void work_and_exit(const Work& work, ::pid_t parent, char* words) {
  int result = EXIT_FAILURE;
  try {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(EXIT_FAILURE);  // it died before this call
    if (work.processor >= 0) pin_to(work.processor);
    work.run();
    result = EXIT_SUCCESS;
  } catch (const std::exception& error) {
    std::snprintf(words, most_words, "%s", error.what());
  }
  // Without destructors of the parent's objects: threads of libraries would be missing here.
  ::_exit(result);
}

}  // namespace

Forked::Forked(const Work& work) : words_(4096) {
  std::fflush(nullptr);
  const ::pid_t parent = ::getpid();
  pid_ = ::fork();
  if (pid_ < 0) throw std::system_error(errno, std::generic_category(), "fork");
  if (pid_ == 0) work_and_exit(work, parent, reinterpret_cast<char*>(words_.data()));
  descriptor_ = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0));
  if (descriptor_ < 0) {
    kill();
    throw std::system_error(errno, std::generic_category(), "pidfd_open");
  }
}

Forked::~Forked() {
  kill();
  if (descriptor_ >= 0) ::close(descriptor_);
}

void Forked::kill() noexcept {
  if (pid_ < 0) return;
  ::kill(pid_, SIGKILL);
  wait();
}

void Forked::wait() noexcept {
  while (pid_ > 0 && ::waitpid(pid_, &status_, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
}

std::string Forked::failure() {
  wait();
  if (WIFEXITED(status_) && WEXITSTATUS(status_) == EXIT_SUCCESS) return {};
  if (WIFSIGNALED(status_)) throw NotDone(std::string("killed by ") + ::strsignal(WTERMSIG(status_)));
  const std::string words(reinterpret_cast<const char*>(words_.data()));
  return words.empty() ? "it failed without a word" : words;
}

void run_together(const std::vector<Work>& works, std::chrono::milliseconds patience) {
  std::vector<std::unique_ptr<Forked>> running;
  for (const Work& work : works) running.push_back(std::make_unique<Forked>(work));
  const auto stop = std::chrono::steady_clock::now() + patience;
  while (!running.empty()) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(stop - std::chrono::steady_clock::now());
    std::vector<::pollfd> ends;
    for (const auto& process : running) ends.push_back({process->descriptor(), POLLIN, 0});
    const int ready = ::poll(ends.data(), ends.size(), std::max(0, static_cast<int>(left.count())));
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) throw NotDone("not done after " + std::to_string(patience.count()) + " ms");
    for (std::size_t i = ends.size(); i-- > 0;) {
      if (ends[i].revents == 0) continue;
      const std::string failure = running[i]->failure();
      if (!failure.empty()) throw std::runtime_error(failure);
      running.erase(running.begin() + static_cast<std::ptrdiff_t>(i));
    }
  }
}

}  // namespace shm::bench
