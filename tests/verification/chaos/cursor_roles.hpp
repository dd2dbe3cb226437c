// SPDX-License-Identifier: Apache-2.0

// Readers that follow a stream with a cursor.
#pragma once

#include "role.hpp"

namespace shm::chaos {

/// Calls next(), with every way to wait.
struct NextReader : ReaderRole {
  void read(Worker& worker, CheckedReader& reader) override;
};

/// Calls try_next() and peek(), which never wait.
struct PollingReader : ReaderRole {
  void read(Worker& worker, CheckedReader& reader) override;
};

/// Calls read() for many items: an exact number, or the available ones.
struct BulkReader : ReaderRole {
  void read(Worker& worker, CheckedReader& reader) override;
};

/// Calls peek_view() and skip(), without copies.
struct LookingReader : ReaderRole {
  void read(Worker& worker, CheckedReader& reader) override;
};

/// Uses one reader and forks of it, each on its own thread.
struct ForkingReader : ReaderRole {
  void read(Worker& worker, CheckedReader& reader) override;
};

/// Waits with a wait set, and with its descriptor.
struct WaitSetReader : ReaderRole {
  void read(Worker& worker, CheckedReader& reader) override;
};

/// Enters the source, reads, exits, again and again.
struct EnteringReader : ReaderRole {
  void read(Worker& worker, CheckedReader& reader) override;
};

/// Reads as another user, who may read the stream but not write its control file.
struct UnlistedReader : NextReader {
  void prepare(Worker& worker) override;
  void read(Worker& worker, CheckedReader& reader) override;
};

}  // namespace shm::chaos
