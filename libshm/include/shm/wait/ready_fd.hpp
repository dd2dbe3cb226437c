// SPDX-License-Identifier: Apache-2.0

// A file descriptor that is readable when there is something to say of a reader's stream, or of one of a wait
// set's: for poll, epoll, and the event loops that are built on them (libuv, Boost.Asio, Qt, asyncio).
//
//   shm::ReadyFd ready(ticks.raw());
//   // the loop waits for ready.fd() beside its sockets; when it is readable:
//   do {
//     while (const auto tick = ticks.try_next()) use(*tick);
//   } while (ready.rearm() == shm::Status::ok);
//
// Once readable it stays so until rearm(), which says whether there is something already: then it is readable
// at once, for loops that wait for levels and for such as wait for edges. It need not be read, only waited
// for. So a use is always: take what there is, rearm. No wake is lost on the way: rearm() asks to be woken,
// and looks after that.
//
// One helper thread in the process sleeps for all descriptors there are; beyond 127 streams it is one for
// each 127. The first descriptor starts it, the last one that goes stops it. It has all signals blocked,
// never touches a reader, and notices what a sleep would: an end, a writer that was lost (100 ms at most). A
// stream takes no open file for it, and none of the table of readers; a descriptor is one open file (an
// eventfd).
//
// One thread at a time: the one that uses the reader, or the set, which stay where they are, alive and not
// moved, as long as it is used. The interrupt that a reader was made with does not make it readable. In a
// child that was forked the parent's must not be used, only destroyed; the child makes its own.
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
  /// is armed; if something is there, it is readable already.
  /// @throws SystemError (no descriptor), std::system_error (no thread), BadStream (as rearm).
  explicit ReadyFd(RawReader& reader, std::uint64_t items = 1);
  /// For a set: readable when WaitSet::wait(Deadline::now()) would have something to say. What was added to
  /// the set, removed and wanted since counts from the next rearm() on.
  explicit ReadyFd(WaitSet& set);
  ~ReadyFd();
  ReadyFd(ReadyFd&&) noexcept;
  ReadyFd& operator=(ReadyFd&&) noexcept;

  /// To be waited for, by several if need be. Owned by this: who closes what he waits for gives it a dup().
  [[nodiscard]] int fd() const noexcept;

  /// After what there was has been taken. Says what there is of a stream already:
  ///   not_yet      nothing: it is not readable, until there is something
  ///   ok           so many items; it is readable at once, as for what follows
  ///   ended        there will never be so many. (What is there can still be read.)
  ///   writer_lost  its writer died, and the reader has ReaderOptions::writer_loss_is_error
  /// Of a set it is what the first stream has of these that has any.
  /// @throws BadStream  no index is left for the items that are wanted: the stream's counters are damaged, or
  ///         the reader was sent there; SystemError.
  [[nodiscard]] Status rearm();

 private:
  struct SHM_LOCAL State;
  std::unique_ptr<State> state_;
};

}  // namespace shm
