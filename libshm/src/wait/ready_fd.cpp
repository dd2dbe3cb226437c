// SPDX-License-Identifier: Apache-2.0
#include "shm/wait/ready_fd.hpp"

#include <algorithm>
#include <mutex>
#include <vector>

#include "shm/ring/wake.hpp"
#include "wait/fd_notifier.hpp"
#include "wait/wait_set_state.hpp"

namespace shm {

struct ReadyFd::State {
  using Id = WaitSet::Id;
  /// One of the streams, and the thread that watches it.
  struct Watched {
    Id id;
    std::shared_ptr<NotifiedStream> stream;
    NotifierThread* thread;
  };

  ~State();
  void watch(Id id, RawReader& of);
  static void unwatch(const Watched& watched) noexcept { watched.thread->remove(*watched.stream); }
  /// Watches the streams that are in the set now.
  void follow_set();
  /// Returns the count of items to wait for of each stream, in the order of `streams`. @throws BadStream.
  [[nodiscard]] std::vector<Index> wanted() const;
  [[nodiscard]] Status rearm();

  RawReader* reader = nullptr;    // either one reader
  std::uint64_t items = 1;        // and the items it waits for,
  WaitSet::State* set = nullptr;  // or a set
  std::uint64_t changes = 0;      // and the number of its changes up to now
  std::shared_ptr<FdNotifier> notifier = FdNotifier::of_this_process();
  std::shared_ptr<FdSignal> signal = std::make_shared<FdSignal>();
  std::vector<Watched> streams;  // by id
  detail::WakeRequestRound requests;
};

ReadyFd::State::~State() {
  if (!notifier->is_here()) return;  // in a forked child: the threads are the parent's
  for (const Watched& watched : streams) unwatch(watched);
}

void ReadyFd::State::watch(Id id, RawReader& of) {
  streams.reserve(streams.size() + 1);
  auto stream = std::make_shared<NotifiedStream>(of, signal);
  NotifierThread& thread = notifier->add(stream);
  streams.push_back({id, std::move(stream), &thread});
}

void ReadyFd::State::follow_set() {
  if (changes == set->changes) return;
  const auto is_in_set = [this](Id id) {
    return std::binary_search(
        set->all.begin(), set->all.end(), WaitSet::State::Member{id, 0},
        [](const WaitSet::State::Member& a, const WaitSet::State::Member& b) { return a.id < b.id; });
  };
  std::erase_if(streams, [&](const Watched& watched) {
    if (is_in_set(watched.id)) return false;
    unwatch(watched);
    return true;
  });
  // The remaining streams are the first in the set, since ids only grow.
  for (std::size_t i = streams.size(); i < set->all.size(); ++i) {
    watch(set->all[i].id, set->readers.reader(i));
  }
  changes = set->changes;
}

std::vector<Index> ReadyFd::State::wanted() const {
  if (set == nullptr) return {reader->count_after_cursor(items)};
  std::vector<Index> counts;
  counts.reserve(set->all.size());
  for (std::size_t i = 0; i < set->all.size(); ++i) {
    counts.push_back(set->all[i].wanted_of(set->readers.reader(i)));
  }
  return counts;
}

Status ReadyFd::State::rearm() {
  if (set != nullptr) follow_set();
  const std::vector<Index> counts = wanted();
  const std::scoped_lock lock(signal->mutex);
  signal->event.clear();
  signal->armed = true;
  requests.begin(streams.size());
  for (std::size_t i = 0; i < streams.size(); ++i) {
    NotifiedStream& stream = *streams[i].stream;
    stream.want(counts[i]);
    requests.ask(stream.target(), ring::load_wake_word(stream.target().wake_word()));
  }
  const bool all_asked = requests.order();
  for (const Watched& watched : streams) {
    const Status status = watched.stream->look();
    if (status == Status::not_yet) continue;
    signal->raise();
    if (set != nullptr && status != Status::ok) set->readers.look_at_writers_soon();
    return status;
  }
  if (!all_asked) {
    const NotifierThread* nudged = nullptr;
    for (const Watched& watched : streams) {  // so that the threads sleep for moments only
      if (watched.thread != nudged) watched.thread->nudge();
      nudged = watched.thread;
    }
  }
  return Status::not_yet;
}

ReadyFd::ReadyFd(RawReader& reader, std::uint64_t items) : state_(std::make_unique<State>()) {
  state_->reader = &reader;
  state_->items = items;
  state_->watch({}, reader);
  static_cast<void>(rearm());
}

ReadyFd::ReadyFd(WaitSet& set) : state_(std::make_unique<State>()) {
  state_->set = set.state_.get();
  static_cast<void>(rearm());
}

ReadyFd::~ReadyFd() = default;
ReadyFd::ReadyFd(ReadyFd&&) noexcept = default;
ReadyFd& ReadyFd::operator=(ReadyFd&&) noexcept = default;

int ReadyFd::fd() const noexcept { return state_->signal->event.fd(); }

Status ReadyFd::rearm() { return state_->rearm(); }

}  // namespace shm
