// SPDX-License-Identifier: Apache-2.0

// Readers that follow a stream with a cursor.
#pragma once

#include "role.hpp"

namespace shm::chaos {

/// next(), with every way to wait.
struct NextReader : ReaderRole {
  void read(Worker& worker, CheckedReader& reader) override;
};

/// try_next() and peek(), never waiting.
struct PollingReader : ReaderRole {
  void read(Worker& worker, CheckedReader& reader) override;
};

/// read() of many, exactly or what is there.
struct BulkReader : ReaderRole {
  void read(Worker& worker, CheckedReader& reader) override;
};

/// peek_view() and skip(): without copying.
struct LookingReader : ReaderRole {
  void read(Worker& worker, CheckedReader& reader) override;
};

/// One reader and forks of it, each on a thread of its own.
struct ForkingReader : ReaderRole {
  void read(Worker& worker, CheckedReader& reader) override;
};

/// Waits by a wait set, and by its descriptor.
struct WaitSetReader : ReaderRole {
  void read(Worker& worker, CheckedReader& reader) override;
};

/// Enters the source, reads, exits, over and over.
struct EnteringReader : ReaderRole {
  void read(Worker& worker, CheckedReader& reader) override;
};

/// Another user, who may read the stream and not write its control file.
struct UnlistedReader : NextReader {
  void prepare(Worker& worker) override;
  void read(Worker& worker, CheckedReader& reader) override;
};

}  // namespace shm::chaos
