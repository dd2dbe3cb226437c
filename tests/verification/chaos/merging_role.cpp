// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "checked_reader.hpp"
#include "item.hpp"
#include "key_reader_roles.hpp"
#include "shm/base/error.hpp"
#include "shm/operators/merge.hpp"
#include "shm/query/stream_keys.hpp"

namespace shm::chaos {
namespace {

using namespace std::chrono_literals;

/// One of the two streams, and its next item.
struct MergedStream {
  const StreamKind* kind = nullptr;
  Index next = 0;
  std::uint64_t generation = 0;
  std::uint64_t lost = 0;
};

/// Checks a merge of two streams against the keys in their items.
class CheckedMerge {
 public:
  CheckedMerge(Worker& worker, CheckedReader& reader) : worker_(worker), reader_(reader), merge_(options()) {
    add(worker.kind(), reader.raw().fork());
    const StreamKind* other = &worker.kind();
    for (const StreamKind& kind : all_streams()) {
      if (kind.keys != Keys::none && worker.chance(50)) other = &kind;
    }
    try {
      ReaderOptions options;
      options.name = "chaos";
      add(*other, RawReader(other->name, Start::oldest(), options, other->format()));
    } catch (const NotFound&) {
      add(worker.kind(), reader.raw().fork());  // merge the stream with itself
    }
  }

  /// Returns false if both have ended.
  bool step() {
    const Merged<std::int64_t> got = merge_.next(100ms);
    switch (got.status) {
      case Status::ok:
        item(got.item);
        return true;
      case Status::lost:
        lost(got);
        return true;
      case Status::timed_out:
        return true;
      case Status::ended:
        ended();
        return false;
      default:
        reader_.violation(fmt::format("a merge said '{}'", to_string(got.status)));
        return false;
    }
  }

 private:
  [[nodiscard]] MergeOptions options() {
    MergeOptions options;
    options.waiting = WaitStrategy::sleep();
    if (worker_.chance(80)) options.lateness = std::chrono::milliseconds(worker_.random(50));
    return options;
  }

  void add(const StreamKind& kind, RawReader reader) {
    streams_[merge_.size()] = {&kind, reader.cursor(), 0, 0};
    const StreamKeys keys(reader);
    merge_.add(std::move(reader), keys);
  }

  void item(const MergedItem<std::int64_t>& item) {
    worker_.count(Count::items_merged);
    MergedStream& of = streams_[item.stream];
    if (item.index != of.next) {
      reader_.violation(fmt::format("merged item {} of '{}' after {}", item.index, of.kind->name, of.next));
    }
    of.next = item.index + 1;
    ItemFacts facts{of.kind->key(), 0, item.index, 0};
    if (!read_item(item.item, facts)) {
      reader_.violation(fmt::format("merged item {} is torn or another item", item.index));
      return;
    }
    if (of.generation == 0) of.generation = facts.generation;
    if (facts.generation != of.generation) {
      reader_.violation(fmt::format("merged item {} is of life {}", item.index, facts.generation));
    }
    if (facts.time != item.key) {
      reader_.violation(fmt::format("merged item {} has {}, not {}", item.index, facts.time, item.key));
    }
    // Equal keys come in the order of the streams.
    const std::pair at(item.key, item.stream);
    if (item.is_late) worker_.count(Count::merged_late);
    if (last_ && (at < *last_) != item.is_late) {
      reader_.violation(fmt::format("merged {} of stream {} after {} of stream {}, {}", item.key, item.stream,
                                    last_->first, last_->second, item.is_late ? "late" : "not late"));
    }
    if (!last_ || *last_ < at) last_ = at;
  }

  void lost(const Merged<std::int64_t>& got) {
    MergedStream& of = streams_[got.item.stream];
    const RawReader& raw = merge_.reader(got.item.stream);
    const Index inserted = raw.inserted();
    const Index promised = inserted > of.kind->history ? inserted - of.kind->history : 0;
    of.lost += got.lost.size();
    worker_.count(Count::losses);
    worker_.count(Count::items_lost, got.lost.size());
    if (got.lost.empty() || got.lost.begin != of.next || merge_.lost_items(got.item.stream) != of.lost) {
      reader_.violation(fmt::format("merged '{}' lost {} to {} at {}; {} in all, {} counted", of.kind->name,
                                    got.lost.begin, got.lost.end, of.next, merge_.lost_items(got.item.stream),
                                    of.lost));
    }
    if (got.lost.begin >= std::max(raw.oldest(), promised)) {
      reader_.violation(fmt::format("merged item {} was told lost, and is there", got.lost.begin));
    }
    of.next = got.lost.end;
  }

  void ended() {
    worker_.count(Count::ends_seen);
    for (std::size_t i = 0; i < merge_.size(); ++i) {
      if (streams_[i].next != merge_.reader(i).inserted()) {
        reader_.violation(
            fmt::format("a merge ended at item {} of {}", streams_[i].next, merge_.reader(i).inserted()));
      }
    }
  }

  Worker& worker_;
  CheckedReader& reader_;
  Merge<> merge_;
  std::array<MergedStream, 2> streams_;
  std::optional<std::pair<std::int64_t, std::size_t>> last_;
};

}  // namespace

void MergingReader::read(Worker& worker, CheckedReader& reader) {
  CheckedMerge merge(worker, reader);
  while (worker.goes_on() && merge.step()) {
    if (worker.random(3000) == 0) worker.rest(200ms);  // long enough to be lapped
  }
}

}  // namespace shm::chaos
