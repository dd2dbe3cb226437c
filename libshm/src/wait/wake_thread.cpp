// SPDX-License-Identifier: Apache-2.0
#include "wait/wake_thread.hpp"

#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>

#include "shm/ring/wake.hpp"

namespace shm {
namespace {

/// While it lives, threads that are started have the program's signals blocked; other threads receive them. Signals
/// that a thread causes itself are not blocked: a fault in a mapping is handled in the thread that caused it
/// (shm/storage/survive_truncation.hpp).
class WithoutSignals {
 public:
  WithoutSignals() noexcept {
    ::sigset_t all;
    ::sigfillset(&all);
    for (const int own : {SIGBUS, SIGSEGV, SIGILL, SIGFPE, SIGTRAP, SIGSYS, SIGABRT}) ::sigdelset(&all, own);
    ::pthread_sigmask(SIG_BLOCK, &all, &before_);
  }
  ~WithoutSignals() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  WithoutSignals(const WithoutSignals&) = delete;
  WithoutSignals& operator=(const WithoutSignals&) = delete;

 private:
  ::sigset_t before_{};
};

}  // namespace

WakeThread::WakeThread(std::function<Clock::time_point()> on_wake)
    : on_wake_(std::move(on_wake)), process_(::getpid()) {
  const WithoutSignals without_signals;
  thread_ = std::thread([this] { run(); });
  ::pthread_setname_np(thread_.native_handle(), "shm-wake");
}

WakeThread::~WakeThread() {
  if (process_ != ::getpid()) {
    // In a forked child: the thread is the parent's, and there is no thread here to stop. Its handle stays.
    static_cast<void>(std::make_unique<std::thread>(std::move(thread_)).release());
    return;  // NOLINT(clang-analyzer-cplusplus.NewDeleteLeaks): a joinable thread must not be destroyed
  }
  {
    const std::scoped_lock lock(mutex_);
    is_stopping_ = true;
  }
  nudge();
  thread_.join();
}

bool WakeThread::add(Shared<const storage::AttachedStream> stream) {
  {
    const std::scoped_lock lock(mutex_);
    if (streams_.size() >= most) return false;
    streams_.push_back(std::move(stream));
  }
  nudge();
  return true;
}

bool WakeThread::remove(const storage::AttachedStream& stream) {
  {
    const std::scoped_lock lock(mutex_);
    const auto at = std::find_if(streams_.begin(), streams_.end(),
                                 [&stream](const auto& added) { return added.get() == &stream; });
    if (at == streams_.end()) return false;
    streams_.erase(at);
  }
  nudge();
  return true;
}

void WakeThread::nudge() noexcept {
  // Release: pairs with the acquire in run(). After a nudge, the thread sees all that was stored before the nudge.
  nudges_.fetch_add(1, std::memory_order_release);
  os::futex_wake_all(nudges_);
}

void WakeThread::remember_words() {
  words_.clear();
  for (const auto& stream : sleeping_on_) words_.push_back({&stream->live().wake_count, 0});
  words_.push_back({&nudges_, 0});
}

void WakeThread::run() {
  std::uint32_t nudged = nudges_.load(std::memory_order_acquire) - 1;  // different: take in the streams first
  for (;;) {
    // Acquire: pairs with the release in nudge().
    const std::uint32_t nudges = nudges_.load(std::memory_order_acquire);
    if (nudges != nudged) {
      const std::scoped_lock lock(mutex_);
      if (is_stopping_) return;
      if (sleeping_on_ != streams_ || words_.empty()) {
        sleeping_on_ = streams_;
        remember_words();
      }
      nudged = nudges;
    }
    for (os::FutexWait& word : words_) word.expected = ring::load_wake_word(*word.word);
    words_.back().expected = nudges;
    const Clock::time_point until = on_wake_();
    os::futex_wait_any(words_, until);
  }
}

}  // namespace shm
