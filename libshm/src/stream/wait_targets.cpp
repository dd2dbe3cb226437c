// SPDX-License-Identifier: Apache-2.0
#include "stream/wait_targets.hpp"

#include <algorithm>

#include "base/sleep_limits.hpp"
#include "shm/ring/wake.hpp"

namespace shm::detail {

void WaitTargets::add(RawReader& reader, Index count) {
  targets_.emplace_back(reader, count);
  if (targets_.back().of.interrupt() != nullptr) interrupts_are_known_ = false;
}

void WaitTargets::remove(std::size_t which) {
  targets_.erase(targets_.begin() + static_cast<std::ptrdiff_t>(which));
  interrupts_are_known_ = false;
}

void WaitTargets::clear() noexcept {
  targets_.clear();
  interrupts_are_known_ = false;
}

void WaitTargets::want(std::size_t which, Index count) noexcept {
  Target& target = targets_[which];
  target.stream.count = count;
  target.stream.control = target.of.control();  // it may have been found since
  target.writer = Status::not_yet;
}

Status WaitTargets::look(std::size_t which) const noexcept {
  const Target& target = targets_[which];
  const Status status = target.stream.look();
  return status == Status::not_yet ? target.writer : status;
}

bool WaitTargets::is_interrupted(std::size_t which) const noexcept {
  const Interrupt* const interrupt = targets_[which].of.interrupt();
  return interrupt != nullptr && interrupt->triggered();
}

void WaitTargets::wait(const WaitParams& how, const std::function<bool()>& is_ready) {
  if (how.waiting.kind != WaitStrategy::Kind::sleep && spin(how, is_ready)) return;
  sleep(how, is_ready);
}

/// A look at the counters alone.
bool WaitTargets::has_news() const noexcept {
  return std::any_of(targets_.begin(), targets_.end(), [](const Target& target) {
    const ItemSource& items = target.stream.items;
    // Larger items do not ride in the counter line: ask for theirs ahead, so that the transfers overlap.
    if (items.item_bytes() > layout::newest_bytes) items.prefetch(target.stream.count - 1);
    return items.inserted() >= target.stream.count;
  });
}

/// False: nothing came while it span; sleep.
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
  for (const Target& target : targets_) {
    const Interrupt* const own = target.of.interrupt();
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

/// The words to sleep on. ask_to_be_woken() sets what is expected of the streams' words.
void WaitTargets::remember_words(const WaitParams& how) {
  remember_interrupts();
  words_.clear();
  if (how.wake_word != nullptr) {
    words_.push_back({how.wake_word, 0});
  } else {
    for (const Target& target : targets_) words_.push_back({&target.stream.wake_word(), 0});
  }
  for (const Interrupt* own : interrupts_) words_.push_back({&own->word(), 0});
  const bool is_known = std::find(interrupts_.begin(), interrupts_.end(), how.interrupt) != interrupts_.end();
  if (how.interrupt != nullptr && !is_known) words_.push_back({&how.interrupt->word(), 0});
}

/// Reads all wake words, and asks all writers. False: not all could be asked; sleep for a moment only.
bool WaitTargets::ask_to_be_woken(const WaitParams& how) {
  // Acquire, and before any stream's wake word: pairs with the release of the wake threads (wake_thread_pool.hpp).
  if (how.wake_word != nullptr) words_.front().expected = ring::load_wake_word(*words_.front().word);
  requests_.begin(size());
  for (std::size_t i = 0; i < size(); ++i) {
    const WaitTarget& stream = targets_[i].stream;
    const std::uint32_t seen_wakes = ring::load_wake_word(stream.wake_word());
    if (how.wake_word == nullptr) words_[i].expected = seen_wakes;
    requests_.ask(stream, seen_wakes);
  }
  return requests_.order();
}

WaitTargets::Clock::time_point WaitTargets::look_at_writers_at() const noexcept {
  auto at = Clock::time_point::max();
  for (const Target& target : targets_) at = std::min(at, target.of.look_at_writer_at());
  return at;
}

/// At all of them at once, so that they do not end one sleep each. True: look() has a result for some.
bool WaitTargets::look_at_writers() {
  bool found = false;
  for (Target& target : targets_) {
    const Status status = target.stream.look_at_writer();
    target.writer = status == Status::ok ? Status::not_yet : status;
    found = found || status != Status::not_yet;
  }
  return found;
}

void WaitTargets::look_at_writers_in_time() {
  const auto now = Clock::now();
  if (now < look_at_writers_at() || look_at_writers()) return;
  for (Target& target : targets_) {
    if (target.stream.control == nullptr) {  // it may have come after the stream
      target.of.list();
      target.stream.control = target.of.control();
    }
    target.of.look_at_writer_at(now + longest_sleep);
  }
}

void WaitTargets::look_at_writers_soon() noexcept {
  if (!targets_.empty()) targets_.front().of.look_at_writer_at({});
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

}  // namespace shm::detail
