// SPDX-License-Identifier: Apache-2.0

// A file descriptor that becomes readable when a reader's stream, or a stream of a wait set, has a result: for poll,
// epoll, and the event loops on top of them (libuv, Boost.Asio, Qt, asyncio).
//
//   shm::ReadyFd ready(ticks.raw());
//   ::pollfd wanted{ready.fd(), POLLIN, 0};
//   while (::poll(&wanted, 1, -1) > 0) {  // the event loop, which waits for other descriptors too
//     do {
//       while (const auto tick = ticks.try_next()) use(*tick);
//     } while (ready.rearm() == shm::Status::ok);
//   }
//
// Once readable, the descriptor stays so until rearm(). That returns whether there is a result already; if there is,
// the descriptor is readable at once. This fits level-triggered and edge-triggered loops. The descriptor is only
// waited for, never read. No wake is lost: rearm() asks for wakes first, and looks after that.
//
// One helper thread in the process sleeps for all descriptors; beyond 127 streams there is one for each 127.
// The first descriptor starts it, the last one to go stops it. It has all signals blocked, never uses a
// reader, and notices what a sleep would: an end, and a lost writer (within 100 ms). Each descriptor is one
// open file (an eventfd); its streams take no open file and no slot in the table of readers.
//
// One thread at a time: the one that uses the reader, or the set. These stay alive, and are not moved, as
// long as the descriptor is used. The interrupt that a reader was made with does not make it readable. In a
// forked child, a descriptor of the parent's must not be used, only destroyed; the child makes its own. Each
// function lists what it throws.
#pragma once

#include <cstdint>
#include <memory>

#include "shm/base/export.hpp"
#include "shm/stream/raw_reader.hpp"
#include "shm/wait/wait_set.hpp"

namespace shm {

class SHM_API ReadyFd {
 public:
  /// For one reader: readable when so many items follow its cursor, wherever that is at the last rearm(). It
  /// is armed: if there is a result, it is readable already.
  /// @throws SystemError        no descriptor is left
  /// @throws std::system_error  no thread could be started
  /// @throws BadStream          as rearm()
  explicit ReadyFd(RawReader& reader, std::uint64_t items = 1);
  /// For a set: readable when WaitSet::wait(Deadline::now()) would return a stream. Changes of the set count from the
  /// next rearm() on. @throws the same.
  explicit ReadyFd(WaitSet& set);
  ~ReadyFd();
  ReadyFd(ReadyFd&&) noexcept;
  ReadyFd& operator=(ReadyFd&&) noexcept;

  /// The descriptor to wait for. It belongs to this object: pass a dup() to a loop that closes its descriptors.
  [[nodiscard]] int fd() const noexcept;

  /// Call it after the items were taken. Returns the stream's result, if there is one already:
  ///
  ///     not_yet      no result: not readable until there is one
  ///     ok           so many items are there; readable at once, as with the results that follow
  ///     ended        there will never be so many. (Items that are there can still be read.)
  ///     writer_lost  its writer died, and the reader has ReaderOptions::writer_loss_is_error
  ///
  /// For a set, it is the result of the first stream that has one.
  /// @throws BadStream    no index is left for the items that are wanted: the stream's counters are damaged, or the
  ///                      cursor was sent there
  /// @throws SystemError
  [[nodiscard]] Status rearm();

 private:
  struct SHM_LOCAL State;
  std::unique_ptr<State> state_;
};

}  // namespace shm
