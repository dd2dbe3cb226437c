// SPDX-License-Identifier: Apache-2.0
#include "verification/memory_model/machine.hpp"

#include <algorithm>
#include <stdexcept>

namespace shm::weak {
namespace {

constexpr Time spacing = Time{1} << 40;

bool acquires(std::memory_order order) {
  return order == std::memory_order_acquire || order == std::memory_order_acq_rel ||
         order == std::memory_order_seq_cst;
}
bool releases(std::memory_order order) {
  return order == std::memory_order_release || order == std::memory_order_acq_rel ||
         order == std::memory_order_seq_cst;
}

void mix(std::uint64_t& hash, std::uint64_t value) {
  hash = (hash ^ value) * 0x9e3779b97f4a7c15U;
  hash ^= hash >> 29;
}

}  // namespace

void View::raise(std::size_t location, Time time) {
  if (location >= times_.size()) times_.resize(location + 1);
  times_[location] = std::max(times_[location], time);
}

void View::join(const View& other) {
  if (other.times_.size() > times_.size()) times_.resize(other.times_.size());
  for (std::size_t i = 0; i < other.times_.size(); ++i) times_[i] = std::max(times_[i], other.times_[i]);
}

std::size_t Machine::add_location(const std::string& name, Value value) {
  locations_.push_back({name, {{0, value, {}, false}}});
  return locations_.size() - 1;
}

/// Notes the ordering; returns false if it was taken away.
bool Machine::has(const char* ordering, std::size_t location) {
  std::string text = ordering;
  if (location < locations_.size()) text += " " + locations_[location].name;
  const bool is_there = !weakened_.contains(text);
  orderings_.insert(std::move(text));
  return is_there;
}

std::size_t Machine::first_readable(const Thread& thread, std::size_t location) const {
  const std::vector<Message>& history = locations_[location].history;
  const Time from = thread.now.at(location);
  const auto at = std::find_if(history.begin(), history.end(),
                               [from](const Message& message) { return message.time >= from; });
  return static_cast<std::size_t>(at - history.begin());
}

bool Machine::is_followed_by_glue(const Location& location, std::size_t i) const {
  return i + 1 < location.history.size() && location.history[i + 1].is_glued;
}

void Machine::learn(Thread& thread, std::size_t location, const Message& message, bool acquires_it) {
  thread.now.raise(location, message.time);
  thread.to_acquire.join(message.view);
  if (acquires_it) thread.now.join(message.view);
  thread.to_acquire.join(thread.now);
}

Value Machine::load(std::size_t thread, std::size_t location, std::memory_order order) {
  Thread& self = threads_[thread];
  self.last = location;
  const std::vector<Message>& history = locations_[location].history;
  const std::size_t first = first_readable(self, location);
  // The newest message first: the ordinary case.
  const std::size_t picked = history.size() - 1 - choose_(static_cast<unsigned>(history.size() - first));
  const Message message = history[picked];
  learn(self, location, message, acquires(order) && has("acquire load of", location));
  return message.value;
}

std::size_t Machine::insert_after(Location& location, std::size_t i) {
  std::vector<Message>& history = location.history;
  const Time before = history[i].time;
  const bool is_last = i + 1 == history.size();
  const Time time = is_last ? before + spacing : before + (history[i + 1].time - before) / 2;
  if (time == before) throw std::logic_error("too many messages in one place");
  history.insert(history.begin() + static_cast<std::ptrdiff_t>(i) + 1, Message{time, 0, {}, false});
  return i + 1;
}

void Machine::store(std::size_t thread, std::size_t location, Value value, std::memory_order order) {
  Thread& self = threads_[thread];
  self.last = location;
  Location& here = locations_[location];
  std::vector<std::size_t> places;  // newest first
  for (std::size_t i = here.history.size(); i-- > first_readable(self, location);) {
    if (!is_followed_by_glue(here, i)) places.push_back(i);
  }
  const std::size_t after = places[choose_(static_cast<unsigned>(places.size()))];
  Message& message = here.history[insert_after(here, after)];
  message.value = value;
  self.now.raise(location, message.time);
  self.to_acquire.raise(location, message.time);
  message.view = releases(order) && has("release store of", location) ? self.now : self.to_release;
  message.view.raise(location, message.time);
}

Value Machine::exchange(std::size_t thread, std::size_t location, std::memory_order order,
                        const std::function<bool(Value, Value&)>& change) {
  Thread& self = threads_[thread];
  self.last = location;
  Location& here = locations_[location];
  // Readable messages: a change that fails may read any; a change that succeeds may not read a message that another
  // change succeeded on.
  std::vector<std::size_t> possible;
  for (std::size_t i = here.history.size(); i-- > first_readable(self, location);) {
    Value after = 0;
    if (!change(here.history[i].value, after) || !is_followed_by_glue(here, i)) possible.push_back(i);
  }
  const std::size_t picked = possible[choose_(static_cast<unsigned>(possible.size()))];
  const Message before = here.history[picked];
  learn(self, location, before, acquires(order) && has("acquire change of", location));
  Value after = 0;
  if (!change(before.value, after)) return before.value;
  Message& message = here.history[insert_after(here, picked)];
  message.value = after;
  message.is_glued = true;
  self.now.raise(location, message.time);
  self.to_acquire.raise(location, message.time);
  message.view = releases(order) && has("release change of", location) ? self.now : self.to_release;
  message.view.join(before.view);  // the release sequence continues
  message.view.raise(location, message.time);
  return before.value;
}

void Machine::sequential_fence(Thread& thread) {
  thread.now.join(thread.to_acquire);
  thread.now.join(sequential_);
  sequential_ = thread.now;
  thread.to_acquire = thread.now;
  thread.to_release = thread.now;
}

void Machine::fence(std::size_t thread, std::memory_order order) {
  Thread& self = threads_[thread];
  if (order == std::memory_order_seq_cst) {
    if (has("full fence after", self.last)) sequential_fence(self);
  } else if (order == std::memory_order_acquire) {
    if (has("acquire fence after", self.last)) self.now.join(self.to_acquire);
  } else if (order == std::memory_order_release) {
    if (has("release fence after", self.last)) self.to_release = self.now;
  }
}

void Machine::barrier(std::size_t thread) {
  if (!has("membarrier", SIZE_MAX)) return;
  sequential_fence(threads_[thread]);
  for (const std::size_t reached : reached_) sequential_fence(threads_[reached]);
  sequential_fence(threads_[thread]);
}

void Machine::inherit(std::size_t heir, std::size_t from) {
  Thread& mine = threads_[heir];
  mine.now.join(threads_[from].now);
  mine.to_acquire.join(mine.now);
  mine.to_release.join(mine.now);
}

Value Machine::latest(std::size_t location) const { return locations_[location].history.back().value; }

std::uint64_t Machine::fingerprint(const std::vector<bool>& is_alive) const {
  // Only messages that can still be read count, and their places in the history instead of times, which depend on
  // the path to this state.
  std::uint64_t hash = 1;
  std::vector<std::size_t> oldest(locations_.size());
  for (std::size_t l = 0; l < locations_.size(); ++l) {
    oldest[l] = locations_[l].history.size() - 1;
    for (std::size_t t = 0; t < threads_.size(); ++t) {
      if (is_alive[t]) oldest[l] = std::min(oldest[l], first_readable(threads_[t], l));
    }
  }
  const auto mix_view = [&](const View& view) {
    for (std::size_t l = 0; l < locations_.size(); ++l) {
      const std::vector<Message>& history = locations_[l].history;
      std::size_t rank = oldest[l];
      while (rank < history.size() && history[rank].time < view.at(l)) ++rank;
      mix(hash, rank - oldest[l]);
    }
  };
  for (std::size_t l = 0; l < locations_.size(); ++l) {
    const std::vector<Message>& history = locations_[l].history;
    mix(hash, history.size() - oldest[l]);
    for (std::size_t i = oldest[l]; i < history.size(); ++i) {
      mix(hash, history[i].value);
      mix(hash, history[i].is_glued ? 1 : 0);
      mix_view(history[i].view);
    }
  }
  for (std::size_t t = 0; t < threads_.size(); ++t) {
    if (!is_alive[t]) continue;
    mix_view(threads_[t].now);
    mix_view(threads_[t].to_acquire);
    mix_view(threads_[t].to_release);
  }
  mix_view(sequential_);
  return hash;
}

}  // namespace shm::weak
