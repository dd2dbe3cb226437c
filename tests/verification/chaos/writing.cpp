// SPDX-License-Identifier: Apache-2.0

// A writer's life: it is refused or admitted, checks the stream that it takes over, appends, and closes or detaches.
#include <fmt/format.h>
#include <sys/stat.h>

#include <string>
#include <thread>

#include "pen.hpp"
#include "role.hpp"
#include "shm/base/error.hpp"
#include "shm/storage/catalog.hpp"
#include "writing.hpp"

namespace shm::chaos {

using namespace std::chrono_literals;

namespace {

/// Returns whether another live process may hold the writer's lock, for long or for a moment.
bool somebody_else_is_there(const Worker& worker) {
  for (const WorkerSlot& slot : worker.board().slots) {
    if (&slot == &worker.slot()) continue;
    if (slot.claims.load() == worker.stream_mark()) return true;
    const std::int32_t removed = slot.removing_stream.load();
    if (slot.removing.load() != Removing::nothing &&
        (removed == worker.stream_mark() || removed == every_stream)) {
      return true;
    }
  }
  return false;
}

std::uint64_t inode_of(const StreamKind& kind) {
  struct ::stat status {};
  const std::string path = default_directory() + "/" + std::string(kind.name) + ".stream";
  return ::stat(path.c_str(), &status) == 0 ? status.st_ino : 0;
}

}  // namespace

StreamOptions Claim::wanted(Worker& worker) {
  StreamOptions options = worker.kind().options();
  options.prefault = worker.chance(50);
  if (worker.kind().changes_options) {
    static constexpr std::uint64_t histories[] = {32, 100, 256, 1000};
    options.history = histories[worker.random(std::size(histories))];
    options.max_claim = worker.chance(50) ? 8 : 0;
    if (worker.chance(50)) options.metadata = R"({"variant":)" + std::to_string(worker.random(3)) + "}";
  }
  if (options.lossless) {
    static constexpr WhenFull choices[] = {WhenFull::wait, WhenFull::wait, WhenFull::fail, WhenFull::drop};
    options.lossless->when_full = choices[worker.random(std::size(choices))];
    options.lossless->patience = std::chrono::milliseconds(worker.random(1500));
    if (worker.chance(50)) options.lossless->waiting = WaitStrategy::sleep();
  }
  return options;
}

Claim::Claim(Worker& worker) : worker_(worker), removals_(worker.truth()) {
  StreamTruth& truth = worker.truth();
  room_turns_ = worker.board().room_turns.load();
  worker.slot().claims.store(worker.stream_mark());
  truth.comings.fetch_add(1);
  comings_ = truth.comings.load();
  others_ = somebody_else_is_there(worker);
  file_ = inode_of(worker.kind());
  if (worker.kind().changes_options) {
    truth.lives[truth.generation.load() % max_lives].may_end.store(1);  // this worker may replace its file
  }
}

Claim::~Claim() {
  worker_.slot().owns.store(0);
  worker_.slot().claims.store(0);
}

void Claim::refused(const std::exception& error) const {
  worker_.count(Count::refusals);
  const bool alone =
      !others_ && !somebody_else_is_there(worker_) && worker_.truth().comings.load() == comings_;
  if (alone) worker_.violation(fmt::format("refused although no other writer lives: {}", error.what()));
}

void Claim::no_room(const std::exception& error) const {
  worker_.count(Count::no_space);
  const std::uint32_t turns = worker_.board().room_turns.load();
  if (turns == room_turns_ && turns % 2 == 0) {
    worker_.violation(fmt::format("no space although there is: {}", error.what()));
  }
}

void Claim::granted() const {
  // The previous writer cleared its mark before it released the lock, or was sentenced before it was killed.
  for (const WorkerSlot& slot : worker_.board().slots) {
    if (&slot == &worker_.slot() || worker_.kind().is_removed) continue;
    if (slot.owns.load() == worker_.stream_mark() && slot.sentenced.load() == 0 &&
        slot.owns.load() == worker_.stream_mark()) {
      worker_.violation(fmt::format("let in beside a live writer: {}", slot.doing.data()));
    }
  }
  worker_.slot().ownings.fetch_add(1);
  worker_.slot().owns.store(worker_.stream_mark());
}

bool Claim::has_another_file() const { return file_ != 0 && inode_of(worker_.kind()) != file_; }

void Claim::ends(Pen& pen, bool for_good) const {
  pen.life().may_end.store(1);
  if (for_good && !worker_.kind().persistent) pen.life().may_begin_anew.store(1);
  worker_.slot().owns.store(0);
}

void Claim::closed() const {
  worker_.count(Count::closes);
  if (worker_.kind().persistent || worker_.kind().is_removed) return;
  try {
    const StreamInfo info = stream_info(worker_.kind().name);
    if (info.writer.pid == worker_.slot().pid.load())
      worker_.violation("closed, and its file is still there");
  } catch (const NotFound&) {  // as expected
  }
}

void Claim::give_up(Pen& pen, RawWriter& out) const {
  if (worker_.chance(worker_.kind().closes)) {
    ends(pen, true);
    out.close();
    closed();
  } else {
    worker_.slot().owns.store(0);
    out.detach();
    worker_.count(Count::leaves);
  }
}

void run_writer(Worker& worker, WriterRole& role) {
  const std::string name(worker.kind().name);
  while (worker.goes_on()) {
    {
      const Claim claim(worker);
      try {
        RawWriter out(name, worker.kind().format(), Claim::wanted(worker));
        claim.granted();
        Pen pen(worker, out, claim.removals_before());
        if (out.inserted() > 0 && claim.has_another_file()) worker.count(Count::replacements);
        const std::int64_t until = true_now() + static_cast<std::int64_t>(worker.random(3'000'000'000));
        while (worker.goes_on() && true_now() < until) role.append(worker, out, pen);
        claim.give_up(pen, out);
      } catch (const RemovedMeanwhile&) {  // its destructor closes it: it has no name
      } catch (const WriterExists& error) {
        claim.refused(error);
      } catch (const NoSpace& error) {
        claim.no_room(error);
      }
    }
    worker.rest(std::chrono::milliseconds(worker.kind().rest_ms));
  }
}

}  // namespace shm::chaos
