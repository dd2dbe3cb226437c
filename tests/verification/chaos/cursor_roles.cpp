// SPDX-License-Identifier: Apache-2.0
#include "cursor_roles.hpp"

#include <fmt/format.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <thread>
#include <vector>

#include "checked_reader.hpp"
#include "shm/base/error.hpp"

namespace shm::chaos {
namespace {

/// Stores on the board that this worker has entered, or is about to enter.
class EnteredMark {
 public:
  explicit EnteredMark(Worker& worker) : worker_(worker) {
    worker.slot().entered.store(worker.stream_mark());
  }
  ~EnteredMark() {
    worker_.truth().last_exit.store(true_now());
    worker_.slot().entered.store(0);
  }
  EnteredMark(const EnteredMark&) = delete;
  EnteredMark& operator=(const EnteredMark&) = delete;

 private:
  Worker& worker_;
};

/// The live writer of the worker's stream. Two values differ if the writer is another one, or was stopped.
struct Owner {
  std::size_t slot = max_workers;
  std::uint32_t ownings = 0;
  std::uint32_t stops = 0;
  friend bool operator==(const Owner&, const Owner&) = default;
};

Owner owner_of(const Worker& worker) {
  const auto& slots = worker.board().slots;
  for (std::size_t i = 0; i < slots.size(); ++i) {
    if (slots[i].owns.load() == worker.stream_mark() && slots[i].sentenced.load() == 0) {
      return {i, slots[i].ownings.load(), slots[i].stops.load()};
    }
  }
  return {};
}

/// After entering: checks that items come, if the writer lives and neither process is stopped.
void check_that_it_runs(Worker& worker, CheckedReader& reader) {
  using namespace std::chrono_literals;
  const Owner before = owner_of(worker);
  const std::uint32_t stops = worker.slot().stops.load();
  const Status status = reader.wait_for(reader.raw().inserted(), 8s);
  if (status != Status::timed_out || before.slot == max_workers || before.stops % 2 != 0 || stops % 2 != 0)
    return;
  if (owner_of(worker) == before && worker.slot().stops.load() == stops) {
    reader.violation("entered, and the source gives nothing");
  }
}

}  // namespace

using namespace std::chrono_literals;

void NextReader::read(Worker& worker, CheckedReader& reader) {
  const auto patience = std::chrono::milliseconds(5 + worker.random(500));
  while (worker.goes_on()) {
    const Status status = reader.next(patience);
    if (status == Status::ended) return;
    if (worker.random(32) == 0) reader.check_answers();
    if (worker.random(2000) == 0) worker.rest(200ms);  // long enough to be lapped
  }
}

void PollingReader::read(Worker& worker, CheckedReader& reader) {
  RawReader& raw = reader.raw();
  while (worker.goes_on()) {
    const Index before = raw.cursor();
    const bool peeks = worker.chance(30);
    const Status status = peeks ? raw.peek(reader.room()) : raw.try_next(reader.room());
    reader.check_move(before, status, before, !peeks && status == Status::ok ? 1 : 0);
    if (status == Status::ok) reader.check(reader.room(), before);
    if (status == Status::ended) return;
    if (status == Status::not_yet) worker.rest(2ms);
    if (worker.random(64) == 0) {
      raw.seek(worker.chance(50) ? Start::newest() : Start::oldest());
      reader.check_answers();
    }
  }
}

void BulkReader::read(Worker& worker, CheckedReader& reader) {
  RawReader& raw = reader.raw();
  const std::uint64_t bytes = worker.kind().item_bytes;
  std::vector<std::byte> room;
  while (worker.goes_on()) {
    const std::uint64_t most = 1 + worker.random(raw.history());
    const auto amount = worker.chance(50) ? Amount::exactly : Amount::available;
    room.resize(most * bytes);
    const Index before = raw.cursor();
    const ReadResult got = raw.read(room, amount, std::chrono::milliseconds(worker.random(200)));
    reader.check_move(before, got.status, got.first, got.count);
    reader.check(std::span(room).first(got.count * bytes), got.first);
    if (got.status == Status::ok && (got.count == 0 || (amount == Amount::exactly && got.count != most))) {
      reader.violation(fmt::format("{} items where {} were asked for", got.count, most));
    }
    if (got.status == Status::ended) return;
    if (worker.chance(10)) worker.rest(5ms);
  }
}

void LookingReader::read(Worker& worker, CheckedReader& reader) {
  RawReader& raw = reader.raw();
  const std::uint64_t bytes = worker.kind().item_bytes;
  std::vector<std::byte> seen;
  while (worker.goes_on()) {
    const Status waited = reader.wait_for(raw.cursor(), std::chrono::milliseconds(worker.random(100)));
    if (waited == Status::ended) return;
    const Index before = raw.cursor();
    const RawView view = raw.peek_view(1 + worker.random(64));
    if (view.empty()) continue;
    // The bytes count only if the view is still intact afterwards.
    const std::span<const std::byte> there = view.bytes();
    seen.resize(there.size());
    ring::load_items(seen.data(), there.data(), there.size(), bytes);
    const std::uint64_t items = there.size() / bytes;
    const Status status = raw.skip(items);
    reader.check_move(before, status, before, status == Status::ok ? items : 0);
    if (status == Status::ok) reader.check(seen, before);
  }
}

void ForkingReader::read(Worker& worker, CheckedReader& reader) {
  while (worker.goes_on()) {
    // Both begin at the same position; the items of each are checked against the truth.
    const Status status = reader.next(100ms);
    if (status == Status::ended) return;
    CheckedReader other(reader, reader.raw().fork());
    std::vector<std::byte> theirs(reader.room().size());
    const Index at = other.raw().cursor();
    Status their_status = Status::not_yet;
    std::thread thread([&] { their_status = other.raw().next(theirs, 50ms); });
    const Status mine = reader.next(50ms);
    thread.join();
    other.check_move(at, their_status, at, their_status == Status::ok ? 1 : 0);
    if (their_status == Status::ok) other.check(theirs, at);
    if (mine == Status::ended) return;
  }
}

void EnteringReader::read(Worker& worker, CheckedReader& reader) {
  RawReader& raw = reader.raw();
  while (worker.goes_on()) {
    try {
      const EnteredMark mark(worker);
      raw.enter(std::chrono::milliseconds(worker.random(3000)));
      worker.count(Count::enters);
      if (!raw.is_entered()) reader.violation("enter() returned, and the reader has not entered");
      check_that_it_runs(worker, reader);
      const std::int64_t until = true_now() + static_cast<std::int64_t>(worker.random(800'000'000));
      while (worker.goes_on() && true_now() < until) {
        if (reader.next(100ms) == Status::ended) break;
      }
      raw.exit();
      worker.count(Count::exits);
    } catch (const SourceFailed& failed) {
      if (std::string_view(failed.what()).find("the plug is pulled") == std::string_view::npos) {
        reader.violation(fmt::format("the source's words are lost: {}", failed.what()));
      }
    } catch (const TimedOut&) {
    }
    if (raw.is_entered()) reader.violation("exited, and still entered");
    if (raw.writer_state() == WriterState::ended) return;
    worker.rest(worker.chance(20) ? 1500ms : 100ms);
  }
}

void UnlistedReader::prepare(Worker& worker) {
  constexpr ::uid_t nobody = 65534;
  const ::pid_t parent = ::getppid();
  if (::setgid(nobody) != 0 || ::setuid(nobody) != 0) {
    worker.violation("cannot become another user");
    return;
  }
  // A change of the user resets this.
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(1);
}

void UnlistedReader::read(Worker& worker, CheckedReader& reader) {
  if (reader.raw().is_listed()) reader.violation("a reader without permission is listed");
  NextReader::read(worker, reader);
}

}  // namespace shm::chaos
