// SPDX-License-Identifier: Apache-2.0
#include "checked_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

#include "item.hpp"
#include "run_delay.hpp"
#include "shm/base/error.hpp"

namespace shm::chaos {
namespace {
constexpr std::int64_t late_after = 50'000'000;  // ns; after a lost wake the sleep lasts for 100 ms
}

CheckedReader::CheckedReader(Worker& worker, Start start, const ReaderOptions& options)
    : worker_(worker),
      before_(look_for_collectors()),
      raw_(worker.kind().name, start, options, worker.kind().format()),
      info_(raw_.info()),
      room_(worker.kind().item_bytes) {
  const Collecting after = look_for_collectors();
  // A reader that was listed before a collection began keeps the stream from being collected.
  may_be_collected_ = before_.now || after.now || after.times != before_.times || !raw_.is_listed();
  worker.count(Count::attaches);
  inserted_ = info_.items.inserted;
  oldest_ = info_.items.oldest;
}

CheckedReader::CheckedReader(const CheckedReader& from, RawReader reader)
    : worker_(from.worker_),
      raw_(std::move(reader)),
      info_(from.info_),
      room_(from.room_.size()),
      generation_(from.generation_),
      may_be_collected_(from.may_be_collected_) {
  if (raw_.cursor() != from.raw_.cursor()) violation("a forked reader is elsewhere");
  if (raw_.is_entered()) violation("a forked reader has entered");
  worker_.count(Count::forks);
}

CheckedReader::Collecting CheckedReader::look_for_collectors() const {
  // Look at the current collectors first: a collector that finishes after that is counted.
  Collecting collecting;
  for (const WorkerSlot& slot : worker_.board().slots) {
    collecting.now = collecting.now || slot.removing.load() == Removing::garbage;
  }
  collecting.times = worker_.truth().collections.load();
  return collecting;
}

void CheckedReader::violation(std::string_view what) const {
  worker_.violation(fmt::format("{} (life {}, cursor {}, readable {} to {})", what, generation_,
                                raw_.cursor(), raw_.readable().begin, raw_.readable().end));
}

const Life* CheckedReader::life() const {
  const Life& life = worker_.truth().lives[generation_ % max_lives];
  return generation_ != 0 && life.generation.load() == generation_ ? &life : nullptr;
}

void CheckedReader::check(std::span<const std::byte> items, Index first, std::uint64_t step) {
  const std::uint64_t bytes = worker_.kind().item_bytes;
  const std::uint64_t many = items.size() / bytes;
  for (std::uint64_t i = 0; i < many; ++i) {
    ItemFacts facts{worker_.kind().key(), 0, first + i * step, 0};
    const auto item = items.subspan(i * bytes, bytes);
    if (!(worker_.kind().records ? read_entry(item, facts) : read_item(item, facts))) {
      violation(fmt::format("item {} is torn or another item", facts.index));
      return;
    }
    if (bytes == word_bytes) {  // the item has only the low part
      const std::uint64_t present = worker_.truth().generation.load();
      facts.generation = present - ((present - facts.generation) & small_generations);
    }
    if (generation_ == 0) generation_ = facts.generation;
    if (facts.generation != generation_) {
      violation(fmt::format("item {} is of life {}", facts.index, facts.generation));
      return;
    }
  }
  worker_.count(Count::items_read, many);
  const Life* truth = life();
  if (many > 0 && truth != nullptr && first + (many - 1) * step >= truth->intended.load()) {
    violation(fmt::format("item {} was read, and never made", first + (many - 1) * step));
  }
}

void CheckedReader::check_answers() {
  const Life* truth = life();
  const std::uint64_t published = truth == nullptr ? 0 : truth->published.load();
  const Index before = raw_.inserted();
  const IndexRange there = raw_.readable();
  const Index after = raw_.inserted();
  if (before < inserted_ || there.end < before || after < there.end) {
    violation(fmt::format("inserted went back: {}, {}, {}, {}", inserted_, before, there.end, after));
  }
  if (there.begin > there.end || there.begin < oldest_ || there.begin < info_.items.first_index) {
    violation(fmt::format("readable {} to {}, after oldest {} and first {}", there.begin, there.end, oldest_,
                          info_.items.first_index));
  }
  const Index promised = after > info_.items.history ? after - info_.items.history : 0;
  if (after == there.end && there.begin > std::max(promised, info_.items.first_index)) {
    violation(
        fmt::format("readable {} to {} with a history of {}", there.begin, there.end, info_.items.history));
  }
  inserted_ = after;
  oldest_ = there.begin;
  // A file that was replaced has its end stored before its successor gets more items. Other lives are not checked.
  if (before < published && life() == truth && raw_.writer_state() != WriterState::ended) {
    violation(fmt::format("inserted {} where {} were published", before, published));
  }
  if (truth != nullptr && after > truth->intended.load() && life() == truth) {
    violation(fmt::format("inserted {} where {} were made", after, truth->intended.load()));
  }
}

bool CheckedReader::may_be_gone(Index index) const {
  const Life* truth = life();
  if (truth == nullptr) return true;
  // Records may be given up for the bytes of later ones: all records beyond the history.
  if (info_.records) {
    return truth->intended.load() + info_.items.max_claim > index + info_.items.history ||
           index < info_.items.first_index;
  }
  // `reserved` exceeds the items that were begun at most by the slots beyond history and claim.
  const std::uint64_t ahead = info_.items.capacity - info_.items.history - info_.items.max_claim;
  return truth->intended.load() + ahead > index + info_.items.capacity || index < info_.items.first_index;
}

void CheckedReader::check_move(Index before, Status status, Index first, std::uint64_t taken) {
  if (taken > 0 && (first != before || raw_.cursor() != before + taken)) {
    violation(fmt::format("{} items from {} moved the cursor from {}", taken, first, before));
  }
  if (status == Status::lost) {
    const IndexRange lost = raw_.last_lost();
    lost_ += lost.size();
    worker_.count(Count::losses);
    worker_.count(Count::items_lost, lost.size());
    if (lost.empty() || lost.begin != before || lost.end != raw_.cursor() || raw_.lost_items() != lost_) {
      violation(fmt::format("lost {} to {} from cursor {}; {} in all, {} counted", lost.begin, lost.end,
                            before, raw_.lost_items(), lost_));
    }
    if (!may_be_gone(lost.begin)) violation(fmt::format("item {} was told lost, and cannot be", lost.begin));
  } else if (taken == 0 && raw_.cursor() != before) {
    violation(fmt::format("the cursor moved from {} with '{}'", before, to_string(status)));
  }
  if (status == Status::ended) check_end();
}

bool CheckedReader::may_have_ended() const {
  const Life* truth = life();
  if (truth == nullptr || truth->may_end.load() != 0) return true;
  for (const WorkerSlot& slot : worker_.board().slots) {
    const std::int32_t which = slot.removing_stream.load();
    const bool this_one = which == worker_.stream_mark() || which == every_stream;
    if (slot.removing.load() == Removing::by_name && this_one) return true;
  }
  if (worker_.truth().removals.load() != truth->removals_before.load()) return true;
  const Collecting collecting = look_for_collectors();
  return may_be_collected_ && (collecting.now || collecting.times != truth->collections_before.load());
}

void CheckedReader::check_end() {
  worker_.count(Count::ends_seen);
  if (!may_have_ended()) violation("the stream ended, and nobody ended it");
}

Status CheckedReader::wait_for(Index index, Deadline deadline) {
  return wait_for(index, [&] { return raw_.wait_for(index + 1, deadline); });
}

Status CheckedReader::wait_for(Index index, const std::function<Status()>& wait) {
  const std::uint32_t stops = worker_.slot().stops.load();
  const RunDelay& delay = RunDelay::of_this_thread();
  const std::int64_t begin = true_now();
  const std::int64_t delay_before = delay.ns();
  worker_.count(Count::waits);
  const Status status = wait();
  const std::int64_t end = true_now();
  const std::int64_t delayed = delay.ns() - delay_before;
  const Life* truth = life();
  if (status == Status::ok && raw_.inserted() <= index) violation("waited for an item that is not there");
  if (status == Status::ended) check_end();
  if (status != Status::ok || truth == nullptr || !worker_.kind().timed) return status;
  const Published& at = truth->times[index % times_kept];
  const std::int64_t published = at.time.load();
  if (published == 0 || at.index.load() != index || at.time.load() != published || published < begin ||
      published > end) {
    return status;  // time unknown, or the item was there before the wait
  }
  if (stops % 2 != 0 || worker_.slot().stops.load() != stops) return status;  // this worker was stopped
  worker_.count(Count::wakes);
  if (end - published - delayed > late_after) {
    worker_.count(Count::late_wakes);
    worker_.note_late(end - published, delayed);
  }
  return status;
}

Status CheckedReader::next(Deadline deadline) {
  const Index before = raw_.cursor();
  if (!deadline.is_now() && raw_.inserted() <= before) {
    const Status waited = wait_for(before, deadline);
    if (waited != Status::ok) return waited;
  }
  const Status status = raw_.next(room_, deadline);
  check_move(before, status, before, status == Status::ok ? 1 : 0);
  if (status == Status::ok) check(room_, before);
  return status;
}

void CheckedReader::audit() {
  const IndexRange there = raw_.readable();
  std::vector<std::byte> items;
  const ResolvedSlice got = raw_.copy_slice({}, Deadline::now(), [&](std::uint64_t many) {
    items.resize(many * worker_.kind().item_bytes);
    return items.data();
  });
  if (got.begin < there.begin || got.end < there.end) {
    violation(
        fmt::format("all items are {} to {} after {} to {}", got.begin, got.end, there.begin, there.end));
  }
  check(items, got.begin);
}

}  // namespace shm::chaos
