// SPDX-License-Identifier: Apache-2.0

// The writer of a stream of records: texts, images, messages; each with a size of its own. Each record is an
// item of the stream, with an index, and its bytes lie in one piece.
//
//   shm::RecordWriter notes("lab/notes", {.records = shm::RecordOptions{.media_type = "text/plain"}});
//   notes.append("one\n");                                   // a copy
//   const std::span<std::byte> room = notes.claim(1 << 20);  // or in place: at most so many bytes,
//   const std::size_t size = encode(picture, room);
//   notes.publish(size);                                     // and then so many
//
// Its promises are those of RawWriter's header: one writer at a time, one thread at a time, no wait except on
// lossless streams, and a stream that the next writer can take over whenever this one is killed. The newest
// records are readable as long as they are no more than StreamOptions::history in number and, with their
// alignment, RecordOptions::history_bytes in bytes. Each function lists what it throws.
//
// If the stream has keys, then each record has one. It is given with the record, as a stamp, and stored in the ledger
// (StreamOptions::ledger) or in the record's entry (Timestamp::field("time")).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "shm/base/export.hpp"
#include "shm/layout/record_entry.hpp"
#include "shm/ring/record_ring.hpp"
#include "shm/stream/raw_writer.hpp"

namespace shm {

class SHM_API RecordWriter {
 public:
  /// Creates the stream, or takes it over. Without StreamOptions::records it is made with RecordOptions{}.
  /// @throws as RawWriter.
  explicit RecordWriter(std::string_view name, const StreamOptions& options = {});

  /// Appends one record of 0 to max_record_bytes() bytes. False: it was dropped (lossless streams). After an
  /// exception nothing was appended.
  /// @throws InvalidArgument  it is larger; or it has a key without a place in the stream, or lacks one
  /// @throws KeyDecreases, LedgerFull, RingFull, Interrupted  as RawWriter::append
  bool append(std::span<const std::byte> record, const std::optional<Stamp>& stamp = std::nullopt);
  bool append(std::string_view record, const std::optional<Stamp>& stamp = std::nullopt) {
    return append(std::as_bytes(std::span<const char>(record)), stamp);
  }

  /// Returns room for a record of up to `bytes`, contiguous and aligned (RecordOptions::alignment), to be filled in
  /// place. A second claim before publish() returns the same place; an append takes the claim back. On a lossless
  /// stream that drops records there may be no room: data() is null then.
  /// @throws InvalidArgument        more than max_record_bytes()
  /// @throws RingFull, Interrupted  as RawWriter::append
  [[nodiscard]] std::span<std::byte> claim(std::uint64_t bytes);

  /// Makes the first `bytes` of the claim a record; the rest of the claim is given back. False: there was no
  /// room for the claim, and the record is dropped (lossless streams).
  /// @throws InvalidArgument  more than are claimed; and as append(). Nothing was published, and the claim stays.
  bool publish(std::uint64_t bytes, const std::optional<Stamp>& stamp = std::nullopt);

  /// The largest record that it takes, in bytes.
  [[nodiscard]] std::uint64_t max_record_bytes() const noexcept { return max_record_; }
  /// The number of records published so far, which is the index of the next.
  [[nodiscard]] Index inserted() const noexcept { return raw_.inserted(); }

  void close() noexcept { raw_.close(); }
  void detach() noexcept { raw_.detach(); }
  [[nodiscard]] bool is_open() const noexcept { return raw_.is_open(); }
  [[nodiscard]] StreamInfo info() const { return raw_.info(); }
  [[nodiscard]] ReaderList readers() const { return raw_.readers(); }
  /// The writer of the entries, for Demand. REQUIRES: nothing is appended through it.
  [[nodiscard]] RawWriter& raw() noexcept { return raw_; }

 private:
  struct Key {
    std::int64_t time = 0;       ///< of the entry
    std::optional<Stamp> stamp;  ///< for the ledger
  };
  [[nodiscard]] Key key_of(const std::optional<Stamp>& stamp);
  void check_size(const char* call, std::uint64_t bytes);
  /// Checks its key, and brings ledger and buckets up to date.
  void write_keys(std::uint64_t bytes, const Key& key);
  [[nodiscard]] bool admit(std::uint64_t bytes);

  [[nodiscard]] detail::Appender& appender() noexcept { return raw_.appender(); }

  RawWriter raw_;
  ring::RecordRing ring_;
  std::uint64_t max_record_ = 0;
  bool has_time_ = false;
  std::optional<std::uint64_t> claimed_;  // bytes; empty: no claim
  bool is_dropped_ = false;               // there was no room for the claim
};

}  // namespace shm
