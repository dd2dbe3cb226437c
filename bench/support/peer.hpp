// The other process of a measurement: forked, pinned to a processor of its own, dying with its parent.
//
//   pin_to(0);
//   Peer peer(1, [&] { answer(); });
//   measure();
//   peer.join();
//
// Fork before opening streams: a stream's locks belong to the open file, which a forked child would share.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <functional>

namespace shm::bench {

/// Keeps this thread on one processor. @throws std::system_error
void pin_to(int processor);

/// The two processors that measurements are pinned to: the first two that this process may use.
/// @throws std::runtime_error  there is only one.
struct Processors {
  int here;
  int there;
};
[[nodiscard]] Processors two_processors();

class Peer {
 public:
  /// Runs `work` in a forked process on `processor`. @throws std::system_error
  Peer(int processor, const std::function<void()>& work);
  /// Kills it if it was not joined.
  ~Peer();
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  /// Waits for its end. @throws std::runtime_error  it failed.
  void join();

 private:
  ::pid_t pid_;
};

/// A place where two processes wait for each other, as often as they like. Put it in a Shared.
class Meeting {
 public:
  /// @throws std::runtime_error  the other does not come.
  void meet();

 private:
  std::atomic<std::uint32_t> arrived_{0};
};

}  // namespace shm::bench
