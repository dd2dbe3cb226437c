// SPDX-License-Identifier: Apache-2.0
#include "pen.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "checked_reader.hpp"
#include "item.hpp"
#include "record_roles.hpp"
#include "shm/base/error.hpp"
#include "shm/storage/catalog.hpp"

namespace shm::chaos {
namespace {

bool is_being_removed(const Board& board, std::int32_t mark) {
  return std::any_of(board.slots.begin(), board.slots.end(), [&](const WorkerSlot& slot) {
    const std::int32_t stream = slot.removing_stream.load();
    return slot.removing.load() != Removing::nothing && (stream == mark || stream == every_stream);
  });
}

}  // namespace

Pen::Pen(Worker& worker, const RawWriter& out, const Removals& before)
    : worker_(worker), next_(out.inserted()), history_(out.info().items.history) {
  if (next_ == 0) {
    begin_life(before);
  } else {
    continue_life(next_);
  }
}

void Pen::begin_life(const Removals& before) {
  StreamTruth& truth = worker_.truth();
  const std::uint64_t last = truth.generation.fetch_add(1);
  const Life& old = truth.lives[last % max_lives];
  // In this order: the mark of a removal stays on the board until the removal is counted.
  const bool being_removed = is_being_removed(worker_.board(), worker_.stream_mark());
  const bool was_removed = truth.removals.load() != old.removals_before.load() ||
                           truth.collections.load() != old.collections_before.load();
  const bool had_items = old.generation.load() == last && old.published.load() > 0;
  if (had_items && old.may_begin_anew.load() == 0 && !being_removed && !was_removed) {
    worker_.violation(fmt::format("indices began anew after {} items of life {}, which nobody ended",
                                  old.published.load(), last));
  }
  generation_ = last + 1;
  life_ = &truth.lives[generation_ % max_lives];
  life_->generation.store(0);  // no reader uses it while it changes
  life_->published.store(0);
  life_->intended.store(0);
  life_->smallest_history.store(history_);
  life_->may_end.store(0);
  life_->may_begin_anew.store(0);
  life_->removals_before.store(before.by_name);
  life_->collections_before.store(before.as_garbage);
  for (Published& at : life_->times) at.time.store(0);
  life_->generation.store(generation_);
  worker_.count(Count::new_lives);
}

/// A stream can only be without its name, or its name be another stream's, if it was removed under its writer.
void Pen::check_it_has_the_name() const {
  if (!worker_.kind().is_removed) return;
  try {
    if (stream_info(worker_.kind().name).writer.pid == worker_.slot().pid.load()) return;
  } catch (const NotFound&) {
  }
  throw RemovedMeanwhile();
}

void Pen::continue_life(std::uint64_t inserted) try {
  check_it_has_the_name();
  // The readable items must be whole, and of the present life.
  ReaderOptions options;
  options.name = "takeover";
  CheckedReader reader(worker_, Start::oldest(), options);
  const IndexRange there = reader.raw().readable();
  check_it_has_the_name();  // again: hence the reader has this writer's file
  reader.audit();
  if (worker_.kind().records) audit_records(worker_);
  if (worker_.kind().keys != Keys::none) {
    reader.raw().item(static_cast<std::int64_t>(inserted - 1), reader.room());
    ItemFacts facts{worker_.kind().key(), 0, inserted - 1, 0};
    if (read_item(reader.room(), facts)) last_key_ = facts.time;
  }
  const std::uint64_t present = worker_.truth().generation.load();
  generation_ = reader.generation();
  // If a stream was removed by force, then two writers may have begun lives, and only one has the name.
  if (generation_ != present && !worker_.kind().is_removed) {
    worker_.violation(fmt::format("took over life {} at {}, where life {} is the present one", generation_,
                                  inserted, present));
  }
  if (generation_ == 0) generation_ = present;
  life_ = &worker_.truth().lives[generation_ % max_lives];
  worker_.count(Count::takeovers);
  if (inserted < life_->published.load()) {
    worker_.violation(
        fmt::format("took over at {} where {} items had been published", inserted, life_->published.load()));
  }
  if (inserted > life_->intended.load()) {
    worker_.violation(fmt::format("took over at {} where no more than {} items were ever made", inserted,
                                  life_->intended.load()));
  }
  life_->smallest_history.store(std::min(life_->smallest_history.load(), history_));
  const std::uint64_t least = std::min(life_->smallest_history.load(), inserted);
  if (there.end != inserted || there.size() < least) {
    worker_.violation(
        fmt::format("after the takeover at {} items {} to {} are readable, at least {} should be", inserted,
                    there.begin, there.end, least));
  }
} catch (const NotFound&) {
  if (!worker_.kind().is_removed) throw;
  throw RemovedMeanwhile();
}

void Pen::intend(std::uint64_t items) {
  life_->intended.store(std::max(life_->intended.load(std::memory_order_relaxed), next_ + items));
}

void Pen::give_keys(std::int64_t first, std::int64_t rise) {
  first_key_ = first;
  rise_ = rise;
}

std::int64_t Pen::key_of(std::uint64_t index) const {
  return first_key_ + static_cast<std::int64_t>((index - next_) / 4) * rise_;
}

void Pen::make(std::uint64_t index, std::span<std::byte> item) const {
  const std::int64_t time = worker_.kind().keys == Keys::none ? true_now() : key_of(index);
  write_item(item, {worker_.kind().key(), generation_, index, time});
}

std::span<const std::byte> Pen::make_next(std::uint64_t count) {
  const std::uint64_t bytes = worker_.kind().item_bytes;
  items_.resize(count * bytes);
  for (std::uint64_t i = 0; i < count; ++i) make(next_ + i, std::span(items_).subspan(i * bytes, bytes));
  return items_;
}

std::vector<std::byte> Pen::make_record() const {
  const ItemFacts facts{worker_.kind().key(), generation_, next_, true_now()};
  std::vector<std::byte> record(record_size(facts));
  write_record(record, facts);
  return record;
}

void Pen::published(const RawWriter& out, std::uint64_t items) {
  const std::uint64_t first = next_;
  if (items > 0 && worker_.kind().keys != Keys::none) last_key_ = key_of(first + items - 1);
  next_ += items;
  if (out.inserted() != next_) {
    worker_.violation(
        fmt::format("the writer's count is {} where {} items were appended", out.inserted(), next_));
    next_ = out.inserted();
  }
  if (worker_.kind().timed) {
    const std::int64_t now = true_now();
    for (std::uint64_t i = first; i < next_; ++i) {
      Published& at = life_->times[i % times_kept];
      at.time.store(0);  // so that it is never the time of another item
      at.index.store(i);
      at.time.store(now);
    }
  }
  life_->published.store(next_);
  worker_.count(Count::items_written, items);
}

}  // namespace shm::chaos
