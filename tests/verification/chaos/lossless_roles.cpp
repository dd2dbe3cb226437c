// SPDX-License-Identifier: Apache-2.0
#include "lossless_roles.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <csignal>
#include <vector>

#include "checked_reader.hpp"
#include "evictions.hpp"
#include "pen.hpp"
#include "shm/base/error.hpp"
#include "shm/storage/catalog.hpp"

namespace shm::chaos {
namespace {

using namespace std::chrono_literals;

/// Appends all items or no item; returns whether they were appended.
bool append_many(RawWriter& out, Pen& pen, std::uint64_t count) {
  pen.intend(count);
  const bool taken = out.append(pen.make_next(count));
  pen.published(out, taken ? count : 0);
  return taken;
}

bool claim_and_publish(Worker& worker, RawWriter& out, Pen& pen) {
  const std::uint64_t count = 1 + worker.random(out.max_claim());
  pen.intend(count);
  const std::span<std::byte> slots = out.claim(count);
  if (slots.empty()) return false;
  const std::span<const std::byte> items = pen.make_next(count);
  ring::store_items(slots.data(), items.data(), items.size(), out.item_bytes());
  const std::uint64_t published = worker.chance(80) ? count : worker.random(count + 1);
  out.publish(published);
  pen.published(out, published);
  return true;
}

/// A lossless reader, and the items that it must get.
class Keeper {
 public:
  Keeper(Worker& worker, CheckedReader& reader, std::uint64_t evictions_before)
      : worker_(worker),
        reader_(reader),
        raw_(reader.raw()),
        evictions_before_(evictions_before),
        // Before it registered, it was not lossless, and the writer may have lapped it.
        begin_(raw_.acknowledged()) {}

  /// Does one read of some kind. Any status but ok means that the stream ended or the reader was evicted.
  Status read() {
    switch (worker_.random(4)) {
      case 0:
        return read_many();
      case 1:
        return look();
      default:
        return note(reader_.next(100ms));
    }
  }

  /// Releases all items that were read, or some of them. The others must stay readable.
  void acknowledge(bool all) {
    const Index kept = raw_.acknowledged();
    if (kept < raw_.cursor()) {
      try {
        raw_.item(static_cast<std::int64_t>(kept), reader_.room());
        reader_.check(reader_.room(), kept);
      } catch (const OverlapsPast&) {
        if (raw_.is_lossless()) reader_.violation(fmt::format("item {} was kept, and is overwritten", kept));
      }
      raw_.acknowledge(all ? raw_.cursor() : kept + worker_.random(raw_.cursor() - kept + 1));
    }
    worker_.count(Count::acknowledgements);
  }

 private:
  Status read_many() {
    const std::uint64_t bytes = worker_.kind().item_bytes;
    std::vector<std::byte> room((1 + worker_.random(100)) * bytes);
    const Index before = raw_.cursor();
    const ReadResult got = raw_.read(room, Amount::available, 100ms);
    reader_.check_move(before, got.status, got.first, got.count);
    reader_.check(std::span(room).first(got.count * bytes), got.first);
    return note(got.status);
  }
  /// Checks that the items that a lossless reader views in place stay until it moves on.
  Status look() {
    const Index before = raw_.cursor();
    const RawView view = raw_.peek_view(1 + worker_.random(64));
    if (before < begin_ || view.empty()) return note(reader_.next(100ms));
    if (worker_.chance(20)) worker_.rest(2ms);
    const std::vector<std::byte> seen(view.bytes().begin(), view.bytes().end());
    const Status status = raw_.skip(view.size());
    reader_.check_move(before, status, before, status == Status::ok ? view.size() : 0);
    if (status == Status::ok) reader_.check(seen, before);
    return note(status);
  }
  Status note(Status status) {
    const IndexRange lost = raw_.last_lost();
    if (status == Status::lost && lost.end > begin_) {
      reader_.violation(
          fmt::format("a lossless reader lost {} to {}, and had all from {}", lost.begin, lost.end, begin_));
    }
    if (status == Status::evicted) {
      worker_.count(Count::evictions_seen);
      if (!may_be_evicted(worker_, evictions_before_)) reader_.violation("evicted, and nobody evicts");
    }
    return status;
  }

  Worker& worker_;
  CheckedReader& reader_;
  RawReader& raw_;
  std::uint64_t evictions_before_;
  Index begin_;
};

}  // namespace

void LosslessAppends::append(Worker& worker, RawWriter& out, Pen& pen) {
  const Index before = out.inserted();
  try {
    const std::uint64_t way = worker.random(3);
    const bool taken = way == 0   ? append_many(out, pen, 1)
                       : way == 1 ? append_many(out, pen, worker.random(3 * out.max_claim() + 2))
                                  : claim_and_publish(worker, out, pen);
    if (!taken) worker.count(Count::items_dropped);
    if (out.inserted() != before) dead_ = 0;
  } catch (const RingFull& full) {
    pen.published(out, 0);
    note_held_back(worker, full);
  }
  if (worker.chance(10)) {
    worker.rest(10ms);
  } else if (worker.chance(40)) {
    worker.rest(500us);
  }
}

/// Checks that the reader that holds the writer back lives, or died just now.
void LosslessAppends::note_held_back(Worker& worker, const RingFull& full) {
  constexpr std::int64_t long_enough = 100'000'000;  // ns: the promise; the writer looks more often
  worker.count(Count::held_back);
  const bool is_gone = ::kill(full.pid(), 0) != 0 && errno == ESRCH;
  const std::uint32_t stops = worker.slot().stops.load();
  if (!is_gone || full.pid() != dead_ || stops != stops_) {
    dead_ = is_gone ? full.pid() : 0;
    dead_since_ = true_now();
    stops_ = stops;
  } else if (true_now() - dead_since_ > long_enough) {
    worker.violation(fmt::format("held back by process {}, which is gone", dead_));
    dead_ = 0;
  }
}

ReaderOptions LosslessReader::options(Worker& worker) {
  ReaderOptions options = ReaderRole::options(worker);
  options.lossless = worker.chance(50) ? Acknowledge::with_read : Acknowledge::explicitly;
  evictions_before_ = worker.truth().evictions.load();
  return options;
}

void LosslessReader::read(Worker& worker, CheckedReader& reader) {
  Keeper keeper(worker, reader, evictions_before_);
  if (worker.chance(10)) {  // two readers hold the same items
    CheckedReader other(reader, reader.raw().fork());
    Keeper second(worker, other, evictions_before_);
    for (int i = 0; i < 100 && worker.goes_on(); ++i) {
      const Status status = second.read();
      if (status == Status::ended || status == Status::evicted) break;
    }
  }
  while (worker.goes_on()) {
    const Status status = keeper.read();
    if (status == Status::ended || status == Status::evicted) return;
    if (worker.chance(30)) keeper.acknowledge(worker.chance(50));
    if (worker.random(64) == 0) reader.check_answers();
    if (worker.random(2000) == 0) worker.rest(300ms);  // it stalls
  }
}

void Evictor::run(Worker& worker) {
  while (worker.goes_on()) {
    try {
      const bool any = worker.chance(20);
      const EvictingMark mark(worker);
      const auto evicted = evict_readers(worker.kind().name,
                                         [&](const ReaderInfo& reader) { return any || reader.holds_back; });
      worker.count(Count::evictions, evicted.size());
    } catch (const NotFound&) {
    }
    worker.rest(2s);
  }
}

}  // namespace shm::chaos
