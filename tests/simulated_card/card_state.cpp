// SPDX-License-Identifier: Apache-2.0
#include "simulated_card/card_state.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>

#include "simulated_card/card_clock.hpp"

namespace simulated_card {
namespace {

// "SIMCARD" and the version of Layout, as one number: a state directory of another version is refused.
constexpr std::uint64_t kMagic = 0x53494d4341524401;
constexpr std::size_t kFaults = 64;

[[noreturn]] void fail(const std::string& what, const std::filesystem::path& path) {
  throw std::system_error(errno, std::generic_category(), what + " " + path.string());
}

FileDescriptor open_file(const std::filesystem::path& path) {
  FileDescriptor fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (fd.get() < 0) fail("cannot open", path);
  return fd;
}

// Excludes other processes that make the file or request a fault. The process that has the card open never
// waits here except while it opens.
class Exclusive {
 public:
  explicit Exclusive(int fd) : fd_(fd) {
    while (::flock(fd_, LOCK_EX) != 0) {
      if (errno != EINTR) throw std::system_error(errno, std::generic_category(), "flock");
    }
  }
  ~Exclusive() { ::flock(fd_, LOCK_UN); }
  Exclusive(const Exclusive&) = delete;
  Exclusive& operator=(const Exclusive&) = delete;

 private:
  int fd_;
};

}  // namespace

// A file of zeroes is a valid state: nothing happened yet.
struct CardState::Layout {
  struct FaultSlot {
    std::atomic<std::uint32_t> kind;
    std::atomic<std::uint32_t> can_resume;
    std::atomic<std::int64_t> duration_ns;
    std::atomic<std::int64_t> frames;
    std::atomic<std::int64_t> requested_ns;
  };
  struct ProgressSlot {
    std::atomic<std::int64_t> run;
    std::atomic<std::int64_t> range;
    std::atomic<std::int64_t> from;
    std::atomic<std::int64_t> to;
  };

  std::atomic<std::uint64_t> magic;
  std::atomic<std::int64_t> epoch_ns;
  std::atomic<std::int64_t> holder;
  std::atomic<std::int64_t> suspended_until;
  std::atomic<std::int64_t> unplugged_until;
  std::atomic<std::int64_t> stalled_until;
  std::atomic<std::int64_t> waiting_overrun;
  std::atomic<std::int64_t> runs;
  std::atomic<std::uint64_t> active_progress;
  std::array<ProgressSlot, 2> progress;
  std::atomic<std::uint64_t> requested;
  std::atomic<std::uint64_t> taken;
  std::array<FaultSlot, kFaults> faults;

  static_assert(std::atomic<std::int64_t>::is_always_lock_free &&
                    std::atomic<std::uint32_t>::is_always_lock_free,
                "atomics in shared memory must not rely on a lock of one process");
};

FileDescriptor& FileDescriptor::operator=(FileDescriptor&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

FileDescriptor::~FileDescriptor() {
  if (fd_ >= 0) ::close(fd_);
}

std::optional<CardLock> CardLock::try_lock(const std::filesystem::path& directory) {
  FileDescriptor fd = open_file(directory / "lock");
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) == 0) return CardLock(std::move(fd));
  if (errno == EWOULDBLOCK) return std::nullopt;
  fail("cannot lock", directory / "lock");
}

CardLock::~CardLock() {
  // Unlock, not only close: a child forked meanwhile shares the lock until it executes another program.
  if (fd_.get() >= 0) ::flock(fd_.get(), LOCK_UN);
}

CardState::CardState(const std::filesystem::path& directory) : fd_(-1), shared_(nullptr) {
  std::filesystem::create_directories(directory);
  const std::filesystem::path path = directory / "card";
  fd_ = open_file(path);
  const Exclusive exclusive(fd_.get());
  struct stat found {};
  if (::fstat(fd_.get(), &found) != 0) fail("cannot look at", path);
  if (found.st_size != 0 && found.st_size != static_cast<off_t>(sizeof(Layout))) {
    throw std::runtime_error(path.string() + " is not the state of a simulated card of this version");
  }
  // Reserve the bytes: a full disk is an error here, not a SIGBUS in the program that records.
  if (const int error = ::posix_fallocate(fd_.get(), 0, sizeof(Layout)); error != 0) {
    throw std::system_error(error, std::generic_category(), "no space for " + path.string());
  }
  void* mapped = ::mmap(nullptr, sizeof(Layout), PROT_READ | PROT_WRITE, MAP_SHARED, fd_.get(), 0);
  if (mapped == MAP_FAILED) fail("cannot map", path);
  shared_ = static_cast<Layout*>(mapped);
  std::uint64_t none = 0;
  if (!shared_->magic.compare_exchange_strong(none, kMagic) && none != kMagic) {
    ::munmap(mapped, sizeof(Layout));
    throw std::runtime_error(path.string() + " is not the state of a simulated card of this version");
  }
}

CardState::~CardState() { ::munmap(shared_, sizeof(Layout)); }

void CardState::request(Fault fault) {
  const Exclusive exclusive(fd_.get());
  const std::uint64_t number = shared_->requested.load(std::memory_order_relaxed);
  if (number - shared_->taken.load(std::memory_order_acquire) >= kFaults) {
    throw std::runtime_error("64 faults are waiting already; no program has the card open");
  }
  Layout::FaultSlot& slot = shared_->faults[number % kFaults];
  slot.kind.store(static_cast<std::uint32_t>(fault.kind), std::memory_order_relaxed);
  slot.can_resume.store(fault.can_resume ? 1 : 0, std::memory_order_relaxed);
  slot.duration_ns.store(fault.duration_ns, std::memory_order_relaxed);
  slot.frames.store(fault.frames, std::memory_order_relaxed);
  slot.requested_ns.store(monotonic_now(), std::memory_order_relaxed);
  shared_->requested.store(number + 1, std::memory_order_release);  // pairs with the acquire in take()
}

std::optional<Fault> CardState::take() {
  const std::uint64_t number = shared_->taken.load(std::memory_order_relaxed);
  // Pairs with the release in request(): the slot is complete.
  if (number == shared_->requested.load(std::memory_order_acquire)) return std::nullopt;
  const Layout::FaultSlot& slot = shared_->faults[number % kFaults];
  Fault fault;
  fault.kind = static_cast<FaultKind>(slot.kind.load(std::memory_order_relaxed));
  fault.can_resume = slot.can_resume.load(std::memory_order_relaxed) != 0;
  fault.duration_ns = slot.duration_ns.load(std::memory_order_relaxed);
  fault.frames = slot.frames.load(std::memory_order_relaxed);
  fault.requested_ns = slot.requested_ns.load(std::memory_order_relaxed);
  // Pairs with the acquire in request(): the slot may be reused.
  shared_->taken.store(number + 1, std::memory_order_release);
  return fault;
}

std::int64_t CardState::epoch_ns() const { return shared_->epoch_ns.load(); }
void CardState::set_epoch_ns(std::int64_t ns) { shared_->epoch_ns.store(ns); }
std::atomic<std::int64_t>& CardState::suspended_until() { return shared_->suspended_until; }
std::atomic<std::int64_t>& CardState::unplugged_until() { return shared_->unplugged_until; }
std::atomic<std::int64_t>& CardState::stalled_until() { return shared_->stalled_until; }
std::atomic<std::int64_t>& CardState::waiting_overrun() { return shared_->waiting_overrun; }
std::atomic<std::int64_t>& CardState::holder() { return shared_->holder; }
std::int64_t CardState::next_run() { return shared_->runs.fetch_add(1) + 1; }

Progress CardState::progress() const {
  const Layout::ProgressSlot& slot =
      shared_->progress[shared_->active_progress.load(std::memory_order_acquire) % 2];
  return {slot.run.load(), slot.range.load(), {slot.from.load(), slot.to.load(std::memory_order_acquire)}};
}

void CardState::begin_range(std::int64_t run, std::int64_t world) {
  const std::uint64_t active = shared_->active_progress.load(std::memory_order_relaxed);
  // The range that stands for "no run" has no number of its own.
  const std::int64_t range =
      shared_->progress[active % 2].range.load(std::memory_order_relaxed) + (run != 0 ? 1 : 0);
  Layout::ProgressSlot& slot = shared_->progress[(active + 1) % 2];
  slot.run.store(run, std::memory_order_relaxed);
  slot.range.store(range, std::memory_order_relaxed);
  slot.from.store(world, std::memory_order_relaxed);
  slot.to.store(world, std::memory_order_relaxed);
  shared_->active_progress.store(active + 1,
                                 std::memory_order_release);  // pairs with the acquire in progress()
}

void CardState::delivered_to(std::int64_t world) {
  Layout::ProgressSlot& slot =
      shared_->progress[shared_->active_progress.load(std::memory_order_relaxed) % 2];
  slot.to.store(world, std::memory_order_release);  // pairs with the acquire in progress()
}

}  // namespace simulated_card
