// SPDX-License-Identifier: Apache-2.0
#include "shm/wait/wait_set.hpp"

#include <algorithm>
#include <functional>
#include <string>

#include "os/futex.hpp"
#include "shm/base/error.hpp"
#include "wait/wait_set_state.hpp"

namespace shm {

std::size_t WaitSet::State::place_of(Id id) const {
  const auto at = std::lower_bound(all.begin(), all.end(), id,
                                   [](const Member& member, Id other) { return member.id < other; });
  if (at == all.end() || at->id != id) {
    throw InvalidArgument("wait set: there is no stream " + std::to_string(static_cast<std::uint64_t>(id)) +
                          " in it");
  }
  return static_cast<std::size_t>(at - all.begin());
}

void WaitSet::State::update_counts() {
  for (std::size_t i = 0; i < all.size(); ++i) readers.want(i, all[i].wanted_of(readers.reader(i)));
}

bool WaitSet::State::look_at_streams() {
  ready.clear();
  const auto begin = std::lower_bound(all.begin(), all.end(), first,
                                      [](const Member& member, Id other) { return member.id < other; });
  const auto start = static_cast<std::size_t>(begin - all.begin());
  for (std::size_t i = 0; i < all.size(); ++i) {
    const std::size_t which = start + i < all.size() ? start + i : start + i - all.size();
    const Status status = readers.look(which);
    if (status != Status::not_yet) ready.push_back({all[which].id, &readers.reader(which), status});
  }
  return !ready.empty();
}

bool WaitSet::State::look_at_interrupts() {
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (readers.is_interrupted(i)) ready.push_back({all[i].id, &readers.reader(i), Status::interrupted});
  }
  return !ready.empty();
}

void WaitSet::State::provide_wake_threads(const Interrupt* interrupt) {
  if (readers.words(interrupt) <= os::most_futex_words || !os::can_wait_on_many()) {
    wake_threads.reset();
    return;
  }
  if (wake_threads) return;
  auto made = std::make_unique<WakeThreadPool>();
  for (std::size_t i = 0; i < readers.size(); ++i) made->add(detail::Waitable(readers.reader(i)).stream());
  wake_threads = std::move(made);
}

WaitSet::WaitSet() : state_(std::make_unique<State>()) {}
WaitSet::~WaitSet() = default;
WaitSet::WaitSet(WaitSet&&) noexcept = default;
WaitSet& WaitSet::operator=(WaitSet&&) noexcept = default;

WaitSet::Id WaitSet::add(RawReader& reader, std::uint64_t items) {
  State& set = *state_;
  const Id id{set.ids};
  if (set.wake_threads) set.wake_threads->add(detail::Waitable(reader).stream());
  set.all.push_back({id, items});
  set.readers.add(reader, 0);
  ++set.ids;
  ++set.changes;
  return id;
}

void WaitSet::remove(Id id) {
  State& set = *state_;
  const std::size_t place = set.place_of(id);
  if (set.wake_threads) set.wake_threads->remove(*detail::Waitable(set.readers.reader(place)).stream());
  set.readers.remove(place);
  set.all.erase(set.all.begin() + static_cast<std::ptrdiff_t>(place));
  ++set.changes;
}

void WaitSet::want(Id id, std::uint64_t items) { state_->all[state_->place_of(id)] = {id, items}; }

void WaitSet::want_index(Id id, Index index) {
  if (index == UINT64_MAX) {
    throw InvalidArgument("wait set: no item of any stream has the index " + std::to_string(index));
  }
  state_->all[state_->place_of(id)].in_all = index + 1;
}

RawReader& WaitSet::reader(Id id) const { return state_->readers.reader(state_->place_of(id)); }

std::size_t WaitSet::size() const noexcept { return state_->all.size(); }

WaitSet::Result WaitSet::wait(Deadline deadline, const Interrupt* interrupt, WaitStrategy waiting) {
  State& set = *state_;
  if (set.all.empty()) throw InvalidArgument("wait set: there is no stream in it");
  set.update_counts();
  Status status = Status::not_yet;
  const auto is_ready = [&] {
    if (set.look_at_streams()) {
      status = Status::ok;
    } else if (interrupt != nullptr && interrupt->triggered()) {
      status = Status::interrupted;
    } else if (set.look_at_interrupts()) {
      status = Status::ok;
    } else if (deadline.passed()) {
      status = Status::timed_out;
    }
    return status != Status::not_yet;
  };
  if (deadline.is_now()) set.readers.look_at_writers_in_time();  // no sleep will do it
  if (!is_ready()) {
    if (waiting.kind != WaitStrategy::Kind::spin) set.provide_wake_threads(interrupt);
    const os::FutexWord* const wake_word = set.wake_threads ? &set.wake_threads->word() : nullptr;
    set.readers.wait({deadline, interrupt, waiting, wake_word}, std::ref(is_ready));
  }
  if (!set.ready.empty()) set.first = Id{static_cast<std::uint64_t>(set.ready.front().id) + 1};
  return {status, set.ready};
}

}  // namespace shm
