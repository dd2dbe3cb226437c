// SPDX-License-Identifier: Apache-2.0

// A machine with weak memory, as the C++ memory model allows it: each location has a history of messages, and
// a thread may read any of them that is not older than what it has seen (its view). Acquire and release,
// fences and read-modify-writes move views as the standard's happens-before does.
//
// The construction is the view machine of the "promising semantics" (Kang, Hur, Lahav, Vafeiadis, Dreyer, A
// Promising Semantics for Relaxed-Memory Concurrency, POPL 2017) without promises: everything that ARM or
// POWER may do to loads, and to stores among each other, happens here; a store that is made visible before an
// earlier load of the same thread (load buffering) does not.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <vector>

namespace shm::weak {

using Value = std::uint64_t;
using Time = std::uint64_t;  ///< place in the modification order of one location

/// The newest message of each location that a thread, or a message, has seen.
class View {
 public:
  [[nodiscard]] Time at(std::size_t location) const {
    return location < times_.size() ? times_[location] : 0;
  }
  void raise(std::size_t location, Time time);
  void join(const View& other);

 private:
  std::vector<Time> times_;
};

class Machine {
 public:
  /// Returns a number below `count`: the choice among the possible steps.
  using Choose = std::function<unsigned(unsigned count)>;

  Machine(std::size_t threads, Choose choose) : threads_(threads), choose_(std::move(choose)) {}

  /// Adds a location. Its name is used to share, show and weaken it; `value` is its first value.
  std::size_t add_location(const std::string& name, Value value);

  Value load(std::size_t thread, std::size_t location, std::memory_order order);
  void store(std::size_t thread, std::size_t location, Value value, std::memory_order order);
  /// `change` stores the new value in `after`, or returns false: then this is only a load.
  Value exchange(std::size_t thread, std::size_t location, std::memory_order order,
                 const std::function<bool(Value before, Value& after)>& change);
  void fence(std::size_t thread, std::memory_order order);
  /// A full fence on every thread that registered for it, at any point of that thread.
  void barrier(std::size_t thread);
  /// Sets the threads that registered. By default it is the first alone.
  void reach_by_barrier(std::vector<std::size_t> threads) { reached_ = std::move(threads); }
  /// A full fence inside of the kernel; weaken() does not remove it.
  void kernel_fence(std::size_t thread) { sequential_fence(threads_[thread]); }
  /// The heir begins with the view of the thread before it, as after taking that thread's lock.
  void inherit(std::size_t heir, std::size_t from);

  /// The last value in modification order.
  [[nodiscard]] Value latest(std::size_t location) const;

  /// Removes an ordering everywhere: "release fence after reserved", "acquire load of inserted", "membarrier" ...
  /// The names are those of orderings().
  void weaken(const std::string& ordering) { weakened_.insert(ordering); }
  /// Returns every ordering that was used so far.
  [[nodiscard]] const std::set<std::string>& orderings() const { return orderings_; }

  /// Two machines with the same fingerprint behave alike from here on, if the threads that are not alive do nothing.
  [[nodiscard]] std::uint64_t fingerprint(const std::vector<bool>& is_alive) const;

 private:
  struct Message {
    Time time;
    Value value;
    View view;
    bool is_glued;  // a read-modify-write of the message before it: no store may come between
  };
  struct Location {
    std::string name;
    std::vector<Message> history;  // by time
  };
  struct Thread {
    View now;                     // it must not read older messages
    View to_acquire;              // an acquire fence adds these to `now`
    View to_release;              // published by a relaxed store: all up to the last release fence
    std::size_t last = SIZE_MAX;  // the last location that it used
  };
  [[nodiscard]] bool has(const char* ordering, std::size_t location);
  void sequential_fence(Thread& thread);
  [[nodiscard]] std::size_t first_readable(const Thread& thread, std::size_t location) const;
  [[nodiscard]] bool is_followed_by_glue(const Location& location, std::size_t i) const;
  std::size_t insert_after(Location& location, std::size_t i);
  void learn(Thread& thread, std::size_t location, const Message& message, bool acquires);

  std::vector<Location> locations_;
  std::vector<Thread> threads_;
  std::vector<std::size_t> reached_{0};
  View sequential_;  // view of the last sequentially consistent fence
  Choose choose_;
  std::set<std::string> weakened_;
  std::set<std::string> orderings_;
};

}  // namespace shm::weak
