// SPDX-License-Identifier: Apache-2.0
#include "wait/fd_notifier.hpp"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "base/sleep_limits.hpp"
#include "shm/base/error.hpp"
#include "shm/ring/wake.hpp"

namespace shm {

NotifiedStream::NotifiedStream(const detail::Waitable& reader, std::shared_ptr<FdSignal> signal)
    : stream_(reader.stream()), target_(reader, 0), signal_(std::move(signal)) {
  target_.control = nullptr;  // the reader's, which may be destroyed before this
  find_control();
}

void NotifiedStream::find_control() noexcept {
  if (control_) return;
  control_ = stream_->open_control();
  if (!control_) return;
  const os::File not_needed = std::move(control_->file());  // the mapping is enough
  target_.control = &control_->header();
}

Status NotifiedStream::look() {
  const Status status = target_.look();
  return status == Status::not_yet && writer_is_gone_ ? look_at_writer() : status;
}

Status NotifiedStream::look_at_writer() {
  find_control();  // it may have come after the stream
  writer_is_gone_ = true;
  const Status status = target_.look_at_writer();
  writer_is_gone_ = status != Status::not_yet;
  return status;
}

NotifierThread::NotifierThread() : wake_thread_([this] { return take_turn(); }) {}

bool NotifierThread::add(const std::shared_ptr<NotifiedStream>& stream) {
  if (!wake_thread_.add(stream->stream())) return false;
  {
    const std::scoped_lock lock(mutex_);
    streams_.push_back(stream);
  }
  nudge();
  return true;
}

void NotifierThread::remove(const NotifiedStream& stream) {
  {
    const std::scoped_lock lock(mutex_);
    std::erase_if(streams_, [&stream](const auto& added) { return added.get() == &stream; });
  }
  wake_thread_.remove(*stream.stream());
}

/// REQUIRES: the signal's mutex is held, and it is armed.
bool NotifierThread::raise_if_ready(NotifiedStream& stream, bool look_at_writer) noexcept {
  try {
    const Status status = look_at_writer ? stream.look_at_writer() : stream.look();
    if (status == Status::not_yet) return false;
  } catch (const std::exception&) {
    // The user's thread gets the error, too, when it looks in rearm().
  }
  stream.signal().raise();
  return true;
}

/// Looks at all streams, and returns the time until which the thread may sleep.
NotifierThread::Clock::time_point NotifierThread::take_turn() {
  const std::scoped_lock lock(mutex_);
  if (streams_.empty()) return Clock::time_point::max();
  const auto now = Clock::now();
  const bool look_at_writers = now >= look_at_writers_at_;
  if (look_at_writers) look_at_writers_at_ = now + longest_sleep;
  requests_.begin(streams_.size());
  for (const auto& stream : streams_) {
    const std::scoped_lock armed(stream->signal().mutex);
    if (!stream->signal().armed || raise_if_ready(*stream, look_at_writers)) continue;
    // The wake word may be newer than the value that the wake thread read: then that thread does not fall asleep.
    requests_.ask(stream->target(), ring::load_wake_word(stream->target().wake_word()));
  }
  const bool all_asked = requests_.order();
  for (const auto& stream : streams_) {
    const std::scoped_lock armed(stream->signal().mutex);
    if (stream->signal().armed) static_cast<void>(raise_if_ready(*stream, false));
  }
  return all_asked ? look_at_writers_at_ : now + longest_unasked_sleep;
}

FdNotifier::FdNotifier() : process_(::getpid()) {}

bool FdNotifier::is_here() const noexcept { return process_ == ::getpid(); }

std::shared_ptr<FdNotifier> FdNotifier::of_this_process() {
  static std::mutex mutex;
  static std::weak_ptr<FdNotifier> current;
  const std::scoped_lock lock(mutex);
  std::shared_ptr<FdNotifier> notifier = current.lock();
  if (!notifier || !notifier->is_here()) {
    notifier = std::make_shared<FdNotifier>();
    current = notifier;
  }
  return notifier;
}

NotifierThread& FdNotifier::add(const std::shared_ptr<NotifiedStream>& stream) {
  const std::scoped_lock lock(mutex_);
  for (const auto& thread : threads_) {
    if (thread->add(stream)) return *thread;
  }
  threads_.push_back(std::make_unique<NotifierThread>());
  static_cast<void>(threads_.back()->add(stream));
  return *threads_.back();
}

}  // namespace shm
