// SPDX-License-Identifier: Apache-2.0
#include "verification/memory_model/explorer.hpp"

#include <ucontext.h>

#include <algorithm>
#include <stdexcept>

namespace shm::weak {
namespace {

Explorer* the_running = nullptr;

void mix(std::uint64_t& hash, std::uint64_t value) {
  hash = (hash ^ value) * 0x9e3779b97f4a7c15U;
  hash ^= hash >> 31;
}

}  // namespace

// A thread that dies, or whose execution is abandoned, is never resumed: its stack is used again without being
// unwound, as with a killed process. Programs therefore own nothing.
struct Explorer::Fiber {
  enum class State { waiting_to_begin, ready, asleep, done };
  ::ucontext_t context{};
  std::vector<char> stack;
  State state = State::ready;
  std::uint64_t history = 0;  // hash of all values that it read: stands for its local state
};

Explorer::Explorer(std::vector<Program> threads, Schedule schedule)
    : programs_(std::move(threads)), schedule_(schedule), main_(std::make_unique<Fiber>()) {
  for (std::size_t i = 0; i < programs_.size(); ++i) {
    fibers_.push_back(std::make_unique<Fiber>());
    fibers_.back()->stack.resize(128 * 1024);
  }
}

Explorer::~Explorer() = default;

Explorer* Explorer::running() noexcept { return the_running; }

void Explorer::name(const void* address, const std::string& name, std::size_t count, std::size_t stride) {
  const char* at = static_cast<const char*>(address);
  for (std::size_t i = 0; i < count; ++i) names_[at + i * stride] = name;
}

void Explorer::may_die(std::size_t thread, std::size_t heir) {
  mortal_ = thread;
  heir_ = heir;
}

unsigned Explorer::choose(unsigned count) {
  if (count == 1) return 0;
  if (at_ < path_.size()) return path_[at_++].taken;
  path_.push_back({0, count});
  ++at_;
  return 0;
}

bool Explorer::next_path() {
  while (!path_.empty() && ++path_.back().taken == path_.back().count) path_.pop_back();
  return !path_.empty();
}

Explored Explorer::explore(std::uint64_t most) {
  do {
    run_once();
    if (++explored_.executions > most)
      throw std::runtime_error("too many executions: make the program smaller");
  } while (explored_.violations.empty() && next_path());
  explored_.states = seen_.size();
  return explored_;
}

void Explorer::run_once() {
  at_ = 0;
  abandoned_ = false;
  locations_.clear();
  machine_ = std::make_unique<Machine>(programs_.size(), [this](unsigned count) { return choose(count); });
  for (const std::string& ordering : weakened_) machine_->weaken(ordering);
  machine_->reach_by_barrier(reached_);
  for (std::size_t i = 0; i < fibers_.size(); ++i) {
    Fiber& fiber = *fibers_[i];
    fiber.state = i == heir_ ? Fiber::State::waiting_to_begin : Fiber::State::ready;
    fiber.history = 0;
    ::getcontext(&fiber.context);
    fiber.context.uc_stack.ss_sp = fiber.stack.data();
    fiber.context.uc_stack.ss_size = fiber.stack.size();
    fiber.context.uc_link = nullptr;
    const auto self = reinterpret_cast<std::uintptr_t>(this);
    ::makecontext(&fiber.context, reinterpret_cast<void (*)()>(&Explorer::fiber_main), 2,
                  static_cast<unsigned>(self >> 32), static_cast<unsigned>(self));
  }
  the_running = this;
  for (;;) {
    const std::vector<std::size_t> ready = runnable();
    if (ready.empty() || abandoned_) break;
    switch_to(ready[schedule_ == Schedule::interleaved ? choose(static_cast<unsigned>(ready.size())) : 0]);
  }
  the_running = nullptr;
  if (!abandoned_) {
    for (std::size_t i = 0; i < fibers_.size(); ++i) {
      if (fibers_[i]->state == Fiber::State::asleep)
        explored_.violations.insert("thread " + std::to_string(i) + " sleeps for ever");
    }
  }
  explored_.orderings.insert(machine_->orderings().begin(), machine_->orderings().end());
}

std::vector<std::size_t> Explorer::runnable() const {
  std::vector<std::size_t> ready;
  for (std::size_t i = 0; i < fibers_.size(); ++i) {
    if (fibers_[i]->state == Fiber::State::ready) ready.push_back(i);
  }
  return ready;
}

void Explorer::switch_to(std::size_t thread) {
  current_ = thread;
  ::swapcontext(&main_->context, &fibers_[thread]->context);
}

void Explorer::leave_fiber() { ::swapcontext(&fibers_[current_]->context, &main_->context); }

void Explorer::fiber_main(unsigned high, unsigned low) {
  auto* self = reinterpret_cast<Explorer*>((static_cast<std::uintptr_t>(high) << 32) | low);
  self->programs_[self->current_]();
  self->fibers_[self->current_]->state = Fiber::State::done;
  if (self->current_ == self->mortal_) {
    self->machine_->inherit(self->heir_, self->mortal_);
    self->fibers_[self->heir_]->state = Fiber::State::ready;
  }
  self->leave_fiber();
}

std::uint64_t Explorer::fingerprint() const {
  std::vector<bool> is_alive;
  for (const auto& fiber : fibers_) is_alive.push_back(fiber->state != Fiber::State::done);
  std::uint64_t hash = machine_->fingerprint(is_alive);
  mix(hash, current_);
  for (const auto& fiber : fibers_) {
    mix(hash, static_cast<std::uint64_t>(fiber->state));
    if (fiber->state != Fiber::State::done) mix(hash, fiber->history);
  }
  return hash;
}

/// A point where another thread may run first, and where a mortal thread may die.
void Explorer::before_operation(const void* address) {
  const std::size_t self = current_;
  if (self == mortal_ && choose(2) == 1) {
    fibers_[self]->state = Fiber::State::done;
    machine_->inherit(heir_, self);
    fibers_[heir_]->state = Fiber::State::ready;
    leave_fiber();
  }
  if (schedule_ != Schedule::interleaved) return;
  const auto named = names_.find(address);
  if (address != nullptr && !shared_.empty() && (named == names_.end() || !shared_.contains(named->second)))
    return;
  mix(fibers_[self]->history, 1);  // one operation further
  const std::vector<std::size_t> ready = runnable();
  if (ready.size() == 1) return;
  if (at_ == path_.size() && !seen_.insert(fingerprint()).second) {
    abandoned_ = true;  // the rest was explored already
    leave_fiber();
  }
  // The running thread comes first, so that an execution begins with few switches.
  const unsigned picked = choose(static_cast<unsigned>(ready.size()));
  std::size_t next = self;
  if (picked > 0) next = ready[picked - 1] < self ? ready[picked - 1] : ready[picked];
  if (next == self) return;
  current_ = next;
  ::swapcontext(&fibers_[self]->context, &fibers_[next]->context);
}

std::size_t Explorer::location_of(const void* address, Value initial) {
  const auto known = locations_.find(address);
  if (known != locations_.end()) return known->second;
  const auto named = names_.find(address);
  const std::string name = named == names_.end() ? "an unnamed word" : named->second;
  return locations_[address] = machine_->add_location(name, initial);
}

void Explorer::note(Value value) { mix(fibers_[current_]->history, value + 2); }

Value Explorer::load(const void* address, Value initial, std::memory_order order) {
  before_operation(address);
  const Value value = machine_->load(current_, location_of(address, initial), order);
  note(value);
  return value;
}

void Explorer::store(void* address, Value initial, Value value, std::memory_order order) {
  before_operation(address);
  machine_->store(current_, location_of(address, initial), value, order);
}

Value Explorer::exchange(void* address, Value initial, std::memory_order order,
                         const std::function<bool(Value, Value&)>& change) {
  before_operation(address);
  const Value before = machine_->exchange(current_, location_of(address, initial), order, change);
  note(before);
  return before;
}

void Explorer::fence(std::memory_order order) { machine_->fence(current_, order); }

void Explorer::membarrier() {
  before_operation(nullptr);
  machine_->barrier(current_);
}

void Explorer::futex_wait(const void* address, Value initial, Value expected) {
  before_operation(nullptr);
  // The kernel counts the sleeper, then fences, then looks at the word (futex_wait_setup).
  machine_->kernel_fence(current_);
  const Value value = machine_->load(current_, location_of(address, initial), std::memory_order_relaxed);
  note(value);
  if (value != expected) return;
  fibers_[current_]->state = Fiber::State::asleep;
  leave_fiber();
}

void Explorer::futex_wake() {
  before_operation(nullptr);
  machine_->kernel_fence(current_);  // as the kernel does before it looks for sleepers
  for (const auto& fiber : fibers_) {
    if (fiber->state == Fiber::State::asleep) fiber->state = Fiber::State::ready;
  }
}

unsigned Explorer::pick(unsigned count) {
  const unsigned picked = choose(count);
  note(picked);
  return picked;
}

void Explorer::remember_only(std::uint64_t where, Value value) {
  std::uint64_t& history = fibers_[current_]->history;
  history = where;
  mix(history, value);
}

void Explorer::fail(const std::string& what) { explored_.violations.insert(what); }

}  // namespace shm::weak
