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
  /// One of the streams, and who watches it.
  struct Watched {
    Id id;
    std::shared_ptr<WatchedStream> stream;
    NotifierThread* guard;
  };

  ~State();
  void watch(Id id, const RawReader& of);
  void leave(const Watched& one) noexcept { one.guard->remove(*one.stream); }
  /// Watches what is in the set now.
  void follow_set();
  /// What is wanted, in the order of `streams`. @throws BadStream.
  [[nodiscard]] std::vector<Index> wanted() const;
  [[nodiscard]] Status rearm();

  RawReader* reader = nullptr;      // of one reader,
  std::uint64_t items = 1;          //
  WaitSet::Members* set = nullptr;  // or of a set
  std::uint64_t changes = 0;        // of the set, that were followed
  std::shared_ptr<FdNotifier> helpers = FdNotifier::of_this_process();
  std::shared_ptr<FdSignal> alarm = std::make_shared<FdSignal>();
  std::vector<Watched> streams;  // by id
  WakeRequests requests;
};

ReadyFd::State::~State() {
  if (!helpers->is_here()) return;  // forked: the parent's watch goes on
  for (const Watched& one : streams) leave(one);
}

void ReadyFd::State::watch(Id id, const RawReader& of) {
  streams.reserve(streams.size() + 1);
  auto stream =
      std::make_shared<WatchedStream>(WaitTargets::mapping_of(of), WaitTargets::stream_of(of), alarm);
  NotifierThread& guard = helpers->add(stream);
  streams.push_back({id, std::move(stream), &guard});
}

void ReadyFd::State::follow_set() {
  if (changes == set->changes) return;
  const auto is_in_set = [this](Id id) {
    return std::binary_search(
        set->all.begin(), set->all.end(), WaitSet::Members::Member{id, 0},
        [](const WaitSet::Members::Member& a, const WaitSet::Members::Member& b) { return a.id < b.id; });
  };
  std::erase_if(streams, [&](const Watched& one) {
    if (is_in_set(one.id)) return false;
    leave(one);
    return true;
  });
  // Those that are left are the first in the set: ids only grow.
  for (std::size_t i = streams.size(); i < set->all.size(); ++i) {
    watch(set->all[i].id, set->readers.reader(i));
  }
  changes = set->changes;
}

std::vector<Index> ReadyFd::State::wanted() const {
  if (reader != nullptr) return {WaitTargets::after_cursor(*reader, items)};
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
  const std::scoped_lock lock(alarm->mutex);
  alarm->event.clear();
  alarm->armed = true;
  requests.begin(streams.size());
  for (std::size_t i = 0; i < streams.size(); ++i) {
    WatchedStream& stream = *streams[i].stream;
    stream.want(counts[i]);
    requests.ask(stream.awaited(), ring::load_wake_word(stream.awaited().wake_word()));
  }
  const bool all_asked = requests.order();
  for (const Watched& one : streams) {
    const Status status = one.stream->look();
    if (status == Status::not_yet) continue;
    alarm->raise();
    if (set != nullptr && status != Status::ok) set->readers.look_at_writers_soon();
    return status;
  }
  if (!all_asked) {
    const NotifierThread* told = nullptr;
    for (const Watched& one : streams) {  // to sleep for moments only
      if (one.guard != told) one.guard->nudge();
      told = one.guard;
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
  state_->set = set.members_.get();
  static_cast<void>(rearm());
}

ReadyFd::~ReadyFd() = default;
ReadyFd::ReadyFd(ReadyFd&&) noexcept = default;
ReadyFd& ReadyFd::operator=(ReadyFd&&) noexcept = default;

int ReadyFd::fd() const noexcept { return state_->alarm->event.fd(); }

Status ReadyFd::rearm() { return state_->rearm(); }

}  // namespace shm
