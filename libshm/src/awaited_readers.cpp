#include "awaited_readers.hpp"

#include <algorithm>

#include "longest_sleep.hpp"
#include "reader_place.hpp"
#include "shm/ring/wake.hpp"

namespace shm {

AwaitedStream AwaitedReaders::stream_of(const RawReader& reader) noexcept {
  return {reader.stream_.get(), reader.ring_, reader.options_.writer_loss_is_error};
}

void AwaitedReaders::add(RawReader& reader, Index count) {
  readers_.push_back({&reader, stream_of(reader)});
  want(readers_.size() - 1, count);
  if (reader.options_.interrupt != nullptr) interrupts_are_known_ = false;
}

void AwaitedReaders::remove(std::size_t which) {
  readers_.erase(readers_.begin() + static_cast<std::ptrdiff_t>(which));
  interrupts_are_known_ = false;
}

void AwaitedReaders::want(std::size_t which, Index count) noexcept {
  One& one = readers_[which];
  one.stream.count = count;
  one.writer = Status::not_yet;
  // It may have been found since.
  one.stream.control = one.reader->place_->control ? &one.reader->place_->control->header() : nullptr;
}

Status AwaitedReaders::look(std::size_t which) const noexcept {
  const One& one = readers_[which];
  const Status status = one.stream.look();
  return status == Status::not_yet ? one.writer : status;
}

bool AwaitedReaders::is_interrupted(std::size_t which) const noexcept {
  const Interrupt* own = readers_[which].reader->options_.interrupt;
  return own != nullptr && own->triggered();
}

void AwaitedReaders::wait(const OneWait& how, const std::function<bool()>& says) {
  if (how.waiting.strategy != Waiting::Strategy::sleep && spin(how, says)) return;
  sleep(how, says);
}

/// A look at the counters alone.
bool AwaitedReaders::has_news() const noexcept {
  return std::any_of(readers_.begin(), readers_.end(), [](const One& one) {
    const ring::RingReader& ring = one.stream.ring;
    // Larger items do not ride in the counter line: ask for theirs ahead, so that the transfers overlap.
    if (ring.item_bytes() > layout::newest_bytes) ring.prefetch(one.stream.count - 1);
    return ring.inserted() >= one.stream.count;
  });
}

/// False: nothing came while it span, sleep.
bool AwaitedReaders::spin(const OneWait& how, const std::function<bool()>& says) {
  const auto start = Clock::now();
  const bool sleeps = how.waiting.strategy != Waiting::Strategy::spin;
  const auto stop = sleeps ? start + how.waiting.spin_for : Clock::time_point::max();
  auto look_at_writers_again = start + longest_sleep;
  std::size_t looks = 0;
  for (;;) {
    ring::pause();
    const bool news = has_news();
    looks += size();
    if (!news && looks < 64) continue;
    looks = 0;
    if (says()) return true;
    const auto now = Clock::now();
    if (now >= stop) return false;
    if (now >= look_at_writers_again) {
      if (look_at_writers() && says()) return true;
      look_at_writers_again = now + longest_sleep;
    }
  }
}

void AwaitedReaders::remember_interrupts() {
  if (interrupts_are_known_) return;
  interrupts_.clear();
  for (const One& one : readers_) {
    const Interrupt* own = one.reader->options_.interrupt;
    if (own != nullptr && std::find(interrupts_.begin(), interrupts_.end(), own) == interrupts_.end()) {
      interrupts_.push_back(own);
    }
  }
  interrupts_are_known_ = true;
}

std::size_t AwaitedReaders::words(const Interrupt* interrupt) {
  remember_interrupts();
  return size() + interrupts_.size() + (interrupt != nullptr ? 1 : 0);
}

/// Where to listen. What is expected of the streams' words is ask_to_be_woken's to say.
void AwaitedReaders::remember_words(const OneWait& how) {
  remember_interrupts();
  words_.clear();
  if (how.listeners != nullptr) {
    words_.push_back({&how.listeners->word(), 0});
  } else {
    for (const One& one : readers_) words_.push_back({&one.stream.bell(), 0});
  }
  for (const Interrupt* own : interrupts_) words_.push_back({&own->word(), 0});
  const bool is_known = std::find(interrupts_.begin(), interrupts_.end(), how.interrupt) != interrupts_.end();
  if (how.interrupt != nullptr && !is_known) words_.push_back({&how.interrupt->word(), 0});
}

/// Listens to all, and asks all. False: not all could be asked, sleep a moment only.
bool AwaitedReaders::ask_to_be_woken(const OneWait& how) {
  // Acquire, and before any bell is listened to: pairs with the release of the listeners (listeners.hpp).
  if (how.listeners != nullptr) words_.front().expected = ring::listen(*words_.front().word);
  requests_.begin(size());
  for (std::size_t i = 0; i < size(); ++i) {
    const AwaitedStream& stream = readers_[i].stream;
    const std::uint32_t rung = ring::listen(stream.bell());
    if (how.listeners == nullptr) words_[i].expected = rung;
    requests_.ask(stream, rung);
  }
  return requests_.order();
}

AwaitedReaders::Clock::time_point AwaitedReaders::look_at_writers_at() const noexcept {
  auto at = Clock::time_point::max();
  for (const One& one : readers_) at = std::min(at, one.reader->look_at_writer_);
  return at;
}

/// At all in one go, so that they do not end one sleep each. True: look() has something to say.
bool AwaitedReaders::look_at_writers() {
  bool has_said = false;
  for (One& one : readers_) {
    const Status said = one.stream.look_at_writer();
    one.writer = said == Status::ok ? Status::not_yet : said;
    has_said = has_said || said != Status::not_yet;
  }
  return has_said;
}

void AwaitedReaders::look_at_writers_in_time() {
  const auto now = Clock::now();
  if (now < look_at_writers_at() || look_at_writers()) return;
  for (One& one : readers_) {
    RawReader& reader = *one.reader;
    if (!reader.place_->control) {  // it may have come after the stream
      reader.list_myself();
      if (reader.place_->control) one.stream.control = &reader.place_->control->header();
    }
    reader.look_at_writer_ = now + longest_sleep;
  }
}

void AwaitedReaders::look_at_writers_soon() noexcept {
  if (!readers_.empty()) readers_.front().reader->look_at_writer_ = {};
}

void AwaitedReaders::sleep(const OneWait& how, const std::function<bool()>& says) {
  remember_words(how);
  for (;;) {
    const bool all_asked = ask_to_be_woken(how);
    if (says()) return;
    const auto now = Clock::now();
    auto look_again = look_at_writers_at();
    if (now >= look_again) {
      look_at_writers_in_time();
      if (says()) return;
      look_again = now + longest_sleep;
    }
    os::futex_wait_any(words_,
                       std::min(how.deadline.at(), all_asked ? look_again : now + longest_unasked_sleep));
    if (says()) return;
  }
}

}  // namespace shm
