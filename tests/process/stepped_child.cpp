#include "process/stepped_child.hpp"

#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <exception>

#include "support/sanitizers.hpp"

namespace shm::test {
namespace {

bool stopped_by(::pid_t pid, int& signal) {
  int status = 0;
  if (::waitpid(pid, &status, 0) != pid) return false;
  signal = WIFSTOPPED(status) ? WSTOPSIG(status) : 0;
  return WIFSTOPPED(status);
}

Outcome reap(::pid_t pid, Outcome outcome) {
  ::kill(pid, SIGKILL);
  int status = 0;
  while (::waitpid(pid, &status, 0) == pid && !WIFEXITED(status) && !WIFSIGNALED(status)) {
  }
  return outcome;
}

}  // namespace

void begin_steps() { ::raise(SIGUSR1); }
void end_steps() { ::raise(SIGUSR2); }

Outcome kill_after(int steps, StepBy by, const std::function<void()>& child) {
  const ::pid_t pid = ::fork();
  if (pid == 0) {
    if (::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0) ::_exit(1);
    try {
      child();
    } catch (const std::exception& error) {
      std::fprintf(stderr, "stepped child: %s\n", error.what());
      ::_exit(1);
    }
    ::_exit(0);
  }
  int signal = 0;
  if (!stopped_by(pid, signal) || signal != SIGUSR1) return reap(pid, Outcome::failed);
  const auto request = by == StepBy::instruction ? PTRACE_SINGLESTEP : PTRACE_SYSCALL;
  for (int step = 0; step < steps; ++step) {
    if (::ptrace(request, pid, nullptr, nullptr) != 0) return reap(pid, Outcome::failed);
    if (!stopped_by(pid, signal)) return Outcome::failed;
    if (signal == SIGUSR2) return reap(pid, Outcome::finished);
    if (signal != SIGTRAP) return reap(pid, Outcome::failed);
  }
  return reap(pid, Outcome::killed);
}

bool can_step() {
  if (with_address_sanitizer || with_thread_sanitizer) return false;
  return kill_after(1, StepBy::system_call, [] {
           begin_steps();
           ::getppid();
           end_steps();
         }) == Outcome::killed;
}

}  // namespace shm::test
