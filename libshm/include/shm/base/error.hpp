// SPDX-License-Identifier: Apache-2.0

// What libshm throws. Every error derives from shm::Error: what() is a sentence that names the stream or file,
// the problem, and what to do; the numbers of the problem are members; code() is a stable number
// (base/error_code.hpp). Normal results (no item yet, timeout, lost items, end) are not errors: calls return
// them (base/status.hpp).
//
//   try {
//     throw shm::NotFound("there is no stream 'lab/mic'");
//   } catch (const shm::Error& error) {
//     std::string text = error.what();
//     bool is_missing = error.code() == shm::ErrorCode::not_found;
//   }
//
// The objects are plain values: any thread may use one.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>

#include "shm/base/error_code.hpp"
#include "shm/base/export.hpp"
#include "shm/base/index_range.hpp"

namespace shm {

class SHM_API Error : public std::runtime_error {
 public:
  explicit Error(const std::string& what) : Error(ErrorCode::other, what) {}
  Error(ErrorCode code, const std::string& what) : std::runtime_error(what), code_(code) {}
  [[nodiscard]] ErrorCode code() const noexcept { return code_; }

 private:
  ErrorCode code_;
};

/// An argument is wrong in itself: a bad name, a zero size, a slice whose stop is before its start, a wait for
/// more items than the ring holds. Nothing was changed.
class SHM_API InvalidArgument : public Error {
 public:
  explicit InvalidArgument(const std::string& what) : Error(ErrorCode::invalid_argument, what) {}

 protected:
  InvalidArgument(ErrorCode code, const std::string& what) : Error(code, what) {}
};

/// The key of an append is less than the key of the item before it. Nothing was written.
class SHM_API KeyDecreases : public InvalidArgument {
 public:
  explicit KeyDecreases(const std::string& what) : InvalidArgument(ErrorCode::key_decreases, what) {}
};

/// The ledger has no room for another anchor: the items of its oldest anchor are still readable. Nothing was
/// written.
class SHM_API LedgerFull : public Error {
 public:
  explicit LedgerFull(const std::string& what) : Error(ErrorCode::ledger_full, what) {}
};

/// The ring of a lossless stream is full: a lossless reader holds the writer back, and the writer may not wait
/// (any longer). Nothing was appended.
class SHM_API RingFull : public Error {
 public:
  RingFull(const std::string& what, std::int32_t pid, std::string reader)
      : Error(ErrorCode::ring_full, what), pid_(pid), reader_(std::move(reader)) {}
  [[nodiscard]] std::int32_t pid() const noexcept { return pid_; }  ///< of the reader that is furthest behind
  [[nodiscard]] const std::string& reader() const noexcept { return reader_; }  ///< its name, or its program

 private:
  std::int32_t pid_;
  std::string reader_;
};

/// There is no stream of that name.
class SHM_API NotFound : public Error {
 public:
  explicit NotFound(const std::string& what) : Error(ErrorCode::not_found, what) {}
};

/// A system call failed: the file, the call and the reason are in what().
class SHM_API SystemError : public Error {
 public:
  SystemError(int error, const std::string& what) : SystemError(ErrorCode::system_error, error, what) {}
  [[nodiscard]] int error() const noexcept { return error_; }  ///< the errno value

 protected:
  SystemError(ErrorCode code, int error, const std::string& what) : Error(code, what), error_(error) {}

 private:
  int error_;
};

/// EACCES or EPERM.
class SHM_API PermissionDenied : public SystemError {
 public:
  PermissionDenied(int error, const std::string& what)
      : SystemError(ErrorCode::permission_denied, error, what) {}
};

/// ENOSPC or EDQUOT: the shared-memory file system cannot hold the stream. No file was left behind.
class SHM_API NoSpace : public SystemError {
 public:
  NoSpace(int error, const std::string& what) : SystemError(ErrorCode::no_space, error, what) {}
};

/// The file is not a stream that this library can read: foreign, damaged, truncated, or of another layout
/// version.
class SHM_API BadStream : public Error {
 public:
  explicit BadStream(const std::string& what) : Error(ErrorCode::bad_stream, what) {}
};

/// Reader and stream disagree on the item type.
class SHM_API TypeMismatch : public Error {
 public:
  explicit TypeMismatch(const std::string& what) : Error(ErrorCode::type_mismatch, what) {}
};

/// The stream already has a live writer.
class SHM_API WriterExists : public Error {
 public:
  WriterExists(const std::string& what, std::int32_t pid, std::string program)
      : Error(ErrorCode::writer_exists, what), pid_(pid), program_(std::move(program)) {}
  [[nodiscard]] std::int32_t pid() const noexcept { return pid_; }  ///< of that writer
  [[nodiscard]] const std::string& program() const noexcept { return program_; }

 private:
  std::int32_t pid_;
  std::string program_;
};

/// Not all of the requested items are readable. Carries the requested range and the readable one.
class SHM_API OverlapsError : public Error {
 public:
  [[nodiscard]] IndexRange asked() const noexcept { return asked_; }
  [[nodiscard]] IndexRange readable() const noexcept { return readable_; }

 protected:
  OverlapsError(ErrorCode code, const std::string& what, IndexRange asked, IndexRange readable)
      : Error(code, what), asked_(asked), readable_(readable) {}

 private:
  IndexRange asked_;
  IndexRange readable_;
};

/// Some of the items are overwritten (or lie before the stream began). If items are missing on both sides,
/// this error is thrown and not OverlapsFuture.
class SHM_API OverlapsPast : public OverlapsError {
 public:
  OverlapsPast(const std::string& what, IndexRange asked, IndexRange readable)
      : OverlapsError(ErrorCode::overlaps_past, what, asked, readable) {}
};

/// Some of the items are not published yet.
class SHM_API OverlapsFuture : public OverlapsError {
 public:
  OverlapsFuture(const std::string& what, IndexRange asked, IndexRange readable)
      : OverlapsError(ErrorCode::overlaps_future, what, asked, readable) {}
};

/// Timeout: the deadline passed.
class SHM_API TimedOut : public Error {
 public:
  explicit TimedOut(const std::string& what) : Error(ErrorCode::timed_out, what) {}
};

/// shm::Interrupt was triggered.
class SHM_API Interrupted : public Error {
 public:
  explicit Interrupted(const std::string& what) : Error(ErrorCode::interrupted, what) {}
};

/// The stream ended, so the requested items will never be published.
class SHM_API Ended : public Error {
 public:
  explicit Ended(const std::string& what) : Error(ErrorCode::ended, what) {}
};

/// The writer died without closing the stream, and ReaderOptions::writer_loss_is_error is set.
class SHM_API WriterLost : public Error {
 public:
  explicit WriterLost(const std::string& what) : Error(ErrorCode::writer_lost, what) {}
};

/// The stream's owner evicted this lossless reader: from now on it may lose items like any other reader.
class SHM_API Evicted : public Error {
 public:
  explicit Evicted(const std::string& what) : Error(ErrorCode::evicted, what) {}
};

/// The source of the stream could not be started; what() contains the source's own message.
class SHM_API SourceFailed : public Error {
 public:
  explicit SourceFailed(const std::string& what) : Error(ErrorCode::source_failed, what) {}
};

}  // namespace shm
