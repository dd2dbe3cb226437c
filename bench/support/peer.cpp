#include "support/peer.hpp"

#include <sched.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <system_error>
#include <thread>

#include "support/clock.hpp"

namespace shm::bench {

void pin_to(int processor) {
  ::cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(static_cast<unsigned>(processor), &set);
  if (::sched_setaffinity(0, sizeof set, &set) != 0) {
    throw std::system_error(errno, std::generic_category(), "pin to a processor");
  }
}

Processors two_processors() {
  ::cpu_set_t set;
  CPU_ZERO(&set);
  if (::sched_getaffinity(0, sizeof set, &set) != 0) {
    throw std::system_error(errno, std::generic_category(), "ask for the processors");
  }
  int first = -1;
  for (int i = 0; i < CPU_SETSIZE; ++i) {
    if (!CPU_ISSET(static_cast<unsigned>(i), &set)) continue;
    if (first >= 0) return {first, i};
    first = i;
  }
  throw std::runtime_error("two processes that spin need two processors; here is one");
}

Peer::Peer(int processor, const std::function<void()>& work) : pid_(-1) {
  std::fflush(nullptr);
  const ::pid_t parent = ::getpid();
  pid_ = ::fork();
  if (pid_ < 0) throw std::system_error(errno, std::generic_category(), "fork");
  if (pid_ > 0) return;
  int result = EXIT_FAILURE;
  try {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(EXIT_FAILURE);  // it died before we asked
    pin_to(processor);
    work();
    result = EXIT_SUCCESS;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "shm-bench, the other process: %s\n", error.what());
  }
  ::_exit(result);
}

Peer::~Peer() {
  if (pid_ < 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

void Peer::join() {
  int status = 0;
  ::waitpid(pid_, &status, 0);
  pid_ = -1;
  if (!WIFEXITED(status) || WEXITSTATUS(status) != EXIT_SUCCESS) {
    throw std::runtime_error("the other process of a measurement failed");
  }
}

void Meeting::meet() {
  // Even: nobody is here. Acquire and release: what each did before is seen by the other after.
  const std::uint32_t mine = arrived_.fetch_add(1, std::memory_order_acq_rel);
  const std::uint32_t both = (mine | 1) + 1;
  const std::int64_t patience = monotonic_ns() + 20'000'000'000;
  while (static_cast<std::int32_t>(arrived_.load(std::memory_order_acquire) - both) < 0) {
    if (monotonic_ns() > patience)
      throw std::runtime_error("the other process of a measurement does not come");
    std::this_thread::sleep_for(std::chrono::microseconds(100));  // quiet: the other may be measuring
  }
}

}  // namespace shm::bench
