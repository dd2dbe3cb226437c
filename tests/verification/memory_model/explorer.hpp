// SPDX-License-Identifier: Apache-2.0

// Runs small concurrent programs on a Machine in every possible way: every interleaving of their threads, and
// every value that a load may see. The threads are ordinary code, the library's own, compiled against checked
// atomics (checked_atomic.hpp).
//
//   Explorer explorer({writer, reader}, Explorer::Schedule::one_after_other);
//   explorer.name(&counters.reserved, "reserved");
//   const Explored explored = explorer.explore();
//   // explored.violations: the errors that threads reported by fail(), and the threads that sleep for ever
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "verification/memory_model/machine.hpp"

namespace shm::weak {

struct Explored {
  std::uint64_t executions = 0;  ///< runs from start to end, or to a state seen before
  std::uint64_t states = 0;      ///< different states at points of choice between threads
  std::set<std::string> violations;
  std::set<std::string> orderings;  ///< every ordering that the code asked for, by name
};

class Explorer {
 public:
  enum class Schedule {
    /// One thread after the other. Complete if no thread reads the stores of a later one: a thread may read the old
    /// messages of the threads before it, too.
    one_after_other,
    interleaved,
  };
  using Program = std::function<void()>;

  Explorer(std::vector<Program> threads, Schedule schedule);
  ~Explorer();
  Explorer(const Explorer&) = delete;
  Explorer& operator=(const Explorer&) = delete;

  /// Names the memory at this address, `count` words of `stride` bytes. REQUIRES: before explore().
  void name(const void* address, const std::string& name, std::size_t count = 1, std::size_t stride = 8);
  /// Chooses between threads only before a use of these names; empty: before each use of any name. (Memory that only
  /// one thread uses needs no choice.)
  void share_only(std::set<std::string> names) { shared_ = std::move(names); }
  void weaken(const std::string& ordering) { weakened_.insert(ordering); }
  /// Sets the threads that registered for membarriers. By default it is the first alone.
  void reach_by_membarrier(std::vector<std::size_t> threads) { reached_ = std::move(threads); }
  /// Thread `thread` may die before any of its operations; thread `heir` begins after it died or ended.
  void may_die(std::size_t thread, std::size_t heir);

  /// Explores up to the first violation. @throws std::runtime_error  more than `most` executions.
  Explored explore(std::uint64_t most = 20'000'000);

  // --- called from the threads ---
  /// Returns the explorer whose thread is running; null outside of an exploration.
  [[nodiscard]] static Explorer* running() noexcept;
  Value load(const void* address, Value initial, std::memory_order order);
  void store(void* address, Value initial, Value value, std::memory_order order);
  Value exchange(void* address, Value initial, std::memory_order order,
                 const std::function<bool(Value before, Value& after)>& change);
  void fence(std::memory_order order);
  void membarrier();
  /// Sleeps while the word is `expected`, as futex(2) does: until futex_wake, without bound.
  void futex_wait(const void* address, Value initial, Value expected);
  void futex_wake();
  /// Returns a number below `count`; all of them are explored.
  [[nodiscard]] unsigned pick(unsigned count);
  /// Marks all values that this thread has read so far as irrelevant, except its place in the program and one value.
  /// States that are equal in these are then explored once.
  void remember_only(std::uint64_t where, Value value = 0);
  /// Reports a violation.
  void fail(const std::string& what);

 private:
  struct Fiber;
  unsigned choose(unsigned count);
  [[nodiscard]] bool next_path();
  void run_once();
  void switch_to(std::size_t thread);
  void before_operation(const void* address);
  void leave_fiber();
  [[nodiscard]] std::size_t location_of(const void* address, Value initial);
  [[nodiscard]] std::vector<std::size_t> runnable() const;
  void note(Value value);
  [[nodiscard]] std::uint64_t fingerprint() const;
  static void fiber_main(unsigned high, unsigned low);

  struct Choice {
    unsigned taken;
    unsigned count;
  };
  std::vector<Program> programs_;
  Schedule schedule_;
  std::map<const void*, std::string> names_;
  std::set<std::string> shared_;
  std::set<std::string> weakened_;
  std::vector<std::size_t> reached_{0};
  std::size_t mortal_ = SIZE_MAX;
  std::size_t heir_ = SIZE_MAX;

  std::vector<Choice> path_;
  std::size_t at_ = 0;
  bool abandoned_ = false;
  std::unique_ptr<Machine> machine_;
  std::map<const void*, std::size_t> locations_;
  std::vector<std::unique_ptr<Fiber>> fibers_;
  std::unique_ptr<Fiber> main_;
  std::size_t current_ = 0;
  std::set<std::uint64_t> seen_;
  Explored explored_;
};

}  // namespace shm::weak
