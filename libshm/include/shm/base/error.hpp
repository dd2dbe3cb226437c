// SPDX-License-Identifier: Apache-2.0

// What libshm throws: everything derives from shm::Error, what() is a sentence that says what, where and what
// to do, and the numbers are members. What is normal (no data yet, timed out, items lost, ended) is a return
// value: see shm::Status in reader.hpp.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>

#include "shm/base/export.hpp"
#include "shm/base/index_range.hpp"

namespace shm {

class SHM_API Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// An argument that cannot be right: a bad name, a zero size, a slice that runs backwards, a wait for more
/// than the ring holds. Nothing was changed.
class SHM_API InvalidArgument : public Error {
 public:
  using Error::Error;
};

/// An append whose key is less than that of the item before it. Nothing was written.
class SHM_API KeyDecreases : public InvalidArgument {
 public:
  using InvalidArgument::InvalidArgument;
};

/// The ledger has no room for another anchor while the items that its oldest leads to are readable. Nothing
/// was written.
class SHM_API LedgerFull : public Error {
 public:
  using Error::Error;
};

/// A lossless reader holds the stream back, and the writer was not to wait (longer). Nothing was appended.
class SHM_API RingFull : public Error {
 public:
  RingFull(const std::string& what, std::int32_t pid, std::string reader)
      : Error(what), pid_(pid), reader_(std::move(reader)) {}
  [[nodiscard]] std::int32_t pid() const noexcept { return pid_; }  ///< of the reader that is furthest behind
  [[nodiscard]] const std::string& reader() const noexcept { return reader_; }  ///< its name, or program

 private:
  std::int32_t pid_;
  std::string reader_;
};

/// There is no stream of that name.
class SHM_API NotFound : public Error {
 public:
  using Error::Error;
};

/// The operating system refused: the file, the call, and its reason are in what().
class SHM_API SystemError : public Error {
 public:
  SystemError(int error, const std::string& what) : Error(what), error_(error) {}
  [[nodiscard]] int error() const noexcept { return error_; }  ///< errno

 private:
  int error_;
};

/// EACCES or EPERM.
class SHM_API PermissionDenied : public SystemError {
 public:
  using SystemError::SystemError;
};

/// The shared-memory file system cannot hold the stream. Nothing was left behind.
class SHM_API NoSpace : public SystemError {
 public:
  using SystemError::SystemError;
};

/// The file is not a stream that this library can read: foreign, damaged, truncated, or of another layout
/// version.
class SHM_API BadStream : public Error {
 public:
  using Error::Error;
};

/// Reader and stream disagree on the item type.
class SHM_API TypeMismatch : public Error {
 public:
  using Error::Error;
};

/// A live writer has the stream already.
class SHM_API WriterExists : public Error {
 public:
  WriterExists(const std::string& what, std::int32_t pid, std::string program)
      : Error(what), pid_(pid), program_(std::move(program)) {}
  [[nodiscard]] std::int32_t pid() const noexcept { return pid_; }
  [[nodiscard]] const std::string& program() const noexcept { return program_; }

 private:
  std::int32_t pid_;
  std::string program_;
};

/// Items were asked for that cannot be had; carries what was asked for and what could have been had.
class SHM_API OverlapsError : public Error {
 public:
  OverlapsError(const std::string& what, IndexRange asked, IndexRange readable)
      : Error(what), asked_(asked), readable_(readable) {}
  [[nodiscard]] IndexRange asked() const noexcept { return asked_; }
  [[nodiscard]] IndexRange readable() const noexcept { return readable_; }

 private:
  IndexRange asked_;
  IndexRange readable_;
};

/// Some of the items are overwritten (or lie before the stream began). Wins over OverlapsFuture when both are
/// true.
class SHM_API OverlapsPast : public OverlapsError {
 public:
  using OverlapsError::OverlapsError;
};

/// Some of the items are not there yet.
class SHM_API OverlapsFuture : public OverlapsError {
 public:
  using OverlapsError::OverlapsError;
};

/// A deadline passed.
class SHM_API TimedOut : public Error {
 public:
  using Error::Error;
};

/// shm::Interrupt was triggered.
class SHM_API Interrupted : public Error {
 public:
  using Error::Error;
};

/// The stream ended, and with it what was asked for.
class SHM_API Ended : public Error {
 public:
  using Error::Error;
};

/// The writer died without closing the stream, and the reader was made to take that for an error.
class SHM_API WriterLost : public Error {
 public:
  using Error::Error;
};

/// A lossless reader was evicted by the stream's owner: from now on it may lose items, as any other.
class SHM_API Evicted : public Error {
 public:
  using Error::Error;
};

/// The source behind the stream could not be started; what() carries its own words.
class SHM_API SourceFailed : public Error {
 public:
  using Error::Error;
};

}  // namespace shm
