// SPDX-License-Identifier: Apache-2.0

// The writer of a stream of records: texts, images, messages, whatever has a size of its own. Each record is
// an item of the stream, with an index, and its bytes lie in one piece.
//
//   shm::RecordWriter out("lab/notes", {.records = shm::RecordOptions{.media_type = "text/plain"}});
//   out.append("one\n");                                   // a copy
//   std::span<std::byte> room = out.claim(1 << 20);        // or in place: at most so many bytes,
//   const std::size_t size = encode(picture, room);
//   out.publish(size);                                     // and then so many
//
// What RawWriter's header says of writers is true of this one: one at a time, one thread at a time, no
// waiting but on lossless streams, and a stream that the next writer can take over whenever it is killed.
// The newest records are readable as long as they are no more than StreamOptions::history in number and, with
// what aligns them, RecordOptions::history_bytes in bytes.
//
// A record has a key where the stream has keys. It is given with the record, as a stamp: it goes into the
// ledger (StreamOptions::ledger), or into the record's entry (Timestamp::field("time")).
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
  /// Creates the stream, or takes it over. Without StreamOptions::records it has those of RecordOptions{}.
  /// @throws as RawWriter.
  explicit RecordWriter(std::string_view name, const StreamOptions& options = {});

  /// Appends one record, of any number of bytes up to max_record_bytes(), none included. False: it was
  /// dropped (lossless streams).
  /// @throws InvalidArgument  it is larger; or its key: one where the stream has none, or none where one is
  /// due; KeyDecreases, LedgerFull, RingFull, Interrupted as RawWriter::append. Nothing was appended.
  bool append(std::span<const std::byte> record, const std::optional<Stamp>& stamp = std::nullopt);
  bool append(std::string_view record, const std::optional<Stamp>& stamp = std::nullopt) {
    return append(std::as_bytes(std::span<const char>(record)), stamp);
  }

  /// Room for a record of up to `bytes`, contiguous and aligned (RecordOptions::alignment), to be filled in
  /// place. Claiming again before publishing gives the same place again; an append takes the claim back. On a
  /// lossless stream that drops: no room, data() is null.
  /// @throws InvalidArgument  more than max_record_bytes(); RingFull, Interrupted.
  [[nodiscard]] std::span<std::byte> claim(std::uint64_t bytes);

  /// Makes the first `bytes` of the claim a record; the rest of the claim is given back. False: there was no
  /// room for the claim, the record is dropped (lossless streams).
  /// @throws InvalidArgument  more than are claimed; and as append(): nothing was published, the claim stays.
  bool publish(std::uint64_t bytes, const std::optional<Stamp>& stamp = std::nullopt);

  /// The largest record that it takes, in bytes.
  [[nodiscard]] std::uint64_t max_record_bytes() const noexcept { return max_record_; }
  /// How many records there are, which is the index of the next.
  [[nodiscard]] Index inserted() const noexcept { return raw_.inserted(); }

  void close() noexcept { raw_.close(); }
  void detach() noexcept { raw_.detach(); }
  [[nodiscard]] bool is_open() const noexcept { return raw_.is_open(); }
  [[nodiscard]] StreamInfo info() const { return raw_.info(); }
  [[nodiscard]] ReaderList readers() const { return raw_.readers(); }
  /// The writer of the entries, for Demand. Appending to it is not its user's.
  [[nodiscard]] RawWriter& raw() noexcept { return raw_; }

 private:
  struct Key {
    std::int64_t time = 0;       ///< of the entry
    std::optional<Stamp> stamp;  ///< for the ledger
  };
  [[nodiscard]] Key key_of(const std::optional<Stamp>& stamp) const;
  void check_size(const char* call, std::uint64_t bytes) const;
  /// Checks its key, and writes what leads to it.
  void lead_to(std::uint64_t bytes, const Key& key);
  [[nodiscard]] bool admit(std::uint64_t bytes);

  RawWriter raw_;
  ring::RecordRing ring_;
  std::uint64_t max_record_ = 0;
  bool has_time_ = false;
  std::optional<std::uint64_t> claimed_;  // bytes; none: no claim
  bool is_dropped_ = false;               // there was no room for the claim
};

}  // namespace shm
