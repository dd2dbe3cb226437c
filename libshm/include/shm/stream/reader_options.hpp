// SPDX-License-Identifier: Apache-2.0

// The options of a reader: where it starts, how it waits, which results are errors, and how much a read
// takes.
//
//   shm::ReaderOptions options;
//   options.name = "meter";                                  // shown by `shm info`
//   options.wait_for_stream = std::chrono::seconds(5);
//   shm::RawReader reader("lab/mic", shm::Start::newest(), options);
//
// Plain values: any thread may make and copy them. Nothing here throws.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <optional>
#include <string>

#include "shm/base/deadline.hpp"
#include "shm/base/index_range.hpp"
#include "shm/base/interrupt.hpp"
#include "shm/base/status.hpp"
#include "shm/base/wait_strategy.hpp"

namespace shm {

/// Where a cursor starts. There is no default, so that no reader starts at old data by accident.
class Start {
 public:
  enum class Kind { oldest, newest, next, index };

  [[nodiscard]] static Start oldest() { return Start(Kind::oldest); }  ///< the oldest readable item
  [[nodiscard]] static Start newest() { return Start(Kind::newest); }  ///< the last item already there
  [[nodiscard]] static Start next() { return Start(Kind::next); }      ///< the first item not yet there
  [[nodiscard]] static Start at(Index index) { return Start(Kind::index, index); }

  [[nodiscard]] Kind kind() const noexcept { return kind_; }
  /// Of Kind::index.
  [[nodiscard]] Index index() const noexcept { return index_; }

 private:
  explicit Start(Kind kind, Index index = 0) : kind_(kind), index_(index) {}
  Kind kind_;
  Index index_;
};

/// When a lossless reader releases the items that it has read.
enum class Acknowledge {
  with_read,   ///< when the cursor moves past them
  explicitly,  ///< by RawReader::acknowledge: after they were stored, for example
};

struct ReaderOptions {
  std::string name = {};  ///< shown by `shm info`; at most 63 bytes are kept
  WaitStrategy waiting = {};
  bool loss_is_error = false;  ///< a lapped cursor throws OverlapsPast instead of returning Status::lost
  bool writer_loss_is_error = false;  ///< waiting on a stream whose writer died returns Status::writer_lost
  /// A lossless reader of a lossless stream (StreamOptions::lossless): items that it has not acknowledged are
  /// not overwritten, and hold the writer back when the ring is full.
  std::optional<Acknowledge> lossless = {};
  Deadline wait_for_stream = Deadline::now();  ///< how long to wait for the stream to appear
  const Interrupt* interrupt = nullptr;        ///< ends every wait of this reader; must outlive it
  std::string directory = {};                  ///< empty: $LIBSHM_DIR, else /dev/shm/libshm
  /// Accept the stream of this user alone (PermissionDenied otherwise). Empty: any user's (docs/security.md).
  std::optional<::uid_t> owner = {};
};

/// How much a read of n items takes.
enum class Amount {
  exactly,   ///< n, waiting for them; fewer only at the end of the stream
  available  ///< at least one and at most n: the available ones
};

struct ReadResult {
  Status status = Status::ok;
  std::size_t count = 0;  ///< items copied; may be more than 0 with Status::ended
  Index first = 0;        ///< index of the first of them
};

}  // namespace shm
