// SPDX-License-Identifier: Apache-2.0

// What an adapter is: how one means of communication carries messages from one process to others. The
// questions of the benchmark (questions/) are asked of every adapter through the same loops (loops.hpp).
//
// An adapter is one file, to be judged by readers: a class with the two ends of a channel, and a function
// that registry.cpp lists.
//
//   class Pipe {
//    public:
//     explicit Pipe(const Channel& channel);  // before the processes are forked: descriptors, shared memory,
//     no
//                                             // threads and no library that starts some
//     class Sender {                          // made in the sending process
//      public:
//       explicit Sender(Pipe& pipe);
//       void send(Message message);           // to every receiver of the channel; waits where there is no
//       room
//     };
//     class Receiver {                        // made in a receiving process, number 0 .. receivers - 1, or
//      public:
//       Receiver(Pipe& pipe, int number);
//       /// Waits for messages, calls use(Message) for at least one, in order. What use() is given need not
//       be
//       /// valid afterwards.
//       template <class Use>
//       void receive(Use use);
//     };
//   };
//
// Sender and Receiver throw on errors. A channel's ends are made in any order; until both have found each
// other messages may get lost: the loops greet first. Afterwards none may, as long as no more than window()
// are on the way (loops.hpp).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>

namespace shm::bench {

using Message = std::span<const std::byte>;

/// How a receiver waits for a message.
enum class Wait { spin, sleep };

/// What the adapter's documentation is followed for.
enum class Goal { latency, throughput };

struct Channel {
  std::string name;       ///< of its own: letters, digits and '-'
  std::size_t bytes = 8;  ///< of every message: a multiple of 8
  Wait wait = Wait::spin;
  Goal goal = Goal::latency;
  int receivers = 1;
  /// Messages that must find room. 0: whatever users get who do not say.
  std::uint64_t depth = 0;
  /// libshm alone: messages are records.
  bool records = false;
  /// libshm alone: a lossless stream and lossless readers, who hold the sender back.
  bool lossless = false;
};

enum class Kind { ours, limit, peer };

/// Receivers of this number and above only are there: they never receive().
inline constexpr int first_idle = 1000;

/// What is said of an adapter, and what may be asked of it.
struct Description {
  std::string name;
  Kind kind = Kind::peer;
  std::string version = {};
  std::string how = {};  ///< in a sentence: which calls, which options
  bool spins = true;
  bool sleeps = true;
  std::size_t most_bytes = std::size_t{1} << 20;
  bool broadcasts =
      false;  ///< one sending serves any number of receivers (else each gets a sending of its own)
  bool sends_alone = false;  ///< send() goes on for ever when nobody receives
  bool is_named = false;     ///< ends find each other by name: processes may come and go
  /// Receivers that only are there are known to the sender so long after they were made.
  int discovers_in_ms = 0;
  bool one_at_a_time = false;  ///< holds one message: for messages that are answered, not for streams of them
};

class Link;

/// An adapter as the questions see it.
struct Implementation {
  Description is;
  /// @throws std::runtime_error, std::system_error
  std::function<std::unique_ptr<Link>(const Channel&)> link = {};
  /// Starts what it needs while the result lives, a server perhaps (daemon.hpp); empty: nothing.
  /// @throws std::runtime_error
  std::function<std::shared_ptr<void>()> start = {};
  std::string missing = {};  ///< why it is not there; empty: it is
};

}  // namespace shm::bench
