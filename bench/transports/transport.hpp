// SPDX-License-Identifier: Apache-2.0

// An adapter: how one means of communication carries messages from one process to others. All adapters are
// measured by the same loops (loops.hpp).
//
// An adapter is one file: a class with the two ends of a channel, and a function that registry.cpp lists.
//
//   class Pipe {
//    public:
//     // Before the processes are forked: makes descriptors and shared memory, but starts no thread.
//     explicit Pipe(const Channel& channel);
//     class Sender {  // made in the sending process
//      public:
//       explicit Sender(Pipe& pipe);
//       // To every receiver of the channel; waits while there is no room.
//       void send(Message message);
//     };
//     class Receiver {  // made in a receiving process, number 0 to receivers - 1
//      public:
//       Receiver(Pipe& pipe, int number);
//       // Waits for messages, calls use(Message) for at least one, in order. The message need not be valid
//       // afterwards.
//       template <class Use>
//       void receive(Use use);
//     };
//   };
//
// Sender and Receiver throw on errors. The ends of a channel are made in any order. Until both have found
// each other, messages may be lost: the loops greet first. Afterwards no message may be lost while no more
// than window() of them are on the way (loops.hpp).
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

/// The purpose for which the adapter follows its documentation.
enum class Goal { latency, throughput };

struct Channel {
  std::string name;       ///< of its own: letters, digits and '-'
  std::size_t bytes = 8;  ///< of every message: a multiple of 8
  Wait wait = Wait::spin;
  Goal goal = Goal::latency;
  int receivers = 1;
  /// Messages that must find room. 0: the default of the transport.
  std::uint64_t depth = 0;
  /// libshm alone: messages are records.
  bool records = false;
  /// Only libshm: a lossless stream and lossless readers, which hold the sender back.
  bool lossless = false;
};

enum class Kind { ours, limit, peer };

/// Receivers of this number and above only are there: they never receive().
inline constexpr int first_idle = 1000;

/// The description of an adapter, and which questions it takes part in.
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
  bool sends_alone = false;  ///< send() never waits when there is no receiver
  bool is_named = false;     ///< ends find each other by name: processes may come and go
  /// Receivers that only are there are known to the sender so long after they were made.
  int discovers_in_ms = 0;
  bool one_at_a_time = false;  ///< holds one message: for messages with a reply, not for streams of them
};

class Link;

/// An adapter as the questions see it.
struct Implementation {
  Description is;
  /// @throws std::runtime_error, std::system_error
  std::function<std::unique_ptr<Link>(const Channel&)> link = {};
  /// Starts what it needs (a server, for example) while the result lives (daemon.hpp); empty: nothing.
  /// @throws std::runtime_error
  std::function<std::shared_ptr<void>()> start = {};
  std::string missing = {};  ///< why it is not there; empty: it is
};

}  // namespace shm::bench
