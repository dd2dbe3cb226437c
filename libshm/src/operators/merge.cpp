// SPDX-License-Identifier: Apache-2.0

// The parts of a merge that run between items: filling batches, waiting, passing over silent streams.
#include "shm/operators/merge.hpp"

#include <algorithm>
#include <string>

#include "shm/base/error.hpp"
#include "shm/base/number_order.hpp"

namespace shm {

namespace internal {

void throw_other_size(std::size_t item_bytes, std::size_t asked) {
  throw TypeMismatch("a merged item of " + std::to_string(item_bytes) + " bytes was taken for one of " +
                     std::to_string(asked));
}

}  // namespace internal

template <class K>
std::size_t Merge<K>::add_stream(std::shared_ptr<void> keeps, RawReader& reader,
                                 std::unique_ptr<internal::MergeKeys<K>> keys) {
  const std::optional<Index> end =
      options_.up_to_now ? std::optional<Index>(reader.inserted()) : std::nullopt;
  streams_.emplace_back(std::move(keeps), reader, std::move(keys), end);
  heads_.emplace_back();
  streams_.back().start(heads_.back());
  take_back();
  return streams_.size() - 1;
}

/// The entry of the last item in order that was handed out.
template <class K>
std::optional<internal::MergeEntry> Merge<K>::handed_out() const noexcept {
  std::optional<Entry> last;
  for (std::size_t i = 0; i < streams_.size(); ++i) {
    const std::optional<K> key = streams_[i].last_key(heads_[i]);
    if (!key) continue;
    const Entry entry = Entry::of(i, rank_of(*key));
    if (!last || before(*last, entry)) last = entry;
  }
  return last;
}

template <class K>
internal::MergeEntry Merge<K>::entry_of(std::size_t stream, const std::optional<Entry>& handed_out) {
  const internal::MergeHead<K>& head = heads_[stream];
  internal::MergeInput<K>& of = streams_[stream];
  if (head.is_empty() && (of.has_ended() || of.is_passed_over)) return Entry::out(stream);
  const Entry entry = Entry::of(stream, rank_of(head.keys[head.position]));
  if (of.may_be_late && !head.is_empty()) {
    if (handed_out && before(entry, *handed_out)) return Entry::late(stream);
    of.may_be_late = false;
  }
  return entry;
}

/// Builds the loser tree anew.
template <class K>
void Merge<K>::settle() {
  const std::optional<Entry> last = is_plain_ ? std::nullopt : handed_out();
  is_plain_ = true;
  entries_.clear();
  for (std::size_t i = 0; i < streams_.size(); ++i) {
    heads_[i].look_ahead();
    entries_.push_back(entry_of(i, last));
    is_plain_ = is_plain_ && !streams_[i].is_passed_over && !streams_[i].may_be_late;
  }
  loser_tree_.build(entries_);
}

/// Orders the next items, as far as their order is certain. REQUIRES: the winner has an item.
template <class K>
void Merge<K>::order() {
  constexpr std::size_t most = 2 * internal::MergeInput<K>::most_items;
  order_.resize(most);
  std::size_t count = 0;
  is_late_ = loser_tree_.winner().is_late();
  if (is_plain_ && streams_.size() == 2) {
    const auto pending = [this](std::size_t stream) {
      const internal::MergeHead<K>& head = heads_[stream];
      return std::span(head.keys, head.count).subspan(head.position);
    };
    count =
        internal::merge_two<K>(pending(0), pending(1), heads_[0].position, heads_[1].position, order_.data());
    if (count > 0) is_plain_ = false;  // the loser tree is out of date now
  }
  if (count == 0) {
    // If a stream is passed over or may be late, then the order may change after each item.
    const std::size_t enough = is_plain_ ? most : 1;
    do {
      const std::size_t stream = loser_tree_.winner().stream();
      internal::MergeHead<K>& head = heads_[stream];
      if (head.is_empty()) break;
      order_[count++] = {static_cast<std::uint32_t>(stream), static_cast<std::uint32_t>(head.position++)};
      loser_tree_.replay(Entry::of(stream, head.next));
      head.look_ahead();
    } while (count < enough);
  }
  next_ = order_.data();
  end_ = next_ + count;
}

/// Makes items that were ordered, but not handed out, pending again.
template <class K>
void Merge<K>::take_back() noexcept {
  while (end_ != next_) {
    const internal::MergePlace place = *--end_;
    heads_[place.stream].position = place.position;
  }
  is_plain_ = false;
}

/// Fills the batch of a stream: ok, not_yet, ended, lost.
template <class K>
Status Merge<K>::refill(std::size_t stream) {
  internal::MergeInput<K>& of = streams_[stream];
  const Status status = of.refill(heads_[stream]);
  if (status == Status::ok && of.is_passed_over) {
    of.is_passed_over = false;
    of.may_be_late = true;
  }
  if (status == Status::lost) {
    problem_ = stream;
    lost_ = of.last_lost();
  }
  return status;
}

/// Refills the streams without a pending item. ok: at least one has an item now, or has ended; not_yet; lost.
template <class K>
Status Merge<K>::refill_empty(bool passed_over_alone) {
  Status result = Status::not_yet;
  for (std::size_t i = 0; i < streams_.size(); ++i) {
    const internal::MergeInput<K>& of = streams_[i];
    if (!heads_[i].is_empty() || of.has_ended() || (passed_over_alone && !of.is_passed_over)) continue;
    const Status status = refill(i);
    if (status == Status::lost) return status;
    if (status != Status::not_yet) result = Status::ok;
  }
  return result;
}

template <class K>
Status Merge<K>::make_ready(Deadline deadline) {
  const Status status = find_winner(deadline);
  if (status == Status::ok) order();
  return status;
}

/// ok: the loser tree has a winner, and the winner has an item.
template <class K>
Status Merge<K>::find_winner(Deadline deadline) {
  for (;;) {
    problem_ = streams_.size();
    lost_ = {};
    if (streams_.empty()) return Status::ended;
    if (!is_plain_) {
      if (refill_empty(true) == Status::lost) return Status::lost;
      settle();
    }
    const Entry winner = loser_tree_.winner();
    const std::size_t stream = winner.stream();
    if (!winner.is_out()) {
      if (!heads_[stream].is_empty()) return Status::ok;
      const Status status = refill(stream);
      if (status == Status::lost) return status;
      if (status != Status::not_yet) {
        if (is_plain_) loser_tree_.replay(entry_of(stream, std::nullopt));
        continue;
      }
    } else if (std::all_of(streams_.begin(), streams_.end(), [](const auto& of) { return of.has_ended(); })) {
      return Status::ended;
    }
    if (const Status status = hold(deadline); status != Status::ok) return status;
  }
}

/// Called when no item can be handed out: a stream holds the next one back, or there is no item. ok: try
/// again.
template <class K>
Status Merge<K>::hold(Deadline deadline) {
  if (deadline.is_now() && !options_.lateness) return Status::not_yet;
  // A stream that has an item now, or has ended, is not silent. (The loser tree is out of date afterwards,
  // also if refilling throws.)
  const bool was_plain = std::exchange(is_plain_, false);
  if (const Status news = refill_empty(false); news != Status::not_yet) return news;
  is_plain_ = was_plain;

  const bool is_any_pending = find_blockers();
  auto until = deadline;
  if (options_.lateness && is_any_pending) {
    const auto remaining = pass_over();
    if (!remaining) return Status::ok;
    if (!deadline.is_now()) until = std::min(deadline.at(), Deadline(*remaining).at());
  }
  if (deadline.is_now()) return Status::not_yet;
  if (deadline.passed()) return Status::timed_out;
  return wait(deadline, until);
}

/// Finds the streams without a pending item that could still give one before the first pending item of all;
/// if there is no pending item, these are all. Returns whether there is one. REQUIRES: no pending item is
/// late.
template <class K>
bool Merge<K>::find_blockers() {
  std::optional<Entry> first;
  const auto entry = [this](std::size_t i) {
    return Entry::of(i, rank_of(heads_[i].keys[heads_[i].position]));
  };
  for (std::size_t i = 0; i < streams_.size(); ++i) {
    if (!heads_[i].is_empty() && (!first || before(entry(i), *first))) first = entry(i);
  }
  blockers_.clear();
  for (std::size_t i = 0; i < streams_.size(); ++i) {
    if (!heads_[i].is_empty() || streams_[i].has_ended() || streams_[i].is_passed_over) continue;
    if (!first || before(entry(i), *first)) blockers_.push_back(i);
  }
  return first.has_value();
}

/// Passes over the streams that have held others back for the whole lateness. Empty: there were such streams;
/// otherwise how much longer the last of them may hold back.
template <class K>
std::optional<std::chrono::nanoseconds> Merge<K>::pass_over() {
  const auto now = options_.clock ? options_.clock() : Deadline::Clock::now();
  std::optional<std::chrono::nanoseconds> longest(0);
  for (const std::size_t i : blockers_) {
    internal::MergeInput<K>& of = streams_[i];
    if (!of.silent_since) of.silent_since = now;
    const std::chrono::nanoseconds remaining = *options_.lateness - (now - *of.silent_since);
    if (remaining <= std::chrono::nanoseconds(0)) {
      of.is_passed_over = true;
      is_plain_ = false;
      longest.reset();
    }
    if (longest) longest = std::max(*longest, remaining);
  }
  return longest;
}

/// Sleeps once, until one of the streams that hold back or were passed over has news. ok: try again.
template <class K>
Status Merge<K>::wait(Deadline deadline, Deadline until) {
  for (std::size_t i = 0; i < streams_.size(); ++i) {
    if (streams_[i].is_passed_over) blockers_.push_back(i);
  }
  awaited_.clear();
  for (const std::size_t i : blockers_) awaited_.push_back(Awaited::next_of(streams_[i].reader()));
  const AnyResult any = wait_any(awaited_, until, options_.interrupt, options_.waiting);
  switch (any.status) {
    case Status::ended:
      // The reader need not report it: a stream that was removed may have ended without a mark in its file.
      streams_[blockers_[any.which]].end_here();
      is_plain_ = false;
      return Status::ok;
    case Status::timed_out:
      return deadline.passed() ? Status::timed_out : Status::ok;
    case Status::interrupted:
    case Status::writer_lost:
      if (any.which < blockers_.size()) problem_ = blockers_[any.which];
      return any.status;
    default:
      return Status::ok;
  }
}

template <class K>
MergedRun<K> Merge<K>::next_run(Deadline deadline) {
  if (next_ != end_) take_back();
  if (const Status status = find_winner(deadline); status != Status::ok) {
    return {.status = status, .stream = problem_, .keys = {}, .items = {}, .lost = lost_};
  }
  const Entry winner = loser_tree_.winner();
  const std::size_t stream = winner.stream();
  internal::MergeHead<K>& head = heads_[stream];
  const std::size_t begin = head.position;
  const Entry next = loser_tree_.runner_up();
  const auto is_before_next = [&](std::size_t position) {
    return before(Entry::of(stream, rank_of(head.keys[position])), next);
  };
  std::size_t end = begin + 1;
  if (!winner.is_late()) {  // late items are handed out one by one
    if (is_before_next(head.count - 1)) {
      end = head.count;
    } else {
      while (is_before_next(end)) ++end;
    }
  }
  head.position = end;
  head.look_ahead();
  loser_tree_.replay(Entry::of(stream, rank_of(head.keys[end])));
  MergedRun<K> run;
  run.status = Status::ok;
  run.stream = stream;
  run.first = head.first + begin;
  run.keys = {head.keys + begin, end - begin};
  run.items = {head.items + begin * head.item_bytes, (end - begin) * head.item_bytes};
  run.is_late = winner.is_late();
  return run;
}

template <class K>
void Merge<K>::throw_status(const Merged<K>& answer) const {
  if (answer.item.stream < streams_.size()) streams_[answer.item.stream].reader().throw_status(answer.status);
  throw Interrupted("a merge of " + std::to_string(streams_.size()) + " streams: interrupted while waiting");
}

template class Merge<std::int64_t>;
template class Merge<std::uint64_t>;
template class Merge<double>;

}  // namespace shm
