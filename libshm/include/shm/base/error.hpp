// SPDX-License-Identifier: Apache-2.0

// What libshm throws: everything derives from shm::Error, what() is a sentence that says what, where and what
// to do, and the numbers are members. What is normal (no data yet, timed out, items lost, ended) is a return
// value: see shm::Status in reader.hpp.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>

#include "shm/base/index_range.hpp"

namespace shm {

class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// An argument that cannot be right: a bad name, a zero size, a slice that runs backwards, a wait for more
/// than the ring holds. Nothing was changed.
class InvalidArgument : public Error {
 public:
  using Error::Error;
};

/// An append whose key is less than that of the item before it. Nothing was written.
class KeyDecreases : public InvalidArgument {
 public:
  using InvalidArgument::InvalidArgument;
};

/// The ledger has no room for another anchor while the items that its oldest leads to are readable. Nothing
/// was written.
class LedgerFull : public Error {
 public:
  using Error::Error;
};

/// A lossless reader holds the stream back, and the writer was not to wait (longer). Nothing was appended.
class RingFull : public Error {
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
class NotFound : public Error {
 public:
  using Error::Error;
};

/// The operating system refused: the file, the call, and its reason are in what().
class SystemError : public Error {
 public:
  SystemError(int error, const std::string& what) : Error(what), error_(error) {}
  [[nodiscard]] int error() const noexcept { return error_; }  ///< errno

 private:
  int error_;
};

/// EACCES or EPERM.
class PermissionDenied : public SystemError {
 public:
  using SystemError::SystemError;
};

/// The shared-memory file system cannot hold the stream. Nothing was left behind.
class NoSpace : public SystemError {
 public:
  using SystemError::SystemError;
};

/// The file is not a stream that this library can read: foreign, damaged, truncated, or of another layout
/// version.
class BadStream : public Error {
 public:
  using Error::Error;
};

/// Reader and stream disagree on the item type.
class TypeMismatch : public Error {
 public:
  using Error::Error;
};

/// A live writer has the stream already.
class WriterExists : public Error {
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
class OverlapsError : public Error {
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
class OverlapsPast : public OverlapsError {
 public:
  using OverlapsError::OverlapsError;
};

/// Some of the items are not there yet.
class OverlapsFuture : public OverlapsError {
 public:
  using OverlapsError::OverlapsError;
};

/// A deadline passed.
class TimedOut : public Error {
 public:
  using Error::Error;
};

/// shm::Interrupt was triggered.
class Interrupted : public Error {
 public:
  using Error::Error;
};

/// The stream ended, and with it what was asked for.
class Ended : public Error {
 public:
  using Error::Error;
};

/// The writer died without closing the stream, and the reader was made to take that for an error.
class WriterLost : public Error {
 public:
  using Error::Error;
};

/// A lossless reader was evicted by the stream's owner: from now on it may lose items, as any other.
class Evicted : public Error {
 public:
  using Error::Error;
};

/// The source behind the stream could not be started; what() carries its own words.
class SourceFailed : public Error {
 public:
  using Error::Error;
};

}  // namespace shm
