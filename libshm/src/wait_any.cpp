// Waiting for several streams: what RawReader::wait_for does for one, for each of them, and one sleep.
#include "shm/wait_any.hpp"

#include <algorithm>
#include <optional>
#include <vector>

#include "longest_sleep.hpp"
#include "os/futex.hpp"
#include "os/membarrier.hpp"
#include "reader_place.hpp"
#include "segment/attached_stream.hpp"
#include "shm/error.hpp"
#include "shm/ring/wake.hpp"

namespace shm {

/// One call of wait_any().
class WaitForAny {
 public:
  WaitForAny(std::span<const Awaited> streams, Deadline deadline, const Interrupt* interrupt)
      : streams_(streams), deadline_(deadline), interrupt_(interrupt) {}

  /// What can be said now: of a stream, or of none.
  [[nodiscard]] AnyResult look() const;
  /// What came while it span; not_yet: sleep.
  [[nodiscard]] AnyResult spin(const Waiting& waiting) const;
  [[nodiscard]] AnyResult sleep();

  [[nodiscard]] static Index after_cursor(const RawReader& reader, std::uint64_t items) {
    return reader.after_cursor(items);
  }

 private:
  using Clock = Deadline::Clock;

  [[nodiscard]] AnyResult of_none(Status status) const { return {status, streams_.size()}; }
  [[nodiscard]] AnyResult look_at_streams() const;
  [[nodiscard]] bool is_interrupted(std::size_t which) const;
  [[nodiscard]] AnyResult look_at_writers() const;
  [[nodiscard]] bool has_news() const noexcept;
  void remember_words();
  [[nodiscard]] bool ask_to_be_woken() noexcept;
  [[nodiscard]] Clock::time_point look_at_writers_at() const noexcept;

  std::span<const Awaited> streams_;
  Deadline deadline_;
  const Interrupt* interrupt_;
  std::vector<os::FutexWait> words_;  // the streams' in their order, then the interrupts'
  std::vector<std::size_t> asked_;    // what has no standing request yet
};

/// What needs no system call to be known.
AnyResult WaitForAny::look() const {
  if (const AnyResult said = look_at_streams(); said.status != Status::not_yet) return said;
  if (interrupt_ != nullptr && interrupt_->triggered()) return of_none(Status::interrupted);
  for (std::size_t i = 0; i < streams_.size(); ++i) {
    if (is_interrupted(i)) return {Status::interrupted, i};
  }
  return of_none(deadline_.passed() ? Status::timed_out : Status::not_yet);
}

AnyResult WaitForAny::look_at_streams() const {
  AnyResult said = of_none(Status::not_yet);
  std::size_t i = 0;
  while (i < said.which) {
    const RawReader& reader = *streams_[i].reader;
    // Acquire: pairs with the release in segment::mark_ended, so that what was inserted before the end is
    // seen.
    const bool ended =
        reader.stream_->live().state.load(std::memory_order_acquire) == layout::StreamState::ended;
    const bool there = reader.ring_.inserted() >= streams_[i].count;
    if (there || ended) {
      // Those before it once more: what was inserted there before this was inserted here is not passed over.
      said = {there ? Status::ok : Status::ended, i};
      i = 0;
    } else {
      ++i;
    }
  }
  return said;
}

bool WaitForAny::is_interrupted(std::size_t which) const {
  const Interrupt* own = streams_[which].reader->options_.interrupt;
  return own != nullptr && own->triggered();
}

/// What the kernel knows of them.
AnyResult WaitForAny::look_at_writers() const {
  for (std::size_t i = 0; i < streams_.size(); ++i) {
    const Status gone = streams_[i].reader->writer_gone(streams_[i].count);
    if (gone != Status::not_yet) return {gone, i};
  }
  return of_none(Status::not_yet);
}

/// A look at the counters alone.
bool WaitForAny::has_news() const noexcept {
  return std::any_of(streams_.begin(), streams_.end(), [](const Awaited& stream) {
    const ring::RingReader& ring = stream.reader->ring_;
    // Larger items do not ride in the counter line: ask for theirs ahead, so that the transfers overlap.
    if (ring.item_bytes() > layout::newest_bytes) ring.prefetch(stream.count - 1);
    return ring.inserted() >= stream.count;
  });
}

AnyResult WaitForAny::spin(const Waiting& waiting) const {
  const auto start = Clock::now();
  const bool sleeps = waiting.strategy != Waiting::Strategy::spin;
  const auto stop = sleeps ? start + waiting.spin_for : Clock::time_point::max();
  auto look_at_writers_again = start + longest_sleep;
  std::size_t looks = 0;
  for (;;) {
    ring::pause();
    const bool news = has_news();
    looks += streams_.size();
    if (!news && looks < 64) continue;
    looks = 0;
    if (const AnyResult said = look(); said.status != Status::not_yet) return said;
    const auto now = Clock::now();
    if (now >= stop) return of_none(Status::not_yet);
    if (now >= look_at_writers_again) {
      if (const AnyResult gone = look_at_writers(); gone.status != Status::not_yet) return gone;
      look_at_writers_again = now + longest_sleep;
    }
  }
}

/// Where to listen. What is expected of the streams' words is ask_to_be_woken's to say.
void WaitForAny::remember_words() {
  for (const Awaited& stream : streams_) {
    words_.push_back({&stream.reader->stream_->live().wake_count, 0});
  }
  const auto listen_to = [this](const Interrupt* interrupt) {
    if (interrupt == nullptr) return;
    const auto known = words_.begin() + static_cast<std::ptrdiff_t>(streams_.size());
    const bool is_known = std::any_of(known, words_.end(), [interrupt](const os::FutexWait& word) {
      return word.word == &interrupt->word();
    });
    if (!is_known) words_.push_back({&interrupt->word(), 0});
  };
  listen_to(interrupt_);
  for (const Awaited& stream : streams_) listen_to(stream.reader->options_.interrupt);
  asked_.reserve(streams_.size());
}

/// Listens to all, and asks all. False: not all could be asked, sleep a moment only.
///
/// Each stream has the protocol of ring/wake.hpp for itself, with a writer of its own: its request pairs with
/// nothing of another stream's. What the protocol needs between request and look is a membarrier, and one
/// that comes after several requests comes between each of them and its look: every writer that it reached
/// sees its request from then on, or has inserted what the look will see. One that registers only after it
/// does so with a full barrier, and sees the request too. So all are asked first, and one serves all.
bool WaitForAny::ask_to_be_woken() noexcept {
  bool all = true;
  asked_.clear();
  for (std::size_t i = 0; i < streams_.size(); ++i) {
    const RawReader& reader = *streams_[i].reader;
    const std::uint32_t rung = ring::listen(*words_[i].word);
    words_[i].expected = rung;
    if (!reader.place_->control) {
      all = false;
      continue;
    }
    layout::ControlHeader& header = reader.place_->control->header();
    const Index index = streams_[i].count - 1;
    if (ring::request_stands(header.standing_request, rung, index)) continue;
    ring::ask_for_wake(header.wake_at, index);
    asked_.push_back(i);
  }
  std::optional<bool> barrier;  // the one for all
  for (const std::size_t i : asked_) {
    const RawReader& reader = *streams_[i].reader;
    const bool ordered = ring::order_request(reader.stream_->live().writer_fences, [&] {
      if (!barrier) barrier = os::barrier();
      if (!*barrier) return false;
      ring::announce_request(reader.place_->control->header().standing_request, words_[i].expected,
                             streams_[i].count - 1, reader.ring_.inserted());
      return true;
    });
    all = all && ordered;
  }
  return all;
}

WaitForAny::Clock::time_point WaitForAny::look_at_writers_at() const noexcept {
  auto at = Clock::time_point::max();
  for (const Awaited& stream : streams_) at = std::min(at, stream.reader->look_at_writer_);
  return at;
}

AnyResult WaitForAny::sleep() {
  remember_words();
  for (;;) {
    const bool all_asked = ask_to_be_woken();
    if (const AnyResult said = look(); said.status != Status::not_yet) return said;
    const auto now = Clock::now();
    auto look_again = look_at_writers_at();
    if (now >= look_again) {  // at all in one go, so that they do not end one sleep each
      if (const AnyResult gone = look_at_writers(); gone.status != Status::not_yet) return gone;
      look_again = now + longest_sleep;
      for (const Awaited& stream : streams_) {
        RawReader& reader = *stream.reader;
        if (!reader.place_->control) reader.list_myself();  // it may have come after the stream
        reader.look_at_writer_ = look_again;
      }
    }
    os::futex_wait_any(words_,
                       std::min(deadline_.at(), all_asked ? look_again : now + longest_unasked_sleep));
    if (const AnyResult said = look(); said.status != Status::not_yet) return said;
  }
}

Awaited Awaited::next_of(RawReader& reader, std::uint64_t items) {
  return {&reader, WaitForAny::after_cursor(reader, items)};
}

AnyResult wait_any(std::span<const Awaited> streams, Deadline deadline, const Interrupt* interrupt,
                   Waiting waiting) {
  if (streams.empty()) throw InvalidArgument("wait_any: there is no stream to wait for");
  const bool has_all = std::all_of(streams.begin(), streams.end(),
                                   [](const Awaited& stream) { return stream.reader != nullptr; });
  if (!has_all) throw InvalidArgument("wait_any: a stream without a reader");

  WaitForAny wait(streams, deadline, interrupt);
  if (const AnyResult said = wait.look(); said.status != Status::not_yet) return said;
  if (waiting.strategy != Waiting::Strategy::sleep) {
    if (const AnyResult said = wait.spin(waiting); said.status != Status::not_yet) return said;
  }
  return wait.sleep();
}

}  // namespace shm
