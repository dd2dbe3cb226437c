// SPDX-License-Identifier: Apache-2.0

// The reader of a stream of records: a cursor that waits, a sequence that can be sliced, and something to
// wait on, as any reader (shm/stream/raw_reader.hpp), but of records.
//
//   shm::RecordReader in("lab/notes", shm::Start::oldest());
//   for (const shm::Record& record : in) use(record.text());  // copies: exact; lost records are counted
//   while (const auto next = in.next()) {                     // in place, without a copy
//     use(next->bytes());
//     if (!next->intact()) break;                             // overwritten while it was used
//   }
//   std::vector<shm::Record> three = in[{-3, {}}];            // the newest three
//
// It contains a reader of entries (shm/layout/record_entry.hpp), one for each record, at the same indices.
// Index maps, merges and waits take that reader: entries(), raw().
//
//   auto times = shm::keyed<shm::StreamKeys>(in.entries().fork());
//   for (const shm::Record& record : in.records(times.find(t0, t1).items)) use(record.text());
//
// A lossless reader that acknowledges with its reads does so at the next call: the result of next() stays as
// it is until then. One thread at a time; views may be read by any. Errors: as RawReader; each function lists
// what else it throws.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
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

/// A copy of a record, checked.
struct Record {
  Index index = 0;
  std::int64_t time = 0;  ///< if records carry one (Timestamp::field("time")); else 0
  std::vector<std::byte> bytes;

  [[nodiscard]] std::string_view text() const noexcept {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
};

/// A view of a record in place. Its bytes may be overwritten at any time: read them, then check intact().
/// Valid as long as the reader that made it lives and is not moved.
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
  /// True if all bytes that were read through the view so far were the stream's.
  [[nodiscard]] bool intact() const noexcept { return items_ == nullptr || items_->intact(index_); }
  /// @throws OverlapsPast  if not intact().
  void check() const;

  /// Copies without a data race, whatever the writer does meanwhile. False: it was overwritten, and the copy is worth
  /// nothing. REQUIRES: `to` holds size() bytes.
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

namespace detail {

/// The way from an index to its record, for reader and views. Any number of threads.
class SHM_API RecordFinder {
 public:
  /// @throws TypeMismatch  the items are not records.
  explicit RecordFinder(StreamContents stream);

  /// The record in place. Empty: it was overwritten. REQUIRES: index < inserted().
  /// @throws BadStream  its entry is damaged.
  [[nodiscard]] std::optional<RecordView> find(Index index) const;
  /// The same, where the entry was read already.
  [[nodiscard]] std::optional<RecordView> follow(Index index, const RecordEntry& entry) const;
  [[nodiscard]] bool intact(Index first) const noexcept { return items_.intact(first); }
  [[nodiscard]] std::uint64_t max_record_bytes() const noexcept { return records_.max_record_bytes; }

  [[noreturn]] void throw_past(IndexRange asked) const;
  [[noreturn]] void throw_damaged(Index index) const;

 private:
  StreamContents stream_;  // keeps the memory mapped
  ItemSource items_;       // the entries
  RecordSource records_;   // their bytes
};

}  // namespace detail

/// The records of a slice in place: a range of RecordView. Valid as these are.
class SHM_API RecordViews {
 public:
  /// `records` must outlive the views.
  RecordViews(const detail::RecordFinder& records, ResolvedSlice slice) : records_(&records), slice_(slice) {}

  [[nodiscard]] std::size_t size() const noexcept { return slice_.count(); }
  [[nodiscard]] bool empty() const noexcept { return size() == 0; }
  /// @throws OverlapsPast  it was overwritten; BadStream  its entry is damaged. REQUIRES: i < size().
  [[nodiscard]] RecordView operator[](std::size_t i) const;
  [[nodiscard]] IndexRange indices() const noexcept { return {slice_.begin, slice_.end}; }
  /// True if all bytes that were read through the views so far were the stream's.
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
  const detail::RecordFinder* records_;
  ResolvedSlice slice_;
};

class SHM_API RecordReader {
 public:
  using value_type = Record;

  /// @throws as RawReader; TypeMismatch also if the stream's items are not records.
  RecordReader(std::string_view name, Start start, const ReaderOptions& options = {});

  /// As RawReader::fork.
  [[nodiscard]] RecordReader fork() const;

  // --- cursor; results as Reader's. @throws BadStream  an entry is damaged ---
  /// The next record in place. The cursor moves on; a lossless reader acknowledges it at the next call.
  [[nodiscard]] Next<RecordView> try_next();
  [[nodiscard]] Next<RecordView> next(Deadline deadline = Deadline::never());
  /// The same without moving.
  [[nodiscard]] Next<RecordView> peek(Deadline deadline = Deadline::now());

  /// Copies the next record, into the memory that `record` has already if it is large enough. A record that was
  /// overwritten while it was copied is lost, and never returned.
  [[nodiscard]] Status try_read(Record& record);
  [[nodiscard]] Status read(Record& record, Deadline deadline = Deadline::never());
  /// The next record, waiting for it; lost ones are skipped and counted (lost_items()).
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

  /// Input iteration that waits for more records, copies each of them, and ends with the stream. Lost ones
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
  /// The records of a range that is known, for example from find_range(). @throws as slice().
  [[nodiscard]] std::vector<Record> records(IndexRange range);
  [[nodiscard]] RecordViews view(const Slice& slice, Deadline wait = Deadline::now());
  [[nodiscard]] RecordView view(std::int64_t index, Deadline wait = Deadline::now());

  [[nodiscard]] Index inserted() const noexcept { return entries_.inserted(); }
  [[nodiscard]] Index oldest() const noexcept { return entries_.oldest(); }
  [[nodiscard]] IndexRange readable() const noexcept { return entries_.readable(); }
  [[nodiscard]] std::uint64_t history() const noexcept { return entries_.history(); }
  /// The largest record there can be, in bytes.
  [[nodiscard]] std::uint64_t max_record_bytes() const noexcept { return records_.max_record_bytes(); }
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
  RecordReader(Reader<RecordEntry> entries, bool acknowledges_reads);
  void acknowledge_reads();
  [[nodiscard]] Next<RecordView> look(Deadline deadline);
  [[nodiscard]] Next<RecordView> take(Deadline deadline);
  [[nodiscard]] Status take_copy(Record& record, Deadline deadline);
  [[nodiscard]] Status lose();
  [[nodiscard]] bool copy(const ResolvedSlice& slice, std::vector<Record>& records) const;

  Reader<RecordEntry> entries_;
  detail::RecordFinder records_;
  bool acknowledges_reads_ = false;
};

}  // namespace shm
