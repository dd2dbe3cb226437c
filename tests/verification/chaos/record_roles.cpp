// SPDX-License-Identifier: Apache-2.0
#include "record_roles.hpp"

#include <fmt/format.h>

#include <string>
#include <vector>

#include "evictions.hpp"
#include "item.hpp"
#include "pen.hpp"
#include "shm/base/error.hpp"
#include "shm/stream/record_reader.hpp"
#include "shm/stream/record_writer.hpp"
#include "writing.hpp"

namespace shm::chaos {
namespace {

using namespace std::chrono_literals;

/// Appends the next record; returns 1, or 0 if it was dropped.
std::uint64_t append_record(Worker& worker, RecordWriter& out, Pen& pen) {
  const std::vector<std::byte> record = pen.make_record();
  const Stamp generation = Stamp::first(static_cast<std::int64_t>(pen.generation()));
  pen.intend(1);
  if (worker.chance(50)) return out.append(record, generation) ? 1 : 0;
  if (worker.chance(20)) static_cast<void>(out.claim(worker.random(largest_record)));  // never published
  const std::span<std::byte> room = out.claim(worker.chance(50) ? largest_record : record.size());
  if (room.data() != nullptr) ring::store_record(room.data(), record.data(), record.size());
  return out.publish(record.size(), generation) ? 1 : 0;
}

void append_records(Worker& worker, RecordWriter& out, Pen& pen) {
  try {
    // Sometimes append many without a rest, around both rings.
    for (std::uint64_t left = worker.chance(3) ? 1000 : 1; left > 0; --left) {
      const std::uint64_t taken = append_record(worker, out, pen);
      pen.published(out.raw(), taken);
      worker.count(Count::records_written, taken);
      if (taken == 0) worker.count(Count::items_dropped);
    }
  } catch (const RingFull&) {
    pen.published(out.raw(), 0);
    worker.count(Count::held_back);
  }
  worker.rest(worker.chance(10) ? 10ms : 500us);
}

/// A reader of records, and its results so far.
class Follower {
 public:
  Follower(Worker& worker, RecordReader& reader, std::uint64_t evictions_before)
      : worker_(worker),
        reader_(reader),
        evictions_before_(evictions_before),
        begin_(reader.is_lossless() ? reader.acknowledged() : UINT64_MAX) {}

  Status read() {
    const Index before = reader_.cursor();
    switch (worker_.random(4)) {
      case 0:
        return note(before, read_in_place());
      case 1:
        look_back();
        return Status::ok;
      default:
        return note(before, read_copy());
    }
  }

  /// Acknowledges the records that were read, or some of them.
  void acknowledge() {
    const Index kept = reader_.acknowledged();
    if (kept < reader_.cursor()) reader_.acknowledge(kept + worker_.random(reader_.cursor() - kept + 1));
    worker_.count(Count::acknowledgements);
  }

 private:
  Status read_copy() {
    const Index before = reader_.cursor();
    const Status status = reader_.read(record_, 100ms);
    if (status == Status::ok) check(record_.bytes, record_.index, before, record_.time);
    return status;
  }
  /// The bytes count only if the view is still intact afterwards; views of a lossless reader stay intact.
  Status read_in_place() {
    const Index before = reader_.cursor();
    const Next<RecordView> next = reader_.next(100ms);
    if (!next) return next.status;
    if (worker_.chance(5)) worker_.rest(2ms);
    std::vector<std::byte> seen(next->size());
    if (next->copy_to(seen.data())) {
      check(seen, next->index(), before, next->time());
    } else if (before >= begin_ && reader_.is_lossless()) {
      violation(fmt::format("record {} was overwritten under a lossless reader", before));
    } else {
      worker_.count(Count::reads_overwritten);
    }
    return Status::ok;
  }
  void look_back() {
    try {
      const auto back = -1 - static_cast<std::int64_t>(worker_.random(100));
      for (const Record& record : reader_[{back, {}}])
        check(record.bytes, record.index, record.index, record.time);
    } catch (const OverlapsPast&) {
      worker_.count(Count::reads_overwritten);
    }
  }

  void check(const std::vector<std::byte>& bytes, Index index, Index expected, std::int64_t time) {
    worker_.count(Count::records_read);
    ItemFacts facts{worker_.kind().key(), 0, expected, 0};
    if (index != expected || !read_record(bytes, facts)) {
      violation(fmt::format("record {}, of {} bytes, is torn or another record", expected, bytes.size()));
    } else if (time != static_cast<std::int64_t>(facts.generation)) {
      violation(fmt::format("record {} of life {} has the time {}", expected, facts.generation, time));
    } else if (generation_ != 0 && facts.generation != generation_) {
      violation(fmt::format("record {} is of life {}, not {}", expected, facts.generation, generation_));
    }
    generation_ = facts.generation;
  }

  Status note(Index before, Status status) {
    if (status == Status::lost) {
      const IndexRange lost = reader_.last_lost();
      worker_.count(Count::losses);
      worker_.count(Count::items_lost, lost.size());
      if (lost.empty() || lost.begin != before || lost.end != reader_.cursor()) {
        violation(fmt::format("lost {} to {} from cursor {}", lost.begin, lost.end, before));
      }
      if (reader_.is_lossless() && lost.end > begin_) {
        violation(fmt::format("a lossless reader lost {} to {}, and had all from {}", lost.begin, lost.end,
                              begin_));
      }
    }
    if (status == Status::evicted) {
      worker_.count(Count::evictions_seen);
      if (!may_be_evicted(worker_, evictions_before_)) violation("evicted, and nobody evicts");
    }
    return status;
  }
  void violation(const std::string& what) const {
    worker_.violation(fmt::format("{} (life {}, cursor {}, readable {} to {})", what, generation_,
                                  reader_.cursor(), reader_.oldest(), reader_.inserted()));
  }

  Worker& worker_;
  RecordReader& reader_;
  std::uint64_t evictions_before_;
  Index begin_;
  std::uint64_t generation_ = 0;
  Record record_;
};

}  // namespace

void RecordWriting::run(Worker& worker) {
  while (worker.goes_on()) {
    {
      const Claim claim(worker);
      try {
        RecordWriter out(worker.kind().name, Claim::wanted(worker));
        claim.granted();
        Pen pen(worker, out.raw(), claim.removals_before());
        const std::int64_t until = true_now() + static_cast<std::int64_t>(worker.random(3'000'000'000));
        while (worker.goes_on() && true_now() < until) append_records(worker, out, pen);
        claim.give_up(pen, out.raw());
      } catch (const WriterExists& error) {
        claim.refused(error);
      } catch (const NoSpace& error) {
        claim.no_room(error);
      }
    }
    worker.rest(std::chrono::milliseconds(worker.kind().rest_ms));
  }
}

void RecordReading::run(Worker& worker) {
  while (worker.goes_on()) {
    try {
      ReaderOptions options;
      options.name = "chaos";
      if (worker.chance(60)) options.waiting = WaitStrategy::sleep();
      options.wait_for_stream = std::chrono::milliseconds(worker.random(300));
      if (worker.kind().lossless && worker.chance(80)) {
        options.lossless = worker.chance(50) ? Acknowledge::with_read : Acknowledge::explicitly;
      }
      const std::uint64_t evictions_before = worker.truth().evictions.load();
      RecordReader reader(worker.kind().name, worker.chance(50) ? Start::oldest() : Start::next(), options);
      worker.count(Count::attaches);
      Follower follower(worker, reader, evictions_before);
      while (worker.goes_on()) {
        const Status status = follower.read();
        if (status == Status::ended || status == Status::evicted) break;
        if (reader.is_lossless() && worker.chance(30)) follower.acknowledge();
        if (worker.random(2000) == 0) worker.rest(300ms);  // it stalls
      }
    } catch (const NotFound&) {
      worker.rest(20ms);
    } catch (const TimedOut&) {  // the stream did not appear
    } catch (const Ended&) {
    }
  }
}

void audit_records(const Worker& worker) {
  ReaderOptions options;
  options.name = "takeover";
  RecordReader reader(worker.kind().name, Start::oldest(), options);
  for (const Record& record : reader[Slice{}]) {
    ItemFacts facts{worker.kind().key(), 0, record.index, 0};
    if (!read_record(record.bytes, facts)) {
      worker.violation(
          fmt::format("record {}, of {} bytes, was left torn", record.index, record.bytes.size()));
    }
  }
}

}  // namespace shm::chaos
