// SPDX-License-Identifier: Apache-2.0
#include "random_access_roles.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <thread>
#include <vector>

#include "checked_reader.hpp"
#include "run_delay.hpp"
#include "shm/base/error.hpp"

namespace shm::chaos {
namespace {

using namespace std::chrono_literals;

/// Returns a slice of readable, overwritten or future items.
Slice random_slice(Worker& worker, const IndexRange& there) {
  const auto history = std::max<std::uint64_t>(there.size(), 1);
  const auto signed_random = [&](std::uint64_t below) {
    return static_cast<std::int64_t>(worker.random(below));
  };
  Slice slice;
  slice.step = 1 + signed_random(3);
  switch (worker.random(5)) {
    case 0:
      break;  // everything
    case 1:
      slice.start = -1 - signed_random(history);
      break;
    case 2:
      slice.stop = static_cast<std::int64_t>(there.end) - signed_random(history);
      break;
    case 3:
      slice.start = static_cast<std::int64_t>(there.begin) + signed_random(history + 4);
      slice.stop = *slice.start + signed_random(8);
      break;
    default:
      slice.start = static_cast<std::int64_t>(there.begin > 5 ? there.begin - 5 : 0) + signed_random(10);
      slice.stop = *slice.start + signed_random(history + 10);
  }
  return slice;
}

/// Checks that a refused slice was not readable, and that the numbers in the error agree with each other.
void check_refusal(CheckedReader& reader, const OverlapsPast& past) {
  if (past.asked().begin >= past.readable().begin && past.asked().begin >= reader.raw().oldest() &&
      past.asked().begin <= past.asked().end) {
    reader.violation(fmt::format("{} to {} was told to be past where {} to {} is readable",
                                 past.asked().begin, past.asked().end, past.readable().begin,
                                 past.readable().end));
  }
}

}  // namespace

void SlicingReader::read(Worker& worker, CheckedReader& reader) {
  RawReader& raw = reader.raw();
  std::vector<std::byte> items;
  while (worker.goes_on()) {
    const Slice slice = random_slice(worker, raw.readable());
    const Index inserted = raw.inserted();
    try {
      const ResolvedSlice got = raw.copy_slice(slice, Deadline::now(), [&](std::uint64_t many) {
        items.resize(many * worker.kind().item_bytes);
        return items.data();
      });
      reader.check(items, got.begin, got.step);
      const bool open_end = !slice.stop;
      if (open_end && !slice.start && got.end < inserted)
        reader.violation("an open slice ends before inserted");
      if (slice.start && *slice.start >= 0 && got.begin != static_cast<Index>(*slice.start)) {
        reader.violation(fmt::format("a slice from {} began at {}", *slice.start, got.begin));
      }
    } catch (const OverlapsPast& past) {
      worker.count(Count::reads_overwritten);
      // Items before the stream's beginning are past, too, but have no index for the error.
      if (slice.start.value_or(0) >= 0) check_refusal(reader, past);
    } catch (const OverlapsFuture& future) {
      if (future.asked().end <= inserted) {
        reader.violation(
            fmt::format("{} was told to be future where {} were inserted", future.asked().end, inserted));
      }
    } catch (const InvalidArgument&) {  // with negatives resolved it runs backwards
      if (slice.start && slice.stop && *slice.start >= 0 && *slice.start <= *slice.stop) throw;
    }
    if (raw.writer_state() == WriterState::ended && worker.chance(20)) {
      reader.check_end();
      return;
    }
    worker.rest(1ms);
  }
}

void ViewingReader::read(Worker& worker, CheckedReader& reader) {
  RawReader& raw = reader.raw();
  const std::uint64_t bytes = worker.kind().item_bytes;
  std::vector<std::byte> seen;
  while (worker.goes_on()) {
    try {
      const RawView view = raw.view(random_slice(worker, raw.readable()));
      seen.resize(view.size() * bytes);
      for (std::uint64_t i = 0; i < view.size(); ++i) {
        ring::load_items(seen.data() + i * bytes, view.at(i), bytes, bytes);
        if (worker.random(200) == 0) worker.rest(1ms);  // so that it is sometimes overwritten meanwhile
      }
      if (view.intact()) {
        reader.check(seen, view.slice().begin, view.slice().step);
      } else {
        worker.count(Count::reads_overwritten);
        if (!reader.may_be_gone(view.slice().begin)) reader.violation("a view is not intact, and must be");
      }
    } catch (const OverlapsError&) {
    } catch (const InvalidArgument&) {
    }
    if (raw.writer_state() == WriterState::ended && worker.chance(20)) return;
    worker.rest(1ms);
  }
}

void NewestReader::read(Worker& worker, CheckedReader& reader) {
  RawReader& raw = reader.raw();
  while (worker.goes_on()) {
    raw.seek(Start::newest());
    const Index before = raw.cursor();
    const Status status = raw.try_next(reader.room());
    reader.check_move(before, status, before, status == Status::ok ? 1 : 0);
    if (status == Status::ok) reader.check(reader.room(), before);
    if (status == Status::ended) return;
    try {
      const Index inserted = raw.inserted();
      if (inserted > 0) {
        const Index index = inserted - 1;
        raw.item(static_cast<std::int64_t>(index), reader.room());
        reader.check(reader.room(), index);
      }
    } catch (const OverlapsPast& past) {
      worker.count(Count::reads_overwritten);
      check_refusal(reader, past);
    }
    reader.check_answers();
    if (raw.writer_state() == WriterState::ended) return;
    worker.rest(500us);
  }
}

void FarReader::read(Worker& worker, CheckedReader& reader) {
  RawReader& raw = reader.raw();
  while (worker.goes_on()) {
    const Index far = raw.inserted() + worker.random(worker.chance(50) ? 4 : raw.history());
    const Status status = reader.wait_for(far, std::chrono::milliseconds(worker.random(500)));
    if (status == Status::ended) return;
    try {
      const auto from = static_cast<std::int64_t>(raw.inserted());
      const auto many =
          static_cast<std::int64_t>(1 + worker.random(std::min<std::uint64_t>(raw.history(), 8)));
      const std::vector<std::byte> items = raw.slice({from, from + many}, 100ms);
      reader.check(items, static_cast<Index>(from));
      if (items.size() != static_cast<std::size_t>(many) * worker.kind().item_bytes) {
        reader.violation("a slice that was waited for has another size");
      }
    } catch (const TimedOut&) {
    } catch (const OverlapsPast& past) {
      worker.count(Count::reads_overwritten);
      check_refusal(reader, past);
    }
    reader.check_answers();
  }
}

ReaderOptions InterruptedReader::options(Worker& worker) {
  ReaderOptions options = ReaderRole::options(worker);
  options.interrupt = &interrupt_;
  return options;
}

void InterruptedReader::read(Worker& worker, CheckedReader& reader) {
  while (worker.goes_on()) {
    // Far enough that only the interrupt, or the end, comes before it.
    const Index never = reader.raw().inserted() + 1'000'000'000;
    std::atomic<std::int64_t> triggered{0};
    const std::uint32_t stops = worker.slot().stops.load();
    std::thread other([&] {
      std::this_thread::sleep_for(3ms);
      triggered = true_now();
      interrupt_.trigger();
    });
    const RunDelay& delay = RunDelay::of_this_thread();
    const std::int64_t delay_before = delay.ns();
    const Status status = reader.raw().wait_for(never, 10s);
    const std::int64_t end = true_now();
    const std::int64_t delayed = delay.ns() - delay_before;
    other.join();
    interrupt_.reset();
    if (status == Status::ended) {
      reader.check_end();
      return;
    }
    if (status != Status::interrupted)
      reader.violation(fmt::format("interrupted, and told '{}'", to_string(status)));
    if (end - triggered - delayed > 1'000'000'000 && stops % 2 == 0 && worker.slot().stops.load() == stops) {
      reader.violation(fmt::format("interrupted {} ms late", (end - triggered - delayed) / 1'000'000));
    }
    worker.rest(20ms);
  }
}

}  // namespace shm::chaos
