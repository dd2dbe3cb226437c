// SPDX-License-Identifier: Apache-2.0
#include "source_roles.hpp"

#include <fmt/format.h>

#include <array>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>

#include "pen.hpp"
#include "shm/base/error.hpp"
#include "shm/source/demand.hpp"
#include "shm/source/source.hpp"
#include "writing.hpp"

namespace shm::chaos {
namespace {

using namespace std::chrono_literals;
using Item = std::array<std::uint64_t, 6>;
constexpr std::int64_t noticed_after =
    1'000'000'000;  // a killed reader counts as having exited within a second

bool somebody_is_entered(const Worker& worker) {
  for (const WorkerSlot& slot : worker.board().slots) {
    if (slot.entered.load() == worker.stream_mark()) return true;
  }
  return false;
}

/// Returns whether the source is wanted, and checks that it may be. Readers store on the board that they enter before
/// they do, and that they exited after they did.
bool wanted(Worker& worker, Demand& demand, std::int64_t linger) {
  const std::int64_t since = worker.truth().last_exit.load();
  const bool entered = somebody_is_entered(worker);
  const std::int64_t before = true_now();
  const bool wanted = demand.wanted();
  const bool nobody = !entered && !somebody_is_entered(worker) && worker.truth().last_exit.load() == since;
  if (wanted && nobody && before - since > noticed_after + linger) {
    worker.violation(
        fmt::format("the source is wanted {} ms after the last reader went", (before - since) / 1'000'000));
  }
  return wanted;
}

void run_source(Worker& worker, RawWriter& out, Pen& pen, Demand& demand, std::int64_t linger,
                std::int64_t until) {
  demand.started();
  worker.count(Count::source_starts);
  while (worker.goes_on() && true_now() < until && wanted(worker, demand, linger)) {
    const std::uint64_t count = 1 + worker.random(4);
    pen.intend(count);
    out.append(pen.make_next(count));
    pen.published(out, count);
    worker.rest(2ms);
  }
  demand.stopped();
}

void serve(Worker& worker, RawWriter& out, Pen& pen) {
  const std::int64_t until = true_now() + static_cast<std::int64_t>(worker.random(6'000'000'000));
  const auto linger = std::chrono::milliseconds(worker.chance(50) ? 0 : 100);
  Demand demand(out, {.linger = linger});
  while (worker.goes_on() && true_now() < until) {
    demand.wait(50ms);
    if (!wanted(worker, demand, 0)) continue;
    if (worker.chance(15)) {
      demand.failed("the plug is pulled");
      worker.count(Count::source_failures);
    } else {
      run_source(worker, out, pen, demand, std::chrono::nanoseconds(linger).count(), until);
    }
  }
}

/// A source that counts up in the present life of the stream.
class CountingSource : public Source<Item> {
 public:
  CountingSource(Worker& worker, const Removals& before) : worker_(worker), before_(before) {}

  void open() override {
    if (worker_.chance(15)) {
      worker_.count(Count::source_failures);
      throw std::runtime_error("the plug is pulled");
    }
    worker_.count(Count::source_starts);
  }
  bool read(Writer<Item>& out) override {
    if (!pen_) pen_.emplace(worker_, out.raw(), before_);
    const std::uint64_t count = 1 + worker_.random(4);
    pen_->intend(count);
    out.raw().append(pen_->make_next(count));
    pen_->published(out.raw(), count);
    worker_.rest(2ms);
    return true;
  }
  void close() noexcept override {}

 private:
  Worker& worker_;
  Removals before_;
  std::optional<Pen> pen_;
};

}  // namespace

void SourceDaemon::run(Worker& worker) {
  while (worker.goes_on()) {
    {
      const Claim claim(worker);
      try {
        RawWriter out(worker.kind().name, worker.kind().format(), Claim::wanted(worker));
        claim.granted();
        Pen pen(worker, out, claim.removals_before());
        serve(worker, out, pen);
        claim.give_up(pen, out);
      } catch (const WriterExists& error) {
        claim.refused(error);
      } catch (const NoSpace& error) {
        claim.no_room(error);
      }
    }
    worker.rest(20ms);
  }
}

void SourceObject::run(Worker& worker) {
  while (worker.goes_on()) {
    {
      const Claim claim(worker);
      try {
        // The worker's random numbers are the source's while it runs.
        const std::int64_t until = true_now() + static_cast<std::int64_t>(worker.random(6'000'000'000));
        const StreamOptions options = Claim::wanted(worker);
        const auto source = std::make_shared<CountingSource>(worker, claim.removals_before());
        const StreamBuffer<Item> buffer(std::string(worker.kind().name), source, options);
        claim.granted();
        while (worker.goes_on() && true_now() < until) std::this_thread::sleep_for(5ms);
        Life& life = worker.truth().lives[worker.truth().generation.load() % max_lives];
        life.may_end.store(1);
        life.may_begin_anew.store(1);
        worker.slot().owns.store(0);
        worker.count(Count::closes);
      } catch (const WriterExists& error) {
        claim.refused(error);
      } catch (const NoSpace& error) {
        claim.no_room(error);
      }
    }
    worker.rest(20ms);
  }
}

}  // namespace shm::chaos
