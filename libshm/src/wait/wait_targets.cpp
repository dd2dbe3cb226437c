// SPDX-License-Identifier: Apache-2.0
#include "wait/wait_targets.hpp"

#include <algorithm>

#include "base/sleep_limits.hpp"
#include "shm/ring/wake.hpp"
#include "stream/reader_registration.hpp"

namespace shm {

WaitTarget WaitTargets::stream_of(const RawReader& reader) noexcept {
  return {reader.stream_.get(), reader.items_, reader.options_.writer_loss_is_error};
}

Shared<const storage::AttachedStream> WaitTargets::mapping_of(const RawReader& reader) noexcept {
  return reader.stream_;
}

void WaitTargets::add(RawReader& reader, Index count) {
  readers_.push_back({&reader, stream_of(reader)});
  want(readers_.size() - 1, count);
  if (reader.options_.interrupt != nullptr) interrupts_are_known_ = false;
}

void WaitTargets::remove(std::size_t which) {
  readers_.erase(readers_.begin() + static_cast<std::ptrdiff_t>(which));
  interrupts_are_known_ = false;
}

void WaitTargets::want(std::size_t which, Index count) noexcept {
  Target& one = readers_[which];
  one.stream.count = count;
  one.writer = Status::not_yet;
  // It may have been found since.
  one.stream.control = one.reader->place_->control ? &one.reader->place_->control->header() : nullptr;
}

Status WaitTargets::look(std::size_t which) const noexcept {
  const Target& one = readers_[which];
  const Status status = one.stream.look();
  return status == Status::not_yet ? one.writer : status;
}

bool WaitTargets::is_interrupted(std::size_t which) const noexcept {
  const Interrupt* own = readers_[which].reader->options_.interrupt;
  return own != nullptr && own->triggered();
}

void WaitTargets::wait(const WaitParams& how, const std::function<bool()>& is_ready) {
  if (how.waiting.kind != WaitStrategy::Kind::sleep && spin(how, is_ready)) return;
  sleep(how, is_ready);
}

/// A look at the counters alone.
bool WaitTargets::has_news() const noexcept {
  return std::any_of(readers_.begin(), readers_.end(), [](const Target& one) {
    const ItemSource& items = one.stream.items;
    // Larger items do not ride in the counter line: ask for theirs ahead, so that the transfers overlap.
    if (items.item_bytes() > layout::newest_bytes) items.prefetch(one.stream.count - 1);
    return items.inserted() >= one.stream.count;
  });
}

/// False: nothing came while it span, sleep.
bool WaitTargets::spin(const WaitParams& how, const std::function<bool()>& is_ready) {
  const auto start = Clock::now();
  const bool sleeps = how.waiting.kind != WaitStrategy::Kind::spin;
  const auto stop = sleeps ? start + how.waiting.spin_for : Clock::time_point::max();
  auto look_at_writers_again = start + longest_sleep;
  std::size_t looks = 0;
  for (;;) {
    ring::pause();
    const bool news = has_news();
    looks += size();
    if (!news && looks < 64) continue;
    looks = 0;
    if (is_ready()) return true;
    const auto now = Clock::now();
    if (now >= stop) return false;
    if (now >= look_at_writers_again) {
      if (look_at_writers() && is_ready()) return true;
      look_at_writers_again = now + longest_sleep;
    }
  }
}

void WaitTargets::remember_interrupts() {
  if (interrupts_are_known_) return;
  interrupts_.clear();
  for (const Target& one : readers_) {
    const Interrupt* own = one.reader->options_.interrupt;
    if (own != nullptr && std::find(interrupts_.begin(), interrupts_.end(), own) == interrupts_.end()) {
      interrupts_.push_back(own);
    }
  }
  interrupts_are_known_ = true;
}

std::size_t WaitTargets::words(const Interrupt* interrupt) {
  remember_interrupts();
  return size() + interrupts_.size() + (interrupt != nullptr ? 1 : 0);
}

/// Where to listen. What is expected of the streams' words is ask_to_be_woken's to say.
void WaitTargets::remember_words(const WaitParams& how) {
  remember_interrupts();
  words_.clear();
  if (how.wake_threads != nullptr) {
    words_.push_back({&how.wake_threads->word(), 0});
  } else {
    for (const Target& one : readers_) words_.push_back({&one.stream.wake_word(), 0});
  }
  for (const Interrupt* own : interrupts_) words_.push_back({&own->word(), 0});
  const bool is_known = std::find(interrupts_.begin(), interrupts_.end(), how.interrupt) != interrupts_.end();
  if (how.interrupt != nullptr && !is_known) words_.push_back({&how.interrupt->word(), 0});
}

/// Listens to all, and asks all. False: not all could be asked, sleep a moment only.
bool WaitTargets::ask_to_be_woken(const WaitParams& how) {
  // Acquire, and before any bell is listened to: pairs with the release of the listeners (wake_thread_pool.hpp).
  if (how.wake_threads != nullptr) words_.front().expected = ring::load_wake_word(*words_.front().word);
  requests_.begin(size());
  for (std::size_t i = 0; i < size(); ++i) {
    const WaitTarget& stream = readers_[i].stream;
    const std::uint32_t seen_wakes = ring::load_wake_word(stream.wake_word());
    if (how.wake_threads == nullptr) words_[i].expected = seen_wakes;
    requests_.ask(stream, seen_wakes);
  }
  return requests_.order();
}

WaitTargets::Clock::time_point WaitTargets::look_at_writers_at() const noexcept {
  auto at = Clock::time_point::max();
  for (const Target& one : readers_) at = std::min(at, one.reader->look_at_writer_);
  return at;
}

/// At all in one go, so that they do not end one sleep each. True: look() has something to say.
bool WaitTargets::look_at_writers() {
  bool has_said = false;
  for (Target& one : readers_) {
    const Status said = one.stream.look_at_writer();
    one.writer = said == Status::ok ? Status::not_yet : said;
    has_said = has_said || said != Status::not_yet;
  }
  return has_said;
}

void WaitTargets::look_at_writers_in_time() {
  const auto now = Clock::now();
  if (now < look_at_writers_at() || look_at_writers()) return;
  for (Target& one : readers_) {
    RawReader& reader = *one.reader;
    if (!reader.place_->control) {  // it may have come after the stream
      reader.list_myself();
      if (reader.place_->control) one.stream.control = &reader.place_->control->header();
    }
    reader.look_at_writer_ = now + longest_sleep;
  }
}

void WaitTargets::look_at_writers_soon() noexcept {
  if (!readers_.empty()) readers_.front().reader->look_at_writer_ = {};
}

void WaitTargets::sleep(const WaitParams& how, const std::function<bool()>& is_ready) {
  remember_words(how);
  for (;;) {
    const bool all_asked = ask_to_be_woken(how);
    if (is_ready()) return;
    const auto now = Clock::now();
    auto look_again = look_at_writers_at();
    if (now >= look_again) {
      look_at_writers_in_time();
      if (is_ready()) return;
      look_again = now + longest_sleep;
    }
    os::futex_wait_any(words_,
                       std::min(how.deadline.at(), all_asked ? look_again : now + longest_unasked_sleep));
    if (is_ready()) return;
  }
}

}  // namespace shm
