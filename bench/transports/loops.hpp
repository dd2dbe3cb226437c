// SPDX-License-Identifier: Apache-2.0

// The loops that the questions run in the processes at the ends of a channel: the same source for every
// transport, compiled for each, so that nothing stands between a loop and the calls that it measures.
#pragma once

#include <sched.h>
#include <sys/resource.h>
#include <time.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

#include "shm/ring/shared_memory_ops.hpp"
#include "support/clock.hpp"
#include "transports/payload.hpp"
#include "transports/transport.hpp"

namespace shm::bench {

/// The two ends of a channel record here that they have found each other. In shared memory.
struct Greeting {
  std::atomic<int> receivers{0};
  std::atomic<int> goes_on{0};
};

/// Round trips, in blocks that get one time stamp each.
struct RoundTrips {
  std::uint64_t per_stamp = 1;
  std::size_t stamps = 1000;
  std::int64_t budget_ns = 1'000'000'000;  ///< no block begins later than that
};

/// Messages sent at a steady rate. Delays count from the time at which a message was due, not from the time
/// at which it was sent (no coordinated omission). In shared memory.
struct Pace {
  Greeting greeting;
  double period_ns = 1000;
  std::uint64_t messages = 0;
  std::int64_t budget_ns = 2'000'000'000;  ///< a sender that cannot keep up stops sending then
  bool asleep_only = false;  ///< a message counts only if its receiver did give up the processor
  float* send_ns = nullptr;  ///< what each sending cost, or nullptr
  std::atomic<std::uint64_t> start_ticks{0};
  std::atomic<std::uint64_t> sent{0};
  std::atomic<std::int64_t> took_ns{0};
  std::atomic<int> finished{0};  ///< receivers
};

/// The part of a paced message's time that does not count as delay.
inline constexpr float not_received = -1;
inline constexpr float was_awake = -2;

/// Messages sent as fast as they are taken. In shared memory.
struct Pour {
  Greeting greeting;
  std::int64_t lasts_ns = 100'000'000;
  std::uint64_t window =
      0;  ///< most messages on the way, where the transport does not see to that; 0: it does
  alignas(128) std::atomic<std::uint64_t> taken{0};
  alignas(128) std::atomic<int> finished{0};
  std::uint64_t received = 0;  ///< the result of the receiver
  std::uint64_t lost = 0;
  std::uint64_t wrong = 0;
  double took_ns = 0;
};

class Receiving {
 public:
  virtual ~Receiving() = default;
  /// Takes messages until one of this number or a later one.
  virtual void wait_for(Number least) = 0;
  /// Records that messages arrive, once one did.
  virtual void greet(Greeting& greeting) = 0;
  virtual void keep_pace(Pace& pace, float* delays_ns) = 0;
  virtual void drain(Pour& pour) = 0;
};

class Sending {
 public:
  virtual ~Sending() = default;
  virtual void send(Number number) = 0;
  /// Sends hellos until `receivers` have recorded that they arrive.
  virtual void greet(Greeting& greeting, int receivers) = 0;
  /// One side of a ping-pong: ns of one way (half a round trip) for each stamp; returns how many.
  virtual std::size_t ask(Receiving& back, const RoundTrips& trips, float* one_way_ns) = 0;
  /// The other side, until the end message.
  virtual void answer(Receiving& there) = 0;
  virtual void keep_pace(Pace& pace, int receivers) = 0;
  virtual void pour(Pour& pour) = 0;
  /// Sends `count` messages back to back: ns for each.
  virtual double repeat(std::uint64_t count) = 0;
};

/// A channel between processes yet to be forked.
class Link {
 public:
  virtual ~Link() = default;
  virtual std::unique_ptr<Sending> sender() = 0;
  virtual std::unique_ptr<Receiving> receiver(int number) = 0;
  [[nodiscard]] virtual std::uint64_t window() const = 0;
};

namespace loops {

inline void sleep_for_us(long us) noexcept {
  const ::timespec time{0, us * 1000};
  ::nanosleep(&time, nullptr);
}

/// How often this thread gave up its processor: it grows when it sleeps.
inline long times_slept() noexcept {
  ::rusage usage{};
  ::getrusage(RUSAGE_THREAD, &usage);
  return usage.ru_nvcsw;
}

template <class Transport>
class ReceivingOf final : public Receiving {
 public:
  ReceivingOf(Transport& transport, int number, std::size_t bytes)
      : receiver_(transport, number), payload_(bytes) {}

  /// Every message until use(number) is false.
  template <class Use>
  void until(Use use) {
    bool goes_on = true;
    while (goes_on) {  // NOLINT(bugprone-infinite-loop): the lambda ends it
      receiver_.receive([&](Message message) {
        const Number number = payload_.check(message);
        if (number != hello && goes_on) goes_on = use(number);
      });
    }
  }

  void wait_for(Number least) override {
    until([&](Number number) { return number < least; });
  }

  void greet(Greeting& greeting) override {
    receiver_.receive([](Message) {});
    // Release, pairs with acquire of the other end: after the greeting it sees all memory that was set up
    // before.
    greeting.receivers.fetch_add(1, std::memory_order_acq_rel);
  }

  void keep_pace(Pace& pace, float* delays_ns) override {
    const double period_ticks = pace.period_ns / ns_per_tick();
    std::uint64_t start = 0;
    long slept = pace.asleep_only ? times_slept() : 0;
    until([&](Number number) {
      const std::uint64_t now = ticks();
      if (number == the_end) return false;
      if (number == wrong) throw std::runtime_error("a message arrived that nobody sent");
      // Relaxed: the message came after it.
      if (start == 0) start = pace.start_ticks.load(std::memory_order_relaxed);
      const std::uint64_t due =
          start + static_cast<std::uint64_t>(static_cast<double>(number) * period_ticks);
      const auto delay = static_cast<float>(now > due ? ns_between(due, now) : 0);
      bool counts = true;
      if (pace.asleep_only) {
        const long before = std::exchange(slept, times_slept());
        counts = slept > before;
      }
      if (number < pace.messages) delays_ns[number] = counts ? delay : was_awake;
      return true;
    });
    pace.finished.fetch_add(1, std::memory_order_release);
  }

  void drain(Pour& pour) override {
    Number due = 0;
    std::uint64_t first = 0;
    const std::uint64_t report_each = pour.window / 8 + 1;
    std::uint64_t reported = 0;
    until([&](Number number) {
      if (first == 0) first = ticks();
      if (number == the_end) return false;
      if (number == wrong) {
        ++pour.wrong;
        return true;
      }
      if (number != due) pour.lost += number - due;
      due = number + 1;
      ++pour.received;
      if (pour.window > 0 && due >= reported + report_each) {
        // Release pairs with the sender's acquire in pour(): read before it may be overwritten.
        pour.taken.store(due, std::memory_order_release);
        reported = due;
      }
      return true;
    });
    pour.took_ns = ns_between(first, ticks());
    pour.finished.store(1, std::memory_order_release);
  }

 private:
  template <class>
  friend class SendingOf;
  typename Transport::Receiver receiver_;
  Payload payload_;
};

template <class Transport>
class SendingOf final : public Sending {
 public:
  SendingOf(Transport& transport, std::size_t bytes) : sender_(transport), payload_(bytes) {}

  void send(Number number) override {
    put(number);
    flush();
  }

  void greet(Greeting& greeting, int receivers) override {
    // Less and less often, so that they do not fill a channel whose receiver comes late.
    long pause_us = 500;
    while (greeting.receivers.load(std::memory_order_acquire) < receivers) {
      put(hello);
      flush();
      sleep_for_us(pause_us);
      pause_us = std::min(pause_us * 2, 20'000L);
    }
  }

  std::size_t ask(Receiving& back, const RoundTrips& trips, float* one_way_ns) override {
    auto& in = static_cast<ReceivingOf<Transport>&>(back);
    const auto budget = static_cast<std::uint64_t>(static_cast<double>(trips.budget_ns) / ns_per_tick());
    const auto halves = static_cast<double>(2 * trips.per_stamp);
    const std::uint64_t start = ticks();
    std::uint64_t last = start;
    std::size_t stamp = 0;
    for (Number number = 0; stamp < trips.stamps && last - start < budget; ++stamp) {
      for (std::uint64_t i = 0; i < trips.per_stamp; ++i, ++number) {
        put(number);
        Number got = hello;
        while (got != number) {
          in.receiver_.receive([&](Message message) { got = in.payload_.check(message); });
          if (got != number && got != hello) throw std::runtime_error("another message came back");
        }
      }
      const std::uint64_t now = ticks();
      one_way_ns[stamp] = static_cast<float>(ns_between(last, now) / halves);
      last = now;
    }
    return stamp;
  }

  void answer(Receiving& there) override {
    static_cast<ReceivingOf<Transport>&>(there).until([&](Number number) {
      if (number == the_end) return false;
      put(number);
      return true;
    });
  }

  void keep_pace(Pace& pace, int receivers) override {
    const double period_ticks = pace.period_ns / ns_per_tick();
    const auto budget = static_cast<std::uint64_t>(static_cast<double>(pace.budget_ns) / ns_per_tick());
    // Begins in a while, when the receiver has taken the last hello.
    const std::uint64_t start = ticks() + static_cast<std::uint64_t>(2'000'000 / ns_per_tick());
    pace.start_ticks.store(start, std::memory_order_relaxed);  // sent before the first message
    std::uint64_t number = 0;
    std::uint64_t now = start;
    for (; number < pace.messages && (now < start || now - start < budget); ++number) {
      const std::uint64_t due =
          start + static_cast<std::uint64_t>(static_cast<double>(number) * period_ticks);
      while ((now = ticks()) < due) ring::pause();
      put(number);
      if (pace.send_ns != nullptr) pace.send_ns[number] = static_cast<float>(ns_between(now, ticks()));
    }
    pace.took_ns.store(static_cast<std::int64_t>(ns_between(start, ticks())), std::memory_order_relaxed);
    pace.sent.store(number, std::memory_order_release);
    tell_the_end([&] { return pace.finished.load(std::memory_order_acquire) >= receivers; });
  }

  void pour(Pour& pour) override {
    const auto lasts = static_cast<std::uint64_t>(static_cast<double>(pour.lasts_ns) / ns_per_tick());
    const std::uint64_t start = ticks();
    Number number = 0;
    std::uint64_t taken = 0;
    for (;;) {
      if (number % 64 == 0 || payload_.bytes() >= 4096) {
        if (ticks() - start >= lasts) break;
      }
      if (pour.window > 0 && number - taken >= pour.window) {
        // Acquire pairs with drain(). The window is kept by the loop, for transports that overwrite.
        wait([&] { return number - (taken = pour.taken.load(std::memory_order_acquire)) < pour.window; });
      }
      put(number++);
    }
    if (pour.window > 0) {
      wait([&] { return number - pour.taken.load(std::memory_order_acquire) <= pour.window / 2; });
    }
    tell_the_end([&] { return pour.finished.load(std::memory_order_acquire) > 0; });
  }

  double repeat(std::uint64_t count) override {
    const std::uint64_t start = ticks();
    for (std::uint64_t i = 0; i < count; ++i) put(i);
    return ns_between(start, ticks()) / static_cast<double>(count);
  }

 private:
  void put(Number number) { sender_.send(payload_.numbered(number)); }

  /// Sends the messages that an adapter with batches still holds.
  void flush() {
    if constexpr (requires { sender_.flush(); }) sender_.flush();
  }

  /// Spins, and lets a library's threads have the processor now and then.
  template <class IsSo>
  void wait(IsSo is_so) {
    flush();
    for (int turn = 1; !is_so(); ++turn) {
      ring::pause();
      if (turn % 1000 == 0) ::sched_yield();
    }
  }

  /// Repeated: a transport that drops may drop this message too.
  template <class Done>
  void tell_the_end(Done done) {
    for (;;) {
      put(the_end);
      flush();
      for (int i = 0; i < 20; ++i) {
        if (done()) return;
        sleep_for_us(500);
      }
    }
  }

  typename Transport::Sender sender_;
  Payload payload_;
};

template <class Transport>
class LinkOf final : public Link {
 public:
  explicit LinkOf(const Channel& channel) : bytes_(channel.bytes), transport_(channel) {}
  std::unique_ptr<Sending> sender() override {
    return std::make_unique<SendingOf<Transport>>(transport_, bytes_);
  }
  std::unique_ptr<Receiving> receiver(int number) override {
    return std::make_unique<ReceivingOf<Transport>>(transport_, number, bytes_);
  }
  /// How many messages a transport holds, if it would overwrite or drop more.
  [[nodiscard]] std::uint64_t window() const override {
    if constexpr (requires { transport_.window(); }) {
      return transport_.window();
    } else {
      return 0;
    }
  }

 private:
  std::size_t bytes_;
  Transport transport_;
};

}  // namespace loops

/// The parts of a transport that an adapter registers.
template <class Transport>
[[nodiscard]] Implementation implementation(Description is,
                                            std::function<std::shared_ptr<void>()> start = {}) {
  return {std::move(is),
          [](const Channel& channel) -> std::unique_ptr<Link> {
            return std::make_unique<loops::LinkOf<Transport>>(channel);
          },
          std::move(start),
          {}};
}

}  // namespace shm::bench
