// SPDX-License-Identifier: Apache-2.0
#include "crew.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <system_error>

#include "stepped_clock.hpp"

namespace shm::chaos {
namespace {

/// In a child, before exec: it dies with its parent, leaves the terminal's group, and inherits these files alone.
void be_a_child(::pid_t parent, int out, int err) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(1);  // the parent died before the prctl
  ::setpgid(0, 0);
  ::sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  const int null = ::open("/dev/null", O_RDONLY);
  ::dup2(null, 0);
  ::dup2(out, 1);
  ::dup2(err, 2);
}

[[noreturn]] void execute(const std::vector<std::string>& argv) {
  std::vector<char*> arguments;
  for (const std::string& argument : argv) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  ::execv(arguments[0], arguments.data());
  ::dprintf(2, "%s: %s\n", arguments[0], std::strerror(errno));
  ::_exit(127);
}

}  // namespace

Crew::Crew(BoardMemory& memory)
    : memory_(memory), board_(memory.board()), log_(::memfd_create("shm-chaos-log", MFD_CLOEXEC)) {
  if (log_ < 0 || ::fcntl(log_, F_SETFL, O_APPEND) != 0) {
    throw std::system_error(errno, std::generic_category(), "the log");
  }
}

Crew::~Crew() {
  static_cast<void>(kill_everybody());
  ::close(log_);
}

bool Crew::has_time_namespaces() {
  const ::pid_t child = ::fork();
  if (child == 0) ::_exit(enter_time_namespace(1'000'000'000) ? 0 : 1);
  int status = 1;
  return child > 0 && ::waitpid(child, &status, 0) == child && status == 0;
}

std::optional<std::size_t> Crew::free_slot() const {
  for (std::size_t i = 0; i < max_workers; ++i) {
    if (!is_alive(i)) return i;
  }
  return std::nullopt;
}

void Crew::enroll(std::size_t at, ::pid_t pid, const std::string& what) {
  if (pid < 0) throw std::system_error(errno, std::generic_category(), "fork");
  WorkerSlot& slot = board_.slots[at];
  slot.beat.store(true_now());
  slot.pid.store(pid);
  const std::size_t bytes = std::min(what.size(), slot.doing.size() - 1);
  std::memcpy(slot.doing.data(), what.data(), bytes);
  slot.doing[bytes] = '\0';
  ++started_;
}

std::optional<std::size_t> Crew::start_worker(WorkerOrders orders) {
  const std::optional<std::size_t> slot = free_slot();
  if (!slot) return std::nullopt;
  const std::string what = fmt::format("{} on {}", orders.role, all_streams()[orders.stream].name);
  board_.slots[*slot].ticket.fetch_add(1);
  const std::vector<std::string> argv{"/proc/self/exe",
                                      "--worker",
                                      orders.role,
                                      std::to_string(orders.stream),
                                      std::to_string(*slot),
                                      std::to_string(orders.seed),
                                      std::to_string(orders.clock_offset_ns),
                                      std::to_string(memory_.fd())};
  const ::pid_t parent = ::getpid();
  const ::pid_t pid = ::fork();
  if (pid == 0) {
    be_a_child(parent, log_, log_);
    if (orders.clock_offset_ns != 0 && !enter_time_namespace(orders.clock_offset_ns)) ::_exit(1);
    if (orders.no_membarrier) ::setenv("LIBSHM_NO_MEMBARRIER", "1", 1);
    ::fcntl(memory_.fd(), F_SETFD, 0);
    execute(argv);
  }
  enroll(*slot, pid, what);
  return slot;
}

std::optional<std::size_t> Crew::start_program(const std::vector<std::string>& argv, const std::string& out,
                                               const std::string& err, Removing removing,
                                               std::int32_t evicting) {
  const std::optional<std::size_t> slot = free_slot();
  if (!slot) return std::nullopt;
  WorkerSlot& board_slot = board_.slots[*slot];
  board_slot.ticket.fetch_add(1);
  board_slot.removing_stream.store(every_stream);
  board_slot.removing.store(removing);
  board_slot.evicting.store(evicting);
  const ::pid_t parent = ::getpid();
  const ::pid_t pid = ::fork();
  if (pid == 0) {
    const int to = ::open(out.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    const int errors = ::open(err.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    be_a_child(parent, to, errors);
    execute(argv);
  }
  std::string what = argv[0].substr(argv[0].rfind('/') + 1);
  for (std::size_t i = 1; i < argv.size(); ++i) what += " " + argv[i];
  enroll(*slot, pid, what);
  return slot;
}

void Crew::kill(std::size_t slot) {
  if (!is_alive(slot)) return;
  board_.slots[slot].sentenced.store(1);  // before the kill, since its lock may be free at any moment then
  ::kill(board_.slots[slot].pid.load(), SIGKILL);
}

void Crew::stop(std::size_t slot) {
  if (!is_alive(slot) || is_stopped(slot)) return;
  board_.slots[slot].stops.fetch_add(1);
  ::kill(board_.slots[slot].pid.load(), SIGSTOP);
}

void Crew::go_on(std::size_t slot) {
  if (!is_alive(slot) || !is_stopped(slot)) return;
  board_.slots[slot].beat.store(true_now());
  ::kill(board_.slots[slot].pid.load(), SIGCONT);
  board_.slots[slot].stops.fetch_add(1);
}

void Crew::ask_to_end(std::size_t slot) {
  if (is_alive(slot)) ::kill(board_.slots[slot].pid.load(), SIGTERM);
}

Death Crew::bury_one(std::size_t at, int status) {
  WorkerSlot& slot = board_.slots[at];
  Death death{at, slot.doing.data(), slot.sentenced.load() != 0, -1, 0};
  if (WIFEXITED(status)) death.exit_code = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) death.signal = WTERMSIG(status);
  // Its actions on streams are over: the kernel released its locks before it reported the death.
  if (const std::int32_t entered = slot.entered.load(); entered > 0) {
    board_.streams[static_cast<std::size_t>(entered - 1)].last_exit.store(true_now());
  }
  if (const Removing removing = slot.removing.load(); removing != Removing::nothing) {
    for (std::size_t i = 0; i < all_streams().size(); ++i) {
      if (const auto one = slot.removing_stream.load(); one != every_stream && one != static_cast<int>(i) + 1)
        continue;
      StreamTruth& truth = board_.streams[i];
      (removing == Removing::garbage ? truth.collections : truth.removals).fetch_add(1);
    }
  }
  if (const std::int32_t evicting = slot.evicting.load(); evicting > 0) {
    board_.streams[static_cast<std::size_t>(evicting - 1)].evictions.fetch_add(1);
  }
  slot.entered.store(0);
  slot.evicting.store(0);
  slot.removing.store(Removing::nothing);
  slot.owns.store(0);
  slot.claims.store(0);
  slot.pid.store(0);
  slot.sentenced.store(0);
  if (is_stopped(at)) slot.stops.fetch_add(1);
  return death;
}

std::vector<Death> Crew::bury() {
  std::vector<Death> deaths;
  for (const std::size_t slot : living()) {
    int status = 0;
    const ::pid_t pid = board_.slots[slot].pid.load();
    if (::waitpid(pid, &status, WNOHANG) == pid) deaths.push_back(bury_one(slot, status));
  }
  return deaths;
}

std::vector<Death> Crew::kill_everybody() {
  std::vector<Death> deaths;
  const std::vector<std::size_t> all = living();
  for (const std::size_t slot : all) board_.slots[slot].sentenced.store(1);
  for (const std::size_t slot : all) ::kill(board_.slots[slot].pid.load(), SIGKILL);
  for (const std::size_t slot : all) {
    int status = 0;
    ::waitpid(board_.slots[slot].pid.load(), &status, 0);
    deaths.push_back(bury_one(slot, status));
  }
  return deaths;
}

std::vector<std::size_t> Crew::living() const {
  std::vector<std::size_t> slots;
  for (std::size_t i = 0; i < max_workers; ++i) {
    if (is_alive(i)) slots.push_back(i);
  }
  return slots;
}

std::string Crew::log_tail() const {
  const ::off_t size = ::lseek(log_, 0, SEEK_END);
  const ::off_t from = std::max<::off_t>(0, size - 16384);
  std::string text(static_cast<std::size_t>(size - from), '\0');
  const ::ssize_t bytes = ::pread(log_, text.data(), text.size(), from);
  text.resize(bytes > 0 ? static_cast<std::size_t>(bytes) : 0);
  return text;
}

}  // namespace shm::chaos
