// SPDX-License-Identifier: Apache-2.0

// How records lie in a stream of bytes (a pipe, a file): as lines, each followed by a newline; or each
// preceded by its length, 32 bits, little endian.
//
//   RecordSource source(0, Framing::lines, most);
//   while (source.fill()) {                       // waits for more
//     while (auto record = source.next()) ...     // whole ones; valid until the next fill()
//   }
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "common/output.hpp"
#include "shm/base/error.hpp"

namespace shm::programs {

enum class Framing { lines, length_prefixed };

/// The input is not a record that can be accepted: too large, or cut off.
class BadInput : public shm::Error {
 public:
  using Error::Error;
};

class RecordSource {
 public:
  /// `most`: the largest record that can be taken, in bytes.
  RecordSource(int fd, Framing framing, std::uint64_t most);

  /// Waits for more input. False: the input is at its end (a last line without a newline is a record then),
  /// or a stop signal came. @throws SystemError; BadInput  the input ends within a record.
  [[nodiscard]] bool fill();

  /// The next whole record of the input. @throws BadInput  it is too large, whether or not all of it came.
  [[nodiscard]] std::optional<std::span<const std::byte>> next();

  /// Bytes of a record that was not whole at the stop signal.
  [[nodiscard]] std::size_t left_over() const noexcept { return end_ - begin_; }

 private:
  [[nodiscard]] std::optional<std::span<const std::byte>> next_line();
  [[nodiscard]] std::optional<std::span<const std::byte>> next_prefixed();
  [[nodiscard]] bool wait_for_input() const;
  [[noreturn]] void refuse(std::uint64_t bytes, bool or_more) const;
  void make_room();

  int fd_;
  Framing framing_;
  std::uint64_t most_;
  std::vector<std::byte> buffer_;
  std::size_t begin_ = 0;   // of the input that is no record yet
  std::size_t end_ = 0;     //
  std::size_t looked_ = 0;  // so far there is no newline
  bool is_over_ = false;    // no more comes
  std::uint64_t count_ = 0;
};

/// Appends the record as it is framed. A line gets a newline, unless it ends with one.
/// @throws as Output::flush(); BadInput  its length does not fit into 32 bits.
void write_record(std::span<const std::byte> record, Framing framing, Output& out);

}  // namespace shm::programs
