// SPDX-License-Identifier: Apache-2.0
#include "shm/stream/record_reader.hpp"

#include <algorithm>
#include <string>

#include "base/range_text.hpp"
#include "shm/base/error.hpp"
#include "shm/format/described.hpp"

namespace shm {
namespace {

/// RecordReader acknowledges reads itself: at the next call.
ReaderOptions without_acknowledging(ReaderOptions options) {
  if (options.lossless) options.lossless = Acknowledge::explicitly;
  return options;
}

std::span<std::byte> as_room(RecordEntry& entry) {
  return std::as_writable_bytes(std::span<RecordEntry>(&entry, 1));
}

}  // namespace

// --- views ---

void RecordView::check() const {
  if (intact()) return;
  throw OverlapsPast("record " + std::to_string(index_) + " was overwritten while it was in use",
                     {index_, index_ + 1}, items_->readable());
}

Record RecordView::copy() const {
  Record record{index_, entry_.time, std::vector<std::byte>(size())};
  if (!copy_to(record.bytes.data())) check();
  return record;
}

RecordView RecordViews::operator[](std::size_t i) const {
  const Index index = slice_.begin + i * slice_.step;
  const std::optional<RecordView> record = records_->find(index);
  if (!record) records_->throw_past({index, index + 1});
  return *record;
}

bool RecordViews::intact() const noexcept { return empty() || records_->intact(slice_.begin); }

// --- from an index to its record ---

namespace detail {

RecordFinder::RecordFinder(StreamContents stream) : stream_(std::move(stream)), items_(stream_.items()) {
  const std::optional<RecordSource> records = stream_.records();
  if (!records) {
    throw TypeMismatch("stream '" + stream_.name() +
                       "' has no records: its items look like entries of records, but there are no bytes");
  }
  records_ = *records;
}

std::optional<RecordView> RecordFinder::follow(Index index, const RecordEntry& entry) const {
  if (ring::leads_to_bytes(entry, records_.bytes) && entry.bytes <= max_record_bytes()) {
    return RecordView(items_, index, entry, records_.bytes.at(entry.begin));
  }
  if (items_.intact(index)) throw_damaged(index);
  return std::nullopt;
}

std::optional<RecordView> RecordFinder::find(Index index) const {
  RecordEntry entry;
  if (!items_.copy_one<sizeof entry>(index, reinterpret_cast<std::byte*>(&entry))) return std::nullopt;
  return follow(index, entry);
}

void RecordFinder::throw_past(IndexRange asked) const {
  const IndexRange readable = items_.readable();
  throw OverlapsPast("stream '" + stream_.name() + "': records " + range_text(asked) +
                         " are overwritten, some or all; readable is " + range_text(readable),
                     asked, readable);
}

void RecordFinder::throw_damaged(Index index) const {
  throw BadStream("stream '" + stream_.name() + "': damaged: the entry of record " + std::to_string(index) +
                  " leads to no bytes");
}

}  // namespace detail

// --- attaching ---

RecordReader::RecordReader(std::string_view name, Start start, const ReaderOptions& options)
    : RecordReader(Reader<RecordEntry>(name, start, without_acknowledging(options)),
                   options.lossless == Acknowledge::with_read) {}

RecordReader::RecordReader(Reader<RecordEntry> entries, bool acknowledges_reads)
    : entries_(std::move(entries)),
      records_(entries_.raw().contents()),
      acknowledges_reads_(acknowledges_reads) {}

RecordReader RecordReader::fork() const { return {entries_.fork(), acknowledges_reads_}; }

// --- the cursor ---

void RecordReader::acknowledge_reads() {
  if (acknowledges_reads_) entries_.acknowledge(std::min(cursor(), inserted()));
}

/// The record at the cursor was overwritten.
Status RecordReader::lose() {
  const Status status = raw().skip(1);
  if (status == Status::ok) records_.throw_damaged(cursor() - 1);  // its counters contradict each other
  return status;
}

Next<RecordView> RecordReader::look(Deadline deadline) {
  acknowledge_reads();
  RecordEntry entry;
  const Status status = raw().peek(as_room(entry), deadline);
  if (status != Status::ok) return {status, {}};
  const std::optional<RecordView> record = records_.follow(cursor(), entry);
  if (!record) return {lose(), {}};
  return {Status::ok, *record};
}

Next<RecordView> RecordReader::take(Deadline deadline) {
  const Next<RecordView> next = look(deadline);
  if (!next) return next;
  const Status moved = raw().skip(1);
  return moved == Status::ok ? next : Next<RecordView>{moved, {}};
}

Status RecordReader::take_copy(Record& record, Deadline deadline) {
  const Next<RecordView> next = look(deadline);
  if (!next) return next.status;
  record.bytes.resize(next->size());
  if (!next->copy_to(record.bytes.data())) return lose();
  record.index = next->index();
  record.time = next->time();
  seek(cursor() + 1);  // no skip: the copy is complete, even if it is overwritten now
  return Status::ok;
}

Next<RecordView> RecordReader::try_next() { return take(Deadline::now()); }
Next<RecordView> RecordReader::peek(Deadline deadline) { return look(deadline); }
Status RecordReader::try_read(Record& record) { return take_copy(record, Deadline::now()); }

Next<RecordView> RecordReader::next(Deadline deadline) {
  Next<RecordView> next = take(deadline);
  if (next.status == Status::not_yet) next.status = Status::timed_out;
  return next;
}

Status RecordReader::read(Record& record, Deadline deadline) {
  const Status status = take_copy(record, deadline);
  return status == Status::not_yet ? Status::timed_out : status;
}

Record RecordReader::operator()() {
  Record record;
  for (;;) {
    const Status status = read(record);
    if (status == Status::ok) return record;
    if (status != Status::lost) raw().throw_status(status);
  }
}

RecordReader::Iterator& RecordReader::Iterator::operator++() {
  for (;;) {
    const Status status = reader_->read(record_);
    if (status == Status::ok) return *this;
    if (status == Status::ended) return reader_ = nullptr, *this;
    if (status != Status::lost) reader_->raw().throw_status(status);
  }
}

// --- the sequence ---

RecordView RecordReader::view(std::int64_t index, Deadline wait) {
  // Unsigned: damaged counters may be anything.
  const Index there = inserted();
  const Index back = 0 - static_cast<Index>(index);
  if (index < 0 && back > there) records_.throw_past({0, 1});
  const Index at = index < 0 ? there - back : static_cast<Index>(index);
  if (at >= there) {  // waits for it, or throws OverlapsFuture
    RecordEntry entry;
    raw().item(index, as_room(entry), wait);
  }
  const std::optional<RecordView> record = records_.find(at);
  if (!record) records_.throw_past({at, at + 1});
  return *record;
}

Record RecordReader::record(std::int64_t index, Deadline wait) { return view(index, wait).copy(); }

RecordViews RecordReader::view(const Slice& slice, Deadline wait) {
  return {records_, raw().resolve(slice, wait)};
}

/// False: some of it was overwritten.
bool RecordReader::copy(const ResolvedSlice& slice, std::vector<Record>& records) const {
  records.clear();
  for (Index index = slice.begin; index < slice.end; index += slice.step) {
    const std::optional<RecordView> there = records_.find(index);
    if (!there) return false;
    Record& record =
        records.emplace_back(Record{index, there->time(), std::vector<std::byte>(there->size())});
    if (!there->copy_to(record.bytes.data())) return false;
  }
  return true;
}

std::vector<Record> RecordReader::slice(const Slice& slice, Deadline wait) {
  std::vector<Record> records;
  for (;;) {
    const ResolvedSlice resolved = raw().resolve(slice, wait);
    if (copy(resolved, records)) return records;
    // An open start means "what there is": there is less now. Anything else was overwritten.
    if (slice.start) records_.throw_past({resolved.begin, resolved.end});
  }
}

std::vector<Record> RecordReader::records(IndexRange range) {
  return slice({static_cast<std::int64_t>(range.begin), static_cast<std::int64_t>(range.end)});
}

}  // namespace shm
