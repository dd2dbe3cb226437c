// SPDX-License-Identifier: Apache-2.0

// The reader of a stream of records: a cursor that blocks, a sequence that can be sliced, something to wait
// on, as any reader (raw_reader.hpp); what it gives are records.
//
//   shm::RecordReader in("lab/notes", shm::Start::oldest());
//   for (const shm::Record& record : in) use(record.text());   // copies: exact, or told to be lost
//   while (const auto next = in.next()) {                      // in place, without a copy
//     use(next->bytes());
//     if (!next->intact()) ...                                 // overwritten while it was used
//   }
//   std::vector<shm::Record> three = in[{-3, {}}];             // the newest three
//
// Beneath it is a reader of entries (shm/layout/record_entry.hpp), one for each record, at the same indices. Index maps,
// merges and wait_any take that: entries(), raw().
//
//   auto times = shm::keyed<shm::StreamKeys>(in.entries().fork());
//   for (const shm::Record& record : in.records(times.find(t0, t1).items)) ...
//
// A lossless reader that acknowledges with its reads does so at the next call: what next() gave stays as it
// is until then. One thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "shm/base/export.hpp"
#include "shm/layout/record_entry.hpp"
#include "shm/ring/record_ring.hpp"
#include "shm/stream/reader.hpp"

namespace shm {

/// A record of one's own: a copy that was checked.
struct Record {
  Index index = 0;
  std::int64_t time = 0;  ///< where records carry one (Timestamp::field("time")); else 0
  std::vector<std::byte> bytes;

  [[nodiscard]] std::string_view text() const noexcept {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
};

/// A look at a record in place. What it shows may be overwritten at any time: read, then ask intact(). Valid
/// as long as the reader that made it lives and is not moved.
class SHM_API RecordView {
 public:
  RecordView() = default;
  RecordView(const ItemSource& items, Index index, const RecordEntry& entry, const std::byte* data)
      : items_(&items), index_(index), entry_(entry), data_(data) {}

  [[nodiscard]] Index index() const noexcept { return index_; }
  [[nodiscard]] std::int64_t time() const noexcept { return entry_.time; }
  [[nodiscard]] std::size_t size() const noexcept { return entry_.bytes; }
  [[nodiscard]] bool empty() const noexcept { return size() == 0; }
  [[nodiscard]] std::span<const std::byte> bytes() const noexcept { return {data_, size()}; }
  [[nodiscard]] std::string_view text() const noexcept {
    return {reinterpret_cast<const char*>(data_), size()};
  }
  /// True if everything that was read through the view so far was what the stream had there.
  [[nodiscard]] bool intact() const noexcept { return items_ == nullptr || items_->intact(index_); }
  /// @throws OverlapsPast  if not intact().
  void check() const;

  /// Copies without a data race, whatever the writer does meanwhile. False: it was overwritten, what was
  /// copied is nothing. REQUIRES: `to` holds size() bytes.
  [[nodiscard]] bool copy_to(std::byte* to) const noexcept {
    ring::load_record(to, data_, size());
    return intact();
  }
  /// @throws OverlapsPast  it was overwritten.
  [[nodiscard]] Record copy() const;

 private:
  const ItemSource* items_ = nullptr;
  Index index_ = 0;
  RecordEntry entry_;
  const std::byte* data_ = nullptr;
};

class RecordReader;

/// A look at the records of a slice in place: a range of RecordView. Valid as these are.
class SHM_API RecordViews {
 public:
  [[nodiscard]] std::size_t size() const noexcept { return slice_.count(); }
  [[nodiscard]] bool empty() const noexcept { return size() == 0; }
  /// @throws OverlapsPast  it was overwritten; BadStream  its entry is damaged. REQUIRES: i < size().
  [[nodiscard]] RecordView operator[](std::size_t i) const;
  [[nodiscard]] IndexRange indices() const noexcept { return {slice_.begin, slice_.end}; }
  /// True if everything that was read through the views so far was what the stream had there.
  [[nodiscard]] bool intact() const noexcept;

  class Iterator {
   public:
    using iterator_concept = std::forward_iterator_tag;
    using iterator_category = std::input_iterator_tag;
    using value_type = RecordView;
    using difference_type = std::ptrdiff_t;
    using reference = RecordView;
    using pointer = void;
    Iterator() = default;
    Iterator(const RecordViews& views, std::size_t at) : views_(&views), at_(at) {}
    RecordView operator*() const { return (*views_)[at_]; }
    Iterator& operator++() { return ++at_, *this; }
    Iterator operator++(int) { return std::exchange(*this, Iterator(*views_, at_ + 1)); }
    friend bool operator==(const Iterator& a, const Iterator& b) { return a.at_ == b.at_; }

   private:
    const RecordViews* views_ = nullptr;
    std::size_t at_ = 0;
  };
  [[nodiscard]] Iterator begin() const { return {*this, 0}; }
  [[nodiscard]] Iterator end() const { return {*this, size()}; }

 private:
  friend class RecordReader;
  RecordViews(const RecordReader& reader, ResolvedSlice slice) : reader_(&reader), slice_(slice) {}
  const RecordReader* reader_;
  ResolvedSlice slice_;
};

class SHM_API RecordReader {
 public:
  using value_type = Record;

  /// @throws as RawReader; TypeMismatch also where the stream is none of records.
  RecordReader(std::string_view name, Start start, const ReaderOptions& options = {});

  /// As RawReader::fork.
  [[nodiscard]] RecordReader fork() const;

  // --- cursor: answers as Reader's; BadStream where an entry is damaged ---
  /// The next record in place. The cursor moves on; a lossless reader acknowledges it at the next call.
  [[nodiscard]] Next<RecordView> try_next();
  [[nodiscard]] Next<RecordView> next(Deadline deadline = Deadline::never());
  /// The same without moving.
  [[nodiscard]] Next<RecordView> peek(Deadline deadline = Deadline::now());

  /// Copies the next record, into the memory that `record` has already where it can. What was overwritten
  /// while it was copied is lost, and never returned.
  [[nodiscard]] Status try_read(Record& record);
  [[nodiscard]] Status read(Record& record, Deadline deadline = Deadline::never());
  /// The next record, waiting for it; those that were lost are skipped (and counted: lost_items()).
  /// @throws Ended, Interrupted, WriterLost, Evicted; OverlapsPast with loss_is_error.
  Record operator()();

  /// Index of the next record.
  [[nodiscard]] Index cursor() const noexcept { return entries_.cursor(); }
  void seek(Start start) { entries_.seek(start); }
  void seek(Index index) { entries_.seek(index); }
  [[nodiscard]] Status wait_for(Index count, Deadline deadline = Deadline::never()) {
    return entries_.wait_for(count, deadline);
  }
  void acknowledge(Index index) { entries_.acknowledge(index); }
  [[nodiscard]] Index acknowledged() const noexcept { return entries_.acknowledged(); }
  [[nodiscard]] bool is_lossless() const noexcept { return entries_.is_lossless(); }

  /// Input iteration that blocks for more records, copies each of them, and ends with the stream. Lost ones
  /// are skipped and counted.
  class Iterator {
   public:
    using iterator_concept = std::input_iterator_tag;
    using value_type = Record;
    using difference_type = std::ptrdiff_t;
    explicit Iterator(RecordReader& reader) : reader_(&reader) { ++*this; }
    const Record& operator*() const noexcept { return record_; }
    const Record* operator->() const noexcept { return &record_; }
    Iterator& operator++();
    void operator++(int) { ++*this; }
    friend bool operator==(const Iterator& it, std::default_sentinel_t) { return it.reader_ == nullptr; }

   private:
    RecordReader* reader_;
    Record record_;
  };
  /// @throws Interrupted, WriterLost, Evicted; OverlapsPast with loss_is_error.
  [[nodiscard]] Iterator begin() { return Iterator(*this); }
  [[nodiscard]] std::default_sentinel_t end() const noexcept { return {}; }

  // --- sequence; see RawReader::resolve. Copies are exact, or OverlapsPast is thrown ---
  [[nodiscard]] Record operator[](std::int64_t index) { return record(index); }
  [[nodiscard]] std::vector<Record> operator[](const Slice& slice) { return this->slice(slice); }
  [[nodiscard]] Record record(std::int64_t index, Deadline wait = Deadline::now());
  [[nodiscard]] std::vector<Record> slice(const Slice& slice, Deadline wait = Deadline::now());
  /// Those of a range that is known, from find_range(), say.
  [[nodiscard]] std::vector<Record> records(IndexRange range);
  [[nodiscard]] RecordViews view(const Slice& slice, Deadline wait = Deadline::now());
  [[nodiscard]] RecordView view(std::int64_t index, Deadline wait = Deadline::now());

  [[nodiscard]] Index inserted() const noexcept { return entries_.inserted(); }
  [[nodiscard]] Index oldest() const noexcept { return entries_.oldest(); }
  [[nodiscard]] IndexRange readable() const noexcept { return entries_.readable(); }
  [[nodiscard]] std::uint64_t history() const noexcept { return entries_.history(); }
  /// The largest record there can be, in bytes.
  [[nodiscard]] std::uint64_t max_record_bytes() const noexcept { return max_record_; }
  [[nodiscard]] std::uint64_t lost_items() const noexcept { return entries_.lost_items(); }
  [[nodiscard]] std::uint64_t lost_ranges() const noexcept { return entries_.lost_ranges(); }
  [[nodiscard]] IndexRange last_lost() const noexcept { return entries_.last_lost(); }
  [[nodiscard]] StreamInfo info() const { return entries_.info(); }
  [[nodiscard]] WriterState writer_state() const { return entries_.writer_state(); }
  [[nodiscard]] bool is_listed() const noexcept { return entries_.is_listed(); }

  // --- the source ---
  void enter(Deadline deadline = std::chrono::seconds(10)) { entries_.enter(deadline); }
  void exit() noexcept { entries_.exit(); }
  [[nodiscard]] bool is_entered() const noexcept { return entries_.is_entered(); }
  [[nodiscard]] bool source_is_started() const noexcept { return entries_.source_is_started(); }

  /// The reader of the entries: the same cursor, seen as items.
  [[nodiscard]] Reader<RecordEntry>& entries() noexcept { return entries_; }
  [[nodiscard]] RawReader& raw() noexcept { return entries_.raw(); }

 private:
  friend class RecordViews;
  RecordReader(Reader<RecordEntry> entries, bool acknowledges_reads);
  void acknowledge_reads();
  /// The record that an entry leads to. nullopt: it was overwritten. @throws BadStream  the entry was not,
  /// and leads nowhere.
  [[nodiscard]] std::optional<RecordView> follow(Index index, const RecordEntry& entry) const;
  [[nodiscard]] std::optional<RecordView> find(Index index) const;
  [[nodiscard]] Next<RecordView> look(Deadline deadline);
  [[nodiscard]] Next<RecordView> take(Deadline deadline);
  [[nodiscard]] Status take_copy(Record& record, Deadline deadline);
  [[nodiscard]] Status lose();
  [[nodiscard]] bool copy(const ResolvedSlice& slice, std::vector<Record>& records) const;
  [[noreturn]] void throw_past(IndexRange asked) const;
  [[noreturn]] void throw_damaged(Index index) const;

  Reader<RecordEntry> entries_;
  StreamContents stream_;  // keeps the memory mapped
  ItemSource items_;
  ItemSource bytes_;
  std::uint64_t max_record_ = 0;
  bool acknowledges_reads_ = false;
};

}  // namespace shm
