// SPDX-License-Identifier: Apache-2.0
#include "wait/fd_notifier.hpp"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "base/sleep_limits.hpp"
#include "shm/base/error.hpp"
#include "shm/ring/wake.hpp"

namespace shm {

WatchedStream::WatchedStream(Shared<const storage::AttachedStream> stream, const WaitTarget& awaited,
                             std::shared_ptr<FdSignal> alarm)
    : stream_(std::move(stream)), awaited_(awaited), signal_(std::move(alarm)) {
  find_control();
}

void WatchedStream::find_control() noexcept {
  if (control_) return;
  control_ = stream_->open_control();
  if (!control_) return;
  const os::File not_needed = std::move(control_->file());  // the mapping is
  awaited_.control = &control_->header();
}

Status WatchedStream::look() {
  const Status status = awaited_.look();
  return status == Status::not_yet && writer_is_gone_ ? look_at_writer() : status;
}

Status WatchedStream::look_at_writer() {
  find_control();  // it may have come after the stream
  writer_is_gone_ = true;
  const Status status = awaited_.look_at_writer();
  writer_is_gone_ = status != Status::not_yet;
  return status;
}

NotifierThread::NotifierThread() : wake_thread_([this] { return attend(); }) {}

bool NotifierThread::add(const std::shared_ptr<WatchedStream>& stream) {
  if (!wake_thread_.add(stream->stream())) return false;
  {
    const std::scoped_lock lock(mutex_);
    streams_.push_back(stream);
  }
  nudge();
  return true;
}

void NotifierThread::remove(const WatchedStream& stream) {
  {
    const std::scoped_lock lock(mutex_);
    std::erase_if(streams_, [&stream](const auto& one) { return one.get() == &stream; });
  }
  wake_thread_.remove(*stream.stream());
}

/// REQUIRES: the alarm's mutex is held, and it is armed.
bool NotifierThread::raised(WatchedStream& stream, bool look_at_writer) noexcept {
  try {
    const Status status = look_at_writer ? stream.look_at_writer() : stream.look();
    if (status == Status::not_yet) return false;
  } catch (const std::exception&) {
    // The user's thread is to hear of it: it looks too, in rearm().
  }
  stream.signal().raise();
  return true;
}

/// How long to sleep then.
NotifierThread::Clock::time_point NotifierThread::attend() {
  const std::scoped_lock lock(mutex_);
  if (streams_.empty()) return Clock::time_point::max();
  const auto now = Clock::now();
  const bool look_at_writers = now >= look_at_writers_at_;
  if (look_at_writers) look_at_writers_at_ = now + longest_sleep;
  requests_.begin(streams_.size());
  for (const auto& stream : streams_) {
    const std::scoped_lock armed(stream->signal().mutex);
    if (!stream->signal().armed || raised(*stream, look_at_writers)) continue;
    // Maybe later than the listener did: then it does not fall asleep.
    requests_.ask(stream->awaited(), ring::load_wake_word(stream->awaited().wake_word()));
  }
  const bool all_asked = requests_.order();
  for (const auto& stream : streams_) {
    const std::scoped_lock armed(stream->signal().mutex);
    if (stream->signal().armed) static_cast<void>(raised(*stream, false));
  }
  return all_asked ? look_at_writers_at_ : now + longest_unasked_sleep;
}

FdNotifier::FdNotifier() : process_(::getpid()) {}

bool FdNotifier::is_here() const noexcept { return process_ == ::getpid(); }

std::shared_ptr<FdNotifier> FdNotifier::of_this_process() {
  static std::mutex mutex;
  static std::weak_ptr<FdNotifier> current;
  const std::scoped_lock lock(mutex);
  std::shared_ptr<FdNotifier> watch = current.lock();
  if (!watch || !watch->is_here()) {
    watch = std::make_shared<FdNotifier>();
    current = watch;
  }
  return watch;
}

NotifierThread& FdNotifier::add(const std::shared_ptr<WatchedStream>& stream) {
  const std::scoped_lock lock(mutex_);
  for (const auto& guard : guards_) {
    if (guard->add(stream)) return *guard;
  }
  guards_.push_back(std::make_unique<NotifierThread>());
  static_cast<void>(guards_.back()->add(stream));
  return *guards_.back();
}

}  // namespace shm
