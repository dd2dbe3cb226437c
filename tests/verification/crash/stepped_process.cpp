// SPDX-License-Identifier: Apache-2.0
#include "verification/crash/stepped_process.hpp"

#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <exception>
#include <thread>

#include "support/sanitizers.hpp"

namespace shm::test {

namespace {
// Each makes exactly one system call (raise() makes several), since the harness counts them.
::pid_t self = 0;
}  // namespace

void begin_steps() {
  self = ::getpid();
  ::kill(self, SIGUSR1);
}
void end_steps() { ::kill(self, SIGUSR2); }

SteppedProcess::SteppedProcess(const std::function<void()>& act) : pid_(::fork()) {
  if (pid_ == 0) {
    if (::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0) ::_exit(1);
    try {
      act();
    } catch (const std::exception& error) {
      std::fprintf(stderr, "stepped process: %s\n", error.what());
      ::_exit(1);
    }
    ::_exit(0);
  }
  int status = 0;
  if (pid_ < 0 || ::waitpid(pid_, &status, 0) != pid_) return;
  gone_ = !WIFSTOPPED(status);
  if (!gone_ && WSTOPSIG(status) == SIGUSR1) state_ = State::standing;
}

SteppedProcess::~SteppedProcess() {
  if (pid_ < 0 || gone_) return;
  ::kill(pid_, SIGKILL);
  int status = 0;
  while (::waitpid(pid_, &status, 0) == pid_ && WIFSTOPPED(status)) {
  }
}

bool SteppedProcess::is_before_system_call() const {
#if defined(__x86_64__)
  ::user_regs_struct registers{};
  if (::ptrace(PTRACE_GETREGS, pid_, nullptr, &registers) != 0) return false;
  const long code = ::ptrace(PTRACE_PEEKTEXT, pid_, registers.rip, nullptr);
  return (code & 0xffff) == 0x050f;  // syscall
#else
  return false;  // can_step() returns false
#endif
}

SteppedProcess::State SteppedProcess::stopped(int status) {
  under_way_ = false;
  gone_ = !WIFSTOPPED(status);
  const int signal = gone_ ? 0 : WSTOPSIG(status);
  if (signal == SIGTRAP) return state_ = State::standing;
  return state_ = signal == SIGUSR2 ? State::finished : State::failed;
}

SteppedProcess::State SteppedProcess::step(StepBy by, std::optional<std::chrono::milliseconds> patience) {
  if (!under_way_) {
    const auto request = by == StepBy::instruction ? PTRACE_SINGLESTEP : PTRACE_SYSCALL;
    if (::ptrace(request, pid_, nullptr, nullptr) != 0) return state_ = State::failed;
    under_way_ = true;
  }
  int status = 0;
  if (!patience) return ::waitpid(pid_, &status, 0) == pid_ ? stopped(status) : state_ = State::failed;
  const auto until = std::chrono::steady_clock::now() + *patience;
  for (;;) {
    const ::pid_t changed = ::waitpid(pid_, &status, WNOHANG);
    if (changed == pid_) return stopped(status);
    if (changed < 0) return state_ = State::failed;
    if (std::chrono::steady_clock::now() >= until) return state_ = State::asleep;
    std::this_thread::sleep_for(std::chrono::microseconds(20));
  }
}

bool SteppedProcess::run_to_its_end() {
  int status = 0;
  if (gone_ || ::ptrace(PTRACE_CONT, pid_, nullptr, nullptr) != 0) return false;
  while (::waitpid(pid_, &status, 0) == pid_) {
    if (!WIFSTOPPED(status)) {
      gone_ = true;
      return WIFEXITED(status) && WEXITSTATUS(status) == 0;
    }
    const int signal = WSTOPSIG(status) == SIGUSR2 ? 0 : WSTOPSIG(status);
    if (::ptrace(PTRACE_CONT, pid_, nullptr, signal) != 0) return false;
  }
  return false;
}

bool can_step() {
#if defined(__x86_64__)
  if (with_address_sanitizer || with_thread_sanitizer) return false;
  SteppedProcess process([] {
    begin_steps();
    ::getppid();
    end_steps();
  });
  return process.step(StepBy::instruction) == SteppedProcess::State::standing;
#else
  return false;
#endif
}

}  // namespace shm::test
