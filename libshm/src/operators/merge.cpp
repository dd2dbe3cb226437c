// SPDX-License-Identifier: Apache-2.0

// What a merge does between items: filling batches, waiting, passing over who is silent.
#include "shm/operators/merge.hpp"

#include <algorithm>
#include <string>

#include "shm/base/error.hpp"

namespace shm {

namespace merging {

void throw_other_size(std::size_t item_bytes, std::size_t asked) {
  throw TypeMismatch("a merged item of " + std::to_string(item_bytes) + " bytes was taken for one of " +
                     std::to_string(asked));
}

}  // namespace merging

template <class K>
std::size_t Merge<K>::add_stream(std::shared_ptr<void> keeps, RawReader& reader,
                                 std::unique_ptr<merging::Keys<K>> keys) {
  const std::optional<Index> end =
      options_.up_to_now ? std::optional<Index>(reader.inserted()) : std::nullopt;
  streams_.emplace_back(std::move(keeps), reader, std::move(keys), end);
  heads_.emplace_back();
  streams_.back().start(heads_.back());
  take_back();
  return streams_.size() - 1;
}

/// The last in order of what was handed out.
template <class K>
std::optional<merging::Entry> Merge<K>::handed_out() const noexcept {
  std::optional<Entry> last;
  for (std::size_t i = 0; i < streams_.size(); ++i) {
    const std::optional<K> key = streams_[i].last_key(heads_[i]);
    if (!key) continue;
    const Entry entry = Entry::of(i, merging::rank_of(*key));
    if (!last || before(*last, entry)) last = entry;
  }
  return last;
}

template <class K>
merging::Entry Merge<K>::entry_of(std::size_t stream, const std::optional<Entry>& handed_out) {
  const merging::Head<K>& head = heads_[stream];
  merging::Stream<K>& of = streams_[stream];
  if (head.is_empty() && (of.has_ended() || of.is_passed_over)) return Entry::out(stream);
  const Entry entry = Entry::of(stream, merging::rank_of(head.keys[head.position]));
  if (of.may_be_late && !head.is_empty()) {
    if (handed_out && before(entry, *handed_out)) return Entry::late(stream);
    of.may_be_late = false;
  }
  return entry;
}

/// The tournament anew.
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
  tournament_.build(entries_);
}

/// What comes next, as far as it is certain. REQUIRES: the winner has an item.
template <class K>
void Merge<K>::order() {
  constexpr std::size_t most = 2 * merging::Stream<K>::most_items;
  order_.resize(most);
  std::size_t count = 0;
  is_late_ = tournament_.winner().is_late();
  if (is_plain_ && streams_.size() == 2) {
    const auto pending = [this](std::size_t stream) {
      const merging::Head<K>& head = heads_[stream];
      return std::span(head.keys, head.count).subspan(head.position);
    };
    count =
        merging::order_pair<K>(pending(0), pending(1), heads_[0].position, heads_[1].position, order_.data());
    if (count > 0) is_plain_ = false;  // the tournament knows nothing of it
  }
  if (count == 0) {
    // With others that may have news any time, or are late, each item is asked for itself.
    const std::size_t enough = is_plain_ ? most : 1;
    do {
      const std::size_t stream = tournament_.winner().stream();
      merging::Head<K>& head = heads_[stream];
      if (head.is_empty()) break;
      order_[count++] = {static_cast<std::uint32_t>(stream), static_cast<std::uint32_t>(head.position++)};
      tournament_.replay(Entry::of(stream, head.next));
      head.look_ahead();
    } while (count < enough);
  }
  next_ = order_.data();
  end_ = next_ + count;
}

/// What was ordered, but not handed out, is pending again.
template <class K>
void Merge<K>::take_back() noexcept {
  while (end_ != next_) {
    const merging::Place place = *--end_;
    heads_[place.stream].position = place.position;
  }
  is_plain_ = false;
}

/// ok, not_yet, ended; lost.
template <class K>
Status Merge<K>::refill(std::size_t stream) {
  merging::Stream<K>& of = streams_[stream];
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

/// Looks at those that have nothing pending: ok (some have now, or have ended), not_yet, lost.
template <class K>
Status Merge<K>::refill_empty(bool passed_over_alone) {
  Status said = Status::not_yet;
  for (std::size_t i = 0; i < streams_.size(); ++i) {
    const merging::Stream<K>& of = streams_[i];
    if (!heads_[i].is_empty() || of.has_ended() || (passed_over_alone && !of.is_passed_over)) continue;
    const Status status = refill(i);
    if (status == Status::lost) return status;
    if (status != Status::not_yet) said = Status::ok;
  }
  return said;
}

template <class K>
Status Merge<K>::make_ready(Deadline deadline) {
  const Status status = find_winner(deadline);
  if (status == Status::ok) order();
  return status;
}

/// The tournament has a winner, and it has an item: ok.
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
    const Entry winner = tournament_.winner();
    const std::size_t stream = winner.stream();
    if (!winner.is_out()) {
      if (!heads_[stream].is_empty()) return Status::ok;
      const Status status = refill(stream);
      if (status == Status::lost) return status;
      if (status != Status::not_yet) {
        if (is_plain_) tournament_.replay(entry_of(stream, std::nullopt));
        continue;
      }
    } else if (std::all_of(streams_.begin(), streams_.end(), [](const auto& of) { return of.has_ended(); })) {
      return Status::ended;
    }
    if (const Status status = hold(deadline); status != Status::ok) return status;
  }
}

/// Nothing can be handed out: somebody holds it back, or there is nothing. ok: look again.
template <class K>
Status Merge<K>::hold(Deadline deadline) {
  if (deadline.is_now() && !options_.lateness) return Status::not_yet;
  // Who has something now, or has ended, is not silent. (Whatever the answer, or the exception, is: the
  // tournament knows nothing of it yet.)
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

/// Who has nothing pending and could still give an item before the first that is pending; all, if none is.
/// Gives whether any is. REQUIRES: none that is pending is late.
template <class K>
bool Merge<K>::find_blockers() {
  std::optional<Entry> first;
  const auto entry = [this](std::size_t i) {
    return Entry::of(i, merging::rank_of(heads_[i].keys[heads_[i].position]));
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

/// Passes over those that have held back for long enough: empty, if there were any; else how long the others
/// may still.
template <class K>
std::optional<std::chrono::nanoseconds> Merge<K>::pass_over() {
  const auto now = options_.clock ? options_.clock() : Deadline::Clock::now();
  std::optional<std::chrono::nanoseconds> longest(0);
  for (const std::size_t i : blockers_) {
    merging::Stream<K>& of = streams_[i];
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

/// One sleep, for news of whoever holds back or was passed over. ok: look again.
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
      // Not always does its reader know: a stream that was removed may have ended without saying so.
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
  const Entry winner = tournament_.winner();
  const std::size_t stream = winner.stream();
  merging::Head<K>& head = heads_[stream];
  const std::size_t begin = head.position;
  const Entry next = tournament_.runner_up();
  const auto is_before_next = [&](std::size_t position) {
    return before(Entry::of(stream, merging::rank_of(head.keys[position])), next);
  };
  std::size_t end = begin + 1;
  if (!winner.is_late()) {  // of late ones each is asked for itself
    if (is_before_next(head.count - 1)) {
      end = head.count;
    } else {
      while (is_before_next(end)) ++end;
    }
  }
  head.position = end;
  head.look_ahead();
  tournament_.replay(Entry::of(stream, merging::rank_of(head.keys[end])));
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
